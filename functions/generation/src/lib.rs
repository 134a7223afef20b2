//! θ₂ Generation: judges a World, proposes changes, writes the plan with its documents and its code.
//!
//! Pure: nothing here calls AWS. The handler reads and writes artifacts through the platform.

pub mod documents;
pub mod iac;
