//! The tools, each with what it must say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use xtask::{
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};

use crate::lab::{Code, Lab, json};

fn templates(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(templates(&path)?);
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            found.push(path);
        }
    }
    Ok(found)
}

/// cfn-lint finds nothing, and resources are told by the identifiers that their types have.
pub fn cloudformation_lints(workspace: &Workspace, code: &Code) -> Result<()> {
    let tools = Environment::install(workspace, Tools::Aws)?;
    let mut command = shell::command(tools.bin("cfn-lint"));
    for layer in [&code.first, &code.both] {
        command.args(templates(&layer.join("cloudformation"))?);
    }
    shell::capture(&mut command)?;
    let mut command = shell::command(tools.bin("python"));
    command.arg(workspace.root.join("tests/code/identifiers.py"));
    println!("{}", shell::capture(command.arg(code.first.join("cloudformation")))?.trim());
    Ok(())
}

/// What checkov finds in one language of a layer: what it calls the check, and the resource.
type Findings = BTreeSet<(String, String)>;

/// An account is as it is, and so is what checkov finds in its code. What the plan changes must make that
/// less, and bring nothing new that is not explained; what stays must be explained as well.
pub fn checkov(workspace: &Workspace, code: &Code) -> Result<()> {
    let tools = Environment::install(workspace, Tools::Checkov)?;
    let told = fs::read_to_string(workspace.root.join("tests/code/checkov.md"))?;
    let explained: BTreeMap<&str, &str> = told
        .lines()
        .filter_map(|line| line.strip_prefix("| CKV")?.split_once(" | "))
        .map(|(id, why)| (id, why.trim_end_matches(" |")))
        .collect();
    for language in ["terraform", "cloudformation"] {
        let layers = std::thread::scope(|threads| {
            let one = |layer: &Path| judge(&tools, language, layer);
            let first = threads.spawn(move || one(&code.first));
            let both = judge(&tools, language, &code.both);
            first.join().map(|first| (first, both))
        });
        let (first, both) = layers.ok().context("a judge panicked")?;
        let (first, both): (Findings, Findings) = (first?, both?);
        println!("checkov on {language}: {} findings, {} after the plan", first.len(), both.len());
        ensure!(both.len() < first.len(), "the plan mends nothing that checkov sees");
        let unexplained: Vec<_> = both
            .iter()
            .filter(|(id, _)| !explained.contains_key(id.trim_start_matches("CKV")))
            .collect();
        ensure!(unexplained.is_empty(), "tests/code/checkov.md says nothing of {unexplained:#?}");
    }
    Ok(())
}

fn judge(tools: &Environment, language: &str, layer: &Path) -> Result<Findings> {
    let mut command = shell::command(tools.bin("checkov"));
    command.arg("-d").arg(layer.join(language)).args(["--framework", language]);
    command.args(["--skip-download", "--quiet", "--compact", "--soft-fail", "-o", "json"]);
    let told = json(&shell::capture(&mut command)?)?;
    ensure!(told["summary"]["parsing_errors"] == 0, "checkov cannot read it: {told}");
    let failed = told["results"]["failed_checks"].as_array().context("checkov tells no checks")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(failed.iter().map(|check| (text(&check["check_id"]), text(&check["resource"]))).collect())
}

/// A real Terraform.
pub struct Terraform {
    tools: Environment,
    script: PathBuf,
}

impl Terraform {
    /// Nothing, and a word about it, where no package of it runs on this machine.
    pub fn install(workspace: &Workspace) -> Option<Self> {
        let script = workspace.root.join("xtask/terraform/prove.py");
        let tools = match Environment::install(workspace, Tools::Terraform) {
            Ok(tools) => tools,
            Err(error) => {
                eprintln!("skipped: no Terraform could be installed here: {error:#}");
                return None;
            }
        };
        let mut command = shell::command(tools.bin("python"));
        if let Err(error) =
            shell::capture(command.arg(script.with_file_name("terraform.py")).arg("version"))
        {
            eprintln!("skipped: Terraform does not run here: {error:#}");
            return None;
        }
        Some(Self { tools, script })
    }

    fn prove(&self, words: &[&std::ffi::OsStr]) -> Result<()> {
        let mut command = shell::command(self.tools.bin("python"));
        let told = shell::capture(command.arg(&self.script).args(words))?;
        println!("{}", told.trim());
        Ok(())
    }

    /// `terraform fmt` has nothing to do, and the current provider knows every argument.
    pub fn formatted_and_known(&self, code: &Code) -> Result<()> {
        for layer in [&code.first, &code.both] {
            let code = layer.join("terraform");
            self.prove(&["fmt".as_ref(), code.as_os_str()])?;
            self.prove(&["arguments".as_ref(), code.as_os_str()])?;
        }
        Ok(())
    }

    /// Everything is imported, and nothing is added, changed or destroyed.
    pub fn plans_nothing(&self, code: &Code, lab: &Lab) -> Result<()> {
        self.run("plan", code, lab)
    }

    fn run(&self, command: &str, code: &Code, lab: &Lab) -> Result<()> {
        let (code, work) = (code.first.join("terraform"), lab.directory.path().join(command));
        let endpoint = lab.endpoint();
        self.prove(&[command.as_ref(), code.as_os_str(), endpoint.as_ref(), work.as_os_str()])
    }
}
