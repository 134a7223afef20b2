//! # What
//! A gp2 volume that would cost less as gp3.
//! # Why
//! gp3 has a lower price per GiB, and its first 3,000 IOPS and 125 MiB/s are free.
//! # Evidence
//! `ec2:DescribeVolumes`, and what the volume was seen to do over two weeks, with 20 % headroom and never more
//! than gp2 gives. Where metrics do not tell, the target is what gp2 gives by its size: IOPS never below
//! gp2's (burst included), throughput 250 MiB/s from 334 GiB on, 125 MiB/s up to 170 GiB (where gp2 stops at
//! 128), and in between gp2's 250 MiB/s, which it reaches by burst.
//! # Silent when
//! gp3 that gives as much is not cheaper (at gp2's nominal throughput about 171 to 250 GiB).
//! # Remedy and risk
//! Modify the volume online; four modifications a day are the most. Bursts of less than five minutes
//! may be higher than what metrics show.
//! # References
//! EBS User Guide, General Purpose SSD volumes; Cost Optimization Hub, EBS upgrade.

use miyabi_types::{
    action::Operation,
    finding::Severity,
    pricing::{GP3_BASE_IOPS, GP3_BASE_MIBPS, VolumeSpec},
    resource::{Resource, ResourceConfig, ResourceKind, ec2::Volume},
};

use super::volumes::{HEADROOM, Need, change, need};
use crate::{
    check::{COST, Check, Context, Judge, Reference, Threshold, Verdict},
    metrics::TWO_WEEKS,
};

/// Most IOPS of a gp2 volume.
const GP2_MAX_IOPS: u32 = 16_000;
/// IOPS of a gp2 volume per GiB.
const GP2_IOPS_PER_GIB: u32 = 3;
/// Up to this size (GiB) a gp2 volume is limited to 128 MiB/s.
const GP2_LOW_THROUGHPUT_GIB: u32 = 170;
/// Highest throughput of a gp2 volume in MiB/s.
const GP2_MAX_MIBPS: u32 = 250;

/// See the module.
pub const CHECK: Check = Check {
    id: "ebs_volume_gp2",
    title: "gp2 volume would be cheaper as gp3",
    severity: Severity::Low,
    kinds: &[ResourceKind::Ec2Volume],
    thresholds: &[
        Threshold {
            what: "IOPS of the target",
            value: "what was seen with headroom, else 3 per GiB; 3,000 to what gp2 gives",
        },
        Threshold {
            what: "throughput of the target",
            value: "what was seen with headroom, else 125 MiB/s up to 170 GiB, 250 MiB/s above",
        },
    ],
    limits: &[HEADROOM, TWO_WEEKS],
    saving: "gp2 price − gp3 price with matched IOPS and throughput",
    operation: Some(Operation::ModifyVolume),
    references: &[Reference {
        source: "Amazon EBS User Guide, General Purpose SSD volumes",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Volume(volume) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if volume.volume_type != "gp2" {
        return Verdict::NotApplicable;
    }
    let need = need(resource, context).ok();
    let why = need.map_or(String::new(), |need| {
        format!(" and gives the {:.0} IOPS and {:.0} MiB/s that it needs", need.iops, need.mibps)
    });
    change(resource, volume, &gp3_like(volume, need), &why, context)
}

/// The gp3 volume that gives what this gp2 volume needs, or else what it gives.
fn gp3_like(volume: &Volume, need: Option<Need>) -> VolumeSpec {
    let iops = volume.size_gib.saturating_mul(GP2_IOPS_PER_GIB).min(GP2_MAX_IOPS);
    let mibps =
        if volume.size_gib <= GP2_LOW_THROUGHPUT_GIB { GP3_BASE_MIBPS } else { GP2_MAX_MIBPS };
    let (iops, mibps) = match need {
        Some(need) => (iops.min(need.iops.ceil() as u32), mibps.min(need.mibps.ceil() as u32)),
        None => (iops, mibps),
    };
    VolumeSpec {
        volume_type: "gp3".into(),
        size_gib: volume.size_gib,
        iops: Some(iops.max(GP3_BASE_IOPS)),
        throughput_mibps: Some(mibps.max(GP3_BASE_MIBPS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        checks::cost::ec2::volumes::tests::busy,
        fixture::{Expect, check, in_region, volume},
    };

    fn gp2(size_gib: u32) -> Resource {
        volume(|v| v.size_gib = size_gib)
    }

    #[test]
    fn judges() {
        check(&CHECK, "small", gp2(100), Expect::saves("$2.00"));
        // 0.10 × 1000 − (0.08 × 1000 + 0.04 × 125), as in the EBS price examples.
        check(&CHECK, "1000 GiB", gp2(1000), Expect::saves("$15.00"));
        check(&CHECK, "2 TiB", gp2(2048), Expect::saves("$20.24"));
        check(&CHECK, "most IOPS", gp2(5334), Expect::saves("$36.68"));
        check(&CHECK, "gp3", volume(|v| v.volume_type = "gp3".into()), Expect::NotApplicable);
        check(
            &CHECK,
            "no price",
            in_region(gp2(100), "sa-east-1"),
            Expect::NotEvaluated("no price"),
        );
    }

    #[test]
    fn on_the_threshold_of_throughput() {
        check(&CHECK, "last with 128 MiB/s", gp2(170), Expect::saves("$3.40"));
        // Matched at 250 MiB/s, gp3 is dearer up to 250 GiB, and as dear exactly there.
        check(&CHECK, "first with more", gp2(171), Expect::Clear);
        check(&CHECK, "as dear", gp2(250), Expect::Clear);
        check(&CHECK, "cheaper again", gp2(251), Expect::saves("$0.02"));
    }

    #[test]
    fn what_was_seen_decides_where_it_is_known() {
        // 200 GiB at 100 MiB/s need 120: the free throughput will do.
        check(&CHECK, "quiet", busy(gp2(200), 500.0, 100.0), Expect::saves("$4.00"));
        check(&CHECK, "busy", busy(gp2(200), 500.0, 240.0), Expect::Clear);
        // 5,334 GiB: 16,000 IOPS nominal, 3,000 needed.
        check(&CHECK, "large", busy(gp2(5334), 1000.0, 50.0), Expect::saves("$106.68"));
    }

    #[test]
    fn never_gives_fewer_iops_than_gp2() {
        for size in [1, 99, 334, 1000, 1001, 5333, 5334, 16_384] {
            let Verdict::Finding(found) = crate::fixture::evaluate(&CHECK, gp2(size)) else {
                panic!("{size} GiB is not found")
            };
            let desired = found.remedy.unwrap().action.desired;
            let gp2_iops = u64::from((size * 3).clamp(100, 16_000));
            assert!(desired.setting("iops").as_u64().unwrap() >= gp2_iops, "{size}");
        }
    }
}
