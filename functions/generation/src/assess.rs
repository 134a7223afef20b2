//! Judges a whole World: every check on every resource of its kinds.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use jiff::{civil::Date, tz::TimeZone};
use miyabi_types::{
    commitments::after::Change,
    evidence::Unavailable,
    exemption::{ExemptionUse, Exemptions, Standing},
    finding::{Finding, NotEvaluated, Place},
    id::{AccountId, ControlId, FindingId, Region},
    plan::{Assessment, Exempted},
    resource::Resource,
    score::{ControlTally, Score},
    world::{Scope, World},
};

use crate::{
    check::{Check, Context, Found, Remedy, Verdict},
    rules::Rules,
    standards,
};

/// What came of judging a World.
#[derive(Debug)]
pub struct Judgement<'a> {
    /// Findings, what could not be judged, and the score.
    pub assessment: Assessment,
    /// What to do about findings, by resource, in the order of the checks.
    pub remedies: Vec<Proposed<'a>>,
}

/// A remedy with the finding it mends.
#[derive(Debug)]
pub struct Proposed<'a> {
    /// The resource.
    pub resource: &'a Resource,
    /// The finding.
    pub finding: Finding,
    /// The change.
    pub remedy: Remedy,
}

impl Proposed<'_> {
    const fn change(&self) -> Change<'_> {
        let Remedy { action, saving, .. } = &self.remedy;
        Change { resource: self.resource, action, saving: *saving }
    }
}

/// Judges `world` by `checks` and `rules`, those that look at what changes leave last. What is exempt is set apart,
/// and proposes nothing.
pub fn assess<'a, 'r>(
    world: &'a World,
    checks: &[Check],
    rules: impl Into<Rules<'r>>,
) -> Judgement<'a> {
    let rules: Rules<'_> = rules.into();
    let context = Context::new(world).with_limits(rules.limits);
    let mut uses = Uses::new(rules.exemptions, world);
    let mut findings = Vec::new();
    let mut exempted = Vec::new();
    let mut remedies = Vec::new();
    let mut not_evaluated = BTreeSet::new();
    let mut controls: BTreeMap<ControlId, ControlTally> = BTreeMap::new();

    let (last, first): (Vec<&Check>, Vec<&Check>) =
        checks.iter().partition(|check| check.after_changes);
    for check in first.into_iter().chain(last) {
        if check.after_changes {
            context.change(remedies.iter().map(Proposed::change));
        }
        let id = check.check_id();
        let control_ids = check.control_ids();
        let mut tally = ControlTally::new(check.severity);
        // One call may list several kinds: its failure is told once.
        let unseen: BTreeSet<_> = check.kinds.iter().flat_map(|kind| world.unseen(*kind)).collect();
        tally.unknown += unseen.len() as u64;
        not_evaluated.extend(unseen.into_iter().map(|(scope, why)| NotEvaluated {
            check: id.clone(),
            place: Place::Scope(scope.clone()),
            why: why.clone(),
            controls: control_ids.clone(),
        }));
        let mut judged: BTreeMap<(&AccountId, &Region), Unjudged<'_>> = BTreeMap::new();
        for resource in context.of_kinds(check.kinds) {
            let scope = judged.entry((&resource.account, &resource.region)).or_default();
            match check.evaluate(resource, &context) {
                Verdict::NotApplicable => {}
                Verdict::Clear => {
                    tally.passed += 1;
                    scope.judged += 1;
                }
                Verdict::NotEvaluated(why) => {
                    tally.unknown += 1;
                    scope.unjudged.push((resource, why));
                }
                Verdict::Finding(mut found) => {
                    scope.judged += 1;
                    if check.commitments {
                        on_demand_alone(&mut found, resource, world);
                    }
                    let finding = Finding {
                        id: FindingId::of(&id, &resource.arn),
                        check: id.clone(),
                        category: check.category,
                        severity: check.severity,
                        controls: control_ids.clone(),
                        resource: resource.arn.clone(),
                        kind: resource.kind(),
                        label: resource.label(),
                        account: resource.account.clone(),
                        region: resource.region.clone(),
                        title: check.title.into(),
                        evidence: found.evidence,
                        saving: found.saving,
                    };
                    if let Some(exemption) = uses.covering(&finding, resource) {
                        tally.suppressed += 1;
                        exempted.push(Exempted { finding, exemption });
                        continue;
                    }
                    tally.failed += 1;
                    if let Some(remedy) = found.remedy {
                        remedies.push(Proposed { resource, finding: finding.clone(), remedy });
                    }
                    findings.push(finding);
                }
            }
        }
        for ((account, region), unjudged) in judged {
            let scope = Scope { account: account.clone(), region: region.clone() };
            not_evaluated.extend(unjudged.widest(scope).into_iter().map(|(place, why)| {
                NotEvaluated { check: id.clone(), place, why, controls: control_ids.clone() }
            }));
        }
        for control in control_ids {
            let standards = standards::of(&control);
            let total = controls
                .entry(control)
                .or_insert_with(|| ControlTally { standards, ..ControlTally::new(check.severity) });
            total.suppressed += tally.suppressed;
            total.passed += tally.passed;
            total.failed += tally.failed;
            total.unknown += tally.unknown;
        }
    }

    findings.sort_by(|a, b| a.id.cmp(&b.id));
    exempted.sort_by(|a, b| a.finding.id.cmp(&b.finding.id));
    Judgement {
        assessment: Assessment {
            sequence: world.manifest.sequence,
            resources: counts(world),
            monthly_cost: world.monthly_cost(),
            unpriced: world.resources.iter().filter(|r| r.monthly_cost.known().is_none()).count()
                as u64,
            findings,
            exempted,
            exemptions: uses.told(),
            limits: rules.limits.clone(),
            not_evaluated: not_evaluated.into_iter().collect(),
            score: Score::of(controls),
        },
        remedies,
    }
}

fn counts(world: &World) -> BTreeMap<miyabi_types::resource::ResourceKind, u64> {
    let mut counts = BTreeMap::new();
    for resource in &world.resources {
        *counts.entry(resource.kind()).or_insert(0) += 1;
    }
    counts
}

/// What becomes of each exemption while a World is judged.
struct Uses<'e> {
    exemptions: &'e Exemptions,
    /// The day on which the World was seen, so that judging it again says the same.
    day: Date,
    findings: Vec<u64>,
}

impl<'e> Uses<'e> {
    fn new(exemptions: &'e Exemptions, world: &World) -> Self {
        let day = world.manifest.taken_at.to_zoned(TimeZone::UTC).date();
        Self { exemptions, day, findings: vec![0; exemptions.iter().count()] }
    }

    /// The first exemption that covers `finding` and still holds. Every one that covers it is noted.
    fn covering(&mut self, finding: &Finding, resource: &Resource) -> Option<u32> {
        let Self { exemptions, day, findings } = self;
        let mut first = None;
        for index in exemptions.covering(&finding.check, &finding.controls, resource) {
            findings[index] += 1;
            let holds = exemptions.get(index).is_some_and(|exemption| exemption.holds_on(*day));
            if holds && first.is_none() {
                first = u32::try_from(index).ok();
            }
        }
        first
    }

    fn told(self) -> Vec<ExemptionUse> {
        self.exemptions
            .iter()
            .zip(self.findings)
            .map(|(exemption, findings)| ExemptionUse {
                standing: match findings {
                    _ if !exemption.holds_on(self.day) => Standing::Expired,
                    0 => Standing::Unused,
                    _ => Standing::Used,
                },
                exemption: exemption.clone(),
                findings,
            })
            .collect()
    }
}

/// Leaves of a saving what no reservation and no Savings Plan pays for, where that is known: they go on
/// costing. Where it is not, the saving is at list prices.
fn on_demand_alone(found: &mut Found, resource: &Resource, world: &World) {
    let commitments = world.commitments.get(&resource.account);
    let Some(share) =
        commitments.and_then(|all| all.uncovered(resource.kind())).filter(|share| *share < 1.0)
    else {
        return;
    };
    found.saving = found.saving.share(share);
    if let Some(remedy) = &mut found.remedy {
        remedy.saving = remedy.saving.share(share);
    }
    let covered = (1.0 - share) * 100.0;
    let _ = write!(
        found.evidence,
        "; commitments pay for {covered:.0} % of such use, and only the rest is saved"
    );
}

/// What one check could not judge in one scope.
#[derive(Default)]
struct Unjudged<'a> {
    judged: u64,
    unjudged: Vec<(&'a Resource, Unavailable)>,
}

impl Unjudged<'_> {
    /// The scope, once, where several resources in it share one reason and none could be judged; else each resource.
    fn widest(self, scope: Scope) -> Vec<(Place, Unavailable)> {
        let one_reason = self.unjudged.windows(2).all(|pair| pair[0].1 == pair[1].1);
        if self.judged == 0 && self.unjudged.len() > 1 && one_reason {
            let why = self.unjudged[0].1.clone();
            return vec![(Place::Scope(scope), why)];
        }
        self.unjudged
            .into_iter()
            .map(|(resource, why)| (Place::Resource(resource.arn.clone()), why))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use miyabi_types::{resource::ResourceKind, score::ControlStatus};

    use super::*;
    use crate::{
        checks::{cost, security},
        fixture::{
            address, bucket, denied, deny, instance, role, security_group, snapshot, volume,
            without_metrics, world,
        },
        registry,
    };

    fn control<'a>(assessment: &'a Assessment, id: &str) -> &'a ControlTally {
        &assessment.score.controls[&id.parse().unwrap()]
    }

    #[test]
    fn of_what_is_not_there_there_is_nothing_to_say() {
        let assessment = assess(&world([]), &registry::all(), &Exemptions::default()).assessment;
        assert!(assessment.findings.is_empty() && assessment.not_evaluated.is_empty());
        assert_eq!(assessment.score.permille, None);
        let statuses: Vec<_> = assessment.score.statuses.keys().collect();
        assert_eq!(statuses, [&ControlStatus::NoData]);
    }

    #[test]
    fn a_kind_that_could_not_be_listed_is_told_once_and_counts_against_the_score() {
        let mut world = world([volume(|_| {})]);
        deny(&mut world, "ec2:DescribeSecurityGroups", &[ResourceKind::Ec2SecurityGroup]);
        let judged =
            assess(&world, &security::ec2::open_ports::CHECKS, &Exemptions::default()).assessment;
        assert_eq!(judged.not_evaluated.len(), 6, "once for each check");
        for not_evaluated in &judged.not_evaluated {
            assert!(matches!(not_evaluated.place, Place::Scope(_)));
            let missing = not_evaluated.why.missing_permission.as_ref().unwrap();
            assert_eq!(missing.as_str(), "ec2:DescribeSecurityGroups");
        }
        assert_eq!(control(&judged, "EC2.13").status(), ControlStatus::Unknown);
        assert_eq!(judged.score.permille, Some(0));
    }

    #[test]
    fn what_is_missing_for_every_resource_is_told_once() {
        let second = |mut resource: Resource| {
            resource.arn = format!("{}x", resource.arn).parse().unwrap();
            resource
        };
        let blind = || without_metrics(instance(|_| {}));
        let checks = [cost::ec2::instance_idle::CHECK];
        let both =
            assess(&world([blind(), second(blind())]), &checks, &Exemptions::default()).assessment;
        let [all] = both.not_evaluated.as_slice() else { panic!("once") };
        assert!(matches!(all.place, Place::Scope(_)));

        let seen = crate::fixture::with_metrics(
            instance(|_| {}),
            14,
            ["CPUUtilization", "NetworkIn", "NetworkOut"],
            |_, stats| stats.maximum = 50.0,
        );
        let one =
            assess(&world([blind(), second(seen)]), &checks, &Exemptions::default()).assessment;
        let [it] = one.not_evaluated.as_slice() else { panic!("only the blind one") };
        assert!(matches!(it.place, Place::Resource(_)));
    }

    #[test]
    fn a_control_fails_by_one_resource_and_what_does_not_apply_is_not_counted() {
        let unused = || volume(|v| v.state = "available".into());
        let open = |id: &str, encrypted| {
            let mut volume = volume(|v| v.encrypted = encrypted);
            volume.arn = format!("{}{id}", volume.arn).parse().unwrap();
            volume
        };
        let world = world([unused(), open("a", true), open("b", false)]);
        let judged = assess(&world, &registry::all(), &Exemptions::default()).assessment;
        let tally = control(&judged, "EC2.3");
        assert_eq!((tally.passed, tally.failed, tally.unknown), (1, 1, 0));
        assert_eq!(tally.status(), ControlStatus::Failed);
    }

    #[test]
    fn unknown_settings_of_one_bucket_leave_the_rest_judged() {
        let unread = bucket(|b| b.policy = denied("s3:GetBucketPolicy"));
        let judged = assess(&world([unread]), &registry::all(), &Exemptions::default()).assessment;
        assert_eq!(control(&judged, "S3.5").status(), ControlStatus::Unknown);
        assert_eq!(control(&judged, "S3.8").status(), ControlStatus::Passed);
    }

    #[test]
    fn findings_keep_their_ids_and_costs_are_summed_where_known() {
        let resources = || [address(|_| {}), snapshot(1, |_| {}), security_group(|_| {})];
        let judged =
            || assess(&world(resources()), &registry::all(), &Exemptions::default()).assessment;
        let (first, second) = (judged(), judged());
        assert_eq!(first, second);
        assert_eq!(first.monthly_cost.to_string(), "$3.65");
        assert_eq!(first.unpriced, 1, "nobody knows how much of a snapshot is stored");
    }

    #[test]
    fn what_commitments_pay_for_is_not_saved() {
        use miyabi_types::{
            commitments::{Commitments, SavingsPlansCoverage},
            evidence::Evidence,
        };
        let idle = crate::fixture::with_metrics(
            instance(|_| {}),
            14,
            ["CPUUtilization", "NetworkIn", "NetworkOut"],
            |_, _| {},
        );
        let mut world = world([idle.clone()]);
        let coverage = SavingsPlansCoverage {
            service: "Amazon Elastic Compute Cloud - Compute".into(),
            covered_micros: 0,
            on_demand_micros: 0,
            coverage_percent: 75.0,
        };
        let commitments = Commitments {
            savings_plans_coverage: Evidence::Known(vec![coverage]),
            ..Commitments::default()
        };
        world.commitments.insert(idle.account, commitments);
        let checks = [cost::ec2::instance_idle::CHECK];
        let judged = assess(&world, &checks, &Exemptions::default());
        // $70.08 at list prices.
        let [proposed] = judged.remedies.as_slice() else { panic!("idle") };
        assert_eq!(proposed.finding.saving, proposed.remedy.saving);
        assert_eq!(proposed.remedy.saving.amount().to_string(), "$17.52");
        assert!(matches!(proposed.remedy.saving, miyabi_types::finding::Saving::Estimated(_)));
        assert!(proposed.finding.evidence.contains("75 %"), "{}", proposed.finding.evidence);
    }

    #[test]
    fn roles_of_aws_itself_are_not_judged() {
        let all_keys = crate::fixture::allow("kms:Decrypt", "*");
        let linked = role("/aws-service-role/x.amazonaws.com/", all_keys);
        let judged = assess(&world([linked]), &registry::all(), &Exemptions::default()).assessment;
        assert!(judged.findings.is_empty());
        assert_eq!(control(&judged, "KMS.2").status(), ControlStatus::NoData);
    }

    /// Judges a public subnet and an open group under one exemption.
    fn exempt(exemption: serde_json::Value) -> Assessment {
        let exemption = serde_json::from_value(exemption).unwrap();
        let group = security_group(|g| {
            g.ingress = vec![crate::fixture::tcp(22..=22, "0.0.0.0/0")];
        });
        let subnet = crate::fixture::subnet(|s| s.map_public_ip_on_launch = true);
        let exemptions = Exemptions::new(&[exemption]).unwrap();
        let world = world([group, subnet]);
        let judged = assess(&world, &registry::all(), &exemptions);
        let proposed = judged.remedies.iter().map(|r| &r.finding.id);
        assert!(
            proposed.into_iter().all(|id| judged
                .assessment
                .exempted
                .iter()
                .all(|e| e.finding.id != *id))
        );
        judged.assessment
    }

    fn agreement(until: &str, checks: &str) -> serde_json::Value {
        serde_json::json!({"checks": [checks], "owner": "net", "reason": "bastion", "until": until})
    }

    #[test]
    fn an_exempt_finding_is_kept_apart_and_leaves_its_control() {
        let judged = exempt(agreement("2026-11-01", r"EC2\.15"));
        let [exempted] = judged.exempted.as_slice() else { panic!("{:?}", judged.exempted) };
        assert_eq!(exempted.finding.check.as_str(), "ec2_subnet_public_ip_on_launch");
        assert!(judged.findings.iter().all(|finding| finding.id != exempted.finding.id));
        let tally = control(&judged, "EC2.15");
        assert_eq!((tally.failed, tally.suppressed), (0, 1));
        assert_eq!(tally.status(), ControlStatus::NoData, "ignored, as Security Hub ignores it");
        assert_eq!(control(&judged, "EC2.13").status(), ControlStatus::Failed);
        let used = judged.exemption(exempted).unwrap();
        assert_eq!((used.standing, used.findings), (Standing::Used, 1));
    }

    #[test]
    fn what_an_expired_exemption_covered_comes_back() {
        let judged = exempt(agreement("2026-10-31", r"EC2\.15"));
        assert!(judged.exempted.is_empty());
        assert_eq!(control(&judged, "EC2.15").status(), ControlStatus::Failed);
        let [used] = judged.exemptions.as_slice() else { panic!("it is listed") };
        assert_eq!((used.standing, used.findings), (Standing::Expired, 1));
    }

    #[test]
    fn an_exemption_that_covers_nothing_is_listed_too() {
        let judged = exempt(agreement("2027-01-01", r"S3\.5"));
        assert!(judged.exempted.is_empty());
        assert_eq!(judged.exemptions[0].standing, Standing::Unused);
    }

    #[test]
    fn controls_carry_their_standards() {
        let judged = exempt(agreement("2026-11-01", "nothing"));
        let score = &judged.score.standards[&miyabi_types::standard::Standard::Cis12];
        assert_eq!(score.count(ControlStatus::Failed), 1, "EC2.13");
    }
}
