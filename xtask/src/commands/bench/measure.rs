//! What one run of a program costs.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use miyabi_proxy::{Counts, Rules};
use serde::Deserialize;

use crate::{emulators::http, shell};

/// What the operating system says of a run.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Cost {
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of CPU, user and system.
    pub cpu: f64,
    /// Peak of resident memory, in KiB.
    pub peak_kib: f64,
}

impl Cost {
    /// The median of each figure; of an even number the upper one.
    pub fn median(runs: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| {
            let mut figures: Vec<f64> = runs.iter().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Self { wall: of(|c| c.wall), cpu: of(|c| c.cpu), peak_kib: of(|c| c.peak_kib) }
    }
}

/// What `measure.py` says that a program cost.
pub fn cost(measure: &mut Command) -> Result<Cost> {
    serde_json::from_str(&shell::capture(measure)?).context("measure.py prints JSON")
}

/// A running proxy that programs are measured behind.
pub struct Bench {
    /// Where the proxy answers.
    pub endpoint: String,
    /// Python with boto3.
    pub python: PathBuf,
    /// `tests/parity/measure.py`.
    pub measure: PathBuf,
    /// The environment of programs: credentials and the proxy's endpoint.
    pub variables: BTreeMap<String, String>,
    /// Where a program that names it keeps things; empty before each of its runs, so that none finds what the one
    /// before it kept.
    pub kept: PathBuf,
}

impl Bench {
    /// Runs a program once under `rules`; its output goes to a file.
    pub async fn run(
        &self,
        rules: Rules,
        output: &Path,
        program: &[impl AsRef<OsStr>],
    ) -> Result<(Cost, Counts)> {
        let url = format!("{}/_proxy/rules", self.endpoint);
        http().post(url).body(serde_json::to_vec(&rules)?).send().await?.error_for_status()?;
        let kept = self.kept.as_os_str().as_encoded_bytes();
        let keeps = program.iter().any(|word| word.as_ref().as_encoded_bytes().ends_with(kept));
        if keeps && self.kept.exists() {
            fs::remove_dir_all(&self.kept)?;
        }
        let mut measure = shell::command(&self.python);
        let measure = measure.arg(&self.measure).arg(output).args(program).envs(&self.variables);
        let cost = cost(measure)?;
        let url = format!("{}/_proxy/counts", self.endpoint);
        let counts = http().get(url).send().await?.error_for_status()?.bytes().await?;
        Ok((cost, serde_json::from_slice(&counts)?))
    }

    /// The same, when every answer is known already, so that no emulator is measured. The first run of an
    /// hour asks for metrics that nobody asked for before; then it is run again.
    pub async fn run_warm(
        &self,
        rules: Rules,
        output: &Path,
        program: &[impl AsRef<OsStr>],
    ) -> Result<(Cost, Counts)> {
        let mut failed = BTreeMap::new();
        for _ in 0..3 {
            let (cost, counts) = self.run(rules, output, program).await?;
            if counts.forwarded == 0 {
                return Ok((cost, counts));
            }
            failed = counts.failed;
        }
        bail!("emulators are asked anew each time; they fail to answer {failed:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_has_a_median_of_its_own() {
        let cost = |wall, cpu| Cost { wall, cpu, peak_kib: 1.0 };
        let median = Cost::median(&[cost(3.0, 1.0), cost(1.0, 2.0), cost(2.0, 9.0)]);
        assert_eq!(median, cost(2.0, 2.0));
    }
}
