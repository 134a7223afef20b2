//! One execution of the state machine: started, followed to its end, its documents fetched.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use aws_config::SdkConfig;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};
use miyabi_platform::aws::s3_client;
use miyabi_types::{
    approval::Verdict,
    artifact::{self, ArtifactKey, Versioned},
    id::{ActionId, CycleId, TenantId},
    phase::IntegrationRequest,
};
use serde_json::{Value, json};

use crate::{product::Product, progress::Step};

/// What a state is doing, for people; states not named here pass without a word.
const STEPS: [(&str, &str); 16] = [
    ("Open", "opening the cycle"),
    ("Scan0", "θ₁ discovering the account"),
    ("Seal0", "θ₁ discovering the account"),
    ("Generate", "θ₂ judging and planning"),
    ("Allocate", "θ₃ allocating"),
    ("AwaitApproval", "θ₅ asking for approval"),
    ("ExecuteWave", "θ₄ executing in waves"),
    ("CheckHealth", "θ₄ executing in waves"),
    ("RollbackWave", "θ₄ rolling a wave back"),
    ("FinishExecution", "θ₄ executing in waves"),
    ("Scan1", "θ₁ discovering again"),
    ("Seal1", "θ₁ discovering again"),
    ("Measure", "θ₂ measuring"),
    ("Report", "θ₅ reporting"),
    ("Learn", "θ₆ learning"),
    ("Rollback", "θ₄ rolling the cycle back"),
];

/// A running execution.
#[derive(Debug)]
pub struct Execution {
    client: aws_sdk_sfn::Client,
    arn: String,
    /// The cycle, once it is known.
    pub cycle: Option<CycleId>,
    /// Seconds spent in each state.
    pub seconds: BTreeMap<String, f64>,
    seen: i64,
    entered: BTreeMap<String, f64>,
}

/// Where an execution stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It goes on.
    Running,
    /// A person is asked.
    AwaitingApproval,
    /// It ended well, with this output.
    Succeeded(Value),
    /// It ended badly: error and cause.
    Failed(String, String),
}

impl Execution {
    /// Starts one.
    pub async fn start(config: &SdkConfig, product: &Product, input: &Value) -> Result<Self> {
        let client = aws_sdk_sfn::Client::new(config);
        let started = client
            .start_execution()
            .state_machine_arn(product.state_machine()?)
            .input(input.to_string())
            .send()
            .await
            .map_err(aws_sdk_sfn::Error::from)?;
        Ok(Self {
            client,
            arn: started.execution_arn,
            cycle: None,
            seconds: BTreeMap::new(),
            seen: 0,
            entered: BTreeMap::new(),
        })
    }

    /// Reads what happened since, telling of each state, and says where it stands.
    pub async fn look(&mut self, mut tell: impl FnMut(&str, bool)) -> Result<Standing> {
        let status = self
            .client
            .describe_execution()
            .execution_arn(&self.arn)
            .send()
            .await
            .map_err(aws_sdk_sfn::Error::from)?;
        let mut asked = false;
        for event in self.news().await? {
            self.read_cycle(&event);
            let at = event.timestamp.as_secs_f64();
            if let Some(entered) = event.state_entered_event_details() {
                self.entered.insert(entered.name().to_owned(), at);
                tell(entered.name(), false);
                asked = entered.name() == "AwaitApproval";
            } else if let Some(exited) = event.state_exited_event_details() {
                if let Some(begun) = self.entered.remove(exited.name()) {
                    *self.seconds.entry(exited.name().to_owned()).or_default() += at - begun;
                }
                tell(exited.name(), true);
                asked = false;
            }
        }
        let waits = asked || self.entered.contains_key("AwaitApproval");
        Ok(match status.status() {
            ExecutionStatus::Running | ExecutionStatus::PendingRedrive if waits => {
                Standing::AwaitingApproval
            }
            ExecutionStatus::Running | ExecutionStatus::PendingRedrive => Standing::Running,
            ExecutionStatus::Succeeded => Standing::Succeeded(
                serde_json::from_str(status.output().unwrap_or("null")).unwrap_or(Value::Null),
            ),
            other => Standing::Failed(
                status.error().unwrap_or(other.as_str()).to_owned(),
                status.cause().unwrap_or_default().to_owned(),
            ),
        })
    }

    /// Events not seen yet, in order.
    async fn news(&mut self) -> Result<Vec<HistoryEvent>> {
        let mut events = Vec::new();
        let mut token = None;
        loop {
            let page = self
                .client
                .get_execution_history()
                .execution_arn(&self.arn)
                .max_results(1000)
                .include_execution_data(true)
                .set_next_token(token)
                .send()
                .await
                .map_err(aws_sdk_sfn::Error::from)?;
            events.extend(page.events.into_iter().filter(|event| event.id > self.seen));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        self.seen = events.iter().map(|event| event.id).max().unwrap_or(self.seen);
        Ok(events)
    }

    fn read_cycle(&mut self, event: &HistoryEvent) {
        if self.cycle.is_some() {
            return;
        }
        let texts = [
            event.task_succeeded_event_details().and_then(|details| details.output()),
            event.lambda_function_succeeded_event_details().and_then(|details| details.output()),
            event.state_exited_event_details().and_then(|details| details.output()),
        ];
        self.cycle = texts
            .into_iter()
            .flatten()
            .filter_map(|text| serde_json::from_str(text).ok())
            .find_map(|value| cycle_in(&value));
    }

    /// Follows it to its end or to a question, one line per phase.
    pub async fn follow(&mut self) -> Result<Standing> {
        self.follow_until(true).await
    }

    /// Follows it to its end, also while a person is asked.
    pub async fn follow_on(&mut self) -> Result<Standing> {
        self.follow_until(false).await
    }

    async fn follow_until(&mut self, question: bool) -> Result<Standing> {
        let mut step: Option<(&str, Step)> = None;
        let standing = loop {
            let standing = self
                .look(|state, over| {
                    let Some((_, what)) = STEPS.iter().find(|(name, _)| *name == state) else {
                        return;
                    };
                    // States that belong together, and one that is come back to, are one step.
                    if over || step.as_ref().is_some_and(|(current, _)| current == what) {
                        return;
                    }
                    if let Some((_, before)) = step.take() {
                        before.done();
                    }
                    step = Some((what, Step::begin(*what)));
                })
                .await?;
            match &standing {
                Standing::Running => {}
                Standing::AwaitingApproval if !question => {}
                _ => break standing,
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        };
        if let Some((_, step)) = step {
            if matches!(standing, Standing::Failed(..)) {
                step.failed();
            } else {
                step.done();
            }
        }
        Ok(standing)
    }
}

/// The first cycle id somewhere in a value.
fn cycle_in(value: &Value) -> Option<CycleId> {
    match value {
        Value::Object(object) => {
            let own = object.get("cycle").and_then(Value::as_str).and_then(|id| id.parse().ok());
            own.or_else(|| object.values().find_map(cycle_in))
        }
        Value::Array(items) => items.iter().find_map(cycle_in),
        _ => None,
    }
}

/// What was decided on a cycle that waits.
#[derive(Debug, Clone)]
pub struct Decided {
    /// Approve or reject.
    pub verdict: Verdict,
    /// The actions it is about; empty means all.
    pub only: Vec<ActionId>,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
}

/// Decides on a cycle that waits.
pub async fn decide(
    config: &SdkConfig,
    product: &Product,
    tenant: &TenantId,
    cycle: CycleId,
    decided: Decided,
) -> Result<Value> {
    let request = IntegrationRequest::Decide {
        tenant: tenant.clone(),
        cycle_id: cycle,
        verdict: decided.verdict,
        only: (!decided.only.is_empty()).then(|| decided.only.into_iter().collect()),
        by: decided.by,
        reason: decided.reason,
    };
    let answer = aws_sdk_lambda::Client::new(config)
        .invoke()
        .function_name(product.function("Integration")?)
        .payload(serde_json::to_vec(&request)?.into())
        .send()
        .await
        .map_err(aws_sdk_lambda::Error::from)?;
    let payload: Value =
        serde_json::from_slice(answer.payload().map_or(b"null", |payload| payload.as_ref()))?;
    if answer.function_error().is_some() {
        bail!(
            "{}: {}",
            payload["errorType"].as_str().unwrap_or("error"),
            payload["errorMessage"].as_str().unwrap_or_default()
        );
    }
    Ok(payload)
}

/// Decides on a cycle as soon as its request is stored, which is a moment after it begins to wait.
pub async fn decide_soon(
    config: &SdkConfig,
    product: &Product,
    tenant: &TenantId,
    cycle: CycleId,
    decided: Decided,
) -> Result<Value> {
    let mut attempts = 0;
    loop {
        match decide(config, product, tenant, cycle, decided.clone()).await {
            Err(error) if attempts < 50 && error.to_string().contains("does not wait") => {
                attempts += 1;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            other => return other,
        }
    }
}

/// Who the credentials belong to.
pub async fn caller(config: &SdkConfig) -> Result<String> {
    let identity = aws_sdk_sts::Client::new(config)
        .get_caller_identity()
        .send()
        .await
        .map_err(aws_sdk_sts::Error::from)?;
    identity.arn.ok_or_else(|| anyhow!("STS names no caller"))
}

/// Artifacts of a deployed product.
#[derive(Debug, Clone)]
pub struct Artifacts {
    client: aws_sdk_s3::Client,
    bucket: String,
}

impl Artifacts {
    /// Those of this product.
    pub fn of(config: &SdkConfig, product: &Product) -> Result<Self> {
        Ok(Self { client: s3_client(config), bucket: product.bucket()?.to_owned() })
    }

    /// The bytes under a key.
    pub async fn bytes(&self, key: &ArtifactKey) -> Result<Vec<u8>> {
        let object = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key.as_str())
            .send()
            .await
            .map_err(aws_sdk_s3::Error::from)
            .with_context(|| format!("cannot read {key}"))?;
        Ok(object.body.collect().await?.to_vec())
    }

    /// An artifact of a cycle.
    pub async fn get<T: Versioned>(
        &self,
        tenant: &TenantId,
        cycle: CycleId,
        path: &str,
    ) -> Result<T> {
        let bytes = self.bytes(&ArtifactKey::of_cycle(tenant, cycle, path)).await?;
        Ok(artifact::from_bytes(&bytes)?)
    }

    /// Copies everything that a cycle wrote for people into `directory`: documents, code, plan and report.
    /// Worlds stay where they are; they may be large.
    pub async fn fetch(
        &self,
        tenant: &TenantId,
        cycle: CycleId,
        directory: &Path,
    ) -> Result<Vec<PathBuf>> {
        let prefix = format!("tenants/{tenant}/cycles/{cycle}/");
        let mut pages = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(&prefix)
            .into_paginator()
            .send();
        let mut files = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.map_err(aws_sdk_s3::Error::from)?.contents() {
                let Some(path) = object.key().and_then(|key| key.strip_prefix(&prefix)) else {
                    continue;
                };
                if path.starts_with("world") {
                    continue;
                }
                let key = ArtifactKey::of_cycle(tenant, cycle, path);
                let file = directory.join(path);
                fs::create_dir_all(file.parent().unwrap_or(directory))?;
                fs::write(&file, self.bytes(&key).await?)?;
                files.push(file);
            }
        }
        Ok(files)
    }
}

/// The input of an execution that runs a cycle.
pub fn cycle_input(tenant: &TenantId, mode: Option<&str>, regions: &[String]) -> Value {
    let mut input = json!({ "operation": "cycle", "tenant": tenant });
    if let Some(mode) = mode {
        input["mode"] = json!(mode);
    }
    if !regions.is_empty() {
        input["regions"] = json!(regions);
    }
    input
}

/// The input of an execution that undoes a cycle.
pub fn rollback_input(tenant: &TenantId, cycle: CycleId) -> Value {
    json!({ "operation": "rollback", "tenant": tenant, "cycle_id": cycle })
}
