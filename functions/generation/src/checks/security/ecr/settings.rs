//! Controls of ECR that compare one setting.

use miyabi_types::{
    action::Operation,
    finding::Severity,
    resource::{Resource, ResourceKind, ecr::Repository},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Remedy, Threshold};

/// The table.
pub const CHECKS: [Check; 2] = [
    Row {
        id: "ecr_repository_not_scanned",
        title: "Images are not scanned when they are pushed",
        control: &["ECR.1"],
        severity: Severity::High,
        kinds: &[ResourceKind::EcrRepository],
        must: &[Threshold { what: "image scanning", value: "on push or continuous" }],
        read: of!(EcrRepository, |repository| scanning(repository)),
        operation: Some(Operation::ScanOnPush),
        remedy: |resource| Some(scan(resource)),
        ..ROW
    }
    .check(),
    Row {
        id: "ecr_repository_tags_mutable",
        title: "Tags of images can be moved to other images",
        control: &["ECR.2"],
        kinds: &[ResourceKind::EcrRepository],
        must: &[Threshold { what: "imageTagMutability", value: "IMMUTABLE" }],
        read: of!(EcrRepository, |repository| Reading::must(
            repository.tag_mutability == "IMMUTABLE",
            &repository.tag_mutability
        )),
        ..ROW
    }
    .check(),
];

/// Ways of the registry's rules to scan that count. Source: Security Hub ECR.1.
const SCANNING: [&str; 2] = ["CONTINUOUS_SCAN", "SCAN_ON_PUSH"];

fn scanning(repository: &Repository) -> Reading {
    if repository.scan_on_push {
        return Reading::Good;
    }
    Reading::of(&repository.registry_scan, |rule| {
        let rule = rule.as_deref().unwrap_or("off");
        Reading::must(SCANNING.contains(&rule), rule)
    })
}

fn scan(resource: &Resource) -> Remedy {
    let remedy = Remedy::toggle(Operation::ScanOnPush, resource, "scan_on_push", true);
    remedy.explained(
        "Scan images for known vulnerabilities when they are pushed",
        "None known: basic scanning is free of charge.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        check_table, denied, repository,
    };
    use miyabi_types::evidence::Evidence;

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("ECR.1", repository(|_| {}), Clear),
                ("ECR.1", repository(|r| r.scan_on_push = false), Risk),
                (
                    "ECR.1",
                    repository(|r| {
                        r.scan_on_push = false;
                        r.registry_scan = Evidence::Known(Some("CONTINUOUS_SCAN".into()));
                    }),
                    Clear,
                ),
                (
                    "ECR.1",
                    repository(|r| {
                        r.scan_on_push = false;
                        r.registry_scan = denied("ecr:GetRegistryScanningConfiguration");
                    }),
                    NotEvaluated("denied"),
                ),
                ("ECR.2", repository(|_| {}), Clear),
                ("ECR.2", repository(|r| r.tag_mutability = "MUTABLE".into()), Risk),
            ],
        );
    }
}
