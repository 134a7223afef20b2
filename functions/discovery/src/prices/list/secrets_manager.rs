//! Secrets Manager.

use miyabi_types::{
    pricing::{Service, secrets_manager},
    resource::ResourceKind::SecretsManagerSecret,
};

use super::{List, whole};

pub(super) const LIST: List = List {
    service: Service::SecretsManager,
    queries: |region, seen| {
        whole(Service::SecretsManager, region, seen.any(&[SecretsManagerSecret]))
    },
    rates: |product| match product.family.as_str() {
        "Secret" => vec![secrets_manager::SECRET],
        "API Request" => vec![secrets_manager::REQUEST],
        _ => Vec::new(),
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn secrets_and_requests_are_read() {
        let read = read(
            &LIST,
            &[
                ("Secret", &[("usagetype", "USE1-AWSSecretsManager-Secrets")], "0.4000000000"),
                (
                    "API Request",
                    &[("usagetype", "USE1-AWSSecretsManagerAPIRequest")],
                    "0.0000050000",
                ),
            ],
        );
        assert_eq!(read, prices([("request", "0.000005"), ("secret", "0.4")]));
    }
}
