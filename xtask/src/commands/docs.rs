//! `cargo xtask docs`: documents that are written by the code they tell of.

use anyhow::Result;

use crate::{shell, workspace::Workspace};

/// The pages below `docs/`, each with the example that prints it.
const PAGES: [(&str, &str); 2] = [("checks.md", "checks"), ("coverage.md", "coverage")];

/// Runs it.
pub fn run(workspace: &Workspace) -> Result<()> {
    for (page, example) in PAGES {
        let text = shell::capture(
            // With the features of the whole workspace: of one package alone, every AWS SDK is built anew.
            shell::cargo()
                .args(["run", "--quiet", "--example", example])
                .current_dir(&workspace.root),
        )?;
        let file = workspace.root.join("docs").join(page);
        std::fs::write(&file, text)?;
        println!("✓ {}", file.display());
    }
    Ok(())
}
