//! `cargo xtask rollback`: undoes what a cycle did, however long ago.

use anyhow::{Result, bail};
use clap::Args;
use miyabi_types::id::CycleId;

use super::Target;
use crate::{
    cycle::{self, Execution, Standing},
    place,
    product::Product,
};

/// Options of `rollback`.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The cycle to undo.
    #[arg(value_parser = super::cycle_id)]
    cycle: CycleId,
    #[command(flatten)]
    target: Target,
}

/// Runs it.
pub async fn run(options: Rollback) -> Result<()> {
    let config = place::from_environment().await;
    let product = Product::find(&config, &options.target.stack).await?;
    let input = cycle::rollback_input(&options.target.tenant, options.cycle);
    let mut execution = Execution::start(&config, &product, &input).await?;
    match execution.follow().await? {
        Standing::Succeeded(report) => {
            println!("✓ undone: {} changes", report["completed"]);
            for problem in report["problems"].as_array().into_iter().flatten() {
                println!("  not as before: {}", problem.as_str().unwrap_or_default());
            }
            Ok(())
        }
        Standing::Failed(error, cause) => {
            bail!("cycle {} is not undone: {error}: {cause}", options.cycle)
        }
        other => bail!("cycle {} is not undone: {other:?}", options.cycle),
    }
}
