//! Cloud Custodian and Prowler, run on an account, and what they found.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
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
    pub names: Vec<String>,
    /// The resources that fail.
    pub failed: BTreeSet<String>,
    /// Whether the tool says so: that it found nothing to judge. Custodian never does.
    pub silent: bool,
}

/// Which field of Custodian's answers is a resource's name, by the kind of resource that a policy is about.
const NAMED_BY: [(&str, &str); 47] = [
    ("account", "account_id"),
    ("acm-certificate", "CertificateArn"),
    ("ami", "ImageId"),
    ("apigwv2-stage", "StageName"),
    ("app-elb", "LoadBalancerArn"),
    ("asg", "AutoScalingGroupName"),
    ("cache-cluster", "CacheClusterId"),
    ("cloudtrail", "Name"),
    ("distribution", "Id"),
    ("dynamodb-table", "TableName"),
    ("ebs", "VolumeId"),
    ("ebs-snapshot", "SnapshotId"),
    ("ec2", "InstanceId"),
    ("ecr", "repositoryName"),
    ("ecs", "clusterName"),
    ("ecs-task-definition", "taskDefinitionArn"),
    ("efs", "FileSystemId"),
    ("eks", "name"),
    ("elastic-ip", "AllocationId"),
    ("elasticache-group", "ReplicationGroupId"),
    ("elasticsearch", "DomainName"),
    ("elb", "LoadBalancerName"),
    ("eni", "NetworkInterfaceId"),
    ("iam-certificate", "ServerCertificateName"),
    ("iam-group", "GroupName"),
    ("iam-policy", "PolicyName"),
    ("iam-role", "RoleName"),
    ("iam-user", "UserName"),
    ("kms-key", "KeyId"),
    ("lambda", "FunctionName"),
    ("launch-config", "LaunchConfigurationName"),
    ("launch-template-version", "LaunchTemplateId"),
    ("log-group", "logGroupName"),
    ("network-acl", "NetworkAclId"),
    ("rds", "DBInstanceIdentifier"),
    ("rds-cluster", "DBClusterIdentifier"),
    ("rds-cluster-snapshot", "DBClusterSnapshotIdentifier"),
    ("rds-snapshot", "DBSnapshotIdentifier"),
    ("redshift", "ClusterIdentifier"),
    ("rest-stage", "stageName"),
    ("s3", "Name"),
    ("secrets-manager", "ARN"),
    ("security-group", "GroupId"),
    ("sns", "TopicArn"),
    ("sqs", "QueueArn"),
    ("subnet", "SubnetId"),
    ("vpc", "VpcId"),
];

#[derive(Deserialize)]
struct Policies {
    policies: Vec<Policy>,
}

/// A policy of Custodian, as far as it matters here.
#[derive(Deserialize)]
struct Policy {
    name: String,
    resource: String,
}

impl Policy {
    /// The check that it asks for: its name up to `__`, with underscores. Several policies ask for one where it
    /// is about several kinds of resource.
    fn check(&self) -> String {
        let check = self.name.split_once("__").map_or(&*self.name, |(check, _)| check);
        check.replace('-', "_")
    }

    fn named(&self, resource: &Value) -> Result<String> {
        let kind = self.resource.trim_start_matches("aws.");
        let field = NAMED_BY.iter().find(|(named, _)| *named == kind).map(|(_, field)| *field);
        let field = field.with_context(|| format!("{kind} has no name in this program"))?;
        let name = resource[field].as_str();
        let name = name.with_context(|| format!("{}: no {field} in {resource}", self.name))?;
        Ok(if name == ACCOUNT { ACCOUNT_ITSELF.to_owned() } else { short(name, "") })
    }
}

/// Runs every policy of a file; each is named as a check of Miyabi, with dashes.
pub fn custodian(workspace: &Workspace, emulators: &Emulators, policies: &Path) -> Result<Said> {
    let python = Environment::install(workspace, Tools::Custodian)?;
    let output = workspace.target.join("compare/custodian");
    fresh(&output)?;
    progress::step("running Cloud Custodian", || {
        let run = shell::command(python.bin("custodian"))
            .args(["run", "--dryrun", "--cache", "memory", "--region", REGION, "-s"])
            .arg(&output)
            .arg(policies)
            .envs(emulators.variables())
            .output()
            .context("cannot run custodian")?;
        fs::write(output.join("log"), [run.stdout, run.stderr].concat())?;
        Ok(())
    })?;
    let mut checks: BTreeMap<String, Check> = BTreeMap::new();
    let mut failed = Vec::new();
    for policy in read::<Policies>(policies)?.policies {
        let Ok(text) = fs::read(output.join(&policy.name).join("resources.json")) else {
            failed.push(policy.name);
            continue;
        };
        let resources: Vec<Value> = serde_json::from_slice(&text)?;
        let check = checks.entry(policy.check()).or_default();
        for resource in &resources {
            check.failed.insert(policy.named(resource)?);
        }
        check.names.push(policy.name);
    }
    if !failed.is_empty() {
        bail!("{}/log says why these did not end well: {}", output.display(), failed.join(", "));
    }
    Ok(Said { tool: "custodian", checks })
}

/// Prowler's checks that together mean the same as one of Miyabi's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shared {
    /// Of what an account or a region has once: whatever Prowler names, the account is meant.
    account: BTreeMap<String, Vec<String>>,
    /// Of resources.
    resources: BTreeMap<String, Vec<String>>,
}

/// Runs the checks of a file that names them by Miyabi's.
pub fn prowler(workspace: &Workspace, emulators: &Emulators, shared: &Path) -> Result<Said> {
    let shared: Shared = read(shared)?;
    let python = Environment::install(workspace, Tools::Prowler)?;
    let output = workspace.target.join("compare/prowler");
    fresh(&output)?;
    let wanted: BTreeSet<&String> =
        shared.account.values().chain(shared.resources.values()).flatten().collect();
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
    let mut failed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for finding in &findings {
        if !["PASS", "FAIL"].contains(&finding["status_code"].as_str().unwrap_or_default()) {
            continue;
        }
        let check = finding["metadata"]["event_code"].as_str().unwrap_or_default();
        let resources = failed.entry(check).or_default();
        if finding["status_code"] == "FAIL" {
            let named = finding["resources"].as_array().into_iter().flatten();
            resources.extend(named.filter_map(|resource| resource["uid"].as_str()));
        }
    }
    let said = |names: &Vec<String>, named: &dyn Fn(&str) -> String| {
        let all: Vec<_> = names.iter().filter_map(|name| failed.get(name.as_str())).collect();
        Check {
            names: names.clone(),
            silent: all.is_empty(),
            failed: all.into_iter().flatten().map(|uid| named(uid)).collect(),
        }
    };
    let account = shared
        .account
        .iter()
        .map(|(ours, names)| (ours.clone(), said(names, &|_| ACCOUNT_ITSELF.to_owned())));
    let resources = shared
        .resources
        .iter()
        .map(|(ours, names)| (ours.clone(), said(names, &|uid| short(uid, ""))));
    Ok(Said { tool: "prowler", checks: account.chain(resources).collect() })
}

fn fresh(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    Ok(fs::create_dir_all(directory)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(name: &str, resource: &str) -> Policy {
        Policy { name: name.into(), resource: resource.into() }
    }

    #[test]
    fn a_policy_asks_for_the_check_that_it_is_named_as() {
        assert_eq!(policy("elb-not-logged__classic", "aws.elb").check(), "elb_not_logged");
        assert_eq!(policy("ebs-volume-gp2", "aws.ebs").check(), "ebs_volume_gp2");
    }

    #[test]
    fn custodians_resources_are_named_as_miyabis() {
        let snapshot = json!({ "VolumeId": "vol-1", "SnapshotId": "snap-1" });
        let name = policy("ebs-snapshot-old", "aws.ebs-snapshot").named(&snapshot).unwrap();
        assert_eq!(name, "snap-1");
        let account = json!({ "account_id": ACCOUNT });
        let name = policy("iam-root-no-mfa", "aws.account").named(&account).unwrap();
        assert_eq!(name, ACCOUNT_ITSELF);
        assert!(policy("ebs-snapshot-old", "aws.ebs-snapshot").named(&account).is_err());
    }
}
