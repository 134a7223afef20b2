//! `DynamoDB`.

pub mod settings;
pub mod table_not_scaling;
