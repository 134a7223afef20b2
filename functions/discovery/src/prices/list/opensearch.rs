//! `OpenSearch`.

use std::collections::BTreeSet;

use miyabi_types::{
    pricing::{Service, opensearch},
    resource::ResourceKind::OpenSearchDomain,
};

use super::{List, Query, siblings};

/// Families that nodes are made of today.
const FAMILIES: [&str; 9] = ["t3", "m5", "m6g", "m7g", "c6g", "c7g", "r6g", "r7g", "or1"];

pub(super) const LIST: List = List {
    service: Service::OpenSearch,
    queries: |region, seen| {
        let mut nodes = BTreeSet::new();
        for size in seen.sizes(&[OpenSearchDomain]) {
            nodes.extend(siblings(&size.name, &FAMILIES, ".search"));
        }
        let all = Query::of(Service::OpenSearch.code(), region);
        let mut queries = all
            .clone()
            .with("productFamily", "Amazon OpenSearch Service Instance")
            .each("instanceType", &nodes);
        if !queries.is_empty() {
            queries.push(all.with("productFamily", "Amazon OpenSearch Service Volume"));
        }
        queries
    },
    rates: |product| {
        let usage = product.usage();
        if usage.starts_with("ESInstance:") {
            return vec![opensearch::instance(product.attribute("instanceType"))];
        }
        let rate = match usage {
            "ES:PIOPS" => opensearch::volume_iops("io1"),
            "ES:GP2-Storage" => opensearch::volume_gib("gp2"),
            "ES:GP3-Storage" => opensearch::volume_gib("gp3"),
            "ES:PIOPS-Storage" => opensearch::volume_gib("io1"),
            "ES:Magnetic-Storage" => opensearch::volume_gib("standard"),
            "ES:GP3-PIOPS" => opensearch::volume_iops("gp3"),
            "ES:Managed-Storage" => opensearch::MANAGED_STORAGE_GIB,
            // Written `ES:GP3-Provisioned-Throughput`, and in other ways.
            other if is_throughput(other) => opensearch::GP3_MIBPS,
            _ => return Vec::new(),
        };
        vec![rate]
    },
};

fn is_throughput(usage: &str) -> bool {
    usage.starts_with("ES:GP3-") && usage.to_ascii_lowercase().ends_with("throughput")
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn nodes_and_volumes_are_read() {
        let volume = "Amazon OpenSearch Service Volume";
        let read = read(
            &LIST,
            &[
                (
                    "Amazon OpenSearch Service Instance",
                    &[
                        ("usagetype", "USE2-ESInstance:r6g.large"),
                        ("instanceType", "r6g.large.search"),
                    ],
                    "0.1670000000",
                ),
                (
                    volume,
                    &[("usagetype", "USE2-ES:GP3-Storage"), ("storageMedia", "GP3")],
                    "0.1220000000",
                ),
                (
                    volume,
                    &[("usagetype", "USE2-ES:PIOPS"), ("storageMedia", "PIOPS")],
                    "0.0880000000",
                ),
                (volume, &[("usagetype", "ES:GP3-Provisioned-ThroughPut")], "0.0490000000"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("instance/r6g.large.search", "0.167"),
                ("volume/gp3/gib", "0.122"),
                ("volume/gp3/mibps", "0.049"),
                ("volume/io1/iops", "0.088"),
            ])
        );
    }
}
