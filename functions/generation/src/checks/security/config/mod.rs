//! AWS Config.

pub mod recorder_missing;
