//! What is known, and what could not be read. A failed read is never an empty answer.

use serde::{Deserialize, Serialize};

use crate::id::IamAction;

/// A fact that was read, or the reason why it could not be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence<T> {
    /// Read from AWS. An absent setting is `Known(None)`.
    Known(T),
    /// Not read.
    Unavailable(Unavailable),
}

/// Why a fact is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unavailable {
    /// One sentence fragment, lower case, for example `access denied`.
    pub reason: String,
    /// The IAM action that is denied, where that is the reason: to grant, or to let through where another policy
    /// denies it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_permission: Option<IamAction>,
}

impl Unavailable {
    /// Not known for this reason, which no permission would mend.
    pub fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), missing_permission: None }
    }

    /// Not known because `action` is not granted.
    pub fn denied(action: IamAction) -> Self {
        Self { reason: DENIED.into(), missing_permission: Some(action) }
    }

    /// Not known because `policy` denies `action`, granted or not: `explicit deny in a service control policy`.
    pub fn denied_by(policy: &str, action: IamAction) -> Self {
        Self { reason: format!("{DENIED}: {policy}"), missing_permission: Some(action) }
    }

    /// Whether it would be known if its [`missing_permission`](Self::missing_permission) were granted; another
    /// policy may deny that whatever is granted.
    pub fn takes_a_grant(&self) -> bool {
        let denied_by = self.reason.strip_prefix(DENIED).is_some_and(|rest| rest.starts_with(": "));
        self.missing_permission.is_some() && !denied_by
    }
}

const DENIED: &str = "access denied";

impl<T> Evidence<T> {
    /// Not known for this reason.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable(Unavailable::because(reason))
    }

    /// The fact, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(fact) => Some(fact),
            Self::Unavailable(_) => None,
        }
    }

    /// The fact, or why it is not known.
    pub fn get(&self) -> Result<&T, &Unavailable> {
        match self {
            Self::Known(fact) => Ok(fact),
            Self::Unavailable(why) => Err(why),
        }
    }

    /// Applies `f` to a known fact.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Evidence<U> {
        match self {
            Self::Known(fact) => Evidence::Known(f(fact)),
            Self::Unavailable(why) => Evidence::Unavailable(why),
        }
    }
}

/// What an older version, which did not read the fact yet, has to say about it.
impl<T> Default for Evidence<T> {
    fn default() -> Self {
        Self::unavailable("not read by the version that looked")
    }
}

impl<T> From<Result<T, Unavailable>> for Evidence<T> {
    fn from(result: Result<T, Unavailable>) -> Self {
        match result {
            Ok(fact) => Self::Known(fact),
            Err(why) => Self::Unavailable(why),
        }
    }
}
