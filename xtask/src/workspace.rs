//! Where things are in this checkout.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::shell;

/// The checkout and its build directory, as cargo says.
#[derive(Debug, Clone, Deserialize)]
pub struct Workspace {
    /// The repository's root.
    #[serde(rename = "workspace_root")]
    pub root: PathBuf,
    /// Where cargo builds, and where everything that the commands make goes.
    #[serde(rename = "target_directory")]
    pub target: PathBuf,
}

impl Workspace {
    /// Asks cargo, which looks upwards from the working directory. A path from compile time would be that of
    /// another checkout where several share a build directory.
    pub fn find() -> Result<Self> {
        let output = shell::capture(shell::cargo().args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ]))?;
        serde_json::from_str(&output).context("cannot read cargo metadata")
    }

    /// The emulators' and the demo's directory.
    pub fn demo(&self) -> PathBuf {
        self.target.join("demo")
    }

    /// Where fetched documents of a cycle go.
    pub fn cycle(&self, cycle: &str) -> PathBuf {
        self.target.join("cycles").join(cycle)
    }
}
