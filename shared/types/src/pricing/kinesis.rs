//! Kinesis Data Streams.

use super::{Service, rate::Rate};

/// A provisioned shard.
pub const SHARD: Rate = Rate::hourly(Service::Kinesis, "shard");

/// A stream that scales on demand, without its traffic.
pub const ON_DEMAND_STREAM: Rate = Rate::hourly(Service::Kinesis, "stream/on_demand");

/// What keeping a shard's records for more than a day, up to seven, costs on top.
pub const EXTENDED_RETENTION_SHARD: Rate =
    Rate::hourly(Service::Kinesis, "shard/extended_retention");
