//! `cargo xtask run`: one cycle on whatever is deployed.

use anyhow::{Result, bail};
use clap::Args;
use miyabi_types::report::CycleReport;

use super::{Mode, Target};
use crate::{
    cycle::{self, Artifacts, Execution, Standing},
    place,
    product::Product,
    summary::Summary,
    workspace::Workspace,
};

/// Options of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// How far it may go; never further than the tenant's settings say.
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// A region to look at, instead of those of the settings; may be given again.
    #[arg(long = "region", value_name = "REGION")]
    regions: Vec<String>,
    #[command(flatten)]
    target: Target,
}

/// Runs it.
pub async fn run(workspace: &Workspace, options: Run) -> Result<()> {
    let config = place::from_environment().await;
    let product = Product::find(&config, &options.target.stack).await?;
    let artifacts = Artifacts::of(&config, &product)?;
    let tenant = options.target.tenant;
    let input = cycle::cycle_input(&tenant, options.mode.map(Mode::as_str), &options.regions);
    let mut execution = Execution::start(&config, &product, &input).await?;
    let mut standing = execution.follow().await?;
    if let (Standing::AwaitingApproval, Some(cycle)) = (&standing, execution.cycle) {
        let directory = workspace.cycle(&cycle.to_string());
        artifacts.fetch(&tenant, cycle, &directory).await?;
        println!("\nit waits for a person; its documents: {}", directory.display());
        println!("  cargo xtask approve {cycle} --tenant {tenant}");
        println!("  cargo xtask reject {cycle} --tenant {tenant} --reason …\n");
        standing = execution.follow_on().await?;
    }
    let Some(cycle) = execution.cycle else {
        bail!("the cycle did not open: {}", why(&standing));
    };
    let directory = workspace.cycle(&cycle.to_string());
    let files = artifacts.fetch(&tenant, cycle, &directory).await?;
    if let Ok(report) = artifacts.get::<CycleReport>(&tenant, cycle, "report.json").await {
        let documents = files.iter().map(|file| file.display().to_string()).collect();
        let summary = Summary::of(&report, execution.seconds.clone(), documents);
        std::fs::write(directory.join("summary.json"), serde_json::to_vec_pretty(&summary)?)?;
        println!("{}", summary.shown(&directory));
    }
    match standing {
        Standing::Succeeded(_) => Ok(()),
        other => bail!("cycle {cycle} failed: {}", why(&other)),
    }
}

fn why(standing: &Standing) -> String {
    match standing {
        Standing::Failed(error, cause) => format!("{error}: {cause}"),
        // Another cycle of the tenant runs.
        Standing::Succeeded(output) if output["end"]["reason"].is_string() => {
            output["end"]["reason"].as_str().unwrap_or_default().to_owned()
        }
        other => format!("{other:?}"),
    }
}
