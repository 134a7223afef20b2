//! IAM Access Analyzer.

use aws_sdk_accessanalyzer::{Client, types::AnalyzerSummary};
use futures::FutureExt;
use miyabi_types::resource::{
    Resource, ResourceConfig, ResourceKind::AccessAnalyzer, access_analyzer::Analyzer,
};

use super::{Collected, Collector, Reach, or_none, timestamp};
use crate::{call::Call, place::Place, scope::Scan};

const ANALYZERS: Call = Call::lists("access-analyzer:ListAnalyzers", &[AccessAnalyzer]);

/// Reads Access Analyzer.
pub const COLLECTOR: Collector = Collector {
    service: "access-analyzer",
    reach: Reach::Regional,
    calls: &[ANALYZERS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let pages = Client::new(scan.sdk()).list_analyzers().into_paginator().items().send();
    let analyzers = or_none(scan.list(ANALYZERS, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = analyzers.iter().map(|analyzer| resource(&scan.place, analyzer));
    resources.collect::<Vec<_>>().into()
}

fn resource(place: &Place, analyzer: &AnalyzerSummary) -> Resource {
    let name = analyzer.name();
    let config = Analyzer {
        analyzer_type: analyzer.r#type().as_str().to_owned(),
        status: analyzer.status().as_str().to_owned(),
        status_reason: analyzer.status_reason().map(|why| why.code().as_str().to_owned()),
        last_analyzed_at: timestamp(analyzer.last_resource_analyzed_at()),
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

    use super::*;
    use crate::testing::place;

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
