//! `CloudTrail`.

use super::{Service, rate::Rate};

/// A management event that a second trail records; the first copy is free.
pub const MANAGEMENT_EVENT: Rate = Rate::by_use(Service::CloudTrail, "event/management");

/// A data event.
pub const DATA_EVENT: Rate = Rate::by_use(Service::CloudTrail, "event/data");
