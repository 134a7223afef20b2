//! Kinesis Data Streams.

use miyabi_types::pricing::{Service, kinesis};

use super::{List, by_usage, whole};

pub(super) const LIST: List = List {
    service: Service::Kinesis,
    queries: |region, seen| whole(Service::Kinesis, region, seen.other("AWS::Kinesis::Stream")),
    rates: |product| {
        by_usage(
            product,
            [
                ("Storage-ShardHour", kinesis::SHARD),
                ("Extended-ShardHour", kinesis::EXTENDED_RETENTION_SHARD),
                ("OnDemand-StreamHour", kinesis::ON_DEMAND_STREAM),
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
    fn shards_and_streams_are_read() {
        let family = "Kinesis Streams";
        let read = read(
            &LIST,
            &[
                (family, &[("usagetype", "Storage-ShardHour")], "0.0150000000"),
                (family, &[("usagetype", "USE1-OnDemand-StreamHour")], "0.0400000000"),
                (family, &[("usagetype", "Extended-ShardHour")], "0.0200000000"),
                (family, &[("usagetype", "PutRequestPayloadUnits")], "0.0000000140"),
            ],
        );
        assert_eq!(
            read,
            prices([
                ("shard", "0.015"),
                ("shard/extended_retention", "0.02"),
                ("stream/on_demand", "0.04"),
            ])
        );
    }
}
