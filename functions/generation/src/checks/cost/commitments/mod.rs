//! What is paid for in advance.

pub mod reservations;
