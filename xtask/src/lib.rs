//! Dev commands of Miyabi, and the harness that its end-to-end tests share with them.
//! No product logic: what is told about a cycle is read from what the product itself stored.

pub mod account;
pub mod commands;
pub mod cycle;
pub mod emulators;
pub mod package;
pub mod parity;
pub mod place;
pub mod policies;
pub mod product;
pub mod profile;
pub mod progress;
pub mod python;
pub mod shell;
pub mod summary;
pub mod template;
pub mod workspace;
