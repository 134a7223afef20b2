//! Data transfer.

use miyabi_types::{
    pricing::{Service, data_transfer},
    resource::ResourceKind::{Ec2Instance, Ec2NatGateway, LoadBalancer, RdsDbInstance, S3Bucket},
};

use super::{List, Query, by_usage};

/// Within the region, and to the internet.
const TYPES: [&str; 2] = ["AWS Outbound", "IntraRegion"];

pub(super) const LIST: List = List {
    service: Service::DataTransfer,
    queries: |region, seen| {
        let kinds = [Ec2Instance, Ec2NatGateway, LoadBalancer, RdsDbInstance, S3Bucket];
        if region.is_global() || !seen.any(&kinds) {
            return Vec::new();
        }
        let query = Query::everywhere(Service::DataTransfer.code());
        vec![query.with("fromRegionCode", region.as_str()).any("transferType", &TYPES)]
    },
    rates: |product| {
        by_usage(
            product,
            [
                ("DataTransfer-Regional-Bytes", data_transfer::BETWEEN_ZONES_GIB),
                ("DataTransfer-Out-Bytes", data_transfer::TO_INTERNET_GIB),
            ],
        )
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn traffic_between_zones_and_to_the_internet_is_read() {
        let transfer = "Data Transfer";
        let read = read(
            &LIST,
            &[
                (transfer, &[("usagetype", "USE2-DataTransfer-Regional-Bytes")], "0.0100000000"),
                (transfer, &[("usagetype", "USE2-DataTransfer-Out-Bytes")], "0.0900000000"),
                (transfer, &[("usagetype", "USE2-DataTransfer-In-Bytes")], "0.0000000000"),
            ],
        );
        assert_eq!(read, prices([("between_zones/gib", "0.01"), ("to_internet/gib", "0.09")]));
    }
}
