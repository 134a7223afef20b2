//! `cargo xtask compare`: what Cloud Custodian and Prowler say of an account, beside what Miyabi says.
//!
//! All three look at the same account at the same moment, before anything is changed. Which of their checks
//! mean the same is told in `tests/compare`; so is why two of them differ, with the line of AWS's
//! documentation that decides it. A difference that nobody explained fails the command.

mod page;
mod peers;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use miyabi_platform::{Clock, SystemClock};
use miyabi_types::{
    finding::{NotEvaluated, Place},
    id::TenantId,
    plan::Plan,
};
use serde::Deserialize;

use super::up;
use crate::{
    cycle::{self, Artifacts, Execution, Standing},
    emulators::Emulators,
    product::{Product, STACK},
    profile, progress,
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};
use peers::Said;

/// Options of `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// Only this account, and no page is written.
    #[arg(long, value_enum)]
    only: Option<Account>,
}

/// An account that is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Account {
    /// The demo's company.
    Sample,
    /// Several hundred resources of many kinds, sound and faulty in turn.
    Large,
}

impl Account {
    const fn title(self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::Large => "larger",
        }
    }
}

/// Why two tools differ on a check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// `custodian` or `prowler`.
    pub tool: String,
    /// Miyabi's check.
    pub check: String,
    /// Which of the two fails resources that the other passes. A difference the other way is not explained.
    pub fails_more: Side,
    /// Who is right and why.
    pub why: String,
    /// What AWS says, and where.
    pub source: String,
}

/// One of the two that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Miyabi.
    Miyabi,
    /// The other tool.
    Peer,
    /// Each some.
    Each,
}

/// One check that a tool shares with Miyabi.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Miyabi's check.
    pub check: String,
    /// What the tool calls it.
    pub theirs: Vec<String>,
    /// Resources on which both find it.
    pub both: usize,
    /// Resources on which only Miyabi finds it.
    pub ours: BTreeSet<String>,
    /// Resources on which only the tool finds it.
    pub only_theirs: BTreeSet<String>,
    /// Whether Miyabi says that it could not judge, everywhere or one of those.
    pub not_evaluated: bool,
}

impl Row {
    /// Whether both say the same of every resource.
    pub fn agrees(&self) -> bool {
        self.ours.is_empty() && self.only_theirs.is_empty()
    }

    /// Why they differ, where that is known for the way in which they do.
    pub fn explanation<'a>(&self, tool: &str, explained: &'a [Explained]) -> Option<&'a Explained> {
        explained.iter().find(|one| {
            one.tool == tool
                && one.check == self.check
                && match one.fails_more {
                    Side::Miyabi => self.only_theirs.is_empty(),
                    Side::Peer => self.ours.is_empty(),
                    Side::Each => true,
                }
        })
    }
}

/// One account as one tool and Miyabi see it.
#[derive(Debug)]
pub struct Compared {
    /// The account.
    pub account: Account,
    /// Its resources, as Miyabi counts them, and their kinds.
    pub resources: u64,
    /// How many kinds of resource there are.
    pub kinds: usize,
    /// The tool.
    pub tool: &'static str,
    /// Every shared check.
    pub rows: Vec<Row>,
}

/// Runs it.
pub async fn run(workspace: &Workspace, options: Compare) -> Result<()> {
    let folder = workspace.root.join("tests/compare");
    let explained: Vec<Explained> = read(&folder.join("explained.yaml"))?;
    let accounts =
        options.only.map_or_else(|| vec![Account::Sample, Account::Large], |one| vec![one]);
    let mut compared = Vec::new();
    for account in accounts {
        let emulators = up::bring_up(workspace).await?;
        deploy(workspace, &emulators, account).await?;
        let plan = observe(&emulators).await?;
        for said in [
            peers::custodian(workspace, &emulators, &folder.join("custodian.yaml"))?,
            peers::prowler(workspace, &emulators, &folder.join("prowler.yaml"))?,
        ] {
            let counts = &plan.assessment.resources;
            let one = Compared {
                account,
                resources: counts.values().sum(),
                kinds: counts.values().filter(|count| **count > 0).count(),
                tool: said.tool,
                rows: rows(&plan, &said),
            };
            println!("{}", page::shown(&one, &explained));
            compared.push(one);
        }
    }
    let open = page::unexplained(&compared, &explained);
    if !open.is_empty() {
        bail!("nobody explained in tests/compare/explained.yaml: {}", open.join(", "));
    }
    if options.only.is_none() {
        let idle = page::idle(&compared, &explained);
        if !idle.is_empty() {
            bail!("explained though there is no such difference: {}", idle.join(", "));
        }
        let file = workspace.root.join("docs/comparison.md");
        let frame = page::Frame {
            day: SystemClock.now().to_zoned(TimeZone::UTC).date().to_string(),
            custodian: version(workspace, Tools::Custodian)?,
            prowler: version(workspace, Tools::Prowler)?,
            beyond: fs::read_to_string(folder.join("beyond.md"))
                .context("cannot read beyond.md")?,
        };
        fs::write(&file, page::markdown(&frame, &compared, &explained))?;
        println!("✓ {}", file.display());
    }
    Ok(())
}

/// The version that a tool is pinned to.
fn version(workspace: &Workspace, tools: Tools) -> Result<String> {
    let file = tools.sources(workspace).join("requirements.txt");
    let text = fs::read_to_string(&file)?;
    let (_, version) =
        text.trim().split_once("==").with_context(|| format!("no pin in {}", file.display()))?;
    Ok(version.to_owned())
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_yaml_ng::from_str(&text).with_context(|| format!("cannot read {}", file.display()))
}

async fn deploy(workspace: &Workspace, emulators: &Emulators, account: Account) -> Result<()> {
    match account {
        Account::Sample => {
            let template: PathBuf = workspace.root.join("tests/accounts/sample.yaml");
            profile::deploy(emulators, &template, SystemClock.now()).await?;
            Ok(())
        }
        Account::Large => progress::step("seeding a larger account", || {
            let python = Environment::install(workspace, Tools::Emulators)?;
            let seed = workspace.root.join("tests/accounts/seed_larger.py");
            shell::capture(
                shell::command(python.bin("python")).arg(seed).envs(emulators.variables()),
            )?;
            Ok(())
        }),
    }
}

/// One cycle that only looks.
async fn observe(emulators: &Emulators) -> Result<Plan> {
    let config = emulators.sdk_config();
    let product = Product::find(&config, STACK).await?;
    let tenant = TenantId::parse("default")?;
    let input = cycle::cycle_input(&tenant, Some("observe"), &[]);
    let mut execution = Execution::start(&config, &product, &input).await?;
    let standing = execution.follow().await?;
    let (Standing::Succeeded(_), Some(cycle)) = (&standing, execution.cycle) else {
        bail!("the cycle did not end well: {standing:?}");
    };
    Artifacts::of(&config, &product)?.get(&tenant, cycle, "plan.json").await
}

/// What Miyabi's plan and a tool say of the checks they share.
fn rows(plan: &Plan, said: &Said) -> Vec<Row> {
    let mut found: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for finding in &plan.assessment.findings {
        let resources = found.entry(finding.check.as_str()).or_default();
        resources.insert(short(finding.resource.as_str(), finding.kind.as_str()));
    }
    let none = BTreeSet::new();
    let row = |(check, theirs): (&String, &peers::Check)| {
        let ours = found.get(check.as_str()).unwrap_or(&none);
        Row {
            check: check.clone(),
            theirs: theirs.names.clone(),
            both: ours.intersection(&theirs.failed).count(),
            ours: ours.difference(&theirs.failed).cloned().collect(),
            only_theirs: theirs.failed.difference(ours).cloned().collect(),
            not_evaluated: plan
                .assessment
                .not_evaluated
                .iter()
                .any(|open| open.check.as_str() == check && unjudged(open, &theirs.failed)),
        }
    };
    // A check that found nothing to judge on either side says nothing of either.
    let said = said
        .checks
        .iter()
        .filter(|(ours, theirs)| !theirs.silent || found.contains_key(ours.as_str()));
    said.map(row).collect()
}

fn unjudged(open: &NotEvaluated, resources: &BTreeSet<String>) -> bool {
    match &open.place {
        Place::Scope(_) => true,
        Place::Resource(arn) => resources.contains(&short(arn.as_str(), "")),
    }
}

/// A resource as every tool can name it: the last part of its ARN; what is the account's or the region's own
/// is called so.
fn short(arn: &str, kind: &str) -> String {
    if kind.starts_with("Miyabi::") {
        return ACCOUNT_ITSELF.to_owned();
    }
    let last = arn.rsplit_once('/').or_else(|| arn.rsplit_once(':'));
    last.map_or(arn, |(_, last)| last).to_owned()
}

/// What stands for settings of an account or a region.
pub const ACCOUNT_ITSELF: &str = "the account";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_the_same_name_for_all() {
        assert_eq!(
            short("arn:aws:ec2:us-east-1:123456789012:volume/vol-1", "AWS::EC2::Volume"),
            "vol-1"
        );
        assert_eq!(
            short("arn:aws:rds:us-east-1:123456789012:db:shop", "AWS::RDS::DBInstance"),
            "shop"
        );
        assert_eq!(short("arn:aws:s3:::logs", "AWS::S3::Bucket"), "logs");
        let task = "arn:aws:ecs:us-east-1:123456789012:task-definition/web:3";
        assert_eq!(short(task, "AWS::ECS::TaskDefinition"), "web:3");
        assert_eq!(short("anything", "Miyabi::IAM::PasswordPolicy"), ACCOUNT_ITSELF);
    }

    #[test]
    fn a_difference_is_explained_only_in_the_direction_that_the_explanation_names() {
        let explained = [Explained {
            tool: "prowler".into(),
            check: "ebs_volume_unencrypted".into(),
            fails_more: Side::Peer,
            why: String::new(),
            source: String::new(),
        }];
        let mut row = Row {
            check: "ebs_volume_unencrypted".into(),
            theirs: Vec::new(),
            both: 0,
            ours: BTreeSet::new(),
            only_theirs: BTreeSet::from(["vol-1".to_owned()]),
            not_evaluated: false,
        };
        assert!(row.explanation("prowler", &explained).is_some());
        assert!(row.explanation("custodian", &explained).is_none());
        row.ours.insert("vol-2".into());
        assert!(row.explanation("prowler", &explained).is_none());
    }
}
