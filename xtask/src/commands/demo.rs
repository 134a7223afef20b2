//! `cargo xtask demo`: one full cycle on an account that is deployed for it.

use std::{fs, path::PathBuf};

use anyhow::{Result, bail};
use clap::Args;
use miyabi_platform::{Clock, SystemClock};
use miyabi_types::{
    allocation::Allocation, approval::Verdict, id::TenantId, plan::Plan, report::CycleReport,
};

use super::up;
use crate::{
    cycle::{self, Artifacts, Decided, Execution, Standing},
    emulators::Emulators,
    product::{Product, STACK},
    profile,
    progress::Step,
    summary::{self, Summary},
    workspace::Workspace,
};

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// The account to run on: a CloudFormation template, with its profile beside it if it has one.
    #[arg(long, value_name = "FILE")]
    account: Option<PathBuf>,
}

/// Runs it.
pub async fn run(workspace: &Workspace, options: Demo) -> Result<()> {
    let account =
        options.account.unwrap_or_else(|| workspace.root.join("tests/accounts/sample.yaml"));
    profile::read(&account)?;
    let emulators = up::bring_up(workspace).await?;

    let step = Step::begin(format!("deploying the account {}", account.display()));
    let (deployed, _) = profile::deploy(&emulators, &account, SystemClock.now()).await?;
    step.done_with(&format!("{} resources", deployed.ids.len()));
    if !deployed.left_out.is_empty() {
        println!("  left out, no emulator builds them: {}", deployed.left_out.join(", "));
    }
    cycle(workspace, &emulators).await
}

async fn cycle(workspace: &Workspace, emulators: &Emulators) -> Result<()> {
    let config = emulators.sdk_config();
    let product = Product::find(&config, STACK).await?;
    let artifacts = Artifacts::of(&config, &product)?;
    let tenant = TenantId::parse("default")?;
    let input = cycle::cycle_input(&tenant, Some("approve"), &[]);
    let mut execution = Execution::start(&config, &product, &input).await?;

    let mut standing = execution.follow().await?;
    let Some(cycle) = execution.cycle else { bail!("the cycle never opened: {standing:?}") };
    if standing == Standing::AwaitingApproval {
        let plan: Plan = artifacts.get(&tenant, cycle, "plan.json").await?;
        let allocation: Allocation = artifacts.get(&tenant, cycle, "allocation.json").await?;
        println!("\n{}\n", summary::request(&plan, &allocation));
        let decided = Decided {
            verdict: Verdict::Approve,
            only: Vec::new(),
            by: "demo".into(),
            reason: Some("shown above".into()),
        };
        cycle::decide_soon(&config, &product, &tenant, cycle, decided).await?;
        println!("✓ approved as demo");
        standing = execution.follow_on().await?;
    }
    if let Standing::Failed(error, cause) = standing {
        bail!("the cycle failed: {error}: {cause}");
    }

    let directory = workspace.demo().join("documents");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    let files = artifacts.fetch(&tenant, cycle, &directory).await?;
    let report: CycleReport = artifacts.get(&tenant, cycle, "report.json").await?;
    let documents = files.iter().map(|file| file.display().to_string()).collect();
    let summary = Summary::of(&report, execution.seconds.clone(), documents);
    let file = workspace.demo().join("summary.json");
    fs::write(&file, serde_json::to_vec_pretty(&summary)?)?;
    println!("{}figures:          {}", summary.shown(&directory), file.display());
    println!(
        "the emulators keep running; `cargo xtask up` shows how to reach them, `down` stops them"
    );
    Ok(())
}
