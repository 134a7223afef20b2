//! S3.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// An S3 bucket. Each setting comes from a call of its own, so each is evidence of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Default encryption; `Known(None)` where none is set.
    pub encryption: Evidence<Option<BucketEncryption>>,
    /// `Enabled`, `Suspended`; `Known(None)` where it was never enabled.
    pub versioning: Evidence<Option<String>>,
    /// The four flags; all false where none is set.
    pub public_access_block: Evidence<PublicAccessBlock>,
    /// Lifecycle rules; empty where none is set.
    pub lifecycle: Evidence<Vec<LifecycleRule>>,
    /// The bucket policy as JSON; `Known(None)` where none is set.
    pub policy: Evidence<Option<serde_json::Value>>,
    /// Stored bytes, from CloudWatch's daily storage metric.
    pub size_bytes: Evidence<u64>,
}

/// Default encryption of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketEncryption {
    /// `AES256`, `aws:kms` or `aws:kms:dsse`.
    pub algorithm: String,
    /// The KMS key, where one is named.
    pub kms_key_id: Option<String>,
    /// Whether bucket keys are used.
    pub bucket_key: bool,
}

/// Public access block flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are AWS's four flags")]
pub struct PublicAccessBlock {
    /// Refuse new public ACLs.
    pub block_public_acls: bool,
    /// Ignore existing public ACLs.
    pub ignore_public_acls: bool,
    /// Refuse new public policies.
    pub block_public_policy: bool,
    /// Ignore public and cross-account access of public policies.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// All four flags set.
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

/// One lifecycle rule, as far as checks and code generation need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleRule {
    /// Its id.
    pub id: Option<String>,
    /// Whether its status is `Enabled`.
    pub enabled: bool,
    /// The key prefix it is limited to; absent means the whole bucket.
    pub prefix: Option<String>,
    /// Whether a tag or size filter limits it further.
    pub filtered: bool,
    /// Days until an incomplete multipart upload is aborted.
    pub abort_multipart_days: Option<u32>,
    /// Days until current versions expire.
    pub expiration_days: Option<u32>,
    /// Days until noncurrent versions expire.
    pub noncurrent_expiration_days: Option<u32>,
    /// Transitions: days and storage class.
    pub transitions: Vec<(u32, String)>,
}
