//! The commands, one file each.

pub mod bench;
pub mod compare;
pub mod decide;
pub mod demo;
pub mod docs;
pub mod down;
pub mod rollback;
pub mod run;
pub mod settings;
pub mod test;
pub mod up;

use clap::{Args, Parser, Subcommand, ValueEnum};
use miyabi_types::id::{CycleId, TenantId};

/// Dev commands of Miyabi.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs one full cycle on a sample account in emulators, from nothing.
    Demo(demo::Demo),
    /// Starts the emulators with the product deployed and prints how to point any AWS client at them.
    Up,
    /// Runs one cycle on whatever the AWS environment variables point to.
    Run(run::Run),
    /// Lets a waiting cycle do its actions, or only some of them.
    Approve(decide::Decide),
    /// Lets a waiting cycle do none of its actions, or all but some of them.
    Reject(decide::Decide),
    /// Undoes what a cycle did.
    Rollback(rollback::Rollback),
    /// Shows a tenant's settings, or stores them from a file.
    Settings(settings::Settings),
    /// Stops the emulators.
    Down,
    /// Checks everything: format, lints, unit, contract and end-to-end tests, template.
    Test,
    /// Measures what the product costs its user.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Compares what is found with what Cloud Custodian and Prowler find, and writes docs/comparison.md.
    Compare(compare::Compare),
    /// Writes docs/checks.md, docs/coverage.md and the lists of permissions in the templates anew.
    Docs,
}

/// Which deployment, and whose cycle.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// Whose cycle.
    #[arg(long, default_value = "default", value_parser = tenant)]
    pub tenant: TenantId,
    /// The product's CloudFormation stack.
    #[arg(long, default_value = crate::product::STACK)]
    pub stack: String,
}

/// How far a cycle may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Looks and plans.
    Observe,
    /// Changes what a person approved.
    Approve,
    /// Changes what is safe by itself; asks for the rest.
    Auto,
}

impl Mode {
    /// Its name in the execution's input.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Approve => "approve",
            Self::Auto => "auto",
        }
    }
}

fn tenant(text: &str) -> Result<TenantId, String> {
    TenantId::parse(text).map_err(|error| error.to_string())
}

fn cycle_id(text: &str) -> Result<CycleId, String> {
    text.parse().map_err(|_| format!("{text:?} is no cycle id"))
}
