//! `DynamoDB`.

use miyabi_types::{
    pricing::{Service, dynamodb},
    resource::ResourceKind::DynamoDbTable,
};

use super::{List, whole};

const STANDARD: &str = "STANDARD";
const INFREQUENT: &str = "STANDARD_INFREQUENT_ACCESS";

pub(super) const LIST: List = List {
    service: Service::DynamoDb,
    queries: |region, seen| whole(Service::DynamoDb, region, seen.any(&[DynamoDbTable])),
    rates: |product| {
        let usage = product.usage();
        let (usage, class) = match usage.strip_prefix("IA-") {
            Some(usage) => (usage, INFREQUENT),
            None => (usage, STANDARD),
        };
        let rate = match usage {
            "ReadCapacityUnit-Hrs" => dynamodb::read_capacity(class),
            "WriteCapacityUnit-Hrs" => dynamodb::write_capacity(class),
            "ReadRequestUnits" => dynamodb::read_request(class),
            "WriteRequestUnits" => dynamodb::write_request(class),
            "TimedStorage-ByteHrs" => dynamodb::storage_gib(class),
            "TimedPITRStorage-ByteHrs" => dynamodb::CONTINUOUS_BACKUP_GIB,
            "TimedBackupStorage-ByteHrs" => dynamodb::BACKUP_GIB,
            _ => return Vec::new(),
        };
        vec![rate]
    },
};

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{prices, read},
        *,
    };

    #[test]
    fn capacity_requests_and_storage_of_both_classes_are_read() {
        let storage = "Database Storage";
        let capacity = "Provisioned IOPS";
        let requests = "Amazon DynamoDB PayPerRequest Throughput";
        let read = read(
            &LIST,
            &[
                (storage, &[("usagetype", "USE1-TimedStorage-ByteHrs")], "0.2500000000"),
                (storage, &[("usagetype", "IA-TimedStorage-ByteHrs")], "0.1000000000"),
                (storage, &[("usagetype", "USE1-TimedPITRStorage-ByteHrs")], "0.2000000000"),
                (
                    capacity,
                    &[("usagetype", "ReadCapacityUnit-Hrs"), ("group", "DDB-ReadUnits")],
                    "0.0001300000",
                ),
                (capacity, &[("usagetype", "EU-IA-WriteCapacityUnit-Hrs")], "0.0009200000"),
                (
                    requests,
                    &[("usagetype", "WriteRequestUnits"), ("group", "DDB-WriteUnits")],
                    "0.0000006250",
                ),
                (requests, &[("usagetype", "IA-ReadRequestUnits")], "0.0000001550"),
                (requests, &[("usagetype", "USE1-ReplWriteRequestUnits")], "0.0000006250"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("backup/continuous/gib", "0.2"),
                ("provisioned/read/STANDARD", "0.00013"),
                ("provisioned/write/STANDARD_INFREQUENT_ACCESS", "0.00092"),
                ("request/read/STANDARD_INFREQUENT_ACCESS", "0.000000155"),
                ("request/write/STANDARD", "0.000000625"),
                ("storage/gib/STANDARD", "0.25"),
                ("storage/gib/STANDARD_INFREQUENT_ACCESS", "0.1"),
            ])
        );
    }
}
