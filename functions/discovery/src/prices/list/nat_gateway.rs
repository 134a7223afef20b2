//! NAT gateways.

use miyabi_types::{
    pricing::{Service, vpc},
    resource::ResourceKind::Ec2NatGateway,
};

use super::{List, Query, by_usage};

pub(super) const LIST: List = List {
    service: Service::Ec2,
    queries: |region, seen| {
        let query = Query::of(Service::Ec2.code(), region).with("productFamily", "NAT Gateway");
        if seen.any(&[Ec2NatGateway]) { vec![query] } else { Vec::new() }
    },
    rates: |product| {
        by_usage(
            product,
            [("NatGateway-Hours", vpc::NAT_GATEWAY), ("NatGateway-Bytes", vpc::NAT_GATEWAY_GIB)],
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
    fn hours_and_traffic_are_read() {
        let read = read(
            &LIST,
            &[
                ("NAT Gateway", &[("usagetype", "APN1-NatGateway-Hours")], "0.0620000000"),
                ("NAT Gateway", &[("usagetype", "APN1-NatGateway-Bytes")], "0.0620000000"),
                ("NAT Gateway", &[("usagetype", "APN1-NatGateway-Prvd-Bytes")], "0.0620000000"),
            ],
        );
        assert_eq!(read, prices([("nat_gateway", "0.062"), ("nat_gateway/gib", "0.062")]));
    }
}
