//! What is stored in S3: keys, references and the schema version that everything carries.

use std::fmt;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::id::{CycleId, InvalidId, TenantId};

/// The key of a stored object, always below `tenants/{tenant}/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArtifactKey(String);

impl ArtifactKey {
    /// The object `path` of a cycle, for example `plan.json` or `world-0/manifest.json`.
    pub fn of_cycle(tenant: &TenantId, cycle: CycleId, path: &str) -> Self {
        Self(format!("tenants/{tenant}/cycles/{cycle}/{path}"))
    }

    /// The object `path` of a tenant, outside any cycle.
    pub fn of_tenant(tenant: &TenantId, path: &str) -> Self {
        Self(format!("tenants/{tenant}/{path}"))
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part of the key.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// Whether the key belongs to this tenant.
    pub fn belongs_to(&self, tenant: &TenantId) -> bool {
        self.0.strip_prefix("tenants/").and_then(|rest| rest.split('/').next())
            == Some(tenant.as_str())
    }
}

impl TryFrom<String> for ArtifactKey {
    type Error = InvalidId;
    fn try_from(value: String) -> Result<Self, InvalidId> {
        let good = value.starts_with("tenants/")
            && value.len() <= 1024
            && value.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        if good {
            Ok(Self(value))
        } else {
            Err(InvalidId {
                kind: "artifact key",
                value,
                expected: "tenants/{tenant}/… without empty or dotted parts",
            })
        }
    }
}

impl From<ArtifactKey> for String {
    fn from(key: ArtifactKey) -> String {
        key.0
    }
}

impl fmt::Display for ArtifactKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An artifact by its key, or the artifact itself where nothing is deployed to store it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactRef<T> {
    /// Stored under this key.
    Key(ArtifactKey),
    /// Here.
    Inline(Box<T>),
}

impl<T> ArtifactRef<T> {
    /// The artifact itself, to travel inside an event.
    pub fn inline(artifact: T) -> Self {
        Self::Inline(Box::new(artifact))
    }

    /// The key, if it is stored.
    pub const fn key(&self) -> Option<&ArtifactKey> {
        match self {
            Self::Key(key) => Some(key),
            Self::Inline(_) => None,
        }
    }
}

/// A stored type with a schema that may change.
pub trait Versioned: Serialize + DeserializeOwned {
    /// What the artifact is called in its envelope.
    const NAME: &'static str;

    /// The version written today.
    const VERSION: u16 = 1;

    /// Lifts a body of an older version to today's shape; `None` if that version was never written.
    fn upgrade(version: u16, body: Value) -> Option<Value> {
        let _ = (version, body);
        None
    }
}

/// Why a stored artifact cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Not JSON, or not of the type's shape.
    #[error("{name} is malformed")]
    Malformed {
        /// The artifact's name.
        name: &'static str,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// Another artifact than the one asked for.
    #[error("expected {expected}, found {found:?}")]
    WrongName {
        /// The name asked for.
        expected: &'static str,
        /// The name in the envelope.
        found: String,
    },
    /// Written by a newer Miyabi, or by none.
    #[error("{name} has schema version {found}, this version of Miyabi reads up to {newest}")]
    UnknownVersion {
        /// The artifact's name.
        name: &'static str,
        /// The version in the envelope.
        found: u16,
        /// The newest version that can be read.
        newest: u16,
    },
}

#[derive(Deserialize)]
struct EnvelopeIn {
    artifact: String,
    schema_version: u16,
    body: Value,
}

#[derive(Serialize)]
struct EnvelopeOut<'a, T> {
    artifact: &'static str,
    schema_version: u16,
    body: &'a T,
}

/// Writes `artifact` in its envelope: `{"artifact", "schema_version", "body"}`.
pub fn to_bytes<T: Versioned>(artifact: &T) -> Result<Vec<u8>, EnvelopeError> {
    serde_json::to_vec_pretty(&EnvelopeOut {
        artifact: T::NAME,
        schema_version: T::VERSION,
        body: artifact,
    })
    .map_err(|source| EnvelopeError::Malformed { name: T::NAME, source })
}

/// Writes `artifact` in its envelope, as a JSON value.
pub fn to_value<T: Versioned>(artifact: &T) -> Result<Value, EnvelopeError> {
    serde_json::to_value(EnvelopeOut {
        artifact: T::NAME,
        schema_version: T::VERSION,
        body: artifact,
    })
    .map_err(|source| EnvelopeError::Malformed { name: T::NAME, source })
}

/// Reads an artifact of today's or of an older version from its envelope.
pub fn from_bytes<T: Versioned>(bytes: &[u8]) -> Result<T, EnvelopeError> {
    let value = serde_json::from_slice(bytes)
        .map_err(|source| EnvelopeError::Malformed { name: T::NAME, source })?;
    from_value(value)
}

/// Reads an artifact of today's or of an older version from its envelope.
pub fn from_value<T: Versioned>(value: Value) -> Result<T, EnvelopeError> {
    let malformed = |source| EnvelopeError::Malformed { name: T::NAME, source };
    let envelope: EnvelopeIn = serde_json::from_value(value).map_err(malformed)?;
    if envelope.artifact != T::NAME {
        return Err(EnvelopeError::WrongName { expected: T::NAME, found: envelope.artifact });
    }
    let found = envelope.schema_version;
    let body = if found == T::VERSION {
        envelope.body
    } else {
        T::upgrade(found, envelope.body).ok_or(EnvelopeError::UnknownVersion {
            name: T::NAME,
            found,
            newest: T::VERSION,
        })?
    };
    serde_json::from_value(body).map_err(malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Pet {
        name: String,
    }

    impl Versioned for Pet {
        const NAME: &'static str = "pet";
        const VERSION: u16 = 2;

        // Version 1 called the field `called`.
        fn upgrade(version: u16, mut body: Value) -> Option<Value> {
            (version == 1).then(|| {
                let name = body["called"].take();
                serde_json::json!({ "name": name })
            })
        }
    }

    #[test]
    fn an_older_version_is_lifted_and_a_newer_one_refused() {
        let pet = Pet { name: "Rex".into() };
        assert_eq!(from_bytes::<Pet>(&to_bytes(&pet).unwrap()).unwrap(), pet);
        let old = br#"{"artifact":"pet","schema_version":1,"body":{"called":"Rex"}}"#;
        assert_eq!(from_bytes::<Pet>(old).unwrap(), pet);
        let new = br#"{"artifact":"pet","schema_version":3,"body":{}}"#;
        assert!(matches!(
            from_bytes::<Pet>(new),
            Err(EnvelopeError::UnknownVersion { found: 3, .. })
        ));
        let other = br#"{"artifact":"plan","schema_version":2,"body":{}}"#;
        assert!(matches!(from_bytes::<Pet>(other), Err(EnvelopeError::WrongName { .. })));
    }

    #[test]
    fn keys_stay_inside_their_tenant() {
        let tenant = TenantId::parse("acme").unwrap();
        let key = ArtifactKey::of_tenant(&tenant, "strategy.json");
        assert!(key.belongs_to(&tenant));
        assert!(!key.belongs_to(&TenantId::parse("acm").unwrap()));
        assert!(ArtifactKey::try_from("tenants/acme/../other/x".to_owned()).is_err());
        assert!(ArtifactKey::try_from("other/x".to_owned()).is_err());
    }
}
