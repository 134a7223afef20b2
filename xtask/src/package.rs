//! The product, built and laid out so that `sam deploy` has nothing left to build.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use crate::{
    python::{Environment, Tools},
    shell, template,
    workspace::Workspace,
};

/// A template whose functions are built.
#[derive(Debug, Clone)]
pub struct Package {
    /// The template to deploy.
    pub template: PathBuf,
}

/// Builds every function of `template.yaml` with the profile that tests use, and prepares a template
/// that names the archives. What did not change is not packed again.
pub fn prepare(workspace: &Workspace) -> Result<Package> {
    let mut template = template::parse(
        &fs::read_to_string(workspace.root.join("template.yaml"))
            .context("cannot read template.yaml")?,
    )?;
    let functions = functions(&template)?;
    build(workspace, functions.iter().map(|function| function.binary.as_str()))?;

    let python = Environment::install(workspace, Tools::Emulators)?;
    let resources = template["Resources"].as_object_mut().context("template without Resources")?;
    for function in &functions {
        let binary = workspace.target.join("debug").join(&function.binary);
        let archive = pack(workspace, &python, &binary, &function.binary)?;
        let resource = &mut resources[&function.logical_id];
        resource["Properties"]["CodeUri"] = json!(archive);
        if let Some(resource) = resource.as_object_mut() {
            resource.remove("Metadata");
        }
    }
    for resource in resources.values_mut() {
        if let Some(definition) = resource["Properties"]["DefinitionUri"].as_str() {
            resource["Properties"]["DefinitionUri"] = json!(workspace.root.join(definition));
        }
    }
    let path = workspace.demo().join("template.json");
    fs::write(&path, serde_json::to_vec_pretty(&template)?)?;
    Ok(Package { template: path })
}

struct Function {
    logical_id: String,
    binary: String,
}

fn functions(template: &Value) -> Result<Vec<Function>> {
    let resources = template["Resources"].as_object().context("template without Resources")?;
    resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function")
        .map(|(logical_id, resource)| {
            let binary = resource["Metadata"]["BuildProperties"]["Binary"]
                .as_str()
                .map(str::to_owned)
                .or_else(|| {
                    let folder = Path::new(resource["Properties"]["CodeUri"].as_str()?);
                    Some(folder.file_name()?.to_str()?.to_owned())
                })
                .ok_or_else(|| anyhow!("{logical_id} names neither a binary nor a folder"))?;
            Ok(Function { logical_id: logical_id.clone(), binary })
        })
        .collect()
}

/// Builds the functions' binaries.
fn build<'a>(workspace: &Workspace, binaries: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut command = shell::cargo();
    command.arg("build").current_dir(&workspace.root).env("CARGO_TARGET_DIR", &workspace.target);
    for binary in binaries {
        command.args(["--bin", binary]);
    }
    shell::show(&mut command)
}

/// The archive with the binary as `bootstrap`; its symbols are left out, for Lambda's size limit.
fn pack(workspace: &Workspace, python: &Environment, binary: &Path, name: &str) -> Result<PathBuf> {
    let folder = workspace.demo().join("functions").join(name);
    let archive = folder.join("function.zip");
    if newer(&archive, binary) {
        return Ok(archive);
    }
    fs::create_dir_all(&folder)?;
    let bootstrap = folder.join("bootstrap");
    let stripped = ["strip", "llvm-strip"].into_iter().any(|program| {
        shell::capture(shell::command(program).arg("-o").arg(&bootstrap).arg(binary)).is_ok()
    });
    if !stripped {
        fs::copy(binary, &bootstrap)?;
    }
    shell::capture(
        shell::command(python.bin("python"))
            .args(["-m", "zipfile", "-c"])
            .arg(&archive)
            .arg(&bootstrap),
    )?;
    Ok(archive)
}

/// Whether `made` exists and was made after `from`.
fn newer(made: &Path, from: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    matches!((changed(made), changed(from)), (Ok(made), Ok(from)) if made >= from)
}
