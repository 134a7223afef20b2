//! `cargo xtask up`: the emulators, with the product deployed.

use anyhow::Result;

use crate::{
    emulators::Emulators,
    package, product,
    progress::{self, Step},
    python::{Environment, Tools},
    workspace::Workspace,
};

/// Runs it.
pub async fn run(workspace: &Workspace) -> Result<()> {
    let running = Emulators::running(&workspace.demo());
    let emulators = match running {
        Some(emulators) => emulators,
        None => bring_up(workspace).await?,
    };
    println!("\n# point any AWS client at the emulators:");
    for (name, value) in emulators.variables() {
        println!("export {name}={value}");
    }
    Ok(())
}

/// Fresh emulators with the product in them.
pub async fn bring_up(workspace: &Workspace) -> Result<Emulators> {
    std::fs::create_dir_all(workspace.demo())?;
    Environment::install(workspace, Tools::Emulators)?;
    Environment::install(workspace, Tools::Aws)?;
    println!("building the functions");
    let package = package::prepare(workspace)?;
    let step = Step::begin("starting the emulators");
    let emulators = Emulators::attach_or_start(workspace, &workspace.demo()).await?;
    step.done_with(&format!(
        "MiniStack on {}, moto on {}",
        emulators.ministack.port, emulators.moto.port
    ));
    progress::step("deploying Miyabi (sam deploy)", || {
        product::deploy(workspace, &emulators, &package, &[])
    })?;
    Ok(emulators)
}
