//! What every function needs around its own work: Lambda bootstrap, configuration,
//! stored artifacts, the ledger, AWS credentials, time and ids.
#![warn(missing_docs)]

pub mod artifacts;
pub mod aws;
pub mod chunk;
pub mod clock;
pub mod config;
mod denial;
pub mod error;
pub mod ledger;
mod runtime;
pub mod store;
pub mod table;

pub use artifacts::Artifacts;
pub use clock::{Clock, FixedClock, SystemClock, new_cycle_id};
pub use config::{ConfigError, Env};
pub use error::PhaseError;
pub use ledger::TenantLedger;
pub use runtime::{run, run_within};
