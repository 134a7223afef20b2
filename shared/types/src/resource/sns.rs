//! SNS.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evidence::Evidence;

/// An SNS topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    /// Its attributes, which one call tells, or why they are not known.
    pub attributes: Evidence<TopicAttributes>,
}

/// What `GetTopicAttributes` tells of a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopicAttributes {
    /// The name that subscribers see.
    pub display_name: Option<String>,
    /// Who may do what with it; absent where the policy could not be understood.
    pub policy: Option<Value>,
    /// The key that messages are encrypted with; absent where they are not.
    pub kms_key_id: Option<String>,
    /// Whether messages keep their order.
    pub fifo: bool,
    /// Confirmed subscriptions.
    pub subscriptions_confirmed: u32,
    /// Subscriptions that nobody confirmed yet.
    pub subscriptions_pending: u32,
}
