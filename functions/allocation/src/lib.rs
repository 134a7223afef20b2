//! θ₃ Allocation: from what is proposed to what is done now, in which wave and by whom.
//!
//! Pure: World₀, the plan, the tenant's policy and past experience in, an [`Allocation`] out. Every
//! proposal is either in a wave or deferred with its reason, never both and never lost.
//!
//! [`Allocation`]: miyabi_types::allocation::Allocation

pub mod allocate;
pub mod conflicts;
pub mod guardrails;
pub mod handler;
pub mod instance_type;
pub mod promise;
pub mod rightsizing;
pub mod waves;

#[cfg(test)]
mod fixture;
