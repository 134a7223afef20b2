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
pub mod document;
pub mod handler;
mod kept;
mod look;
mod open;
mod ownership;
pub mod pace;
mod part;
mod place;
mod prices;
mod reach;
pub mod scan;
pub mod scope;
mod seal;
mod session;
mod statistics;
#[cfg(test)]
mod testing;
mod token;

use std::sync::LazyLock;

pub use handler::Discovery;

/// Every IAM action that reading an account takes, sorted: the whole of the role that Discovery
/// assumes there, and the Price List that it asks with its own. Storing what was read (bucket, table) and `sts:AssumeRole` come on top.
pub static PERMISSIONS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut actions = own_actions();
    actions.extend(collect::generic::CATALOGUE.actions());
    actions.push(prices::GET_PRODUCTS);
    actions.sort_unstable();
    actions.dedup();
    actions
});

/// The IAM actions that Discovery's own calls take; those that Cloud Control makes for it come on top.
fn own_actions() -> Vec<&'static str> {
    let calls = collect::REGISTRY.iter().flat_map(|collector| collector.calls);
    let mut actions: Vec<_> = calls.map(|call| call.action).collect();
    actions.extend([open::GET_CALLER_IDENTITY, reach::LIST_ACCOUNTS, reach::DESCRIBE_REGIONS]);
    actions.sort_unstable();
    actions.dedup();
    actions
}
