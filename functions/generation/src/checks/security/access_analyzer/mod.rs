//! IAM Access Analyzer.

pub mod analyzer_missing;
