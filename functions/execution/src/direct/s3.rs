//! What the S3 operations share.

use miyabi_types::action::TargetState;
use serde_json::Value;

use crate::error::Result;

/// The state of a bucket with one setting; absent where there is no such bucket.
pub fn bucket_state(name: &str, setting: Result<Value>) -> Result<TargetState> {
    match setting {
        Err(error) if error.is(&["NoSuchBucket"]) => Ok(TargetState::Absent),
        other => Ok(TargetState::present([(name, other?)])),
    }
}
