//! Controls of `OpenSearch` that compare one setting.

use miyabi_types::{
    finding::Severity,
    resource::{ResourceKind, opensearch::Domain},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 9] = [
    Row {
        id: "opensearch_unencrypted",
        title: "Domain does not encrypt data at rest",
        control: &["Opensearch.1"],
        kinds: &[ResourceKind::OpenSearchDomain],
        must: &[Threshold { what: "EncryptionAtRestOptions", value: "enabled" }],
        read: of!(OpenSearchDomain, |it| Reading::on(it.encryption_at_rest)),
        ..ROW
    }
    .check(),
    Row {
        id: "opensearch_public",
        title: "Domain is not in a VPC",
        control: &["Opensearch.2"],
        severity: Severity::Critical,
        kinds: &[ResourceKind::OpenSearchDomain],
        must: &[Threshold { what: "VPCOptions", value: "in a VPC" }],
        read: of!(OpenSearchDomain, |it| Reading::set(it.vpc_id.as_ref())),
        ..ROW
    }
    .check(),
    Row {
        id: "opensearch_plain_between_nodes",
        title: "Nodes of the domain talk to each other unencrypted",
        control: &["Opensearch.3"],
        kinds: &[ResourceKind::OpenSearchDomain],
        must: &[Threshold { what: "NodeToNodeEncryptionOptions", value: "enabled" }],
        read: of!(OpenSearchDomain, |it| Reading::on(it.node_to_node_encryption)),
        ..ROW
    }
    .check(),
    Row {
        id: "opensearch_no_error_log",
        title: "Domain sends no error log to CloudWatch",
        control: &["Opensearch.4"],
        kinds: &[ResourceKind::OpenSearchDomain],
        must: &[Threshold { what: "LogPublishingOptions", value: "ES_APPLICATION_LOGS" }],
        read: of!(OpenSearchDomain, |it| logs(it, "ES_APPLICATION_LOGS")),
        ..ROW
    }
    .check(),
    Row {
        id: "opensearch_no_audit_log",
        title: "Domain writes no audit log",
        control: &["Opensearch.5"],
        kinds: &[ResourceKind::OpenSearchDomain],
        must: &[Threshold { what: "LogPublishingOptions", value: "AUDIT_LOGS" }],
        read: of!(OpenSearchDomain, |it| logs(it, "AUDIT_LOGS")),
        ..ROW
    }
    .check(),
    Row {
        id: "opensearch_few_data_nodes",
        title: "Domain does not survive the loss of a node",
        control: &["Opensearch.6"],
        kinds: &[ResourceKind::OpenSearchDomain],
        must: &[Threshold { what: "InstanceCount", value: "at least 3, in several zones" }],
        read: of!(OpenSearchDomain, |it| Reading::must(
            it.instance_count >= 3 && it.zone_awareness,
            format!("{}, zone awareness {}", it.instance_count, it.zone_awareness)
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "opensearch_no_fine_grained_access",
        title: "Domain does not control access by index and field",
        control: &["Opensearch.7"],
        severity: Severity::High,
        kinds: &[ResourceKind::OpenSearchDomain],
        must: &[Threshold { what: "AdvancedSecurityOptions", value: "enabled" }],
        read: of!(OpenSearchDomain, |it| Reading::on(it.fine_grained_access)),
        ..ROW
    }
    .check(),
    Row {
        id: "opensearch_old_tls",
        title: "Domain accepts plain HTTP or TLS that is not the latest",
        control: &["Opensearch.8"],
        kinds: &[ResourceKind::OpenSearchDomain],
        must: &[Threshold {
            what: "TLSSecurityPolicy",
            value: "Policy-Min-TLS-1-2-PFS-2023-10, with HTTPS enforced",
        }],
        read: of!(OpenSearchDomain, |it| tls(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "opensearch_update_waiting",
        title: "Newer service software waits to be installed",
        control: &["Opensearch.10"],
        kinds: &[ResourceKind::OpenSearchDomain],
        must: &[Threshold { what: "UpdateAvailable", value: "false" }],
        read: of!(OpenSearchDomain, |it| Reading::off(it.update_available)),
        ..ROW
    }
    .check(),
];

/// The latest TLS policy. Source: Security Hub Opensearch.8 (parameter `tlsPolicies`).
const LATEST_TLS: &str = "Policy-Min-TLS-1-2-PFS-2023-10";

fn logs(domain: &Domain, log: &str) -> Reading {
    let published = domain.published_logs.iter().any(|published| published == log);
    Reading::must(published, format!("without {log}"))
}

fn tls(domain: &Domain) -> Reading {
    let policy = domain.tls_security_policy.as_deref().unwrap_or("not set");
    let https = if domain.enforce_https { "HTTPS enforced" } else { "HTTPS not enforced" };
    Reading::must(domain.enforce_https && policy == LATEST_TLS, format!("{policy}, {https}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, Risk},
        check_table, domain,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("Opensearch.1", domain(|_| {}), Clear),
                ("Opensearch.1", domain(|d| d.encryption_at_rest = false), Risk),
                ("Opensearch.2", domain(|_| {}), Clear),
                ("Opensearch.2", domain(|d| d.vpc_id = None), Risk),
                ("Opensearch.3", domain(|_| {}), Clear),
                ("Opensearch.3", domain(|d| d.node_to_node_encryption = false), Risk),
                ("Opensearch.4", domain(|_| {}), Clear),
                ("Opensearch.4", domain(|d| d.published_logs.clear()), Risk),
                ("Opensearch.5", domain(|_| {}), Clear),
                ("Opensearch.5", domain(|d| d.published_logs.clear()), Risk),
                ("Opensearch.6", domain(|_| {}), Clear),
                ("Opensearch.6", domain(|d| d.instance_count = 2), Risk),
                ("Opensearch.6", domain(|d| d.zone_awareness = false), Risk),
                ("Opensearch.7", domain(|_| {}), Clear),
                ("Opensearch.7", domain(|d| d.fine_grained_access = false), Risk),
                ("Opensearch.8", domain(|_| {}), Clear),
                ("Opensearch.8", domain(|d| d.enforce_https = false), Risk),
                (
                    "Opensearch.8",
                    domain(|d| d.tls_security_policy = Some("Policy-Min-TLS-1-2-2019-07".into())),
                    Risk,
                ),
                ("Opensearch.10", domain(|_| {}), Clear),
                ("Opensearch.10", domain(|d| d.update_available = true), Risk),
            ],
        );
    }
}
