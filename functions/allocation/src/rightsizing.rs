//! Right-sizing: the cheapest instance type that holds what an instance was seen to need.
//!
//! What: a running on-demand instance moves to a cheaper type of the same architecture, processor
//! maker and hypervisor, of the same or a newer generation.
//!
//! Need: the 99.5th percentile of each metric over the window, with 20 % headroom. Memory is seen
//! only with the `CloudWatch` agent; unseen memory is never reduced.
//!
//! Burstable types: only an instance that is burstable today may move to a burstable type, and only
//! where its mean CPU with headroom stays within the target's baseline, so that no surplus credits
//! are billed. One that uses up its own baseline hides what it would need and is left alone.
//!
//! Held back: an instance that was stopped and started within the window. Its type may have been changed
//! meanwhile, by a resize of the last cycle or by a person, and metrics in percent of another type would
//! be taken for ones of this type: a second step too early. From the look-back on all metrics are of the
//! type that it has.
//!
//! Silent when: a type already fits. Anything that keeps an instance from being judged is told.
//!
//! References: AWS Compute Optimizer User Guide, "Rightsizing recommendation preferences" (P99.5,
//! 20 % headroom are its defaults) and "Resource requirements" (30 hours of metrics).

use std::{cmp::Reverse, collections::BTreeSet};

use jiff::{SignedDuration, Timestamp};
use miyabi_types::{
    action::{Action, Operation, TargetState},
    evidence::Unavailable,
    exemption::Exemptions,
    finding::{Category, NotEvaluated, Place, Saving, Severity},
    id::{CheckId, FindingId},
    money::MonthlyUsd,
    plan::{Assessment, Confidence, Proposal},
    pricing::InstanceType,
    resource::{Resource, ResourceConfig, ResourceKind, ec2::Instance},
    utilization::Utilization,
    world::{Scope, World},
};

use crate::instance_type::{Family, baseline_percent};

/// Need over the observed percentile. Compute Optimizer's default for CPU and memory.
const HEADROOM: f64 = 1.2;
/// Share of the expected datapoints that a metric must have.
const COMPLETENESS: f64 = 0.9;
/// Hours of CPU metrics below which nothing is recommended. Compute Optimizer's requirement.
const MINIMUM_HOURS: f64 = 30.0;
/// Rounding of floating-point arithmetic, so that an exact fit is a fit.
const TOLERANCE: f64 = 1e-9;

const CPU: &str = "CPUUtilization";
const MEMORY: &str = "mem_used_percent";

/// The check that right-sizing answers.
pub fn check() -> CheckId {
    CheckId::parse("ec2_instance_overprovisioned").expect("a valid check id")
}

/// What right-sizing says of a World.
#[derive(Debug, Default)]
pub struct Rightsizing {
    /// Changes worth making, in order of resources.
    pub proposals: Vec<Proposal>,
    /// Instances that could not be judged, with the reason, sorted; without what the plan tells.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// Right-sizes every running instance of `world` that is not exempt from it; findings of the plan are
/// linked where they exist.
pub fn rightsize(world: &World, assessment: &Assessment) -> Rightsizing {
    let exemptions = Exemptions::held(&assessment.exemptions);
    let check_id = check();
    let mut proposals = Vec::new();
    let mut unjudged = BTreeSet::new();
    let mut unjudged_at = |place, why: &Unavailable| {
        unjudged.insert(NotEvaluated {
            check: check(),
            place,
            why: why.clone(),
            controls: BTreeSet::new(),
        });
    };
    for (scope, why) in world.unseen(ResourceKind::Ec2Instance) {
        unjudged_at(Place::Scope(scope.clone()), why);
    }
    for resource in world.of_kind(ResourceKind::Ec2Instance) {
        let ResourceConfig::Ec2Instance(instance) = &resource.config else { continue };
        let exempt = exemptions.covering(&check_id, [], resource).next().is_some();
        if instance.state != "running" || exempt {
            continue;
        }
        match judge(resource, instance, world) {
            Ok(None) => {}
            Ok(Some(target)) => {
                let mut proposal = propose(resource, instance, &target, assessment);
                // What a reservation or a Savings Plan pays for goes on costing.
                let commitments = world.commitments.get(&resource.account);
                if let Some(share) = commitments.and_then(|all| all.uncovered(resource.kind()))
                    && share < 1.0
                {
                    proposal.saving = proposal.saving.share(share);
                }
                proposals.push(proposal);
            }
            // A missing permission is missing in the whole scope: it is told once.
            Err(why) if why.missing_permission.is_some() => unjudged_at(
                Place::Scope(Scope {
                    account: resource.account.clone(),
                    region: resource.region.clone(),
                }),
                &why,
            ),
            Err(why) => unjudged_at(Place::Resource(resource.arn.clone()), &why),
        }
    }
    let told: BTreeSet<_> =
        assessment.not_evaluated.iter().map(|told| (&told.check, &told.place)).collect();
    let untold = |one: &NotEvaluated| !told.contains(&(&one.check, &one.place));
    Rightsizing { proposals, not_evaluated: unjudged.into_iter().filter(untold).collect() }
}

/// A better type for an instance.
#[derive(Debug, Clone, PartialEq)]
struct Target {
    instance_type: String,
    saving: MonthlyUsd,
    need: Need,
}

/// What an instance needs, headroom included. Absent means not seen.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Need {
    /// The percentile of CPU use behind `vcpu`, in percent.
    cpu_percent: f64,
    vcpu: f64,
    /// Mean use of all vCPUs.
    mean_vcpu: f64,
    memory_mib: Option<f64>,
    network_gbps: Option<f64>,
    ebs_mbps: Option<f64>,
}

fn judge(
    resource: &Resource,
    instance: &Instance,
    world: &World,
) -> Result<Option<Target>, Unavailable> {
    let prices = &world.manifest.prices;
    let name = &instance.instance_type;
    let family = movable(instance)?;
    let now = prices
        .instance_types
        .get(name)
        .ok_or_else(|| Unavailable::because(format!("the capacities of {name} are not known")))?;
    let price = |kind: &str| prices.instance(&resource.region, kind, &instance.platform);
    let paid = *price(name).get().map_err(Clone::clone)?;
    let seen = resource.utilization.get().map_err(Clone::clone)?;
    of_one_type(resource, instance, seen, world.manifest.taken_at)?;
    let need = need(seen, now)?;
    if let Some(baseline) = baseline_percent(name)
        && need.mean_vcpu >= baseline / 100.0 * f64::from(now.vcpu)
    {
        return Err(Unavailable::because(format!(
            "it uses up the CPU credits of {name}, which hides what it needs"
        )));
    }
    let best = prices
        .instance_types
        .iter()
        .filter_map(|(candidate, offer)| {
            let target = Family::plain(candidate)?;
            let compatible = offer.arch == now.arch
                && offer.hypervisor == now.hypervisor
                && offer.generation.as_deref() != Some("previous")
                && target.maker == family.maker
                && target.generation >= family.generation
                && (family.is_burstable() || !target.is_burstable());
            let cost = *price(candidate).known()?;
            (compatible && cost < paid && holds(&need, now, candidate, offer)).then(|| {
                // Of two at one price, the one that the image is known to boot on: same generation
                // before newer ones, which ask for newer drivers.
                let other_generation = target.generation != family.generation;
                ((cost, other_generation, Reverse(target.generation), candidate), cost)
            })
        })
        .min();
    Ok(best.map(|((.., candidate), cost)| Target {
        instance_type: candidate.clone(),
        saving: paid - cost,
        need,
    }))
}

/// The family of an instance that may be moved at all, or why it may not.
fn movable(instance: &Instance) -> Result<Family, Unavailable> {
    let because = |why: String| Err(Unavailable::because(why));
    if let Some(group) = &instance.auto_scaling_group {
        return because(format!("Auto Scaling group {group} decides its type"));
    }
    if instance.lifecycle != "on-demand" {
        return because(format!("{} instances cannot be resized", instance.lifecycle));
    }
    if instance.tenancy != "default" {
        return because(format!("{} tenancy has no list price here", instance.tenancy));
    }
    Family::plain(&instance.instance_type).ok_or_else(|| {
        Unavailable::because(format!(
            "{} has special hardware (local disks, accelerators, network) whose use is not seen",
            instance.instance_type
        ))
    })
}

/// Fails where metrics may be of a type that the instance had before. A type is only changed while the
/// instance is stopped, and a start moves its launch time away from its creation.
fn of_one_type(
    resource: &Resource,
    instance: &Instance,
    seen: &Utilization,
    now: Timestamp,
) -> Result<(), Unavailable> {
    let Some(started) = instance.launched_at else { return Ok(()) };
    let clean = started + SignedDuration::from_hours(24 * i64::from(seen.window_days));
    if clean <= now || resource.created_at.is_some_and(|created| started <= created) {
        return Ok(());
    }
    Err(Unavailable::because(format!(
        "it was started again at {started}, and metrics of before may be of another type: they are all of \
         {} from {clean} on",
        instance.instance_type
    )))
}

/// What was used, with headroom.
fn need(seen: &Utilization, now: &InstanceType) -> Result<Need, Unavailable> {
    let Some(cpu) = seen.metrics.get(CPU) else {
        return Err(Unavailable::because(format!("no {CPU} was reported")));
    };
    let hours = f64::from(cpu.datapoints) * f64::from(seen.period_seconds) / 3600.0;
    if hours < MINIMUM_HOURS {
        return Err(Unavailable::because(format!(
            "{hours:.0} hours of {CPU}, {MINIMUM_HOURS:.0} are needed"
        )));
    }
    let complete = seen.completeness(CPU);
    if complete < COMPLETENESS {
        return Err(Unavailable::because(format!(
            "{:.0} % of {CPU} over {} days, {:.0} % are needed",
            (complete * 100.0).floor(),
            seen.window_days,
            COMPLETENESS * 100.0
        )));
    }
    let vcpus = f64::from(now.vcpu);
    let memory = seen.metrics.get(MEMORY).filter(|_| seen.completeness(MEMORY) >= COMPLETENESS);
    // The mean rate in bits per second, scaled to the percentile: how many samples of a metric make
    // one datapoint is not known, but its sum and the shape of its averages are.
    let rate = |metric: &str| {
        let stats = seen.metrics.get(metric)?;
        let seconds = f64::from(stats.datapoints) * f64::from(seen.period_seconds);
        let peak = if stats.average > 0.0 { stats.p99_5 / stats.average } else { 1.0 };
        (seconds > 0.0).then(|| stats.sum * 8.0 / seconds * peak)
    };
    let both = |a: Option<f64>, b: Option<f64>, join: fn(f64, f64) -> f64| match (a, b) {
        (Some(a), Some(b)) => Some(join(a, b)),
        (one, other) => one.or(other),
    };
    // A network link carries each direction in full; EBS bandwidth is shared by both.
    let network = both(rate("NetworkIn"), rate("NetworkOut"), f64::max);
    let ebs = both(rate("EBSReadBytes"), rate("EBSWriteBytes"), |a, b| a + b);
    Ok(Need {
        cpu_percent: cpu.p99_5,
        vcpu: cpu.p99_5 / 100.0 * vcpus * HEADROOM,
        mean_vcpu: cpu.average / 100.0 * vcpus,
        memory_mib: memory.map(|m| m.p99_5 / 100.0 * now.memory_mib as f64 * HEADROOM),
        network_gbps: network.map(|bits| bits * HEADROOM / 1e9),
        ebs_mbps: ebs.map(|bits| bits * HEADROOM / 1e6),
    })
}

/// Whether a type has room for the need in every dimension that is seen.
fn holds(need: &Need, now: &InstanceType, candidate: &str, offer: &InstanceType) -> bool {
    let fits = |need: f64, capacity: f64| need <= capacity * (1.0 + TOLERANCE);
    // A capacity that is not known is enough only where it is the type's own of today.
    let known = |need: Option<f64>, offered: Option<f64>, today: Option<f64>| match (need, offered)
    {
        (None, _) => true,
        (Some(need), Some(offered)) => fits(need, offered),
        (Some(_), None) => today.is_none(),
    };
    let sustained = match baseline_percent(candidate) {
        Some(baseline) => fits(need.mean_vcpu * HEADROOM, baseline / 100.0 * f64::from(offer.vcpu)),
        None => !offer.burstable,
    };
    let memory = need.memory_mib.unwrap_or(now.memory_mib as f64);
    sustained
        && fits(need.vcpu, f64::from(offer.vcpu))
        && fits(memory, offer.memory_mib as f64)
        && known(need.network_gbps, offer.network_gbps, now.network_gbps)
        && known(need.ebs_mbps, offer.ebs_mbps, now.ebs_mbps)
}

fn propose(
    resource: &Resource,
    instance: &Instance,
    target: &Target,
    assessment: &Assessment,
) -> Proposal {
    let check = check();
    let id = FindingId::of(&check, &resource.arn);
    let finding = assessment.findings.iter().find(|finding| finding.id == id);
    let state = |kind: &str| TargetState::present([("instance_type", kind.into())]);
    let memory_seen = target.need.memory_mib.is_some();
    let mut action = Action::new(
        Operation::ResizeInstance,
        resource,
        state(&instance.instance_type),
        state(&target.instance_type),
    );
    action.route_by_stack(resource);
    Proposal {
        action,
        findings: finding.iter().map(|finding| finding.id.clone()).collect(),
        checks: [check].into(),
        category: Category::Cost,
        severity: finding.map_or(Severity::Medium, |finding| finding.severity),
        saving: Saving::Exact(target.saving),
        controls: BTreeSet::new(),
        summary: format!(
            "resize {} from {} to {}: CPU at P99.5 is {:.1} %, which with 20 % headroom needs {:.1} vCPU{}",
            resource.label(),
            instance.instance_type,
            target.instance_type,
            target.need.cpu_percent,
            target.need.vcpu,
            if memory_seen { "" } else { "; memory is not seen and not reduced" },
        ),
        risk:
            "the instance stops for some minutes, and a public address that is not elastic changes"
                .into(),
        confidence: if memory_seen { Confidence::High } else { Confidence::Medium },
        agent: resource.owner(),
        tags: resource.tags.clone(),
    }
}

#[cfg(test)]
mod tests;
