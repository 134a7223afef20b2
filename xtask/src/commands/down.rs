//! `cargo xtask down`: stops the emulators.

use anyhow::Result;

use crate::{emulators::Emulators, workspace::Workspace};

/// Runs it.
pub fn run(workspace: &Workspace) -> Result<()> {
    if Emulators::stop_remembered(&workspace.demo())? {
        println!("✓ stopped");
    } else {
        println!("nothing runs");
    }
    Ok(())
}
