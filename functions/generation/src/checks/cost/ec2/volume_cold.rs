//! # What
//! A throughput-optimised (st1) volume whose use a cold (sc1) one could bear.
//! # Why
//! sc1 costs a third of st1 per GiB.
//! # Evidence
//! The highest rates of `VolumeReadBytes` and `VolumeWriteBytes` over at least 14 days with at least 90 % of the
//! datapoints, against the throughput that sc1 gives at any time (12 MiB/s a TiB).
//! # Silent when
//! More was needed, headroom included.
//! # Remedy and risk
//! Change the type online. Scans of the whole volume take longer; four changes a day are the most.
//! # References
//! EBS User Guide, Throughput Optimized HDD and Cold HDD volumes.

use miyabi_types::{
    action::Operation,
    plan::Confidence,
    pricing::VolumeSpec,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::volumes::{HEADROOM, change, need};
use crate::{
    check::{COST, Check, Context, Judge, Limit, Reference, Verdict},
    metrics::TWO_WEEKS,
};

const BASELINE: Limit = Limit {
    name: "sc1_baseline",
    what: "throughput that a cold volume gives at any time, for each TiB",
    unit: "MiB/s",
    default: 12.0,
    range: (1.0, 12.0),
    source: "Amazon EBS User Guide, Cold HDD volumes",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_volume_cold",
    title: "Throughput-optimised volume is cold",
    kinds: &[ResourceKind::Ec2Volume],
    limits: &[BASELINE, HEADROOM, TWO_WEEKS],
    saving: "GiB × (st1 price − sc1 price)",
    operation: Some(Operation::ModifyVolume),
    references: &[Reference {
        source: "Amazon EBS User Guide, Throughput Optimized HDD and Cold HDD volumes",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Volume(volume) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if volume.volume_type != "st1" {
        return Verdict::NotApplicable;
    }
    let need = match need(resource, context) {
        Ok(need) => need,
        Err(why) => return Verdict::NotEvaluated(why),
    };
    if need.mibps > context.limit(&BASELINE) * f64::from(volume.size_gib) / 1024.0 {
        return Verdict::Clear;
    }
    let target = VolumeSpec {
        volume_type: "sc1".into(),
        size_gib: volume.size_gib,
        iops: volume.iops,
        throughput_mibps: volume.throughput_mibps,
    };
    let why = format!(" and gives the {:.1} MiB/s that it needs", need.mibps);
    change(resource, volume, &target, &why, context)
        .with_remedy(|remedy| remedy.confidence(Confidence::Medium))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::cost::ec2::volumes::tests::busy,
        fixture::{Expect, check, volume, without_metrics},
    };

    fn st1() -> Resource {
        volume(|v| {
            v.volume_type = "st1".into();
            v.size_gib = 1024;
            v.iops = None;
        })
    }

    #[test]
    fn judges() {
        // 1 TiB at $0.045 a GiB, $0.015 as sc1.
        check(&CHECK, "cold", busy(st1(), 5.0, 5.0), Expect::saves("$30.72"));
        check(&CHECK, "on the threshold", busy(st1(), 5.0, 10.0), Expect::saves("$30.72"));
        check(&CHECK, "warm", busy(st1(), 5.0, 10.1), Expect::Clear);
        check(&CHECK, "gp2", busy(volume(|_| {}), 5.0, 5.0), Expect::NotApplicable);
        check(&CHECK, "denied", without_metrics(st1()), Expect::NotEvaluated("denied"));
    }
}
