//! EC2 instances.

use std::collections::BTreeSet;

use miyabi_types::{
    pricing::{InstanceType, Service, ec2, ec2::Platform},
    resource::ResourceKind::{Ec2CapacityReservation, Ec2Instance},
};

use super::{List, Product, Query};
use crate::prices::snapshot;

/// Asks for each platform and tenancy that is seen, for every type that an instance could be moved to: those
/// whose capacities are known.
pub(super) const LIST: List = List {
    service: Service::Ec2,
    queries: |region, seen| {
        let mut types: BTreeSet<String> = snapshot::instance_types().keys().cloned().collect();
        let mut ways = BTreeSet::new();
        for size in seen.sizes(&[Ec2Instance, Ec2CapacityReservation]) {
            types.insert(size.name.clone());
            if let [platform, tenancy] = size.with.as_slice()
                && let (Some(platform), Some(tenancy)) = (Platform::find(platform), listed(tenancy))
            {
                ways.insert((platform.operation, tenancy));
            }
        }
        let ask = |(operation, tenancy)| {
            Query::of(Service::Ec2.code(), region)
                .with("operation", operation)
                .with("tenancy", tenancy)
                .with("capacitystatus", "Used")
                .with("marketoption", "OnDemand")
                .each("instanceType", &types)
        };
        ways.into_iter().flat_map(ask).collect()
    },
    rates: |product| {
        let operation = product.attribute("operation");
        let platform = ec2::PLATFORMS.iter().find(|platform| platform.operation == operation);
        let tenancy = match product.attribute("tenancy") {
            "Shared" => "default",
            "Dedicated" => "dedicated",
            _ => return Vec::new(),
        };
        let (Some(platform), "Used") = (platform, product.attribute("capacitystatus")) else {
            return Vec::new();
        };
        vec![ec2::instance(product.attribute("instanceType"), platform, tenancy)]
    },
};

/// A tenancy as the Price List calls it.
fn listed(tenancy: &str) -> Option<&'static str> {
    match tenancy {
        "default" => Some("Shared"),
        "dedicated" => Some("Dedicated"),
        _ => None,
    }
}

/// What the type of an instance offers, as far as its product tells: not by which hypervisor.
pub(crate) fn offer(product: &Product) -> Option<(String, InstanceType)> {
    let name = product.attribute("instanceType");
    if !product.family.starts_with("Compute Instance") || name.is_empty() {
        return None;
    }
    let gib: f64 =
        product.attribute("memory").strip_suffix(" GiB")?.replace(',', "").parse().ok()?;
    let current = product.attribute("currentGeneration") == "Yes";
    let graviton = product.attribute("physicalProcessor").contains("Graviton");
    let offer = InstanceType {
        vcpu: product.attribute("vcpu").parse().ok()?,
        memory_mib: (gib * 1024.0) as u64,
        arch: if graviton { "arm64" } else { "x86_64" }.into(),
        generation: Some(if current { "current" } else { "previous" }.into()),
        hypervisor: None,
        network_gbps: amount(product.attribute("networkPerformance"), " Gigabit"),
        ebs_mbps: amount(product.attribute("dedicatedEbsThroughput"), " Mbps"),
        burstable: name.starts_with('t'),
    };
    Some((name.to_owned(), offer))
}

/// `Up to 10 Gigabit`, `4750 Mbps`.
fn amount(text: &str, unit: &str) -> Option<f64> {
    text.strip_prefix("Up to ").unwrap_or(text).strip_suffix(unit)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    use miyabi_types::id::Region;

    use crate::prices::{fixture::item, seen::Seen};

    const M5: [(&str, &str); 7] = [
        ("instanceType", "m5.xlarge"),
        ("memory", "16 GiB"),
        ("vcpu", "4"),
        ("currentGeneration", "Yes"),
        ("physicalProcessor", "Intel Xeon Platinum 8175"),
        ("networkPerformance", "Up to 10 Gigabit"),
        ("dedicatedEbsThroughput", "Up to 2120 Mbps"),
    ];

    fn m5(
        operation: &'static str,
        tenancy: &'static str,
        capacity: &'static str,
    ) -> Vec<(&'static str, &'static str)> {
        let mut attributes = M5.to_vec();
        // All four platforms of Windows share this usage type.
        attributes.extend([
            ("usagetype", "BoxUsage:m5.xlarge"),
            ("operation", operation),
            ("tenancy", tenancy),
            ("capacitystatus", capacity),
        ]);
        attributes
    }

    #[test]
    fn platforms_and_tenancies_are_told_apart() {
        let family = "Compute Instance";
        let read = read(
            &LIST,
            &[
                (family, &m5("RunInstances", "Shared", "Used"), "0.1920000000"),
                (family, &m5("RunInstances:0002", "Shared", "Used"), "0.3760000000"),
                (family, &m5("RunInstances:0002:box", "Shared", "Used"), "0.1920000000"),
                (family, &m5("RunInstances:0800", "Shared", "Used"), "0.1920000000"),
                (family, &m5("RunInstances:0004", "Shared", "Used"), "0.6720000000"),
                (family, &m5("RunInstances", "Dedicated", "Used"), "0.2040000000"),
                (
                    family,
                    &m5("RunInstances", "Shared", "UnusedCapacityReservation"),
                    "0.1920000000",
                ),
                (family, &m5("RunInstances:CB", "Shared", "Used"), "0.0000000000"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("instance/m5.xlarge/linux", "0.192"),
                ("instance/m5.xlarge/linux-sql-standard", "0.672"),
                ("instance/m5.xlarge/linux/dedicated", "0.204"),
                ("instance/m5.xlarge/windows", "0.376"),
                ("instance/m5.xlarge/windows-byol", "0.192"),
            ])
        );
    }

    #[test]
    fn a_type_says_what_it_offers() {
        let product = item("Compute Instance", &M5, "Hrs", &[("0", "0.192")]);
        let (name, offer) = offer(&Product::parse(&product).unwrap().unwrap()).unwrap();
        assert_eq!((&*name, offer.vcpu, offer.memory_mib), ("m5.xlarge", 4, 16_384));
        assert_eq!(
            (&*offer.arch, offer.network_gbps, offer.ebs_mbps),
            ("x86_64", Some(10.0), Some(2120.0))
        );
        let free_tier = item("Compute Instance", &[("group", "FreeTrial")], "Hrs", &[("0", "1")]);
        assert!(super::offer(&Product::parse(&free_tier).unwrap().unwrap()).is_none());
    }

    #[test]
    fn each_platform_that_is_seen_is_asked_about_with_every_candidate() {
        let region = Region::parse("us-east-1").unwrap();
        let size = |name, platform| (Ec2Instance, name, vec![platform, "default"]);
        let seen = Seen::of([
            size("u7i.big", "Linux/UNIX"),
            size("m5.large", "Windows"),
            size("m5.large", "Haiku"),
        ]);
        let names: Vec<_> = (LIST.queries)(&region, &seen).iter().map(Query::name).collect();
        for (operation, candidate) in [
            ("operation=RunInstances ", "u7i.big"),
            ("operation=RunInstances ", "m7g.large"),
            ("operation=RunInstances:0002 ", "c5.large"),
        ] {
            let asks = |name: &String| name.contains(operation) && name.contains(candidate);
            assert!(names.iter().any(asks), "{operation}{candidate}: {names:?}");
        }
        assert!(names.len() <= 8, "{} calls", names.len());
    }
}
