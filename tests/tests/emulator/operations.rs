//! Every operation on a resource of its own: forward, as a check proposes it, and back.
//!
//! An account is discovered and judged as if nobody had used it for half a year; what the checks propose is
//! carried out by execution, and discovery, which shares no code with it, tells what became of the resources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::{Context, Result, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_execution::{Deps, Executor, aws::Aws, handler::handle};
use miyabi_generation::plan::plan;
use miyabi_platform::{Artifacts, Clock, SystemClock, TenantLedger, table::MemoryTable};
use miyabi_tests::emulator::tenant;
use miyabi_types::{
    action::{Action, Operation, Route, TargetState},
    agent::HistoricalAgent,
    allocation::{Allocation, Gate, Wave},
    approval::{Approval, Decision, Verdict},
    artifact::{ArtifactKey, ArtifactRef},
    cycle::CycleState,
    evidence::Evidence,
    exemption::Exemptions,
    finding::Saving,
    id::{Arn, Region},
    money::MonthlyUsd,
    phase::{ExecutionRequest, ExecutionResponse, StepReport, StepStatus},
    resource::{Resource, ResourceConfig, ResourceKind},
    settings::Mode,
    strategy::Strategy,
    task::{AwsTask, Stage},
    utilization::{MetricStats, Utilization},
    world::World,
};
use serde_json::{Value, json};
use xtask::{
    account,
    emulators::{Held, Options},
    place, template,
    workspace::Workspace,
};

/// What no emulator can carry out or undo, and why.
const NOT_EMULATED: &[(Operation, &str)] = &[];

/// What is told of a metric of something that nobody uses.
const QUIET: [&str; 10] = [
    "ActiveConnectionCount",
    "ActiveConnections",
    "BytesInFromSource",
    "BytesOutToDestination",
    "BytesProcessed",
    "CPUUtilization",
    "DatabaseConnections",
    "MemoryUtilization",
    "NetworkIn",
    "NetworkOut",
];

/// One emulator, which carries everything that an operation changes.
struct Cloud {
    workspace: Workspace,
    emulators: Held,
    _directory: tempfile::TempDir,
}

impl Cloud {
    async fn start() -> Result<Self> {
        let workspace = Workspace::find()?;
        let directory = tempfile::tempdir()?;
        let emulators = Held::start(&workspace, directory.path(), &Options::default()).await?;
        Ok(Self { workspace, emulators, _directory: directory })
    }

    async fn fill(&self) -> Result<()> {
        let config = self.emulators.moto_config();
        let path = self.workspace.root.join("tests/accounts/operations.yaml");
        let template = template::parse(&fs::read_to_string(path)?)?;
        account::create(&config, "operations", &template, &BTreeMap::new()).await?;

        // What the emulator's CloudFormation does not know.
        let rds = aws_sdk_rds::Client::new(&config);
        rds.create_db_cluster()
            .db_cluster_identifier("aurora")
            .engine("aurora-postgresql")
            .master_username("shop")
            .master_user_password("only-for-the-emulator")
            .send()
            .await?;
        rds.create_db_instance()
            .db_instance_identifier("aurora-1")
            .db_cluster_identifier("aurora")
            .db_instance_class("db.r6g.large")
            .engine("aurora-postgresql")
            .send()
            .await?;
        aws_sdk_secretsmanager::Client::new(&config)
            .create_secret()
            .name("token")
            .secret_string("only-for-the-emulator")
            .send()
            .await?;
        aws_sdk_cloudtrail::Client::new(&config)
            .create_trail()
            .name("trail")
            .s3_bucket_name(format!("operations-{}", place::ACCOUNT))
            .send()
            .await?;
        Ok(())
    }

    async fn world(&self) -> Result<World> {
        let discovery = Discovery {
            sdk: self.emulators.moto_config(),
            artifacts: Artifacts::inline(),
            table: None,
            clock: Arc::new(SystemClock),
            budget: Budget::Lifted,
        };
        let regions = vec![Region::parse(place::REGION)?];
        Ok(Box::pin(discovery.look(tenant(), regions)).await?)
    }
}

/// The World as it were had it been there for half a year, and nobody had used anything in it.
fn unused(mut world: World) -> World {
    let nothing = MetricStats { datapoints: 336, minimum: Some(0.0), ..MetricStats::default() };
    let quiet = Utilization {
        window_days: 14,
        period_seconds: 3600,
        metrics: QUIET.map(|name| (name.to_owned(), nothing)).into(),
        week: None,
    };
    let long_ago = world.manifest.taken_at - SignedDuration::from_hours(180 * 24);
    for resource in &mut world.resources {
        resource.created_at = Some(long_ago);
        resource.utilization = Evidence::Known(quiet.clone());
        match &mut resource.config {
            ResourceConfig::LogGroup(group) => group.stored_bytes = 1 << 37,
            ResourceConfig::EfsFileSystem(system) => system.standard_bytes = Some(1 << 37),
            ResourceConfig::EcsService(service) => service.running_count = service.desired_count,
            ResourceConfig::SecretsManagerSecret(secret) => secret.accessed_at = None,
            _ => {}
        }
    }
    world
}

/// One action for each operation and the settings that it is about, on targets that nothing else stops,
/// resizes or deletes.
fn actions(world: &World) -> Result<Vec<Action>> {
    let now = world.manifest.taken_at;
    let plan = plan(world, &Strategy::default(), &Exemptions::default(), now)?;
    let mut proposed: BTreeMap<(Operation, Vec<String>), Vec<Action>> = BTreeMap::new();
    for action in plan.proposals.into_iter().map(|proposal| proposal.action) {
        let names = match &action.expected {
            TargetState::Present(settings) => settings.keys().cloned().collect(),
            TargetState::Absent => Vec::new(),
        };
        proposed.entry((action.operation, names)).or_default().push(action);
    }
    // Right-sizing is allocation's, which looks at more than one World.
    let instances = world.resources.iter().filter(|r| r.kind() == ResourceKind::Ec2Instance);
    let size = |kind: &str| TargetState::present([("instance_type", json!(kind))]);
    let resize = |instance: &Resource| {
        Action::new(Operation::ResizeInstance, instance, size("m5.2xlarge"), size("m5.large"))
    };
    let resized = instances.map(resize).collect();
    proposed.insert((Operation::ResizeInstance, vec!["instance_type".into()]), resized);

    let mut taken: BTreeSet<Arn> = BTreeSet::new();
    Ok(proposed
        .into_values()
        .map(|mut candidates| {
            let free = candidates.iter().position(|action| !taken.contains(&action.target));
            let chosen = candidates.swap_remove(free.unwrap_or_default());
            taken.insert(chosen.target.clone());
            // The stack that made it is the test's own.
            Action { route: Route::Direct, ..chosen }
        })
        .collect())
}

/// Time that passes while one looks at it, so that what waits is soon come back to.
struct Hasty(AtomicI64);

impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        let seconds = self.0.fetch_add(5, Ordering::SeqCst);
        Timestamp::from_second(seconds).expect("a time of this century")
    }
}

/// A cycle that everything in it was approved of.
struct Execution {
    executor: Executor,
    ledger: TenantLedger,
    cycle: CycleState,
}

impl Execution {
    async fn approved(cloud: &Cloud, world: &World, actions: &[Action]) -> Result<Self> {
        let (tenant, id) = (tenant(), world.manifest.cycle);
        let at = world.manifest.taken_at;
        let decision = Decision {
            verdict: Verdict::Approve,
            only: None,
            by: "tests".into(),
            reason: None,
            at,
        };
        let approval = Approval {
            cycle: id,
            allocation: ArtifactKey::of_cycle(&tenant, id, "allocation.json"),
            actions: actions.iter().map(|action| action.id.clone()).collect(),
            token: None,
            requested_at: at,
            expires_at: at,
            decision: Some(decision),
        };
        let tasks = actions.iter().map(|action| AwsTask {
            action: action.clone(),
            agent: HistoricalAgent::BillGates,
            saving: Saving::None,
            checks: Vec::new(),
            controls: Vec::new(),
            summary: action.label.clone(),
        });
        let allocation = Allocation {
            tenant: tenant.clone(),
            cycle: id,
            mode: Mode::Approve,
            gate: Gate::Approval,
            proposals: Vec::new(),
            waves: vec![Wave { index: 0, tasks: tasks.collect() }],
            deferred: Vec::new(),
            commitments: Vec::new(),
            not_evaluated: Vec::new(),
            promised_saving: MonthlyUsd::ZERO,
            promised_score_permille: None,
        };
        let table = Arc::new(MemoryTable::default());
        let ledger = TenantLedger::new(table.clone(), &tenant);
        ledger.put_approval(&approval, None).await?;
        let mut cycle = CycleState::new(tenant, id, Mode::Approve);
        cycle.allocation = Some(ArtifactRef::inline(allocation));
        let executor = Executor::new(Deps {
            connect: Arc::new(Aws::new(cloud.emulators.moto_config(), Artifacts::inline())),
            artifacts: Artifacts::inline(),
            table: Some(table),
            clock: Arc::new(Hasty(AtomicI64::new(at.as_second()))),
        });
        Ok(Self { executor, ledger, cycle })
    }

    /// Asks again until it is through, as the state machine does.
    async fn through(&self, request: impl Fn() -> ExecutionRequest) -> Result<StepReport> {
        for _ in 0..500 {
            match Box::pin(handle(&self.executor, request())).await {
                Ok(ExecutionResponse::Step(report)) if report.status == StepStatus::InProgress => {}
                Ok(ExecutionResponse::Step(report)) => return Ok(report),
                Ok(other) => bail!("not a step: {other:?}"),
                Err(error) => ensure!(error.name.is_retryable(), "{error}"),
            }
        }
        bail!("it does not end")
    }

    async fn forward(&self) -> Result<StepReport> {
        let cycle = || Box::new(self.cycle.clone());
        self.through(|| ExecutionRequest::Wave { cycle: cycle(), wave: 0 }).await
    }

    async fn back(&self) -> Result<StepReport> {
        let (tenant, cycle_id) = (&self.cycle.tenant, self.cycle.cycle);
        let tenant = || tenant.clone();
        self.through(|| ExecutionRequest::Rollback { tenant: tenant(), cycle_id, wave: None }).await
    }
}

/// Where discovery tells what an operation calls by this name.
fn pointer(operation: Operation, name: &str) -> String {
    match (operation, name) {
        (Operation::AbortMultipartUploads, _) => "/lifecycle/known/0/abort_multipart_days".into(),
        (Operation::EncryptQueue, _) => "/attributes/known/sqs_managed_sse".into(),
        (Operation::ProtectLoadBalancer, _) => {
            "/attributes/known/deletion_protection.enabled".into()
        }
        (Operation::RequireImdsV2, _) => "/imds_http_tokens".into(),
        (Operation::RotateKey, _) => "/rotation/known/enabled".into(),
        (Operation::SetFileLifecycle, _) => "/lifecycle/known/to_infrequent_access".into(),
        (_, name) => format!("/{name}"),
    }
}

/// What discovery tells of the target's settings that the action is about; nothing where it is not there.
fn shown(world: &World, action: &Action, target: &Arn) -> Option<BTreeMap<String, Value>> {
    let resource = world.resources.iter().find(|resource| resource.arn == *target)?;
    let config = &serde_json::to_value(&resource.config).ok()?["config"];
    let TargetState::Present(settings) = &action.expected else { return None };
    let value = |name: &String| {
        let found = config.pointer(&pointer(action.operation, name)).unwrap_or(&Value::Null);
        match (action.operation, found.get("known").unwrap_or(found).clone()) {
            // Which of the rules that are to go are there.
            (Operation::RevokeRules, Value::Array(rules)) => {
                let named = action.expected.setting(name).as_array().cloned().unwrap_or_default();
                rules.into_iter().filter(|rule| named.contains(rule)).collect()
            }
            // A secret that is to be deleted is no longer listed.
            (Operation::DeleteSecret, _) => json!(false),
            (Operation::ProtectLoadBalancer, found) => json!(found == "true"),
            (_, found) => found,
        }
    };
    Some(settings.keys().map(|name| (name.clone(), value(name))).collect())
}

/// The settings of a state; nothing where the resource is not there.
fn settings(action: &Action, state: &TargetState) -> Option<BTreeMap<String, Value>> {
    match state {
        TargetState::Present(settings) => {
            let is_listed = action.operation != Operation::DeleteSecret
                || *state.setting("scheduled_for_deletion") == json!(false);
            is_listed.then(|| settings.clone().into_iter().collect())
        }
        TargetState::Absent => None,
    }
}

/// The target, or what took its place under another id.
fn restored(before: &World, back: &World, action: &Action) -> Option<BTreeMap<String, Value>> {
    shown(back, action, &action.target).or_else(|| {
        let kind = before.resources.iter().find(|r| r.arn == action.target)?.kind();
        let known: BTreeSet<_> = before.resources.iter().map(|resource| &resource.arn).collect();
        let mut new = back.resources.iter().filter(|r| r.kind() == kind && !known.contains(&r.arn));
        let only = new.next().filter(|_| new.next().is_none())?;
        shown(back, action, &only.arn)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_goes_forward_and_back() -> Result<()> {
    let cloud = Cloud::start().await?;
    cloud.fill().await?;
    let before = cloud.world().await?;
    let left_out: BTreeSet<Operation> = NOT_EMULATED.iter().map(|(left, _)| *left).collect();
    let mut actions = actions(&unused(before.clone()))?;
    actions.retain(|action| !left_out.contains(&action.operation));
    let tried: BTreeSet<Operation> = actions.iter().map(|action| action.operation).collect();
    let all = Operation::ALL.iter();
    let missing: Vec<_> = all.filter(|o| !tried.contains(o) && !left_out.contains(o)).collect();
    ensure!(missing.is_empty(), "neither tried nor said to be impossible: {missing:?}");

    let mut wrong = Vec::new();
    let mut compare = |when: &str, action: &Action, told, wanted| {
        if told != wanted {
            let name = action.operation.name();
            wrong.push(format!("{name} of {}, {when}: {told:?}, not {wanted:?}", action.label));
        }
    };
    for action in &actions {
        let told = shown(&before, action, &action.target);
        compare("before", action, told, settings(action, &action.expected));
    }

    let execution = Execution::approved(&cloud, &before, &actions).await?;
    let report = execution.forward().await?;
    ensure!(report.status == StepStatus::Done && report.failed == 0, "{:#?}", report.problems);
    ensure!(report.completed as usize == actions.len(), "{report:?}");
    for action in &actions {
        let record = execution.ledger.task(execution.cycle.cycle, &action.id).await?;
        let record = record.context("a record of each task")?.value;
        ensure!(record.stage == Stage::Verified, "{record:#?}");
        ensure!(record.backup.is_some_and(|backup| backup.state == action.expected));
    }
    let after = cloud.world().await?;
    for action in &actions {
        let told = shown(&after, action, &action.target);
        compare("after", action, told, settings(action, &action.desired));
    }

    let report = execution.back().await?;
    ensure!(report.status == StepStatus::Done && report.failed == 0, "{:#?}", report.problems);
    let back = cloud.world().await?;
    for action in &actions {
        let told = restored(&before, &back, action);
        compare("undone", action, told, settings(action, &action.expected));
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}
