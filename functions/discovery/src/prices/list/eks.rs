//! EKS.

use miyabi_types::{
    pricing::{Service, eks},
    resource::ResourceKind::EksCluster,
};

use super::{List, by_usage, whole};

pub(super) const LIST: List = List {
    service: Service::Eks,
    queries: |region, seen| whole(Service::Eks, region, seen.any(&[EksCluster])),
    rates: |product| {
        by_usage(
            product,
            [
                ("AmazonEKS-Hours:perCluster", eks::CLUSTER),
                ("AmazonEKS-Hours:extendedSupport", eks::EXTENDED_SUPPORT),
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
    fn clusters_and_what_extended_support_adds_are_read() {
        let read = read(
            &LIST,
            &[
                ("Compute", &[("usagetype", "USE1-AmazonEKS-Hours:perCluster")], "0.1000000000"),
                (
                    "Compute",
                    &[("usagetype", "USE1-AmazonEKS-Hours:extendedSupport")],
                    "0.5000000000",
                ),
                ("Compute", &[("usagetype", "USE1-Fargate-vCPU-Hours:perCPU")], "0.0404800000"),
            ],
        );
        assert_eq!(read, prices([("cluster", "0.1"), ("cluster/extended_support", "0.5")]));
    }
}
