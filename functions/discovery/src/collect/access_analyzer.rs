//! IAM Access Analyzer: analyzers, with what they say others may reach.

use std::collections::BTreeMap;

use aws_sdk_accessanalyzer::{
    Client,
    types::{AnalyzerSummary, Criterion, FindingSummary},
};
use futures::FutureExt;
use miyabi_types::{
    evidence::Unavailable,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::AccessAnalyzer,
        access_analyzer::{Analyzer, ExternalAccess},
    },
};

use super::{Collected, Collector, Reach, or_none, sorted, text, timestamp};
use crate::{call::Call, place::Place, scope::Scan};

const ANALYZERS: Call = Call::lists("access-analyzer:ListAnalyzers", &[AccessAnalyzer]);
// The second version of it tells of other analyzers too, but neither who nor whether everyone.
const FINDINGS: Call = Call::details("access-analyzer:ListFindings");

/// Reads Access Analyzer.
pub const COLLECTOR: Collector = Collector {
    service: "access-analyzer",
    reach: Reach::Regional,
    calls: &[ANALYZERS, FINDINGS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let pages = client.list_analyzers().into_paginator().items().send();
    let analyzers = or_none(scan.list(ANALYZERS, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = scan.each(analyzers, |sdk: AnalyzerSummary| async move {
        let mut resource = resource(&scan.place, &sdk);
        if let ResourceConfig::AccessAnalyzer(analyzer) = &mut resource.config
            && analyzer.looks_for_external_access()
        {
            analyzer.external_access = Some(external_access(scan, client, sdk.arn()).await.into());
        }
        resource
    });
    resources.await.into()
}

/// Active findings about what the account owns: the analyzer of an organization has those of all its accounts.
async fn external_access(
    scan: &Scan,
    client: &Client,
    analyzer: &str,
) -> Result<Vec<ExternalAccess>, Unavailable> {
    let is = |value: &str| Criterion::builder().eq(value).build();
    let pages = client
        .list_findings()
        .analyzer_arn(analyzer)
        .filter("status", is("ACTIVE"))
        .filter("resourceOwnerAccount", is(scan.place.account.as_str()))
        .max_results(100)
        .into_paginator()
        .items()
        .send();
    let findings = scan.list(FINDINGS, pages.collect::<Result<Vec<_>, _>>()).await?;
    Ok(by_resource(&findings))
}

fn by_resource(findings: &[FindingSummary]) -> Vec<ExternalAccess> {
    let mut resources: BTreeMap<&str, ExternalAccess> = BTreeMap::new();
    for finding in findings {
        let access = resources.entry(finding.resource().unwrap_or_default()).or_default();
        access.resource = text(finding.resource());
        finding.resource_type().as_str().clone_into(&mut access.resource_type);
        access.findings += 1;
        access.is_public |= finding.is_public() == Some(true);
        let principals = finding.principal().into_iter().flatten();
        access.principals.extend(principals.map(|(kind, who)| format!("{kind} {who}")));
    }
    let each =
        |access: ExternalAccess| ExternalAccess { principals: sorted(access.principals), ..access };
    resources.into_values().map(each).collect()
}

fn resource(place: &Place, analyzer: &AnalyzerSummary) -> Resource {
    let name = analyzer.name();
    let config = Analyzer {
        analyzer_type: analyzer.r#type().as_str().to_owned(),
        status: analyzer.status().as_str().to_owned(),
        status_reason: analyzer.status_reason().map(|why| why.code().as_str().to_owned()),
        last_analyzed_at: timestamp(analyzer.last_resource_analyzed_at()),
        external_access: None,
    };
    let arn = Place::told(Some(analyzer.arn()), || {
        place.arn("access-analyzer", &format!("analyzer/{name}"))
    });
    let tags = analyzer.tags().cloned().unwrap_or_default().into_iter().collect();
    let resource = place.resource(arn, name, tags, ResourceConfig::AccessAnalyzer(config));
    Resource {
        name: Some(name.to_owned()),
        created_at: timestamp(Some(analyzer.created_at())),
        ..resource
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_accessanalyzer::types::{AnalyzerStatus, ReasonCode, StatusReason, Type};
    use aws_smithy_types::DateTime;

    use miyabi_types::evidence::Evidence;

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        of_kind, place, scan,
    };

    fn analyzers(asked: &Asked) -> Option<Answer> {
        let analyzer = |name: &str, kind: &str| {
            format!(
                r#"{{"name":"{name}","type":"{kind}","status":"ACTIVE","createdAt":"2026-01-02T03:04:05Z",
                "arn":"arn:aws:access-analyzer:us-east-1:123456789012:analyzer/{name}"}}"#
            )
        };
        let both =
            [analyzer("outside", "ORGANIZATION"), analyzer("unused", "ACCOUNT_UNUSED_ACCESS")];
        (asked.service == "access-analyzer" && asked.operation.starts_with("GET /analyzer"))
            .then(|| (200, format!(r#"{{"analyzers":[{}]}}"#, both.join(",")).into_bytes()))
    }

    fn finding(id: &str, principal: &str, public: bool) -> String {
        format!(
            r#"{{"id":"{id}","principal":{{"AWS":"{principal}"}},"resource":"arn:aws:s3:::shop","isPublic":{public},
            "resourceType":"AWS::S3::Bucket","condition":{{}},"createdAt":"2026-01-02T03:04:05Z",
            "analyzedAt":"2026-01-02T03:04:05Z","updatedAt":"2026-01-02T03:04:05Z","status":"ACTIVE",
            "resourceOwnerAccount":"123456789012"}}"#
        )
    }

    #[tokio::test]
    async fn active_findings_tell_what_of_the_account_others_may_reach() {
        let scanned = scan(
            sdk(|asked| {
                if asked.operation != "POST /finding" {
                    return analyzers(asked).unwrap_or_else(|| empty(asked));
                }
                assert!(
                    asked.body.contains("analyzer/outside"),
                    "only this one tells: {}",
                    asked.body
                );
                assert!(asked.body.contains(r#""resourceOwnerAccount":{"eq":["123456789012"]}"#));
                let body = if asked.body.contains("nextToken") {
                    format!(r#"{{"findings":[{}]}}"#, finding("1", "*", true))
                } else {
                    let first = finding("2", "210987654321", false);
                    format!(r#"{{"findings":[{first}],"nextToken":"more"}}"#)
                };
                (200, body.into_bytes())
            }),
            "us-east-1",
        )
        .await;
        let told: Vec<_> = of_kind(&scanned, AccessAnalyzer)
            .into_iter()
            .map(|resource| match &resource.config {
                ResourceConfig::AccessAnalyzer(analyzer) => analyzer.external_access.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        let access = ExternalAccess {
            resource: "arn:aws:s3:::shop".into(),
            resource_type: "AWS::S3::Bucket".into(),
            findings: 2,
            is_public: true,
            principals: vec!["AWS *".into(), "AWS 210987654321".into()],
        };
        assert_eq!(told, [Some(Evidence::Known(vec![access])), None]);
    }

    #[tokio::test]
    async fn denied_findings_are_unknown_and_name_the_permission() {
        let scanned = scan(
            sdk(|asked| match asked.operation.as_str() {
                "POST /finding" => error(asked, 403, "AccessDeniedException"),
                _ => analyzers(asked).unwrap_or_else(|| empty(asked)),
            }),
            "us-east-1",
        )
        .await;
        let ResourceConfig::AccessAnalyzer(outside) = &of_kind(&scanned, AccessAnalyzer)[0].config
        else {
            panic!()
        };
        let why = outside.external_access.as_ref().unwrap().get().unwrap_err();
        assert_eq!(
            why.missing_permission.as_ref().unwrap().as_str(),
            "access-analyzer:ListFindings"
        );
    }

    #[test]
    fn an_analyzer_tells_what_it_looks_for_and_whether_it_works() {
        let analyzer = |kind, status| {
            let sdk = AnalyzerSummary::builder()
                .name("outside")
                .arn("arn:aws:access-analyzer:us-east-1:123456789012:analyzer/outside")
                .r#type(kind)
                .status(status)
                .status_reason(
                    StatusReason::builder()
                        .code(ReasonCode::AwsServiceAccessDisabled)
                        .build()
                        .unwrap(),
                )
                .created_at(DateTime::from_secs(1_700_000_000))
                .tags("team", "security")
                .build()
                .unwrap();
            let resource = resource(&place(), &sdk);
            assert_eq!(resource.arn.resource(), "analyzer/outside");
            assert_eq!(resource.created_at.unwrap().as_second(), 1_700_000_000);
            assert_eq!(resource.tags["team"], "security");
            let ResourceConfig::AccessAnalyzer(analyzer) = resource.config else { panic!() };
            assert_eq!(analyzer.status_reason.as_deref(), Some("AWS_SERVICE_ACCESS_DISABLED"));
            analyzer
        };
        assert!(analyzer(Type::Account, AnalyzerStatus::Active).finds_external_access());
        assert!(!analyzer(Type::Account, AnalyzerStatus::Failed).finds_external_access());
        let unused = analyzer(Type::AccountUnusedAccess, AnalyzerStatus::Active);
        assert!(!unused.finds_external_access());
    }
}
