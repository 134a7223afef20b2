//! `OpenSearch`.

pub mod settings;
