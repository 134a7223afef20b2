//! Changes by a change set on the stack that owns the resource, so that no drift arises.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::{
    operation::describe_change_set::DescribeChangeSetOutput,
    types::{
        Change, ChangeSetStatus, ChangeSetType, ExecutionStatus, Parameter, Stack, StackStatus,
        TemplateStage,
    },
};
use aws_sdk_ec2::types::DeviceType;
use miyabi_platform::Artifacts;
use miyabi_types::{
    action::{Operation, Route},
    artifact::ArtifactRef,
    cycle::CycleState,
    settings::Mode,
};
use serde_json::{Value, json};

use crate::{
    accounts::Clients,
    direct::ec2::instance,
    error::{ExecutionError, Result, failed},
    step::{Job, Restored, Step},
};

mod review;
mod template;

use review::{acceptable, told};
use template::patch;

/// The IAM actions of change sets.
pub const PERMISSIONS: &[&str] = &[
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplate",
    "cloudformation:CreateChangeSet",
    "cloudformation:DescribeChangeSet",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:DeleteChangeSet",
];

const POLL_SECONDS: u32 = 5;
/// The largest template that a request can carry itself, in bytes.
const MAX_TEMPLATE: usize = 51_200;

/// The route of a change by way of its stack.
pub struct ChangeSet<'a> {
    /// Where previous templates are kept.
    pub artifacts: &'a Artifacts,
}

/// What a route says.
struct Target<'a> {
    stack: &'a str,
    logical_id: &'a str,
    properties: &'a BTreeMap<String, Value>,
}

impl<'a> Target<'a> {
    fn of(job: &Job<'a>) -> Result<Self> {
        match &job.action.route {
            Route::ChangeSet { stack, logical_id, properties } => {
                Ok(Self { stack, logical_id, properties })
            }
            Route::Direct => Err(ExecutionError::Defect("a direct action has no stack".into())),
        }
    }
}

impl ChangeSet<'_> {
    /// Keeps the template as its author wrote it, and makes sure that it can be patched.
    ///
    /// Not the processed one: executing that would bake transforms into the stack for good.
    pub async fn backup(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Value>> {
        let target = Target::of(job)?;
        if is_busy(&stack(aws, target.stack).await?) {
            return Ok(Step::wait(POLL_SECONDS));
        }
        let template = template(aws, target.stack).await?;
        patch(&template, target.logical_id, target.properties)?;
        let path = format!("backup/{}/template.txt", job.action.id);
        let kept = self.artifacts.save_text(&cycle(job), &path, template, "text/plain").await?;
        Ok(Step::Done(json!({ "template": kept })))
    }

    /// Leads the stack to the template with the properties set.
    pub async fn apply(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<()>> {
        let target = Target::of(job)?;
        let before = self.kept(job).await?;
        let after = patch(&before, target.logical_id, target.properties)?;
        lead(aws, job, &target, "miyabi", &before, &after).await
    }

    /// Leads the stack back to the template that was kept.
    pub async fn undo(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Restored>> {
        let target = Target::of(job)?;
        let before = self.kept(job).await?;
        let after = patch(&before, target.logical_id, target.properties)?;
        Ok(match lead(aws, job, &target, "miyabi-undo", &after, &before).await? {
            Step::Done(()) => Step::Done(Restored::Exactly),
            Step::Pending { retry_after, note } => Step::Pending { retry_after, note },
        })
    }

    async fn kept(&self, job: &Job<'_>) -> Result<String> {
        let kept: ArtifactRef<String> = serde_json::from_value(job.kept("template").clone())
            .map_err(|error| ExecutionError::Defect(format!("no template was kept: {error}")))?;
        Ok(self.artifacts.load_text(&cycle(job), &kept).await?)
    }
}

fn cycle(job: &Job<'_>) -> CycleState {
    CycleState::new(job.tenant.clone(), job.cycle, Mode::Observe)
}

/// Goes one step from the template `from` to the template `to`.
async fn lead(
    aws: &Clients,
    job: &Job<'_>,
    target: &Target<'_>,
    prefix: &str,
    from: &str,
    to: &str,
) -> Result<Step<()>> {
    let live = stack(aws, target.stack).await?;
    if is_busy(&live) {
        return Ok(Step::wait(POLL_SECONDS));
    }
    // A stack that rolled back has its old template again.
    let current = template(aws, target.stack).await?;
    if same(&current, to) {
        return Ok(Step::Done(()));
    }
    if !job.note["executed"].is_null() {
        return Err(went_back(target.stack, &live));
    }
    if !same(&current, from) {
        return Err(ExecutionError::Stale(format!(
            "the template of stack {} was changed meanwhile",
            target.stack
        )));
    }
    // One name per action and cycle: after a crash the change set is found, not made again.
    let name = format!("{prefix}-{}-{}", job.action.id, job.cycle);
    if job.note["change_set"].is_null() {
        create(aws, target.stack, &name, to, &live).await?;
        return Ok(Step::wait_with(POLL_SECONDS, json!({ "change_set": name })));
    }
    let set = change_set(aws, target.stack, &name).await?;
    match set.status() {
        Some(ChangeSetStatus::CreateComplete) => {}
        Some(ChangeSetStatus::Failed) => {
            delete(aws, target.stack, &name).await?;
            return Err(ExecutionError::NotDone(format!(
                "change set {name} of stack {} failed: {}",
                target.stack,
                set.status_reason().unwrap_or("AWS gave no reason")
            )));
        }
        _ => return Ok(Step::wait(POLL_SECONDS)),
    }
    match set.execution_status() {
        Some(ExecutionStatus::Available) => review(aws, job, target, &name, set).await,
        Some(ExecutionStatus::ExecuteComplete | ExecutionStatus::ExecuteFailed) => {
            Err(went_back(target.stack, &live))
        }
        Some(ExecutionStatus::Obsolete) => {
            delete(aws, target.stack, &name).await?;
            Err(ExecutionError::Stale(format!(
                "stack {} was changed while change set {name} waited",
                target.stack
            )))
        }
        _ => Ok(Step::wait(POLL_SECONDS)),
    }
}

/// Executes a change set that does what was meant, once what it will do is written down.
async fn review(
    aws: &Clients,
    job: &Job<'_>,
    target: &Target<'_>,
    name: &str,
    set: DescribeChangeSetOutput,
) -> Result<Step<()>> {
    let changes = changes(aws, target.stack, name, set).await?;
    let on_ebs = on_ebs(aws, job).await?;
    if let Err(error) = acceptable(&changes, target.logical_id, target.properties, on_ebs) {
        delete(aws, target.stack, name).await?;
        return Err(error);
    }
    let lines: Vec<_> = changes.iter().map(told).collect();
    let mut note = json!({ "change_set": name, "changes": lines });
    if job.note["changes"] != note["changes"] {
        return Ok(Step::wait_with(1, note));
    }
    aws.cloudformation
        .execute_change_set()
        .stack_name(target.stack)
        .change_set_name(name)
        .send()
        .await
        .map_err(failed("cloudformation:ExecuteChangeSet"))?;
    note["executed"] = true.into();
    Ok(Step::wait_with(POLL_SECONDS, note))
}

fn went_back(name: &str, live: &Stack) -> ExecutionError {
    ExecutionError::NotDone(format!(
        "stack {name} did not take the change, it is {}: {}",
        live.stack_status().map_or("in no known state", StackStatus::as_str),
        live.stack_status_reason().unwrap_or("AWS gave no reason")
    ))
}

fn is_busy(stack: &Stack) -> bool {
    stack.stack_status().is_some_and(|status| status.as_str().ends_with("_IN_PROGRESS"))
}

/// Whether two templates say the same. The ledger does not keep the order of keys, so a property set from
/// it may be written in another order each time.
fn same(a: &str, b: &str) -> bool {
    let parsed = |text: &str| serde_yaml_ng::from_str::<serde_yaml_ng::Value>(text).ok();
    a.trim_end() == b.trim_end() || parsed(a).is_some_and(|a| Some(a) == parsed(b))
}

/// Whether the job's target is an instance with its root on EBS.
async fn on_ebs(aws: &Clients, job: &Job<'_>) -> Result<bool> {
    if job.action.operation != Operation::ResizeInstance {
        return Ok(false);
    }
    let instance = instance(aws, &job.action.resource_id).await?;
    Ok(instance.is_some_and(|instance| instance.root_device_type() == Some(&DeviceType::Ebs)))
}

async fn stack(aws: &Clients, name: &str) -> Result<Stack> {
    let found = aws
        .cloudformation
        .describe_stacks()
        .stack_name(name)
        .send()
        .await
        .map_err(failed("cloudformation:DescribeStacks"))?;
    found
        .stacks
        .unwrap_or_default()
        .into_iter()
        .next()
        .ok_or_else(|| ExecutionError::Stale(format!("stack {name} is gone")))
}

async fn template(aws: &Clients, stack: &str) -> Result<String> {
    let found = aws
        .cloudformation
        .get_template()
        .stack_name(stack)
        .template_stage(TemplateStage::Original)
        .send()
        .await
        .map_err(failed("cloudformation:GetTemplate"))?;
    found
        .template_body
        .ok_or_else(|| ExecutionError::NotDone(format!("stack {stack} has no template")))
}

async fn create(aws: &Clients, name: &str, set: &str, to: &str, live: &Stack) -> Result<()> {
    if to.len() > MAX_TEMPLATE {
        return Err(ExecutionError::Refused(format!(
            "the template of stack {name} has {} bytes, a change set takes {MAX_TEMPLATE}",
            to.len()
        )));
    }
    let parameters = live
        .parameters()
        .iter()
        .filter_map(|parameter| parameter.parameter_key())
        .map(|key| Parameter::builder().parameter_key(key).use_previous_value(true).build())
        .collect();
    let created = aws
        .cloudformation
        .create_change_set()
        .stack_name(name)
        .change_set_name(set)
        .change_set_type(ChangeSetType::Update)
        .description("Made by Miyabi")
        .template_body(to)
        .set_parameters(Some(parameters))
        .set_capabilities(Some(live.capabilities().to_vec()))
        .send()
        .await
        .map_err(failed("cloudformation:CreateChangeSet"));
    match created {
        Err(error) if error.is(&["AlreadyExistsException"]) => Ok(()),
        other => other.map(drop),
    }
}

async fn change_set(aws: &Clients, stack: &str, name: &str) -> Result<DescribeChangeSetOutput> {
    aws.cloudformation
        .describe_change_set()
        .stack_name(stack)
        .change_set_name(name)
        .send()
        .await
        .map_err(failed("cloudformation:DescribeChangeSet"))
}

/// Every change of the change set, whose first page is known.
async fn changes(
    aws: &Clients,
    stack: &str,
    name: &str,
    first: DescribeChangeSetOutput,
) -> Result<Vec<Change>> {
    let mut changes = first.changes.unwrap_or_default();
    let mut next = first.next_token;
    while let Some(token) = next {
        let page = aws
            .cloudformation
            .describe_change_set()
            .stack_name(stack)
            .change_set_name(name)
            .next_token(token)
            .send()
            .await
            .map_err(failed("cloudformation:DescribeChangeSet"))?;
        changes.extend(page.changes.unwrap_or_default());
        next = page.next_token;
    }
    Ok(changes)
}

async fn delete(aws: &Clients, stack: &str, name: &str) -> Result<()> {
    aws.cloudformation
        .delete_change_set()
        .stack_name(stack)
        .change_set_name(name)
        .send()
        .await
        .map_err(failed("cloudformation:DeleteChangeSet"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn the_order_of_keys_makes_no_other_template() {
        assert!(same(r#"{"A":{"x":1,"y":2}}"#, "{\"A\": {\"y\": 2, \"x\": 1}}\n"));
        assert!(same("A: !Ref B # why\n", "A: !Ref B # why"));
        assert!(!same(r#"{"A":{"x":1}}"#, r#"{"A":{"x":2}}"#));
        assert!(!same("A: [", "A: ]"), "what cannot be read is only the same as itself");
    }
}
