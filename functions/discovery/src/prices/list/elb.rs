//! Load balancers.

use miyabi_types::{
    pricing::{Service, elb},
    resource::ResourceKind::{ClassicLoadBalancer, LoadBalancer},
};

use super::{List, whole};

pub(super) const LIST: List = List {
    service: Service::Elb,
    queries: |region, seen| {
        whole(Service::Elb, region, seen.any(&[ClassicLoadBalancer, LoadBalancer]))
    },
    rates: |product| {
        let rate = match (product.family.as_str(), product.usage()) {
            ("Load Balancer-Application", "LoadBalancerUsage") => elb::APPLICATION,
            ("Load Balancer-Application", "LCUUsage") => elb::APPLICATION_UNIT,
            ("Load Balancer-Network", "LoadBalancerUsage") => elb::NETWORK,
            ("Load Balancer-Network", "LCUUsage") => elb::NETWORK_UNIT,
            ("Load Balancer-Gateway", "LoadBalancerUsage") => elb::GATEWAY,
            ("Load Balancer-Gateway", "LCUUsage") => elb::GATEWAY_UNIT,
            ("Load Balancer", "LoadBalancerUsage") => elb::CLASSIC,
            ("Load Balancer", "DataProcessing-Bytes") => elb::CLASSIC_GIB,
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
    fn kinds_of_balancers_share_usage_types_and_are_told_apart_by_family() {
        let application = "Load Balancer-Application";
        let read = read(
            &LIST,
            &[
                (application, &[("usagetype", "EU-LoadBalancerUsage")], "0.0252000000"),
                (application, &[("usagetype", "EU-LCUUsage")], "0.0080000000"),
                (application, &[("usagetype", "Outposts-LCUUsage")], "0.0000000000"),
                (application, &[("usagetype", "EU-ReservedLCUUsage")], "0.0080000000"),
                (application, &[("usagetype", "EU-TS-LoadBalancerUsage")], "0.0056000000"),
                ("Load Balancer-Network", &[("usagetype", "EU-LoadBalancerUsage")], "0.0252000000"),
                ("Load Balancer", &[("usagetype", "EU-LoadBalancerUsage")], "0.0280000000"),
                ("Load Balancer", &[("usagetype", "EU-DataProcessing-Bytes")], "0.0080000000"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("application", "0.0252"),
                ("application/unit", "0.008"),
                ("classic", "0.028"),
                ("classic/gib", "0.008"),
                ("network", "0.0252"),
            ])
        );
    }
}
