//! S3.

use std::collections::BTreeMap;

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
    /// Stored bytes over all storage types, from CloudWatch's daily storage metric.
    pub size_bytes: Evidence<u64>,
    /// The same by storage type, as CloudWatch names them: `StandardStorage`, `GlacierStorage` …
    #[serde(default)]
    pub size_by_type: Evidence<BTreeMap<String, u64>>,
    /// Objects stored, noncurrent versions and parts of unfinished uploads included, from CloudWatch.
    #[serde(default)]
    pub object_count: Evidence<u64>,
    /// Whether deleting a version takes a second factor.
    #[serde(default)]
    pub mfa_delete: Evidence<bool>,
    /// Where access logs go; `Known(None)` where nowhere.
    #[serde(default)]
    pub logging: Evidence<Option<BucketLogging>>,
    /// Who its access control list lets in besides its owner, sorted.
    #[serde(default)]
    pub acl_grants: Evidence<Vec<AclGrant>>,
    /// `BucketOwnerEnforced` (access control lists are off), `BucketOwnerPreferred` or
    /// `ObjectWriter`; `Known(None)` where none is set, which AWS takes for `ObjectWriter`.
    #[serde(default)]
    pub object_ownership: Evidence<Option<String>>,
    /// Whether AWS judges the bucket policy to be public; `Known(None)` without a policy.
    #[serde(default)]
    pub policy_is_public: Evidence<Option<bool>>,
    /// Object lock; `Known(None)` where it is off.
    #[serde(default)]
    pub object_lock: Evidence<Option<ObjectLock>>,
    /// Where its objects are copied to; `Known(None)` where nowhere. This and what follows to the analytics
    /// configurations is read only if the tenant's
    /// [`every_bucket_setting`](crate::settings::TenantSettings::every_bucket_setting) says so.
    #[serde(default)]
    pub replication: Evidence<Option<Replication>>,
    /// The website that it serves; `Known(None)` where none.
    #[serde(default)]
    pub website: Evidence<Option<Website>>,
    /// What pages of other origins may ask of it, the first rule that fits; empty where nothing.
    #[serde(default)]
    pub cors: Evidence<Vec<CorsRule>>,
    /// Whom it tells of what happens to its objects.
    #[serde(default)]
    pub notifications: Evidence<Notifications>,
    /// Lists of its objects that are written regularly, sorted.
    #[serde(default)]
    pub inventories: Evidence<Vec<Inventory>>,
    /// What Intelligent-Tiering archives, sorted.
    #[serde(default)]
    pub intelligent_tiering: Evidence<Vec<IntelligentTiering>>,
    /// Transfer acceleration, `Enabled` or `Suspended`; `Known(None)` where it was never enabled or the region has
    /// none.
    #[serde(default)]
    pub acceleration: Evidence<Option<String>>,
    /// Whether whoever asks for objects pays for that.
    #[serde(default)]
    pub requester_pays: Evidence<bool>,
    /// Ids of what its requests are counted by in CloudWatch, sorted.
    #[serde(default)]
    pub metrics_configurations: Evidence<Vec<String>>,
    /// Ids of what its use is analysed by, sorted.
    #[serde(default)]
    pub analytics_configurations: Evidence<Vec<String>>,
}

/// Where a bucket's access logs go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketLogging {
    /// The bucket.
    pub target_bucket: String,
    /// Before each key.
    pub target_prefix: String,
}

/// Someone an access control list lets in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AclGrant {
    /// The group's URI or the account's canonical id.
    pub grantee: String,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`.
    pub permission: String,
}

impl AclGrant {
    /// Whether it lets anyone in, or anyone who has an AWS account.
    /// Source: Amazon S3 User Guide, ACL overview, predefined groups.
    pub fn is_public(&self) -> bool {
        self.grantee.ends_with("/groups/global/AllUsers")
            || self.grantee.ends_with("/groups/global/AuthenticatedUsers")
    }
}

/// Object lock of a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectLock {
    /// `GOVERNANCE` or `COMPLIANCE` of new objects; absent where they get none.
    pub mode: Option<String>,
    /// Days that new objects are kept.
    pub days: Option<u32>,
    /// Years that new objects are kept.
    pub years: Option<u32>,
}

/// Where a bucket's objects are copied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replication {
    /// The role that copies.
    pub role: String,
    /// What goes where.
    pub rules: Vec<ReplicationRule>,
}

/// One rule of replication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicationRule {
    /// Its id.
    pub id: Option<String>,
    /// Whether its status is `Enabled`.
    pub enabled: bool,
    /// Which of two rules wins: the higher; absent in rules as they were before there were filters.
    pub priority: Option<u32>,
    /// The key prefix it is limited to; absent means the whole bucket.
    pub prefix: Option<String>,
    /// Whether tags limit it further.
    pub filtered: bool,
    /// The ARN of the bucket that copies go to.
    pub destination_bucket: String,
    /// The account that owns the copies, where it is named.
    pub destination_account: Option<String>,
    /// The copies' storage class; absent means that of the object.
    pub storage_class: Option<String>,
    /// The KMS key that encrypts the copies of what is encrypted by one, where it is named.
    pub kms_key_id: Option<String>,
    /// Whether delete markers are copied too.
    pub delete_markers: bool,
}

/// A static website. Either everything is sent elsewhere or there is an index document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Website {
    /// What is answered for a directory, for example `index.html`.
    pub index_document: Option<String>,
    /// What is answered where something fails.
    pub error_document: Option<String>,
    /// The host that all requests are sent to.
    pub redirect_host: Option<String>,
    /// How they go there: `http`, `https`; absent means as they came.
    pub redirect_protocol: Option<String>,
    /// How many rules send some of the requests elsewhere.
    pub routing_rules: u32,
}

/// What pages of other origins may ask of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorsRule {
    /// Its id.
    pub id: Option<String>,
    /// Origins, each with at most one `*`.
    pub allowed_origins: Vec<String>,
    /// `GET`, `PUT` …
    pub allowed_methods: Vec<String>,
    /// Headers that they may send.
    pub allowed_headers: Vec<String>,
    /// Headers of the answer that they may see.
    pub exposed_headers: Vec<String>,
    /// Seconds for which browsers keep it.
    pub max_age_seconds: Option<u32>,
}

/// Whom a bucket tells of what happens to its objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifications {
    /// Whether `EventBridge` is told of everything.
    pub event_bridge: bool,
    /// Who is told of some of it, sorted.
    pub targets: Vec<NotificationTarget>,
}

/// A topic, queue or function that a bucket tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotificationTarget {
    /// Its ARN; a function's may end in a version or an alias.
    pub destination: String,
    /// The id of the setting.
    pub id: Option<String>,
    /// What it is told of, sorted: `s3:ObjectCreated:*` …
    pub events: Vec<String>,
    /// How keys of the objects begin, where that matters.
    pub prefix: Option<String>,
    /// How they end, where that matters.
    pub suffix: Option<String>,
}

/// A list of a bucket's objects that is written regularly.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Inventory {
    /// Its id.
    pub id: String,
    /// Whether it is written.
    pub enabled: bool,
    /// How keys of the objects begin, where that matters.
    pub prefix: Option<String>,
    /// `All` or `Current`.
    pub versions: String,
    /// The ARN of the bucket that it is written to.
    pub destination_bucket: String,
    /// `CSV`, `ORC` or `Parquet`.
    pub format: String,
    /// `Daily` or `Weekly`.
    pub frequency: String,
}

/// Which objects in the storage class Intelligent-Tiering go to its archives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IntelligentTiering {
    /// Its id.
    pub id: String,
    /// Whether its status is `Enabled`.
    pub enabled: bool,
    /// The key prefix it is limited to; absent means the whole bucket.
    pub prefix: Option<String>,
    /// Whether tags limit it further.
    pub filtered: bool,
    /// Days without access and the tier that follows, `ARCHIVE_ACCESS` or `DEEP_ARCHIVE_ACCESS`; sorted.
    pub tiers: Vec<(u32, String)>,
}

/// The storage class whose price a storage type of CloudWatch's metric is billed at, as the S3 API
/// names it; absent for a type that is not known. Archived objects keep 8 KB of their metadata in
/// Standard; what is being uploaded to an archive is billed as Standard.
/// Sources: Amazon S3 User Guide, Amazon S3 metrics and dimensions, and Understanding S3 Glacier storage classes.
pub fn billed_class(storage_type: &str) -> Option<&'static str> {
    Some(match storage_type {
        "StandardStorage"
        | "GlacierS3ObjectOverhead"
        | "GlacierStagingStorage"
        | "DeepArchiveS3ObjectOverhead"
        | "DeepArchiveStagingStorage" => "STANDARD",
        "StandardIAStorage" | "StandardIASizeOverhead" | "StandardIAObjectOverhead" => {
            "STANDARD_IA"
        }
        "OneZoneIAStorage" | "OneZoneIASizeOverhead" => "ONEZONE_IA",
        "ReducedRedundancyStorage" => "REDUCED_REDUNDANCY",
        "GlacierInstantRetrievalStorage" | "GlacierInstantRetrievalSizeOverhead" => "GLACIER_IR",
        "GlacierStorage" | "GlacierObjectOverhead" => "GLACIER",
        "DeepArchiveStorage" | "DeepArchiveObjectOverhead" => "DEEP_ARCHIVE",
        "IntelligentTieringFAStorage" => "INTELLIGENT_TIERING_FREQUENT",
        "IntelligentTieringIAStorage" => "INTELLIGENT_TIERING_INFREQUENT",
        "IntelligentTieringAIAStorage" => "INTELLIGENT_TIERING_ARCHIVE_INSTANT",
        "IntelligentTieringAAStorage" => "INTELLIGENT_TIERING_ARCHIVE",
        "IntelligentTieringDAAStorage" => "INTELLIGENT_TIERING_DEEP_ARCHIVE",
        _ => return None,
    })
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
    /// Whether it does more than these fields say, for example moves noncurrent versions or acts on a date.
    #[serde(default)]
    pub more: bool,
}

/// An access point of a bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessPoint {
    /// The bucket.
    pub bucket: String,
    /// The bucket's account, where AWS tells.
    pub bucket_account: Option<String>,
    /// `Internet` or `VPC`.
    pub network_origin: String,
    /// The only network that may use it, where there is one.
    pub vpc_id: Option<String>,
    /// The name that takes a bucket's place in requests.
    pub alias: Option<String>,
    /// What it blocks.
    pub public_access_block: Evidence<PublicAccessBlock>,
}

/// An access point of buckets in several regions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultiRegionAccessPoint {
    /// `READY`, `CREATING` …
    pub status: String,
    /// Its buckets, sorted.
    pub buckets: Vec<String>,
    /// What it blocks; nothing, where AWS tells of no setting.
    pub public_access_block: PublicAccessBlock,
}
