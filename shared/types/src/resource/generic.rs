//! Resources that no collector of their own reads.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A resource that Cloud Control or the Resource Groups Tagging API told of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Its CloudFormation type, for example `AWS::Batch::JobQueue`; where none is known, what its ARN
    /// says: `service:type`.
    pub type_name: String,
    /// The properties that its list tells, with secrets blotted out; absent where only its ARN and
    /// tags are known.
    pub properties: Option<Value>,
}
