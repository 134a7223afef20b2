//! Redshift.

use std::collections::BTreeSet;

use miyabi_types::{
    pricing::{Service, redshift},
    resource::ResourceKind::RedshiftCluster,
};

use super::{List, Query};

/// Nodes of today.
const NODES: [&str; 4] = ["ra3.large", "ra3.xlplus", "ra3.4xlarge", "ra3.16xlarge"];

pub(super) const LIST: List = List {
    service: Service::Redshift,
    queries: |region, seen| {
        if !seen.any(&[RedshiftCluster]) {
            return Vec::new();
        }
        let mut nodes: BTreeSet<String> = NODES.map(str::to_owned).into();
        nodes.extend(seen.sizes(&[RedshiftCluster]).map(|size| size.name.clone()));
        let families = ["Compute Instance", "Redshift Managed Storage"];
        let query = Query::of(Service::Redshift.code(), region).any("productFamily", &families);
        query.each("instanceType", &nodes)
    },
    rates: |product| {
        let node_type = product.attribute("instanceType");
        match product.family.as_str() {
            "Compute Instance" if product.usage().starts_with("Node:") => {
                vec![redshift::node(node_type)]
            }
            "Redshift Managed Storage" if node_type == "ra3.4xlarge" => {
                vec![redshift::MANAGED_STORAGE_GIB]
            }
            _ => Vec::new(),
        }
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn nodes_and_managed_storage_are_read() {
        let read = read(
            &LIST,
            &[
                (
                    "Compute Instance",
                    &[("usagetype", "USE1-Node:ra3.4xlarge"), ("instanceType", "ra3.4xlarge")],
                    "3.2600000000",
                ),
                (
                    "Redshift Managed Storage",
                    &[("usagetype", "USE1-RMS:ra3.4xlarge"), ("instanceType", "ra3.4xlarge")],
                    "0.0240000000",
                ),
                (
                    "Redshift Concurrency Scaling",
                    &[("usagetype", "USE1-CS:ra3.4xlarge"), ("instanceType", "ra3.4xlarge")],
                    "0.0009000000",
                ),
            ],
        );
        assert_eq!(read, prices([("managed_storage/gib", "0.024"), ("node/ra3.4xlarge", "3.26")]));
    }
}
