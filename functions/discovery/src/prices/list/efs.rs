//! EFS.

use miyabi_types::{
    pricing::{Service, efs},
    resource::ResourceKind::EfsFileSystem,
};

use super::{List, by_usage, whole};

pub(super) const LIST: List = List {
    service: Service::Efs,
    queries: |region, seen| whole(Service::Efs, region, seen.any(&[EfsFileSystem])),
    rates: |product| {
        by_usage(
            product,
            [
                ("TimedStorage-ByteHrs", efs::storage_gib("standard", false)),
                ("TimedStorage-Z-ByteHrs", efs::storage_gib("standard", true)),
                ("IATimedStorage-ByteHrs", efs::storage_gib("infrequent_access", false)),
                ("IATimedStorage-Z-ByteHrs", efs::storage_gib("infrequent_access", true)),
                ("IATimedStorage-ET-ByteHrs", efs::storage_gib("infrequent_access_elastic", false)),
                ("ArchiveTimedStorage-ByteHrs", efs::storage_gib("archive", false)),
                ("ProvisionedTP-MiBpsHrs", efs::MIBPS),
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
    fn classes_and_throughput_are_read() {
        let read = read(
            &LIST,
            &[
                ("Storage", &[("usagetype", "USW2-TimedStorage-ByteHrs")], "0.3000000000"),
                ("Storage", &[("usagetype", "USW2-TimedStorage-Z-ByteHrs")], "0.1600000000"),
                ("Storage", &[("usagetype", "USW2-IATimedStorage-ByteHrs")], "0.0250000000"),
                ("Storage", &[("usagetype", "USW2-IATimedStorage-ET-ByteHrs")], "0.0160000000"),
                ("Storage", &[("usagetype", "USW2-ArchiveTimedStorage-ByteHrs")], "0.0080000000"),
                (
                    "Storage",
                    &[("usagetype", "USW2-ArchiveTimedStorage-SmallFiles")],
                    "0.0080000000",
                ),
                (
                    "Provisioned Throughput",
                    &[("usagetype", "USW2-ProvisionedTP-MiBpsHrs")],
                    "6.0000000000",
                ),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("storage/archive/gib", "0.008"),
                ("storage/infrequent_access/gib", "0.025"),
                ("storage/infrequent_access_elastic/gib", "0.016"),
                ("storage/standard/gib", "0.3"),
                ("storage/standard/gib/one_zone", "0.16"),
                ("throughput/mibps", "6"),
            ])
        );
    }
}
