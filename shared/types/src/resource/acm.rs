//! AWS Certificate Manager.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// A certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The domain that it is for.
    pub domain: String,
    /// Further names that it is for, sorted; AWS lists the first hundred.
    pub other_names: Vec<String>,
    /// `ISSUED`, `PENDING_VALIDATION`, `EXPIRED` …
    pub status: String,
    /// `AMAZON_ISSUED`, `IMPORTED` or `PRIVATE`.
    pub certificate_type: String,
    /// `RSA_2048`, `EC_prime256v1` …
    pub key_algorithm: Option<String>,
    /// When it becomes valid.
    pub not_before: Option<Timestamp>,
    /// When it expires; absent until it is issued.
    pub not_after: Option<Timestamp>,
    /// Whether AWS can renew it: `ELIGIBLE` or `INELIGIBLE`.
    pub renewal_eligibility: Option<String>,
    /// Whether its private key may be exported; such a certificate is billed.
    pub exportable: bool,
    /// ARNs of what uses it, sorted.
    pub in_use_by: Evidence<Vec<String>>,
}
