//! What is paid for in advance.

pub mod account;
pub mod reservations;
