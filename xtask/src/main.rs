//! `cargo xtask …`

use anyhow::Result;
use clap::Parser;
use miyabi_types::approval::Verdict;
use xtask::{
    commands::{
        Cli, Command, bench, compare, decide, demo, docs, down, rollback, run, settings, test, up,
    },
    workspace::Workspace,
};

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    let workspace = Workspace::find()?;
    match cli.command {
        Command::Demo(options) => demo::run(&workspace, options).await,
        Command::Up => up::run(&workspace).await,
        Command::Run(options) => run::run(&workspace, options).await,
        Command::Approve(options) => decide::run(options, Verdict::Approve).await,
        Command::Reject(options) => decide::run(options, Verdict::Reject).await,
        Command::Rollback(options) => rollback::run(options).await,
        Command::Settings(options) => settings::run(options).await,
        Command::Down => down::run(&workspace),
        Command::Test => test::run(&workspace),
        Command::Bench(bench) => bench::run(&workspace, bench).await,
        Command::Compare(options) => compare::run(&workspace, options).await,
        Command::Docs => docs::run(&workspace),
    }
}
