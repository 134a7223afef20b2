//! Security Hub: its settings in a region, and active findings.

use aws_sdk_securityhub::{
    Client,
    types::{
        AwsSecurityFinding, AwsSecurityFindingFilters, ComplianceStatus, SeverityLabel,
        StringFilter, StringFilterComparison, WorkflowStatus,
    },
};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::ControlId,
    security_hub::SecurityHubFinding,
    world::ChunkLine,
};

use super::{Collected, Collector, Reach, owned, sorted, text};
use crate::{
    call::{Call, Failure},
    scope::Scan,
};

mod hub;

const FINDINGS: Call = Call::details("securityhub:GetFindings");

/// Reads Security Hub.
pub const COLLECTOR: Collector = Collector {
    service: "securityhub",
    reach: Reach::Regional,
    calls: &[FINDINGS, hub::HUB, hub::STANDARDS, hub::CONTROLS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let (findings, hub) = tokio::join!(findings(scan, client), Box::pin(hub::read(scan, client)));
    Collected {
        resources: hub.into_iter().collect(),
        lines: vec![ChunkLine::SecurityHub { findings }],
        ..Collected::default()
    }
}

async fn findings(scan: &Scan, client: &Client) -> Evidence<Vec<SecurityHubFinding>> {
    let pages =
        client.get_findings().filters(filters()).max_results(100).into_paginator().items().send();
    let result = pages.collect::<Result<Vec<_>, _>>().await.map_err(|error| match error.code() {
        Some("InvalidAccessException") => {
            Unavailable::because(format!("Security Hub is not enabled in {}", scan.place.region))
        }
        _ => error.unavailable(&FINDINGS.api()),
    });
    let outcome = result.as_ref().map_or_else(|why| Err(why.clone()), |list| Ok(list.len()));
    scan.record(FINDINGS, outcome);
    Evidence::from(result.map(|list| {
        let mut findings: Vec<_> = list.iter().map(finding).collect();
        findings.sort_by(|a, b| a.id.cmp(&b.id));
        findings
    }))
}

/// Findings that are active and that nobody suppressed.
fn filters() -> AwsSecurityFindingFilters {
    let is = |comparison, value: &str| {
        StringFilter::builder().comparison(comparison).value(value).build()
    };
    AwsSecurityFindingFilters::builder()
        .record_state(is(StringFilterComparison::Equals, "ACTIVE"))
        .workflow_status(is(StringFilterComparison::NotEquals, "SUPPRESSED"))
        .build()
}

fn finding(finding: &AwsSecurityFinding) -> SecurityHubFinding {
    let compliance = finding.compliance();
    let resources = finding.resources().iter().filter_map(|resource| resource.id());
    SecurityHubFinding {
        id: text(finding.id()),
        title: text(finding.title()),
        control: compliance
            .and_then(|compliance| compliance.security_control_id())
            .or_else(|| finding.generator_id()?.rsplit('/').next())
            .and_then(|id| ControlId::parse(id).ok()),
        compliance: owned(compliance.and_then(|c| c.status()).map(ComplianceStatus::as_str)),
        severity: owned(finding.severity().and_then(|s| s.label()).map(SeverityLabel::as_str)),
        workflow: owned(finding.workflow().and_then(|w| w.status()).map(WorkflowStatus::as_str)),
        resources: sorted(resources.map(str::to_owned)),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_securityhub::types::Compliance;

    use super::*;

    #[test]
    fn the_control_is_known_with_and_without_consolidated_findings() {
        let control = |generator: &str, id: Option<&str>| {
            let compliance = Compliance::builder()
                .status(ComplianceStatus::Failed)
                .set_security_control_id(id.map(Into::into))
                .build();
            let sdk = AwsSecurityFinding::builder().id("f").generator_id(generator);
            let finding = finding(&sdk.compliance(compliance).build());
            assert_eq!(finding.compliance.as_deref(), Some("FAILED"));
            finding.control.map(|control| control.to_string())
        };
        let standard = "aws-foundational-security-best-practices/v/1.0.0/EC2.8";
        assert_eq!(control(standard, None).as_deref(), Some("EC2.8"));
        assert_eq!(control("security-control/S3.1", Some("S3.2")).as_deref(), Some("S3.2"));
        assert_eq!(control("arn:aws:guardduty:x", None), None);
    }
}
