//! `cargo xtask test`: everything that must hold before a change lands.

use anyhow::Result;

use crate::{
    package, policies, progress,
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};

/// Runs it.
pub fn run(workspace: &Workspace) -> Result<()> {
    let cargo = |arguments: &[&str]| {
        println!("→ cargo {}", arguments.join(" "));
        shell::show(shell::cargo().args(arguments).current_dir(&workspace.root))
    };
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])?;

    Environment::install(workspace, Tools::Emulators)?;
    Environment::install(workspace, Tools::Readers)?;
    let tools = Environment::install(workspace, Tools::Aws)?;
    progress::step("linting the templates", || lint(workspace, &tools))?;

    // The end-to-end tests deploy what is packed here, so that they need not each build it.
    std::fs::create_dir_all(workspace.demo())?;
    package::prepare(workspace)?;
    // All of them, also after one fails: whoever mends it wants to know what else does.
    cargo(&["test", "--workspace", "--locked", "--no-fail-fast"])
}

fn lint(workspace: &Workspace, tools: &Environment) -> Result<()> {
    shell::capture(
        shell::command(tools.bin("sam"))
            .args(["validate", "--lint", "--region", crate::place::REGION])
            .env("SAM_CLI_TELEMETRY", "0")
            .current_dir(&workspace.root),
    )?;
    let mut command = shell::command(tools.bin("cfn-lint"));
    command.args([policies::PRODUCT, policies::MEMBER]).current_dir(&workspace.root);
    for entry in std::fs::read_dir(workspace.root.join("tests/accounts"))? {
        let path = entry?.path();
        let name = path.to_string_lossy();
        if name.ends_with(".yaml") && !name.ends_with(".profile.yaml") {
            command.arg(&path);
        }
    }
    shell::capture(&mut command).map(drop)
}
