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
    lists::pages,
    place::Place,
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
    let (unread, hub) = tokio::join!(findings(scan, client), Box::pin(hub::read(scan, client)));
    Collected {
        resources: hub.into_iter().collect(),
        lines: unread.into_iter().collect(),
        ..Collected::default()
    }
}

/// Reads findings, page by page into lines; answers the line that says why there are none.
async fn findings(scan: &Scan, client: &Client) -> Option<ChunkLine> {
    let asked = client.get_findings().filters(filters(&scan.place)).max_results(100);
    let pages = pages(asked.into_paginator().send(), |page| page.findings);
    let line = |list: Vec<AwsSecurityFinding>| {
        let mut findings: Vec<_> = list.iter().map(finding).collect();
        findings.sort_by(|a, b| a.id.cmp(&b.id));
        ChunkLine::SecurityHub { findings: Evidence::Known(findings) }
    };
    let result = scan.stream_lines(FINDINGS, pages, line).await.map_err(|error| {
        if error.code() == Some("InvalidAccessException") {
            let region = &scan.place.region;
            Unavailable::because(format!("Security Hub is not enabled in {region}"))
        } else {
            error.unavailable(&FINDINGS.api())
        }
    });
    scan.record(FINDINGS, result.clone());
    result.err().map(|why| ChunkLine::SecurityHub { findings: Evidence::Unavailable(why) })
}

/// Findings that are active, that nobody suppressed, and that are of this account and region: an administrator is
/// told of its members' too, and an aggregation region of all that are linked to it.
fn filters(place: &Place) -> AwsSecurityFindingFilters {
    let is = |comparison, value: &str| {
        StringFilter::builder().comparison(comparison).value(value).build()
    };
    AwsSecurityFindingFilters::builder()
        .aws_account_id(is(StringFilterComparison::Equals, place.account.as_str()))
        .region(is(StringFilterComparison::Equals, place.region.as_str()))
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

    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::testing::{
        aws::{empty, error, sdk},
        coverage, scan,
    };

    #[tokio::test]
    async fn an_administrator_asks_for_its_own_findings_alone_and_half_of_them_are_none() {
        let asked_for = Arc::new(Mutex::new(String::new()));
        let seen = Arc::clone(&asked_for);
        let answer = sdk(move |asked| {
            if asked.operation != "POST /findings" {
                return empty(asked);
            }
            if asked.body.contains("NextToken") {
                return error(asked, 400, "InvalidInputException");
            }
            seen.lock().unwrap().clone_from(&asked.body);
            (200, br#"{"Findings":[{"Id":"one"}],"NextToken":"more"}"#.into())
        });
        let scanned = scan(answer, "us-east-1").await;
        let asked: serde_json::Value = serde_json::from_str(&asked_for.lock().unwrap()).unwrap();
        let only = |what: &str| asked["Filters"][what][0]["Value"].clone();
        assert_eq!(
            (only("AwsAccountId"), only("Region")),
            ("123456789012".into(), "us-east-1".into())
        );
        assert_eq!(asked["Filters"]["Region"][0]["Comparison"], "EQUALS");
        let lines = scanned.lines.iter().flatten();
        let told: Vec<_> =
            lines.filter(|line| matches!(line, ChunkLine::SecurityHub { .. })).collect();
        assert!(
            matches!(told[..], [ChunkLine::SecurityHub { findings: Evidence::Unavailable(_) }]),
            "{told:?}"
        );
        assert!(coverage(&scanned, "securityhub:GetFindings").known().is_none());
    }

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
