//! `DocumentDB`.

pub mod settings;
