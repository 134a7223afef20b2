//! Route 53.

use miyabi_types::pricing::{Service, route53};

use super::{List, Query, by_usage};

pub(super) const LIST: List = List {
    service: Service::Route53,
    queries: |region, seen| {
        let used =
            seen.other("AWS::Route53::HostedZone") || seen.other("AWS::Route53::HealthCheck");
        // Its products are of no region, or of every one that resolvers are in.
        let families = ["DNS Zone", "DNS Health Check"];
        let query = Query::everywhere(Service::Route53.code()).any("productFamily", &families);
        if region.is_global() && used { vec![query] } else { Vec::new() }
    },
    rates: |product| {
        by_usage(
            product,
            [
                ("HostedZone", route53::HOSTED_ZONE),
                ("Health-Check-AWS", route53::HEALTH_CHECK),
                ("Health-Check-Non-AWS", route53::OUTSIDE_HEALTH_CHECK),
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
    fn zones_and_health_checks_are_read() {
        let read = read(
            &LIST,
            &[
                ("DNS Zone", &[("usagetype", "HostedZone")], "0.5000000000"),
                ("DNS Health Check", &[("usagetype", "Health-Check-AWS")], "0.5000000000"),
                ("DNS Health Check", &[("usagetype", "Health-Check-Non-AWS")], "0.7500000000"),
                ("DNS Health Check", &[("usagetype", "Health-Check-Option-AWS")], "1.0000000000"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("health_check/aws", "0.5"),
                ("health_check/outside", "0.75"),
                ("hosted_zone", "0.5"),
            ])
        );
    }
}
