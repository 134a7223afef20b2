//! θ₄ Execution: the only function that changes anything.
//!
//! A task goes from stage to stage: its state is read and compared with the plan, backed up,
//! changed, and read back. Each stage is written to the ledger before it begins and each step
//! converges, so a crash at any point loses nothing and does nothing twice.

mod accounts;
pub mod aws;
mod cloud;
mod cloudformation;
mod direct;
mod error;
mod executor;
mod forward;
pub mod handler;
mod health;
mod permit;
mod record;
mod rollback;
mod step;
#[cfg(test)]
mod tests;
mod vitals;
mod wave;

use std::collections::BTreeSet;

use miyabi_types::action::Operation;

pub use cloud::{Alarm, Cloud, Connect};
pub use error::{ExecutionError, Result};
pub use executor::{Deps, Executor};
pub use step::{Job, Restored, Step};

/// Every IAM action that execution may need in a tenant's account.
///
/// Beside these it assumes the roles that settings name (`sts:AssumeRole`).
pub fn permissions() -> BTreeSet<&'static str> {
    Operation::ALL
        .iter()
        .flat_map(|operation| operation.permissions())
        .chain(cloudformation::PERMISSIONS)
        .chain(vitals::PERMISSIONS)
        .copied()
        .collect()
}
