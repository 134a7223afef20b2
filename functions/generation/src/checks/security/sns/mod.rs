//! SNS.

pub mod topic_public;
