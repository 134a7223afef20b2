//! `cargo xtask approve` and `reject`: a person's decision on a cycle that waits.

use anyhow::Result;
use clap::Args;
use miyabi_types::{
    approval::Verdict,
    id::{ActionId, CycleId},
};

use super::Target;
use crate::{
    cycle::{self, Decided},
    place,
    product::Product,
};

/// Options of `approve` and `reject`.
#[derive(Debug, Args)]
pub struct Decide {
    /// The cycle that waits.
    #[arg(value_parser = super::cycle_id)]
    cycle: CycleId,
    /// Actions that it is about, by id; absent means all.
    #[arg(long, value_delimiter = ',', value_name = "ACTION")]
    only: Vec<String>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// Runs it.
pub async fn run(options: Decide, verdict: Verdict) -> Result<()> {
    let config = place::from_environment().await;
    let product = Product::find(&config, &options.target.stack).await?;
    let only = options.only.into_iter().map(ActionId::parse).collect::<Result<Vec<_>, _>>()?;
    let decided =
        Decided { verdict, only, by: cycle::caller(&config).await?, reason: options.reason };
    cycle::decide(&config, &product, &options.target.tenant, options.cycle, decided).await?;
    let word = match verdict {
        Verdict::Approve => "approved",
        Verdict::Reject => "rejected",
    };
    println!("✓ {word}: cycle {} goes on", options.cycle);
    Ok(())
}
