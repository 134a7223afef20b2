//! `cargo xtask bench discovery`.

use std::{
    ffi::OsString,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
    sync::Arc,
};

use anyhow::{Context, Result, bail, ensure};
use miyabi_platform::{Artifacts, store::DirectoryStore};
use miyabi_proxy::Rules;
use miyabi_types::cycle::CycleState;
use serde_json::Value;

use super::{
    measure::{Bench, Cost},
    options::{Options, Program},
    page,
    report::{self, Figures},
};
use crate::{
    emulators::{Emulators, Held, Options as Pair},
    parity::Inventory,
    place::REGION,
    progress::{self, Step},
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};

/// Milliseconds that AWS is away.
const DELAY_MS: u64 = 50;

/// Milliseconds that it is away to count the calls that wait for one another: so long that all else is little.
const FAR_MS: u64 = 3000;

/// Calls of one service per second, where it is short of patience.
const PATIENCE: usize = 40;

/// Services that are empty in the account, and of which the emulator that serves most of it knows nothing at
/// all: there each call would be tried again and again.
const ONLY_MOTO: [&str; 3] = ["account", "guardduty", "redshift"];

/// Runs it.
pub async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let [look, proxy] =
        options.programs(workspace, [Program::Example("look"), Program::Binary("miyabi-proxy")])?;
    let directory = workspace.target.join("bench");
    fs::create_dir_all(&directory)?;
    let python = Environment::install(workspace, Tools::Emulators)?;

    let step = Step::begin("starting the emulators");
    let emulators = Held::start(workspace, &directory, &Pair::default()).await?;
    step.done();
    let parity = workspace.root.join("tests/parity");
    progress::step("seeding an account", || {
        let mut seed = shell::command(python.bin("python"));
        shell::capture(seed.arg(parity.join("seed.py")).envs(emulators.variables()))
    })?;
    let (_proxy, endpoint) = start_proxy(&proxy, &parity.join("written"), &emulators)?;

    let mut variables = emulators.variables();
    variables.retain(|name, _| !name.starts_with("AWS_ENDPOINT_URL"));
    variables.insert("AWS_ENDPOINT_URL".into(), endpoint.clone());
    let bench = Bench {
        endpoint,
        python: python.bin("python"),
        measure: parity.join("measure.py"),
        variables,
        kept: directory.join("world"),
    };
    let words = |words: &[&OsString]| words.iter().map(|word| (*word).clone()).collect::<Vec<_>>();
    let (look, lifted) = (look.into_os_string(), "--lifted".into());
    let mut into = OsString::from("--into=");
    into.push(&bench.kept);
    let (python, collector) =
        (python.bin("python").into_os_string(), parity.join("collector.py").into_os_string());
    let mut sequential = words(&[&python, &collector]);
    sequential.extend(NOT_READ.iter().flat_map(|part| ["--without".into(), part.into()]));
    let mut threads = sequential.clone();
    threads.extend(["--threads".into(), "16".into()]);
    let programs = Programs {
        discovery: words(&[&look, &into]),
        lifted: words(&[&look, &into, &lifted]),
        sequential,
        threads,
    };
    let figures = measure(&bench, &programs, &directory, options).await?;
    page::write(workspace, &report::markdown(&figures))
}

/// What boto3 does not read here. Settings of buckets that no check needs, because discovery does not either unless
/// it is asked to. All else discovery reads: S3 Control puts the account in front of its host name, which then no
/// name server knows; and of the account's costs and of advice the emulators tell that there is none.
const NOT_READ: [&str; 8] = [
    "s3.more",
    "s3.access_points",
    "s3.multi_region_access_points",
    "s3.public_access_block",
    "costs.outlook",
    "commitments.of",
    "advice.compute_optimizer",
    "advice.cost_optimization_hub",
];

struct Programs {
    discovery: Vec<OsString>,
    lifted: Vec<OsString>,
    sequential: Vec<OsString>,
    threads: Vec<OsString>,
}

/// A program that runs until this is dropped, also because something failed.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start_proxy(program: &Path, written: &Path, emulators: &Emulators) -> Result<(Running, String)> {
    let mut upstreams = emulators.upstreams();
    for service in ONLY_MOTO {
        upstreams.services.insert(service.into(), emulators.moto.endpoint());
    }
    let services = upstreams.services.iter().map(|(name, url)| format!("{name}={url}"));
    let mut child = shell::command(program)
        .arg(&upstreams.rest)
        .args(services)
        .arg("--written")
        .arg(written)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let stdout = child.stdout.take();
    let running = Running(child);
    let mut endpoint = String::new();
    BufReader::new(stdout.context("its output is piped")?).read_line(&mut endpoint)?;
    if endpoint.trim().is_empty() {
        bail!("{} stopped right after it was started", program.display());
    }
    Ok((running, endpoint.trim().to_owned()))
}

async fn measure(
    bench: &Bench,
    programs: &Programs,
    directory: &Path,
    options: &Options,
) -> Result<Figures> {
    let near = Rules::default();
    let away = Rules { delay_ms: DELAY_MS, ..near };
    let machine = page::machine(&options.profile);
    let (ours, theirs) = (directory.join("discovery.json"), directory.join("boto3.jsonl"));

    let step = Step::begin("both see the same");
    let (_, calls) = bench.run_warm(near, &ours, &programs.discovery).await?;
    let (_, boto3_calls) = bench.run_warm(near, &theirs, &programs.sequential).await?;
    let reference = lines(&theirs)?;
    same(&world(bench, &ours).await?, &reference)?;
    step.done_with(&format!("{} resources, field by field", reference.resources()));

    let mut pairs = (Vec::new(), Vec::new());
    let step = Step::begin(format!("{DELAY_MS} ms away, boto3 with 16 threads"));
    for run in 1..=options.runs {
        step.at(&run.to_string());
        pairs.0.push(bench.run_warm(away, &ours, &programs.discovery).await?.0);
        pairs.1.push(bench.run_warm(away, &theirs, &programs.threads).await?.0);
    }
    same(&world(bench, &ours).await?, &lines(&theirs)?)?;
    step.done();
    let (far, far_threads) = (Cost::median(&pairs.0), Cost::median(&pairs.1));

    let mut pairs = (Vec::new(), Vec::new());
    let step = Step::begin("0 ms away, boto3 sequentially");
    for run in 1..=options.runs {
        step.at(&run.to_string());
        pairs.0.push(bench.run_warm(near, &ours, &programs.discovery).await?.0);
        pairs.1.push(bench.run_warm(near, &theirs, &programs.sequential).await?.0);
    }
    step.done();
    let (here, here_sequential) = (Cost::median(&pairs.0), Cost::median(&pairs.1));

    let step = Step::begin("budgets lifted");
    let very_far = Rules { delay_ms: FAR_MS, ..near };
    let (chain, _) = bench.run_warm(very_far, &ours, &programs.lifted).await?;
    let mut runs = Vec::new();
    for run in 1..=options.runs {
        step.at(&run.to_string());
        runs.push(bench.run_warm(away, &ours, &programs.lifted).await?.0);
    }
    same(&world(bench, &ours).await?, &reference)?;
    step.done();
    let lifted = Cost::median(&runs);

    let step = Step::begin(format!("at most {PATIENCE} calls a second"));
    let impatient = Rules { per_second: Some(PATIENCE), ..away };
    let (refused, refusals) = bench.run_warm(impatient, &ours, &programs.discovery).await?;
    let lost = world(bench, &ours).await?.differences(&reference, NAMES).len();
    step.done_with(&format!(
        "{} refusals, {lost} differences",
        refusals.refused.values().sum::<u64>()
    ));

    Ok(Figures {
        runs: options.runs,
        machine,
        delay_ms: DELAY_MS,
        patience: PATIENCE,
        kinds: reference.kinds().into_iter().map(|(kind, n)| (kind.to_owned(), n)).collect(),
        calls,
        boto3_calls,
        far,
        far_threads,
        here,
        here_sequential,
        chain: (chain.wall * 1000.0 / FAR_MS as f64).floor() as u64,
        lifted,
        refused,
        refusals,
        lost,
    })
}

const NAMES: (&str, &str) = ("discovery", "boto3");

fn same(discovery: &Inventory, boto3: &Inventory) -> Result<()> {
    let differences = discovery.differences(boto3, NAMES);
    ensure!(
        differences.is_empty(),
        "they do not see the same in {REGION}:\n{}",
        differences.join("\n")
    );
    Ok(())
}

/// What discovery stored; it printed the cycle that names it.
async fn world(bench: &Bench, file: &Path) -> Result<Inventory> {
    let cycle: CycleState = serde_json::from_slice(&fs::read(file)?)?;
    let stored = Artifacts::stored(Arc::new(DirectoryStore::new(&bench.kept)));
    let world = stored.load_world(&cycle, "world0", cycle.world0.as_ref()).await?;
    Ok(Inventory::of_world(serde_json::to_value(world)?).with_history_alone())
}

fn lines(file: &Path) -> Result<Inventory> {
    let text = fs::read_to_string(file)?;
    let lines = text.lines().map(serde_json::from_str::<Value>);
    Ok(Inventory::of_lines(lines.collect::<Result<Vec<_>, _>>()?))
}
