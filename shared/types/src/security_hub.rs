//! Findings of AWS Security Hub.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    evidence::Evidence,
    id::ControlId,
    resource::Resource,
    world::{Scope, World},
};

/// Names of AWS's partitions, as ARNs have them.
const PARTITIONS: [&str; 6] = ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"];

/// An active finding of Security Hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecurityHubFinding {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The control it belongs to, where it belongs to one.
    pub control: Option<ControlId>,
    /// `PASSED`, `FAILED`, `WARNING` or `NOT_AVAILABLE`.
    pub compliance: Option<String>,
    /// `CRITICAL`, `HIGH`, `MEDIUM`, `LOW` or `INFORMATIONAL`.
    pub severity: Option<String>,
    /// `NEW`, `NOTIFIED`, `SUPPRESSED` or `RESOLVED`.
    pub workflow: Option<String>,
    /// The resources it is about, sorted: ARNs, and other ids of what has none. See [`World::meant_by`].
    pub resources: Vec<String>,
}

impl World {
    /// The resource that Security Hub means by `id`: one with this ARN, or the account that it writes
    /// `AWS::::Account:123456789012`.
    pub fn meant_by(&self, id: &str) -> Option<&Resource> {
        let Some(account) = id.strip_prefix("AWS::::Account:") else { return self.find(id) };
        let arn = |partition| format!("arn:{partition}:account::{account}:account");
        PARTITIONS.into_iter().find_map(|partition| self.find(&arn(partition)))
    }
}

/// Sorts findings by scope and id, and leaves each once: whoever aggregates holds what other scopes tell too. The
/// same id about other resources is another finding, for other products number theirs in each region anew.
pub(crate) fn each_once(scopes: &mut [(Scope, Evidence<Vec<SecurityHubFinding>>)]) {
    scopes.sort_by(|a, b| a.0.cmp(&b.0));
    for (_, findings) in &mut *scopes {
        if let Evidence::Known(findings) = findings {
            findings.sort_by(|a, b| (&a.id, &a.resources).cmp(&(&b.id, &b.resources)));
        }
    }
    let mut seen = BTreeSet::new();
    let first: Vec<Vec<bool>> = scopes
        .iter()
        .map(|(_, findings)| {
            let findings = findings.known().into_iter().flatten();
            findings.map(|one| seen.insert((&*one.id, &*one.resources))).collect()
        })
        .collect();
    for ((_, findings), first) in scopes.iter_mut().zip(first) {
        if let Evidence::Known(findings) = findings {
            let mut first = first.into_iter();
            findings.retain(|_| first.next() == Some(true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{ChunkLine, WorldManifest};

    fn finding(id: &str) -> SecurityHubFinding {
        SecurityHubFinding {
            id: id.into(),
            title: "a title".into(),
            control: None,
            compliance: None,
            severity: None,
            workflow: None,
            resources: vec!["arn:aws:s3:::data".into()],
        }
    }

    fn scope(region: &str) -> Scope {
        Scope { account: "123456789012".parse().unwrap(), region: region.parse().unwrap() }
    }

    #[test]
    fn a_finding_that_several_regions_tell_is_one() {
        let manifest: WorldManifest = serde_json::from_value(serde_json::json!({
            "tenant": "acme", "cycle": "01980a3e-4c58-7000-8000-000000000000", "sequence": 0,
            "taken_at": "2026-03-01T00:00:00Z", "scopes": [], "prices": crate::pricing::PriceSheet::default(),
        }))
        .unwrap();
        let page = |ids: &[&str]| ChunkLine::SecurityHub {
            findings: Evidence::Known(ids.iter().map(|id| finding(id)).collect()),
        };
        let off = || ChunkLine::SecurityHub { findings: Evidence::unavailable("it is off") };
        let world = World::assemble(
            manifest,
            [
                (scope("us-east-1"), vec![page(&["b"]), page(&["a", "c"])]),
                (scope("eu-west-1"), vec![page(&["b", "d"])]),
                (scope("eu-west-3"), vec![off()]),
            ],
        );
        let told: Vec<(&str, Vec<&str>)> = world
            .security_hub
            .iter()
            .map(|(scope, findings)| {
                let findings = findings.known().into_iter().flatten();
                (scope.region.as_str(), findings.map(|one| one.id.as_str()).collect())
            })
            .collect();
        let expected =
            [("eu-west-1", vec!["b", "d"]), ("eu-west-3", vec![]), ("us-east-1", vec!["a", "c"])];
        assert_eq!(told, expected);
    }
}
