//! SQS.

pub mod queue_public;
pub mod settings;
