//! CloudFront.

pub mod origin_bucket_missing;
pub mod settings;
