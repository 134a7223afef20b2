//! θ₂ Generation: judges a World, proposes changes, writes the plan with its documents and its code.
//!
//! Pure: nothing here calls AWS. The handler reads and writes artifacts through the platform.

pub mod assess;
pub mod check;
pub mod checks;
pub mod context;
pub mod diff;
pub mod documents;
#[cfg(test)]
pub(crate) mod fixture;
pub mod formats;
pub mod handler;
pub mod iac;
pub mod idle;
pub mod limit;
pub mod lint;
pub mod measure;
mod mentions;
pub mod metrics;
pub mod network;
pub mod permissions;
pub mod plain;
pub mod plan;
pub mod policy_document;
pub mod reach;
pub mod registry;
pub mod rules;
pub mod standards;
