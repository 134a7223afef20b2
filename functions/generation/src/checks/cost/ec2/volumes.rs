//! What a volume needs, as it was seen, and which volume gives that.

use miyabi_types::{
    action::{Operation, TargetState},
    evidence::Unavailable,
    finding::Saving,
    money::MonthlyUsd,
    pricing::VolumeSpec,
    resource::{Resource, ec2::Volume},
    utilization::{MetricStats, Utilization},
};
use serde_json::json;

use crate::{
    check::{Context, Found, Limit, Remedy, Verdict},
    metrics::{TWO_WEEKS, conclusive},
};

/// Need over the highest use that was seen.
pub const HEADROOM: Limit = Limit {
    name: "volume_headroom",
    what: "IOPS and throughput over the highest that was seen",
    unit: "×",
    default: 1.2,
    range: (1.0, 3.0),
    source: "AWS Compute Optimizer User Guide, Rightsizing preferences (20 %, there for CPU and memory of EC2)",
};

/// The most that a volume was seen to do, with [`HEADROOM`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Need {
    /// I/O operations a second.
    pub iops: f64,
    /// MiB a second.
    pub mibps: f64,
}

const METRICS: [&str; 4] =
    ["VolumeReadOps", "VolumeWriteOps", "VolumeReadBytes", "VolumeWriteBytes"];

/// What `resource` needs.
///
/// # Errors
///
/// Why its metrics do not tell.
pub fn need(resource: &Resource, context: &Context<'_>) -> Result<Need, Unavailable> {
    let (seen, stats) = conclusive(resource, context.limit(&TWO_WEEKS), METRICS)?;
    let [reads, writes, read_bytes, written_bytes] = stats.map(|stats| peak(&stats, seen));
    let headroom = context.limit(&HEADROOM);
    Ok(Need {
        iops: (reads + writes) * headroom,
        mibps: (read_bytes + written_bytes) / f64::from(1 << 20) * headroom,
    })
}

/// The highest rate per second. A datapoint of EBS counts what was done in one or in five minutes, and
/// `CloudWatch` does not say which: sum and mean together do.
fn peak(stats: &MetricStats, seen: &Utilization) -> f64 {
    if stats.sum <= 0.0 || stats.average <= 0.0 {
        return 0.0;
    }
    let seconds = f64::from(stats.datapoints) * f64::from(seen.period_seconds);
    let samples = stats.sum / stats.average;
    stats.maximum / (seconds / samples)
}

/// What to say of a volume that could be `target` instead.
pub fn change(
    resource: &Resource,
    volume: &Volume,
    target: &VolumeSpec,
    why: &str,
    context: &Context<'_>,
) -> Verdict {
    let before = context.prices().volume(&resource.region, &VolumeSpec::of(volume));
    let after = context.prices().volume(&resource.region, target);
    let (before, after) = match (before.get(), after.get()) {
        (Ok(before), Ok(after)) => (*before, *after),
        // Without both prices nobody can tell which is dearer.
        (Err(why), _) | (_, Err(why)) => return Verdict::NotEvaluated(why.clone()),
    };
    let saving = before - after;
    if saving <= MonthlyUsd::ZERO {
        return Verdict::Clear;
    }
    let state = |spec: &VolumeSpec| {
        TargetState::present([
            ("volume_type", json!(spec.volume_type)),
            ("iops", json!(spec.iops)),
            ("throughput_mibps", json!(spec.throughput_mibps)),
        ])
    };
    let name = name(target);
    let remedy = Remedy::new(
        Operation::ModifyVolume,
        resource,
        state(&VolumeSpec::of(volume)),
        state(target),
    )
    .explained(
        format!("Change {} GiB from {} to {name}, online", volume.size_gib, volume.volume_type),
        "Latency may rise slightly while AWS converts the volume; when that is done it can be modified again, four times a day at most.",
    );
    Found::waste(
        format!(
            "{} GiB {} costs {before} a month; {name} costs {after}{why}",
            volume.size_gib, volume.volume_type
        ),
        Saving::Exact(saving),
        Some(remedy),
    )
}

fn name(target: &VolumeSpec) -> String {
    match (target.iops, target.throughput_mibps) {
        (Some(iops), Some(mibps)) => {
            format!("{} with {iops} IOPS and {mibps} MiB/s", target.volume_type)
        }
        (Some(iops), None) => format!("{} with {iops} IOPS", target.volume_type),
        _ => target.volume_type.clone(),
    }
}

#[cfg(test)]
pub mod tests {
    use miyabi_types::evidence::Evidence;

    use super::*;
    use crate::fixture::{volume, with_metrics, world};

    /// With two weeks of this many reads and MiB read a second at the most, an eighth of it on average.
    pub fn busy(resource: Resource, iops: f64, mibps: f64) -> Resource {
        with_metrics(resource, 14, METRICS, |name, stats| {
            let peak = match name {
                "VolumeReadOps" => iops,
                "VolumeReadBytes" => mibps * 1_048_576.0,
                _ => 0.0,
            };
            // Five-minute samples, the length of a fixture's datapoint.
            stats.maximum = peak * 300.0;
            stats.average = stats.maximum / 8.0;
            stats.sum = stats.average * f64::from(stats.datapoints);
        })
    }

    #[test]
    fn the_need_is_the_highest_rate_with_headroom() {
        let resource = busy(volume(|_| {}), 1000.0, 50.0);
        let world = world([resource.clone()]);
        let need = need(&resource, &Context::new(&world)).unwrap();
        assert!((need.iops - 1200.0).abs() < 1e-6 && (need.mibps - 60.0).abs() < 1e-6, "{need:?}");
    }

    #[test]
    fn without_metrics_the_need_is_not_known() {
        let resource = volume(|_| {});
        assert!(matches!(resource.utilization, Evidence::Unavailable(_)));
        let world = world([resource.clone()]);
        assert!(need(&resource, &Context::new(&world)).is_err());
    }
}
