//! SQS.

pub mod settings;
