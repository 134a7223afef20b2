//! The account itself: what is judged of it as a whole hangs here.

use serde::{Deserialize, Deserializer, Serialize};

use crate::evidence::Evidence;

/// An AWS account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Whether there is an alternate contact for security. Who that is stays with AWS: names and numbers of
    /// people are not kept.
    #[serde(deserialize_with = "told")]
    pub security: Evidence<bool>,
}

/// As it is told now, or as it was while only accounts whose contacts could be read were kept.
fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Evidence<bool>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Told {
        Known(bool),
        Evidence(Evidence<bool>),
    }
    Ok(match Told::deserialize(deserializer)? {
        Told::Known(there) => Evidence::Known(there),
        Told::Evidence(evidence) => evidence,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::{ResourceConfig, ResourceKind};

    #[test]
    fn what_an_older_version_stored_still_reads() {
        let read = |value| serde_json::from_value::<ResourceConfig>(value).unwrap();
        let account = |security| ResourceConfig::Account(Account { security });
        let old = json!({ "kind": "Miyabi::Account::Contacts", "config": { "security": true } });
        assert_eq!(read(old), account(Evidence::Known(true)));
        for now in [account(Evidence::Known(false)), account(Evidence::unavailable("denied"))] {
            assert_eq!(read(serde_json::to_value(&now).unwrap()), now);
        }
        let kind: ResourceKind =
            serde_json::from_value(json!("Miyabi::Account::Contacts")).unwrap();
        assert_eq!(kind.as_str(), "AWS::::Account");
    }
}
