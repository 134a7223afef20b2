//! Python tools in virtual environments of the checkout's own, at pinned versions.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{progress, shell, workspace::Workspace};

/// A set of tools that fit together. The pins of two sets collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tools {
    /// MiniStack and moto.
    Emulators,
    /// The SAM command line, cargo-lambda and cfn-lint.
    Aws,
    /// Cloud Custodian, to compare with.
    Custodian,
    /// Prowler, to compare with.
    Prowler,
    /// What reads the formats that a plan is written in.
    Readers,
    /// Terraform's core, an old AWS provider, and the arguments of a current one.
    Terraform,
    /// checkov.
    Checkov,
}

impl Tools {
    const fn name(self) -> &'static str {
        match self {
            Self::Emulators => "emulators",
            Self::Aws => "tools",
            Self::Custodian => "custodian",
            Self::Prowler => "prowler",
            Self::Readers => "readers",
            Self::Terraform => "terraform",
            Self::Checkov => "checkov",
        }
    }

    /// Their directory in the sources, with `requirements.txt`.
    pub fn sources(self, workspace: &Workspace) -> PathBuf {
        workspace.root.join("xtask").join(self.name())
    }
}

/// An installed set of tools.
#[derive(Debug, Clone)]
pub struct Environment {
    bin: PathBuf,
}

impl Environment {
    /// Installs the tools unless these very requirements are installed already.
    pub fn install(workspace: &Workspace, tools: Tools) -> Result<Self> {
        let requirements = tools.sources(workspace).join("requirements.txt");
        let wanted = fs::read_to_string(&requirements)
            .with_context(|| format!("cannot read {}", requirements.display()))?;
        let directory = workspace.target.join("python").join(tools.name());
        let stamp = directory.join("installed");
        let environment = Self { bin: directory.join("bin") };
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(environment);
        }
        progress::step(format!("installing {} (once)", tools.name()), || {
            if directory.exists() {
                fs::remove_dir_all(&directory)?;
            }
            shell::capture(shell::command("python3").args(["-m", "venv"]).arg(&directory))
                .context(
                    "a virtual environment needs python3 with venv \
                 (Debian: apt-get install python3-venv)",
                )?;
            shell::capture(
                shell::command(environment.bin("python"))
                    .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
                    .arg(&requirements),
            )?;
            fs::write(&stamp, &wanted).context("cannot note what is installed")
        })?;
        Ok(environment)
    }

    /// One of its programs.
    pub fn bin(&self, program: &str) -> PathBuf {
        self.bin.join(program)
    }

    /// The directory of its programs.
    pub fn path(&self) -> &Path {
        &self.bin
    }
}
