//! `sam local invoke`, as the README has it: each function alone in a container, nothing deployed.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use miyabi_platform::Env;
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{
    package, place,
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};

use crate::contract::logical_id;

/// Nobody answers here, so what a function asks of AWS fails at once, and the same on every machine.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Containers at one time.
const TOGETHER: usize = 2;

/// The SAM command line with the built functions.
#[derive(Debug)]
pub struct SamLocal {
    workspace: Workspace,
    sam: PathBuf,
    directory: TempDir,
}

impl SamLocal {
    /// Builds the functions; absent where no Docker daemon answers.
    ///
    /// # Errors
    ///
    /// No daemon answers although `MIYABI_REQUIRE_DOCKER` is set, or the functions cannot be built.
    pub fn prepare() -> Result<Option<Self>> {
        if let Err(error) = shell::capture(shell::command("docker").arg("info")) {
            let required = Env::from_process().optional::<String>("MIYABI_REQUIRE_DOCKER");
            ensure!(required.is_none(), "MIYABI_REQUIRE_DOCKER is set, and {error:#}");
            return Ok(None);
        }
        let workspace = Workspace::find()?;
        let sam = Environment::install(&workspace, Tools::Aws)?.bin("sam");
        std::fs::create_dir_all(workspace.demo())?;
        let package = package::prepare(&workspace)?;

        let mut template: Value = serde_json::from_slice(&std::fs::read(&package.template)?)?;
        let variables = &mut template["Globals"]["Function"]["Environment"]["Variables"];
        variables["AWS_ENDPOINT_URL"] = json!(NOWHERE);
        let resources = template["Resources"].as_object_mut().context("no resources")?;
        for resource in resources.values_mut() {
            let properties = &mut resource["Properties"];
            let Some(archive) = properties["CodeUri"].as_str().map(PathBuf::from) else { continue };
            // The folder spares SAM unpacking the archive beside it.
            properties["CodeUri"] = json!(archive.parent());
            properties["Timeout"] = json!(60);
        }
        let directory = tempfile::tempdir()?;
        let template = serde_json::to_vec(&template)?;
        std::fs::write(directory.path().join("template.json"), template)?;
        Ok(Some(Self { workspace, sam, directory }))
    }

    /// What the functions answer to these events, by the events' names, in their order.
    ///
    /// # Errors
    ///
    /// A function could not be run at all. An error that it answers is an answer.
    pub async fn invoke(&self, events: Vec<String>) -> Result<Vec<(String, Value)>> {
        // The first also makes the image that all run in.
        let mut events = events.into_iter();
        let mut answers: Vec<(String, Value)> =
            stream::iter(events.next()).then(|event| self.answer(event)).try_collect().await?;
        let rest = stream::iter(events).map(|event| self.answer(event)).buffered(TOGETHER);
        answers.extend(rest.try_collect::<Vec<_>>().await?);
        Ok(answers)
    }

    async fn answer(&self, event: String) -> Result<(String, Value)> {
        let (phase, _) = event.split_once('-').context("an event is named phase-operation")?;
        let mut command = shell::command(&self.sam);
        command
            .args(["local", "invoke", &logical_id(phase), "--skip-pull-image"])
            .args(["--region", place::REGION, "--event", &format!("events/{event}.json")])
            .arg("--template")
            .arg(self.directory.path().join("template.json"))
            // SAM would look for it beside the template.
            .arg("--config-file")
            .arg(self.workspace.root.join("samconfig.toml"))
            .current_dir(&self.workspace.root)
            .env("SAM_CLI_TELEMETRY", "0")
            // The developer's own stay out of it.
            .env("AWS_ACCESS_KEY_ID", "none")
            .env("AWS_SECRET_ACCESS_KEY", "none")
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE");
        let answer = tokio::task::spawn_blocking(move || shell::capture(&mut command)).await??;
        let answer = serde_json::from_str(&answer)
            .with_context(|| format!("{event} answered no JSON: {answer:?}"))?;
        Ok((event, answer))
    }
}
