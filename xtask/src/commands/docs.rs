//! `cargo xtask docs`: documents that are written by the code they tell of.

use anyhow::Result;

use crate::{shell, workspace::Workspace};

/// Runs it.
pub fn run(workspace: &Workspace) -> Result<()> {
    let text = shell::capture(
        shell::cargo()
            .args(["run", "--quiet", "-p", "miyabi-generation", "--example", "checks"])
            .current_dir(&workspace.root),
    )?;
    let file = workspace.root.join("docs/checks.md");
    std::fs::write(&file, text)?;
    println!("✓ {}", file.display());
    Ok(())
}
