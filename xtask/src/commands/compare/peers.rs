//! Cloud Custodian and Prowler, run on an account, and what they found.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{ACCOUNT_ITSELF, read, short};
use crate::{
    emulators::Emulators,
    place::{ACCOUNT, REGION},
    progress,
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};

/// What a tool found.
pub struct Said {
    /// The tool.
    pub tool: &'static str,
    /// By Miyabi's name of the check.
    pub checks: BTreeMap<String, Check>,
}

/// What a tool found by one check.
#[derive(Debug, Default)]
pub struct Check {
    /// What the tool calls it; several names where several of its checks make up one.
    pub name: String,
    /// The resources that fail.
    pub failed: BTreeSet<String>,
}

/// Where Custodian's answers have a resource's name, in the order in which they are tried.
const NAMES: [&str; 15] = [
    "account_id",
    "AllocationId",
    "VolumeId",
    "SnapshotId",
    "InstanceId",
    "GroupId",
    "SubnetId",
    "VpcId",
    "NetworkAclId",
    "DBInstanceIdentifier",
    "FunctionName",
    "PolicyName",
    "UserName",
    "RoleName",
    "Name",
];

/// Runs every policy of a file; each is named as a check of Miyabi, with dashes.
pub fn custodian(workspace: &Workspace, emulators: &Emulators, policies: &Path) -> Result<Said> {
    let python = Environment::install(workspace, Tools::Custodian)?;
    let output = workspace.target.join("compare/custodian");
    fresh(&output)?;
    progress::step("running Cloud Custodian", || {
        shell::capture(
            shell::command(python.bin("custodian"))
                .args(["run", "--dryrun", "--cache", "memory", "--region", REGION, "-s"])
                .arg(&output)
                .arg(policies)
                .envs(emulators.variables()),
        )
    })?;
    let mut checks = BTreeMap::new();
    for entry in fs::read_dir(&output)?.flatten() {
        let file = entry.path().join("resources.json");
        let Ok(text) = fs::read(&file) else { continue };
        let resources: Vec<Value> = serde_json::from_slice(&text)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let named = |resource: &Value| {
            let name = NAMES.iter().find_map(|name| resource[name].as_str());
            let name =
                name.with_context(|| format!("{}: no name in {resource}", file.display()))?;
            Ok(if name == ACCOUNT { ACCOUNT_ITSELF.to_owned() } else { name.to_owned() })
        };
        let failed = resources.iter().map(named).collect::<Result<_>>()?;
        checks.insert(name.replace('-', "_"), Check { name, failed });
    }
    Ok(Said { tool: "custodian", checks })
}

/// Runs the checks of a file that names them by Miyabi's.
pub fn prowler(workspace: &Workspace, emulators: &Emulators, shared: &Path) -> Result<Said> {
    let shared: BTreeMap<String, Vec<String>> = read(shared)?;
    let python = Environment::install(workspace, Tools::Prowler)?;
    let output = workspace.target.join("compare/prowler");
    fresh(&output)?;
    let wanted: BTreeSet<&String> = shared.values().flatten().collect();
    progress::step("running Prowler", || {
        // It ends with 3 where anything fails.
        let run = shell::command(python.bin("prowler"))
            .args([
                "aws",
                "--region",
                REGION,
                "-b",
                "--scan-unused-services",
                "--no-color",
                "-z",
                "-M",
                "json-ocsf",
                "-F",
                "said",
                "-o",
            ])
            .arg(&output)
            .arg("--checks")
            .args(wanted)
            .envs(emulators.variables())
            .output()
            .context("cannot run prowler")?;
        fs::write(output.join("log"), [run.stdout, run.stderr].concat())?;
        Ok(())
    })?;
    let file = output.join("said.ocsf.json");
    let text = fs::read(&file).with_context(|| format!("{}/log says why", output.display()))?;
    let findings: Vec<Value> = serde_json::from_slice(&text)?;
    let mut failed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for finding in &findings {
        let check = finding["metadata"]["event_code"].as_str().unwrap_or_default();
        let resources = failed.entry(check).or_default();
        if finding["status_code"] == "FAIL" {
            resources.extend(
                finding["resources"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|resource| resource["uid"].as_str())
                    .map(named),
            );
        }
    }
    let check = |(ours, theirs): (String, Vec<String>)| {
        let failed = theirs
            .iter()
            .filter_map(|check| failed.get(check.as_str()))
            .flatten()
            .cloned()
            .collect();
        (ours, Check { name: theirs.join(", "), failed })
    };
    Ok(Said { tool: "prowler", checks: shared.into_iter().map(check).collect() })
}

/// Prowler names what is the account's own by the account, or by a made-up name below it.
fn named(uid: &str) -> String {
    let name = short(uid, "");
    if [ACCOUNT, "root", "password-policy", "volume"].contains(&name.as_str()) {
        return ACCOUNT_ITSELF.to_owned();
    }
    name
}

fn fresh(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    Ok(fs::create_dir_all(directory)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_itself_is_known_by_each_of_its_names() {
        for uid in [
            ACCOUNT,
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::123456789012:password-policy",
            "arn:aws:ec2:us-east-1:123456789012:volume",
        ] {
            assert_eq!(named(uid), ACCOUNT_ITSELF, "{uid}");
        }
        assert_eq!(named("arn:aws:s3:::logs-123456789012"), "logs-123456789012");
    }
}
