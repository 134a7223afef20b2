//! SQS.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::Evidence;

/// An SQS queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queue {
    /// Its URL.
    pub url: String,
    /// Its attributes, which one call tells, or why they are not known.
    pub attributes: Evidence<QueueAttributes>,
}

/// What `GetQueueAttributes` tells of a queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueAttributes {
    /// Who may do what with it; absent where no policy is set or it could not be understood.
    pub policy: Option<Value>,
    /// The KMS key that messages are encrypted with.
    pub kms_key_id: Option<String>,
    /// Whether messages are encrypted with a key of SQS's own.
    pub sqs_managed_sse: bool,
    /// Whether messages keep their order.
    pub fifo: bool,
    /// Seconds that a received message is hidden from others.
    pub visibility_timeout_seconds: u32,
    /// Seconds that a message is kept.
    pub retention_seconds: u32,
    /// Seconds that a message waits before anyone sees it.
    pub delay_seconds: u32,
    /// Messages in it, about.
    pub messages: u64,
    /// The queue that takes what could not be worked off.
    pub dead_letter_arn: Option<String>,
    /// After how many receives.
    pub max_receive_count: Option<u32>,
}

impl QueueAttributes {
    /// Whether messages are encrypted at rest.
    pub const fn is_encrypted(&self) -> bool {
        self.sqs_managed_sse || self.kms_key_id.is_some()
    }
}
