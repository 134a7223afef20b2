//! Lambda.

use miyabi_types::{
    pricing::{Service, lambda},
    resource::ResourceKind::LambdaFunction,
};

use super::{List, whole};

pub(super) const LIST: List = List {
    service: Service::Lambda,
    queries: |region, seen| whole(Service::Lambda, region, seen.any(&[LambdaFunction])),
    rates: |product| {
        let group = product.attribute("group");
        let (group, architecture) = match group.strip_suffix("-ARM") {
            Some(group) => (group, "arm64"),
            None => (group, "x86_64"),
        };
        let rate = match group {
            "AWS-Lambda-Duration" => lambda::gib_second(architecture),
            "AWS-Lambda-Provisioned-Concurrency" => lambda::provisioned_gib_second(architecture),
            "AWS-Lambda-Duration-Provisioned" => lambda::provisioned_run_gib_second(architecture),
            "AWS-Lambda-Storage-Duration" => lambda::storage_gib_second(architecture),
            // A request costs the same on both.
            "AWS-Lambda-Requests" if architecture == "x86_64" => lambda::REQUEST,
            _ => return Vec::new(),
        };
        vec![rate]
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn time_requests_and_provisioned_concurrency_are_read() {
        let group = |name| [("group", name)];
        let read = read(
            &LIST,
            &[
                ("Serverless", &group("AWS-Lambda-Duration"), "0.0000166667"),
                ("Serverless", &group("AWS-Lambda-Duration-ARM"), "0.0000133334"),
                ("Serverless", &group("AWS-Lambda-Requests"), "0.0000002000"),
                ("Serverless", &group("AWS-Lambda-Requests-ARM"), "0.0000002000"),
                ("Serverless", &group("AWS-Lambda-Provisioned-Concurrency-ARM"), "0.0000033334"),
                ("Serverless", &group("AWS-Lambda-Duration-Provisioned-ARM"), "0.0000077778"),
                ("Serverless", &group("AWS-Lambda-Storage-Duration"), "0.0000000309"),
                ("Serverless", &group("AWS-Lambda-Edge-Duration"), "0.0000500100"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("provisioned/arm64/gib_second", "0.0000033334"),
                ("provisioned/arm64/run_gib_second", "0.0000077778"),
                ("request", "0.0000002"),
                ("run/arm64/gib_second", "0.0000133334"),
                ("run/x86_64/gib_second", "0.0000166667"),
                ("storage/x86_64/gib_second", "0.0000000309"),
            ])
        );
    }
}
