//! CloudWatch.

pub mod unwatched_changes;
