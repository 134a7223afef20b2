//! How to measure, whatever is measured.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::{shell, workspace::Workspace};

/// How to measure.
#[derive(Debug, Args)]
pub struct Options {
    /// Runs of each, one after the other in turn; medians are told.
    #[arg(long, default_value_t = 5)]
    pub runs: usize,
    /// The cargo profile of what is measured.
    #[arg(long, default_value = "release")]
    pub profile: String,
    /// A directory with the programs that are measured, built before; nothing is built then.
    #[arg(long)]
    built: Option<PathBuf>,
}

/// A program of the workspace.
#[derive(Debug, Clone, Copy)]
pub enum Program {
    /// A binary.
    Binary(&'static str),
    /// An example.
    Example(&'static str),
}

impl Options {
    /// Where the programs are, which are built unless that was done before.
    pub fn programs<const N: usize>(
        &self,
        workspace: &Workspace,
        programs: [Program; N],
    ) -> Result<[PathBuf; N]> {
        ensure!(self.runs > 0, "--runs is 0");
        if let Some(built) = &self.built {
            return Ok(programs.map(|program| built.join(program.name())));
        }
        println!(
            "building what is measured (the first time that takes long: every AWS SDK, optimised)"
        );
        shell::show(
            shell::cargo()
                // The whole workspace: of some packages only, it would be another set of features, and every SDK anew.
                .args(["build", "--locked", "--workspace", "--profile", &self.profile])
                .args(programs.iter().flat_map(|program| [program.option(), program.name()]))
                .current_dir(&workspace.root),
        )?;
        let directory = if self.profile == "dev" { "debug" } else { &self.profile };
        let directory = workspace.target.join(directory);
        Ok(programs.map(|program| match program {
            Program::Binary(name) => directory.join(name),
            Program::Example(name) => directory.join("examples").join(name),
        }))
    }
}

impl Program {
    const fn name(self) -> &'static str {
        match self {
            Self::Binary(name) | Self::Example(name) => name,
        }
    }

    const fn option(self) -> &'static str {
        match self {
            Self::Binary(_) => "--bin",
            Self::Example(_) => "--example",
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn what_was_built_before_is_not_built_again() {
        let workspace = Workspace { root: "nowhere".into(), target: "nowhere".into() };
        let built = |words: &[&str]| {
            let words = ["bench", "--built", "there"].iter().chain(words);
            let options = Cli::parse_from(words).options;
            options.programs(&workspace, [Program::Example("look"), Program::Binary("proxy")])
        };
        assert_eq!(built(&[]).unwrap(), ["there/look", "there/proxy"].map(PathBuf::from));
        assert!(built(&["--runs", "0"]).is_err(), "nothing would be measured");
    }
}
