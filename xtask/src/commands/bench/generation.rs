//! `cargo xtask bench generation`.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{
    measure::{self, Cost},
    options::{Options, Program},
    page,
};
use crate::{progress::Step, shell, workspace::Workspace};

/// Resources of the accounts, the middle one of which the bars are set for.
const SIZES: [usize; 4] = [25_000, 50_000, BARRED, 200_000];
const BARRED: usize = 100_000;
/// Seconds and MiB that it may take.
const MOST_SECONDS: f64 = 5.0;
const MOST_MIB: f64 = 512.0;
/// How much dearer a resource of the largest account may be than one of the smallest.
const MOST_GROWTH: f64 = 1.25;

/// What the program calls the parts that the bars are set for: from the stored World to the plan and what people
/// read of it. Formats for machines and the code of the account come on top, and are told beside it.
const BARRED_PARTS: [&str; 2] = ["load", "plan and documents"];

/// Runs it.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let [scale] = options.programs(workspace, [Program::Example("scale")])?;
    let machine = page::machine(&options.profile);
    let directory = workspace.target.join("bench/generation");
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    let mut accounts = Vec::new();
    for size in SIZES {
        let step = Step::begin(format!("making up an account of {} resources", figure(size)));
        let bucket = directory.join(size.to_string());
        shell::capture(shell::command(&scale).args(["make", &size.to_string()]).arg(&bucket))?;
        accounts.push(Account { size, bucket, costs: Vec::new(), parts: Vec::new() });
        step.done();
    }
    let script = workspace.root.join("tests/parity/measure.py");
    let step = Step::begin("planning, on one core");
    for run in 1..=options.runs {
        for account in &mut accounts {
            step.at(&format!("{run}: {}", figure(account.size)));
            account.plan(&scale, &script)?;
        }
    }
    step.done();
    let text = section(&machine, options.runs, &accounts)?;
    fs::remove_dir_all(&directory)?;
    page::write(workspace, &text)
}

/// An account and what planning for it cost.
struct Account {
    size: usize,
    /// What stands for the product's bucket.
    bucket: PathBuf,
    costs: Vec<Cost>,
    parts: Vec<Vec<Part>>,
}

/// What the program says of a part of its work.
#[derive(Debug, Clone, Deserialize)]
struct Part {
    name: String,
    seconds: f64,
    /// Until the part's end.
    peak_kib: f64,
}

impl Account {
    fn plan(&mut self, scale: &Path, script: &Path) -> Result<()> {
        let output = self.bucket.join("parts.json");
        let mut measure = shell::command("python3");
        measure.arg(script).arg("--one-core").arg(&output);
        self.costs.push(measure::cost(measure.arg(scale).arg("plan").arg(&self.bucket))?);
        let parts =
            serde_json::from_slice(&fs::read(&output)?).context("scale prints its parts")?;
        self.parts.push(parts);
        Ok(())
    }

    fn cost(&self) -> Cost {
        Cost::median(&self.costs)
    }

    /// Parts with medians of their figures, in their order.
    fn parts(&self) -> Vec<Part> {
        let first = self.parts.first().map(Vec::as_slice).unwrap_or_default();
        let of = |name: &str| {
            let runs = self.parts.iter().flatten().filter(|part| part.name == name);
            runs.map(|part| Cost { wall: part.seconds, cpu: 0.0, peak_kib: part.peak_kib })
                .collect::<Vec<_>>()
        };
        let median = |part: &Part| {
            let Cost { wall, peak_kib, .. } = Cost::median(&of(&part.name));
            Part { name: part.name.clone(), seconds: wall, peak_kib }
        };
        first.iter().map(median).collect()
    }

    /// What the bars are set for: seconds, and the peak until then in KiB.
    fn planning(&self) -> (f64, f64) {
        let parts = self.parts();
        let barred = || parts.iter().filter(|part| BARRED_PARTS.contains(&part.name.as_str()));
        let peak = barred().map(|part| part.peak_kib).fold(0.0, f64::max);
        (barred().map(|part| part.seconds).sum(), peak)
    }

    /// Rows of a table of the plan.
    fn rows(&self, table: &str) -> Result<usize> {
        let found = walk(&self.bucket)?;
        let table = found.iter().find(|path| path.ends_with(table)).context("a plan has tables")?;
        // One row is one line, and the first is the heading.
        Ok(fs::read_to_string(table)?.lines().count().saturating_sub(1))
    }
}

/// Every file below a directory.
fn walk(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() { files.extend(walk(&path)?) } else { files.push(path) }
    }
    Ok(files)
}

fn section(machine: &str, runs: usize, accounts: &[Account]) -> Result<String> {
    let mut text = format!(
        "## Generation at scale\n\n\
         `cargo xtask bench generation` on {machine}. Each figure is the median of {runs} runs of the function's \
         handler in a process of its own, on one core, the sizes in turn. A directory stands for the bucket: the \
         process reads the World's compressed chunks from there, makes every judgement, the plan and its \
         documents, and writes everything back. *Plan* is from the stored World to the plan and what people read \
         of it; *everything* is that with Terraform, CloudFormation and the formats for machines.\n\n\
         The accounts are made up (`functions/generation/src/fixture/account.rs`): one region with applications \
         of about 500 resources of 70 kinds, each with its own ids, references, tags, metrics and faults.\n\n\
         | resources | findings | changes | plan: wall | peak memory | everything: wall | CPU | CPU a resource | peak memory |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
    );
    for account in accounts {
        let cost = account.cost();
        let (seconds, peak) = account.planning();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {seconds:.2} s | {:.0} MiB | {:.2} s | {:.2} s | {:.1} µs | {:.0} MiB |",
            figure(account.size),
            figure(account.rows("findings.csv")?),
            figure(account.rows("actions.csv")?),
            mib(peak),
            cost.wall,
            cost.cpu,
            each(account),
            mib(cost.peak_kib),
        );
    }
    let barred = accounts.iter().find(|it| it.size == BARRED).context("it is among the sizes")?;
    let ((seconds, peak), growth) = (barred.planning(), growth(accounts));
    text.push_str("\n| bar | is | |\n|---|---|---|\n");
    for (bar, is, met) in [
        (
            format!("a plan for {} resources in under {MOST_SECONDS} s", figure(BARRED)),
            format!("{seconds:.2} s"),
            seconds < MOST_SECONDS,
        ),
        (format!("… and {MOST_MIB} MiB"), format!("{:.0} MiB", mib(peak)), mib(peak) <= MOST_MIB),
        (
            format!(
                "linear: CPU a resource grows by at most {:.0} % from first to last",
                (MOST_GROWTH - 1.0) * 100.0
            ),
            format!("{:+.0} %", (growth - 1.0) * 100.0),
            growth <= MOST_GROWTH,
        ),
    ] {
        let _ = writeln!(text, "| {bar} | {is} | {} |", if met { "✓" } else { "✗" });
    }
    let _ = write!(
        text,
        "\nWhere the time of {} resources goes, and how much memory was needed until then:\n\n\
         | part | wall | peak memory so far |\n|---|---:|---:|\n",
        figure(BARRED)
    );
    for Part { name, seconds, peak_kib } in barred.parts() {
        let _ =
            writeln!(text, "| {} | {seconds:.2} s | {:.0} MiB |", in_words(&name), mib(peak_kib));
    }
    Ok(text)
}

fn in_words(part: &str) -> &str {
    match part {
        "load" => "read, decompress and parse the World",
        "plan and documents" => {
            "every check, the plan, `cost-plan.md`, `security-plan.md`, `report.html`"
        }
        "formats" => "JSON, CSV, SARIF, ASFF, OCSF",
        "code" => "Terraform and CloudFormation, and the plan as a layer over each",
        other => other,
    }
}

fn mib(kib: f64) -> f64 {
    kib / 1024.0
}

/// Microseconds of CPU a resource.
fn each(account: &Account) -> f64 {
    account.cost().cpu * 1e6 / account.size as f64
}

/// How many times as dear a resource of the last account is as one of the first.
fn growth(accounts: &[Account]) -> f64 {
    match (accounts.first(), accounts.last()) {
        (Some(first), Some(last)) => each(last) / each(first),
        _ => f64::NAN,
    }
}

/// `100,000`.
fn figure(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_growth_is_by_resource() {
        assert_eq!(
            [7, 1_000, 25_000, 1_234_567].map(figure),
            ["7", "1,000", "25,000", "1,234,567"]
        );
        let account = |size, cpu| Account {
            size,
            bucket: PathBuf::new(),
            costs: vec![Cost { wall: cpu, cpu, peak_kib: 1.0 }],
            parts: Vec::new(),
        };
        assert!((growth(&[account(10, 1.0), account(20, 2.0)]) - 1.0).abs() < 1e-9);
        assert!((growth(&[account(10, 1.0), account(20, 4.0)]) - 2.0).abs() < 1e-9);
    }
}
