//! `cargo xtask docs`: documents that are written by the code they tell of.

use anyhow::Result;

use crate::{shell, workspace::Workspace};

/// The pages below `docs/`, each with the package and its example that prints it.
const PAGES: [(&str, &str, &str); 2] =
    [("checks.md", "miyabi-generation", "checks"), ("coverage.md", "miyabi-discovery", "coverage")];

/// Runs it.
pub fn run(workspace: &Workspace) -> Result<()> {
    for (page, package, example) in PAGES {
        let text = shell::capture(
            shell::cargo()
                .args(["run", "--quiet", "-p", package, "--example", example])
                .current_dir(&workspace.root),
        )?;
        let file = workspace.root.join("docs").join(page);
        std::fs::write(&file, text)?;
        println!("✓ {}", file.display());
    }
    Ok(())
}
