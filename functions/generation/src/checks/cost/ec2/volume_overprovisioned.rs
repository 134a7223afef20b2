//! # What
//! A volume with provisioned IOPS or throughput of which less than half was ever used.
//! # Why
//! gp3 (above what is free), io1 and io2 bill what is provisioned, not what is used.
//! # Evidence
//! The highest rates of `VolumeReadOps`, `VolumeWriteOps`, `VolumeReadBytes` and `VolumeWriteBytes` over at
//! least 14 days with at least 90 % of the datapoints.
//! # Silent when
//! Half or more was used, the volume is small as it is, or it is an io1 volume that should become gp3.
//! # Remedy and risk
//! Provision what was used with 20 % headroom, online. Bursts of less than five minutes may have been higher;
//! a volume can be modified four times a day at most.
//! # References
//! Trusted Advisor, EBS over-provisioned volumes (`COr6dfpM03`); aws-cost-scanner.

use miyabi_types::{
    action::Operation,
    plan::Confidence,
    pricing::{GP3_BASE_IOPS, GP3_BASE_MIBPS, VolumeSpec},
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::{
    volume_io1_to_gp3::MAX_IOPS,
    volumes::{HEADROOM, change, need},
};
use crate::{
    check::{COST, Check, Context, Judge, Limit, Reference, Verdict},
    metrics::TWO_WEEKS,
};

const MIN_USE: Limit = Limit {
    name: "provisioned_use_percent",
    what: "highest use of what is provisioned, headroom included, from which it is right",
    unit: "%",
    default: 50.0,
    range: (10.0, 90.0),
    source: "aws-cost-scanner, IOPS utilization below 50 %",
};
/// Fewest IOPS that io1 and io2 can have. Source: Amazon EBS User Guide, Provisioned IOPS SSD volumes.
const MIN_IO_IOPS: u32 = 100;

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_volume_overprovisioned",
    title: "Volume has far more IOPS or throughput than it uses",
    kinds: &[ResourceKind::Ec2Volume],
    limits: &[MIN_USE, HEADROOM, TWO_WEEKS],
    saving: "(provisioned − needed) × IOPS price, and the same of MiB/s",
    operation: Some(Operation::ModifyVolume),
    references: &[Reference {
        source: "AWS Trusted Advisor, Amazon EBS over-provisioned volumes",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Volume(volume) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let kind = volume.volume_type.as_str();
    if !matches!(kind, "gp3" | "io1" | "io2") || volume.attached_to.is_empty() {
        return Verdict::NotApplicable;
    }
    let Some(iops) = volume.iops else {
        return Verdict::NotEvaluated(context.why_unknown("ec2:DescribeVolumes", resource));
    };
    // ebs_volume_io1_to_gp3 does better.
    let becomes_gp3 = kind == "io1"
        && f64::from(iops) <= context.limit(&MAX_IOPS)
        && volume.attached_to.len() == 1;
    if becomes_gp3 {
        return Verdict::Clear;
    }
    let (least_iops, mibps) = match kind {
        "gp3" => (GP3_BASE_IOPS, Some(volume.throughput_mibps.unwrap_or(GP3_BASE_MIBPS))),
        _ => (MIN_IO_IOPS, None),
    };
    if iops <= least_iops && mibps.is_none_or(|mibps| mibps <= GP3_BASE_MIBPS) {
        return Verdict::Clear;
    }
    let need = match need(resource, context) {
        Ok(need) => need,
        Err(why) => return Verdict::NotEvaluated(why),
    };
    let share = context.limit(&MIN_USE) / 100.0;
    // Each is lowered where it is hardly used, and left where it is.
    let lowered = |provisioned: u32, needed: f64, least: u32| {
        if needed < f64::from(provisioned) * share {
            provisioned.min((needed.ceil() as u32).max(least))
        } else {
            provisioned
        }
    };
    let mibps = mibps.map(|mibps| lowered(mibps, need.mibps, GP3_BASE_MIBPS));
    // gp3 carries a MiB/s for each four IOPS.
    let carried = mibps.map_or(0, |mibps| mibps.saturating_mul(4));
    let target = VolumeSpec {
        volume_type: volume.volume_type.clone(),
        size_gib: volume.size_gib,
        iops: Some(lowered(iops, need.iops, least_iops.max(carried).min(iops))),
        throughput_mibps: mibps.or(volume.throughput_mibps),
    };
    let why = format!(" for the {:.0} IOPS and {:.0} MiB/s that it needs", need.iops, need.mibps);
    change(resource, volume, &target, &why, context)
        .with_remedy(|remedy| remedy.confidence(Confidence::Medium))
}

#[cfg(test)]
mod tests {
    use miyabi_types::resource::ec2::Volume;

    use super::*;
    use crate::{
        checks::cost::ec2::volumes::tests::busy,
        fixture::{Expect, check, volume, without_metrics},
    };

    fn gp3(iops: u32, mibps: u32) -> Resource {
        volume(|v: &mut Volume| {
            v.volume_type = "gp3".into();
            v.iops = Some(iops);
            v.throughput_mibps = Some(mibps);
        })
    }

    #[test]
    fn judges() {
        // 10,000 IOPS of which 1,200 are needed: 7,000 × 0.005.
        check(&CHECK, "IOPS", busy(gp3(10_000, 125), 1000.0, 10.0), Expect::saves("$35.00"));
        check(&CHECK, "throughput", busy(gp3(3000, 500), 100.0, 10.0), Expect::saves("$15.00"));
        // 5,000 of 10,000 needed is half.
        check(&CHECK, "on the threshold", busy(gp3(6000, 125), 2500.0, 10.0), Expect::Clear);
        check(&CHECK, "what is free", busy(gp3(3000, 125), 10.0, 1.0), Expect::Clear);
        check(&CHECK, "gp2", busy(volume(|_| {}), 10.0, 1.0), Expect::NotApplicable);
        check(&CHECK, "denied", without_metrics(gp3(10_000, 125)), Expect::NotEvaluated("denied"));
        let io1 = |v: &mut Volume| {
            v.volume_type = "io1".into();
            v.iops = Some(20_000);
        };
        check(&CHECK, "becomes gp3", busy(volume(io1), 1000.0, 10.0), Expect::Clear);
        let shared = volume(|v| {
            io1(v);
            let mut second = v.attached_to[0].clone();
            second.instance_id = "i-2".into();
            v.attached_to.push(second);
        });
        // 1,200 of 20,000 needed: 18,800 × 0.065.
        check(&CHECK, "io1", busy(shared, 1000.0, 10.0), Expect::saves("$1,222.00"));
    }
}
