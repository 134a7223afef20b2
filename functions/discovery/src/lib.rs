//! θ₁ Discovery: reads an account into a World: what exists, what it costs, how busy it is, how
//! exposed it is, and what could not be seen. Reads only.
//!
//! A service is read by one [`collect::Collector`]: a file in `collect/` and a line in
//! [`collect::REGISTRY`]. What it cannot read becomes coverage, never an empty list.

mod answer;
pub mod call;
mod checkpoint;
pub mod collect;
mod counting;
pub mod descriptors;
pub mod document;
pub mod handler;
mod kept;
mod lists;
mod look;
mod open;
mod ownership;
pub mod pace;
mod part;
pub mod permissions;
mod place;
mod prices;
mod reach;
pub mod scan;
pub mod scope;
mod seal;
mod seen;
mod session;
mod statistics;
#[cfg(test)]
mod testing;
mod token;

pub use handler::Discovery;
pub use permissions::PERMISSIONS;
