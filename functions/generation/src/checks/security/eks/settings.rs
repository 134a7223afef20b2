//! Controls of EKS that compare one setting.

use miyabi_types::{finding::Severity, resource::ResourceKind};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 2] = [
    Row {
        id: "eks_cluster_public_endpoint",
        title: "Kubernetes API of the cluster answers the internet",
        control: &["EKS.1"],
        severity: Severity::High,
        kinds: &[ResourceKind::EksCluster],
        must: &[Threshold { what: "endpointPublicAccess", value: "false" }],
        read: of!(EksCluster, |cluster| Reading::of(&cluster.settings, |s| Reading::off(
            s.endpoint_public_access
        ))),
        ..ROW
    }
    .check(),
    Row {
        id: "eks_cluster_no_audit_log",
        title: "Cluster writes no audit log",
        control: &["EKS.8"],
        kinds: &[ResourceKind::EksCluster],
        must: &[Threshold { what: "logging", value: "audit" }],
        read: of!(EksCluster, |cluster| Reading::of(&cluster.settings, |s| Reading::must(
            s.log_types.iter().any(|log| log == "audit"),
            "without audit"
        ))),
        ..ROW
    }
    .check(),
];

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, Risk},
        check_table, eks_cluster,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("EKS.1", eks_cluster(|_| {}), Clear),
                ("EKS.1", eks_cluster(|c| c.endpoint_public_access = true), Risk),
                ("EKS.8", eks_cluster(|_| {}), Clear),
                ("EKS.8", eks_cluster(|c| c.log_types.clear()), Risk),
            ],
        );
    }
}
