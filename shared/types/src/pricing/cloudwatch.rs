//! `CloudWatch`: alarms, dashboards, metrics and logs.

use super::{Service, rate::Rate};

/// A metric of an alarm that looks at it each minute or less often. The first ten of an account are free.
pub const ALARM: Rate = Rate::monthly(Service::CloudWatch, "alarm/standard");

/// A metric of an alarm that looks at it more often than each minute.
pub const HIGH_RESOLUTION_ALARM: Rate = Rate::monthly(Service::CloudWatch, "alarm/high_resolution");

/// A composite alarm.
pub const COMPOSITE_ALARM: Rate = Rate::monthly(Service::CloudWatch, "alarm/composite");

/// A dashboard; its price is that of the pseudo region `aws-global`. The first three of an account are free.
pub const DASHBOARD: Rate = Rate::monthly(Service::CloudWatch, "dashboard");

/// A metric of one's own, in the first tier. The first ten of an account are free.
pub const METRIC: Rate = Rate::monthly(Service::CloudWatch, "metric");

/// A GiB of stored logs.
pub const LOGS_STORED_GIB: Rate = Rate::monthly(Service::CloudWatch, "logs/stored/gib");

/// A GiB of logs that is taken in by a group of the class `STANDARD`.
pub const LOGS_INGESTED_GIB: Rate = Rate::by_use(Service::CloudWatch, "logs/ingested/gib");

/// The same of the class `INFREQUENT_ACCESS`.
pub const LOGS_INGESTED_INFREQUENT_GIB: Rate =
    Rate::by_use(Service::CloudWatch, "logs/ingested_infrequent/gib");
