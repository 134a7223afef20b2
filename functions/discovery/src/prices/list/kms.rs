//! KMS.

use miyabi_types::{
    pricing::{Service, kms},
    resource::ResourceKind::KmsKey,
};

use super::{List, by_usage, whole};

pub(super) const LIST: List = List {
    service: Service::Kms,
    queries: |region, seen| whole(Service::Kms, region, seen.any(&[KmsKey])),
    rates: |product| by_usage(product, [("KMS-Keys", kms::KEY), ("KMS-Requests", kms::REQUEST)]),
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn keys_and_requests_are_read() {
        let region = ("regionCode", "us-east-1");
        let read = read(
            &LIST,
            &[
                ("Encryption Key", &[("usagetype", "us-east-1-KMS-Keys"), region], "1.0000000000"),
                ("API Request", &[("usagetype", "us-east-1-KMS-Requests"), region], "0.0000030000"),
                (
                    "API Request",
                    &[("usagetype", "us-east-1-KMS-Requests-Asymmetric"), region],
                    "0.000015",
                ),
            ],
        );
        assert_eq!(read, prices([("key", "1"), ("request", "0.000003")]));
    }
}
