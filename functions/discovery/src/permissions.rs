//! The IAM actions that reading an account takes, as the collectors declare them. The policies in the templates
//! are written from them (`cargo xtask docs`).

use std::sync::LazyLock;

use crate::{
    collect::{REGISTRY, generic::CATALOGUE},
    open, prices, reach,
};

/// Every action, sorted: the whole of the role that Discovery assumes in an account, and what it asks as
/// itself. Storing what was read (bucket, table) and `sts:AssumeRole` come on top.
pub static PERMISSIONS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| sorted(OWN.iter().chain(OTHER_TYPES.iter()).chain(&AS_ITSELF).copied()));

/// What Discovery's own calls take, sorted.
pub static OWN: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let calls = REGISTRY.iter().flat_map(|collector| collector.calls);
    let opening = [open::GET_CALLER_IDENTITY, reach::LIST_ACCOUNTS, reach::DESCRIBE_REGIONS];
    sorted(calls.map(|call| call.action).chain(opening))
});

/// What Cloud Control asks in Discovery's name on top of that, to list types that no collector of their own
/// reads; sorted.
pub static OTHER_TYPES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    sorted(CATALOGUE.actions().filter(|action| OWN.binary_search(action).is_err()))
});

/// What Discovery asks as itself whichever account it reads: list prices.
pub const AS_ITSELF: [&str; 1] = [prices::GET_PRODUCTS];

fn sorted(actions: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    let mut actions: Vec<_> = actions.collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}
