//! EBS volumes and snapshots.

use miyabi_types::{
    pricing::{Service, ebs},
    resource::ResourceKind::{Ec2Image, Ec2Instance, Ec2Snapshot, Ec2Volume},
};

use super::{List, Query, by_usage};

const FAMILIES: [&str; 4] =
    ["Provisioned Throughput", "Storage", "Storage Snapshot", "System Operation"];

pub(super) const LIST: List = List {
    service: Service::Ec2,
    queries: |region, seen| {
        if !seen.any(&[Ec2Image, Ec2Instance, Ec2Snapshot, Ec2Volume]) {
            return Vec::new();
        }
        vec![Query::of(Service::Ec2.code(), region).any("productFamily", &FAMILIES)]
    },
    rates: |product| {
        by_usage(
            product,
            [
                ("EBS:VolumeUsage", ebs::volume_gib("standard")),
                ("EBS:VolumeUsage.gp2", ebs::volume_gib("gp2")),
                ("EBS:VolumeUsage.gp3", ebs::volume_gib("gp3")),
                ("EBS:VolumeUsage.io2", ebs::volume_gib("io2")),
                ("EBS:VolumeUsage.piops", ebs::volume_gib("io1")),
                ("EBS:VolumeUsage.sc1", ebs::volume_gib("sc1")),
                ("EBS:VolumeUsage.st1", ebs::volume_gib("st1")),
                ("EBS:VolumeP-IOPS.gp3", ebs::volume_iops("gp3")),
                ("EBS:VolumeP-IOPS.io2", ebs::volume_iops("io2")),
                ("EBS:VolumeP-IOPS.io2.tier2", ebs::io2_iops(2)),
                ("EBS:VolumeP-IOPS.io2.tier3", ebs::io2_iops(3)),
                ("EBS:VolumeP-IOPS.piops", ebs::volume_iops("io1")),
                ("EBS:VolumeP-Throughput.gp3", ebs::volume_mibps("gp3")),
                ("EBS:VolumeIOUsage", ebs::MAGNETIC_REQUEST),
                ("EBS:SnapshotUsage", ebs::SNAPSHOT_GIB),
                ("EBS:SnapshotArchiveStorage", ebs::ARCHIVED_SNAPSHOT_GIB),
            ],
        )
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn volumes_of_every_type_and_snapshots_are_read() {
        let operation = "System Operation";
        let gp3 = ("volumeApiName", "gp3");
        let read = read(
            &LIST,
            &[
                ("Storage", &[("usagetype", "APN1-EBS:VolumeUsage.gp3"), gp3], "0.0960000000"),
                (
                    "Storage",
                    &[("usagetype", "APN1-EBS:VolumeUsage.piops"), ("volumeApiName", "io1")],
                    "0.142",
                ),
                ("Storage", &[("usagetype", "APN1-EBS:VolumeUsage")], "0.08"),
                (operation, &[("usagetype", "APN1-EBS:VolumeP-IOPS.gp3"), gp3], "0.0060000000"),
                (operation, &[("usagetype", "APN1-EBS:VolumeP-IOPS.io2.tier2")], "0.0518000000"),
                (operation, &[("usagetype", "APN1-EBS:VolumeIOUsage")], "0.0000000800"),
                ("Storage Snapshot", &[("usagetype", "APN1-EBS:SnapshotUsage")], "0.0500000000"),
                ("Storage Snapshot", &[("usagetype", "APN1-EBS:SnapshotUsageUnderBilling")], "0.0"),
                (
                    "Storage Snapshot",
                    &[("usagetype", "APN1-EBS:SnapshotArchiveStorage")],
                    "0.0125000000",
                ),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("snapshot/archived_gib", "0.0125"),
                ("snapshot/gib", "0.05"),
                ("volume/gp3/gib", "0.096"),
                ("volume/gp3/iops", "0.006"),
                ("volume/io1/gib", "0.142"),
                ("volume/io2/iops/tier2", "0.0518"),
                ("volume/standard/gib", "0.08"),
                ("volume/standard/request", "0.00000008"),
            ])
        );
    }
}
