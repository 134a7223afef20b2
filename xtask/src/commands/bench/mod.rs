//! `cargo xtask bench`: what the product costs its user in time, CPU and memory.

use anyhow::Result;
use clap::Subcommand;

use self::options::Options;
use crate::workspace::Workspace;

mod discovery;
mod generation;
mod measure;
mod options;
mod page;
mod report;

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Reading an account of about 3,000 objects, beside a plain boto3 collector.
    Discovery(Options),
    /// Planning for made-up accounts of up to 200,000 resources, on one core.
    Generation(Options),
}

/// Runs it.
pub async fn run(workspace: &Workspace, bench: Bench) -> Result<()> {
    match bench {
        Bench::Discovery(options) => discovery::run(workspace, &options).await,
        Bench::Generation(options) => generation::run(workspace, &options),
    }
}
