//! S3.

pub mod bucket_no_multipart_abort;
pub mod bucket_noncurrent_kept;
pub mod bucket_not_tiered;
