//! What tells the price of one resource of a kind from another's.

use serde::{Deserialize, Serialize};

use crate::resource::{Resource, ResourceConfig};

/// The size of a resource, as far as there is a price for each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Size {
    /// `m5.large`, `db.m5.large`, `cache.t3.micro` …; of what Cloud Control told of, its type.
    pub name: String,
    /// What the price depends on besides: platform and tenancy of an instance, a database's engine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<String>,
}

impl Size {
    /// The sizes in a resource; most kinds have none.
    pub fn of(resource: &Resource) -> Vec<Self> {
        let one = |name: &str, with: &[&str]| {
            vec![Self {
                name: name.to_owned(),
                with: with.iter().map(|with| (*with).to_owned()).collect(),
            }]
        };
        match &resource.config {
            ResourceConfig::Ec2Instance(instance) => {
                one(&instance.instance_type, &[&instance.platform, &instance.tenancy])
            }
            ResourceConfig::Ec2CapacityReservation(held) => {
                one(&held.instance_type, &[&held.platform, &held.tenancy])
            }
            ResourceConfig::RdsDbInstance(db) => one(&db.class, &[&db.engine]),
            ResourceConfig::ElastiCacheCluster(cluster) => one(&cluster.node_type, &[]),
            ResourceConfig::RedshiftCluster(cluster) => one(&cluster.node_type, &[]),
            ResourceConfig::OpenSearchDomain(domain) => [
                Some(&domain.instance_type),
                domain.dedicated_master_type.as_ref(),
                domain.warm_type.as_ref(),
            ]
            .into_iter()
            .flatten()
            .flat_map(|name| one(name, &[]))
            .collect(),
            ResourceConfig::Generic(other) => one(&other.type_name, &[]),
            _ => Vec::new(),
        }
    }
}
