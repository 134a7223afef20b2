//! The account itself.

use serde::{Deserialize, Serialize};

/// Whom AWS contacts besides the root user. Who that is stays with AWS: names and numbers of people
/// are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    /// Whether there is an alternate contact for security.
    pub security: bool,
}
