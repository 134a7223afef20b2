//! S3.

pub mod access_points;
pub mod bucket_allows_http;
pub mod bucket_cross_account;
pub mod bucket_public;
pub mod settings;
