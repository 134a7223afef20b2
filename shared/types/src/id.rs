//! Identifiers, each a type of its own, parsed once at the edge. Copies of one share its text: a plan names
//! the same few accounts, regions and checks some hundred thousand times.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

/// Why a text is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {value:?} is not valid: expected {expected}")]
pub struct InvalidId {
    /// The identifier's type, as users know it.
    pub kind: &'static str,
    /// The text as it was given.
    pub value: String,
    /// What a valid one looks like.
    pub expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses the text, or says what a valid one looks like.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let value = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&value) {
                    Ok(Self(value.into()))
                } else {
                    Err(InvalidId { kind: $kind, value, expected: $expected })
                }
            }

            /// The text of the identifier.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.as_str().to_owned()
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn words(text: &str, separators: &[char], extra: fn(char) -> bool) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || separators.contains(&c) || extra(c))
}

text_id!(
    /// A customer of this installation; part of storage keys.
    TenantId,
    "tenant id",
    "1 to 63 lower-case letters, digits or hyphens",
    |t| t.len() <= 63 && words(t, &['-'], |_| false) && !t.contains(|c: char| c.is_ascii_uppercase())
);
text_id!(
    /// An AWS account id.
    AccountId,
    "account id",
    "12 digits",
    |t| t.len() == 12 && t.bytes().all(|b| b.is_ascii_digit())
);
text_id!(
    /// An AWS region name, or `aws-global` for services without one.
    Region,
    "region",
    "a region name such as us-east-1",
    |t| t.len() <= 32 && t.contains('-') && words(t, &['-'], |_| false) && !t.contains(|c: char| c.is_ascii_uppercase())
);
text_id!(
    /// An Amazon Resource Name.
    Arn,
    "arn",
    "arn:partition:service:region:account:resource",
    |t| t.starts_with("arn:") && t.splitn(6, ':').count() == 6
);
text_id!(
    /// A check: `service_resource_problem`, for example `ebs_volume_unattached`.
    CheckId,
    "check id",
    "lower-case words joined by underscores",
    |t| words(t, &['_'], |_| false) && !t.contains(|c: char| c.is_ascii_uppercase())
);
text_id!(
    /// A Security Hub control id, for example `EC2.8`.
    ControlId,
    "control id",
    "Service.Number, for example EC2.8",
    |t| t.split_once('.').is_some_and(|(s, n)| !s.is_empty() && !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
);
text_id!(
    /// An action on one resource; the same action on the same resource has the same id in every cycle.
    ActionId,
    "action id",
    "act- and 16 hexadecimal digits",
    |t| t.strip_prefix("act-").is_some_and(|h| h.len() == 16 && h.bytes().all(|b| b.is_ascii_hexdigit()))
);
text_id!(
    /// A finding: one check on one resource; stable over cycles.
    FindingId,
    "finding id",
    "fnd- and 16 hexadecimal digits",
    |t| t.strip_prefix("fnd-").is_some_and(|h| h.len() == 16 && h.bytes().all(|b| b.is_ascii_hexdigit()))
);
text_id!(
    /// An IAM action name, for example `ec2:DescribeVolumes`.
    IamAction,
    "IAM action",
    "service:Action",
    |t| t.split_once(':').is_some_and(|(s, a)| words(s, &['-'], |_| false) && words(a, &['*'], |_| false))
);

/// Sixteen hexadecimal digits that identify the parts, in order.
fn digest(parts: &[&str]) -> String {
    use fmt::Write;

    use sha2::{Digest, Sha256};

    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl ActionId {
    /// The id of the action named `kind` (see [`crate::action::Operation::name`]) on `target`.
    pub fn of(kind: &str, target: &Arn) -> Self {
        Self(format!("act-{}", digest(&[kind, target.as_str()])).into())
    }
}

impl FindingId {
    /// The id of what `check` finds on `resource`.
    pub fn of(check: &CheckId, resource: &Arn) -> Self {
        Self(format!("fnd-{}", digest(&[check.as_str(), resource.as_str()])).into())
    }
}

impl Region {
    /// The pseudo region of services that have none (IAM, Cost Explorer …).
    pub fn global() -> Self {
        Self("aws-global".into())
    }

    /// Whether this is the pseudo region of global services.
    pub fn is_global(&self) -> bool {
        self.as_str() == "aws-global"
    }
}

impl Arn {
    /// The resource part: everything after the account id.
    pub fn resource(&self) -> &str {
        self.0.splitn(6, ':').nth(5).unwrap_or_default()
    }

    /// The account part: `aws` of what AWS owns, empty where an ARN names none.
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }

    /// The service part, for example `ec2`.
    pub fn service(&self) -> &str {
        self.0.split(':').nth(2).unwrap_or_default()
    }
}

/// One run of the cycle θ₁→θ₆. A `UUIDv7`, so that ids sort by time of opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CycleId(Uuid);

impl CycleId {
    /// The cycle with this id.
    pub const fn new(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for CycleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CycleId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Uuid::parse_str(text).map(Self).map_err(|_| InvalidId {
            kind: "cycle id",
            value: text.into(),
            expected: "a UUID",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_parsed_at_the_edge_and_name_what_is_wrong() {
        assert!(AccountId::parse("123456789012").is_ok());
        let error = AccountId::parse("12345").unwrap_err().to_string();
        assert!(error.contains("account id") && error.contains("12 digits"), "{error}");
        assert!(TenantId::parse("Acme/..").is_err());
        assert!(Region::parse("us-east-1").is_ok());
        assert!(Arn::parse("arn:aws:s3:::bucket").is_ok());
        assert!(Arn::parse("bucket").is_err());
        assert!(ControlId::parse("EC2.8").is_ok());
        assert!(serde_json::from_str::<IamAction>("\"ec2 DescribeVolumes\"").is_err());
    }

    #[test]
    fn action_and_finding_ids_are_stable_and_distinct() {
        let a = Arn::parse("arn:aws:ec2:us-east-1:123456789012:volume/vol-1").unwrap();
        let b = Arn::parse("arn:aws:ec2:us-east-1:123456789012:volume/vol-2").unwrap();
        assert_eq!(ActionId::of("delete_volume", &a), ActionId::of("delete_volume", &a));
        assert_ne!(ActionId::of("delete_volume", &a), ActionId::of("delete_volume", &b));
        assert!(ActionId::parse(ActionId::of("delete_volume", &a).as_str()).is_ok());
    }
}
