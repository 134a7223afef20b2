//! # What
//! An io1 volume whose performance gp3 can give too.
//! # Why
//! io1 bills every provisioned IOPS; gp3 gives the first 3,000 free and bills the rest at a fraction.
//! # Evidence
//! `ec2:DescribeVolumes`: type and provisioned IOPS; what the volume was seen to do over two weeks, with 20 %
//! headroom, where metrics tell.
//! # Silent when
//! It has more IOPS than gp3 shall take over, is attached to several instances (gp3 cannot be), or gp3 is not
//! cheaper.
//! # Remedy and risk
//! Modify the volume online. gp3 has the same durability as io1, but its latency is in single-digit
//! milliseconds: a database that needs less should stay.
//! # References
//! EBS User Guide, Provisioned IOPS SSD volumes; Turbot AWS Thrifty.

use miyabi_types::{
    action::Operation,
    finding::Severity,
    plan::Confidence,
    pricing::{GP3_BASE_IOPS, GP3_BASE_MIBPS, VolumeSpec},
    resource::{Resource, ResourceConfig, ResourceKind},
};

use super::volumes::{HEADROOM, change, need};
use crate::{
    check::{COST, Check, Context, Judge, Limit, Reference, Remedy, Verdict},
    metrics::TWO_WEEKS,
};

/// Most IOPS for which gp3 takes io1's place.
pub const MAX_IOPS: Limit = Limit {
    name: "gp3_iops",
    what: "provisioned IOPS up to which gp3 takes the place of io1 and io2",
    unit: "IOPS",
    default: 80_000.0,
    range: (3_000.0, 80_000.0),
    source: "Amazon EBS User Guide, General Purpose SSD volumes (most IOPS of gp3; io1 has 64,000 at most)",
};
/// MiB/s of an io1 volume per IOPS while operations may be of 256 KiB; also the most that gp3 takes per IOPS.
const MIBPS_PER_IOPS: f64 = 0.25;
/// MiB/s that an io1 volume of up to 32,000 IOPS has at most.
const IO1_MIBPS: f64 = 500.0;
/// MiB/s per IOPS of an io1 volume with more: operations of 16 KiB.
const IO1_MIBPS_PER_IOPS: f64 = 1.0 / 64.0;

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_volume_io1_to_gp3",
    title: "io1 volume would be cheaper as gp3",
    severity: Severity::Medium,
    kinds: &[ResourceKind::Ec2Volume],
    limits: &[MAX_IOPS, HEADROOM, TWO_WEEKS],
    saving: "io1 price − gp3 price with the same IOPS and throughput",
    operation: Some(Operation::ModifyVolume),
    references: &[Reference {
        source: "Amazon EBS User Guide, Provisioned IOPS SSD volumes",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Volume(volume) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if volume.volume_type != "io1" {
        return Verdict::NotApplicable;
    }
    let Some(iops) = volume.iops else {
        return Verdict::NotEvaluated(context.why_unknown("ec2:DescribeVolumes", resource));
    };
    if f64::from(iops) > context.limit(&MAX_IOPS) || volume.attached_to.len() > 1 {
        return Verdict::Clear;
    }
    let need = need(resource, context).ok();
    let given = throughput(iops);
    let iops = need.map_or(iops, |need| iops.min(need.iops.ceil() as u32));
    let mibps = need.map_or(given, |need| given.min(need.mibps.ceil() as u32));
    // gp3 takes no more throughput than its IOPS carry.
    let mibps = mibps.max(GP3_BASE_MIBPS);
    let iops = iops.max(GP3_BASE_IOPS).max((f64::from(mibps) / MIBPS_PER_IOPS).ceil() as u32);
    let target = VolumeSpec {
        volume_type: "gp3".into(),
        size_gib: volume.size_gib,
        iops: Some(iops),
        throughput_mibps: Some(mibps),
    };
    change(resource, volume, &target, "", context).with_remedy(|remedy| Remedy {
        risk: "Workloads that need latency below a millisecond may notice; \
               a volume can be modified four times a day at most."
            .into(),
        ..remedy.confidence(Confidence::Medium)
    })
}

/// MiB/s that an io1 volume with so many IOPS gives. Source: Amazon EBS User Guide, Provisioned IOPS SSD volumes.
fn throughput(iops: u32) -> u32 {
    let iops = f64::from(iops);
    (iops * MIBPS_PER_IOPS).min(IO1_MIBPS.max(iops * IO1_MIBPS_PER_IOPS)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::cost::ec2::volumes::tests::busy,
        fixture::{Expect, check, in_region, volume},
    };

    fn io1(iops: u32) -> Resource {
        volume(|v| {
            v.volume_type = "io1".into();
            v.iops = Some(iops);
        })
    }

    #[test]
    fn judges() {
        // 100 GiB: 12.5 + 3000 × 0.065 = 207.50; gp3: 8 + (500 − 125) × 0.04 = 23.
        check(&CHECK, "3000 IOPS", io1(3000), Expect::saves("$184.50"));
        check(&CHECK, "16,000 IOPS", io1(16_000), Expect::saves("$964.50"));
        // 12.5 + 64,000 × 0.065 = 4,172.50; gp3: 8 + 61,000 × 0.005 + (1,000 − 125) × 0.04 = 348.
        check(&CHECK, "the most", io1(64_000), Expect::saves("$3,824.50"));
        check(&CHECK, "more than gp3 has", io1(80_001), Expect::Clear);
        check(&CHECK, "gp2", volume(|_| {}), Expect::NotApplicable);
        check(
            &CHECK,
            "no price",
            in_region(io1(3000), "sa-east-1"),
            Expect::NotEvaluated("no price"),
        );
    }

    #[test]
    fn what_was_seen_decides_where_it_is_known() {
        // 100 GiB, 3,000 IOPS: $207.50; gp3 without anything on top: $8.
        check(&CHECK, "quiet", busy(io1(3000), 500.0, 20.0), Expect::saves("$199.50"));
    }

    #[test]
    fn is_silent_for_volumes_shared_by_instances() {
        let mut shared = io1(3000);
        if let ResourceConfig::Ec2Volume(volume) = &mut shared.config {
            let mut second = volume.attached_to[0].clone();
            second.instance_id = "i-2".into();
            volume.attached_to.push(second);
        }
        check(&CHECK, "shared", shared, Expect::Clear);
    }

    #[test]
    fn unknown_iops_are_not_zero() {
        let unknown = volume(|v| {
            v.volume_type = "io1".into();
            v.iops = None;
        });
        check(&CHECK, "unknown IOPS", unknown, Expect::NotEvaluated("did not say"));
    }
}
