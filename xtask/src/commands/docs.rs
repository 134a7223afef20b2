//! `cargo xtask docs`: what is written by the code that it tells of: pages, and the policies in templates.

use std::fs;

use anyhow::{Context, Result};

use crate::{
    policies::{self, Declared},
    shell,
    workspace::Workspace,
};

/// The pages below `docs/`, each with the example that prints it.
const PAGES: [(&str, &str); 2] = [("checks.md", "checks"), ("coverage.md", "coverage")];

/// Runs it.
pub fn run(workspace: &Workspace) -> Result<()> {
    for (page, example) in PAGES {
        put(workspace, &format!("docs/{page}"), &printed(workspace, example)?)?;
    }
    let declared: Declared = serde_json::from_str(&printed(workspace, "permissions")?)
        .context("what discovery declares")?;
    let read = |file: &str| {
        fs::read_to_string(workspace.root.join(file)).with_context(|| format!("cannot read {file}"))
    };
    let product = policies::product(&read(policies::PRODUCT)?, &declared)?;
    put(workspace, policies::PRODUCT, &product)?;
    let member = policies::member(&read(policies::MEMBER)?, &declared, &product)?;
    put(workspace, policies::MEMBER, &member)
}

/// What an example prints.
fn printed(workspace: &Workspace, example: &str) -> Result<String> {
    shell::capture(
        // With the features of the whole workspace: of one package alone, every AWS SDK is built anew.
        shell::cargo().args(["run", "--quiet", "--example", example]).current_dir(&workspace.root),
    )
}

fn put(workspace: &Workspace, file: &str, text: &str) -> Result<()> {
    let path = workspace.root.join(file);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    println!("✓ {}", path.display());
    Ok(())
}
