//! A cloud in memory that counts its effects and fails when told to, and cycles to run on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use jiff::Timestamp;
use miyabi_platform::{Artifacts, Clock, TenantLedger, store::MemoryStore, table::MemoryTable};
use miyabi_types::{
    action::{Action, Operation, Route, SafetyClass, TargetState},
    agent::HistoricalAgent,
    allocation::{Allocation, Gate, Wave},
    approval::{Approval, Decision, Verdict},
    artifact::{ArtifactKey, ArtifactRef},
    cycle::CycleState,
    error::ErrorName,
    finding::Saving,
    id::{AccountId, ActionId, Arn, CycleId, Region, TenantId},
    money::MonthlyUsd,
    outcome::Outcome,
    phase::{StepReport, StepStatus},
    settings::{Mode, TenantSettings},
    task::{AwsTask, TaskRecord},
};
use serde_json::{Value, json};

use crate::{
    cloud::{Alarm, Cloud, Connect},
    error::{ExecutionError, Result},
    executor::{Deps, Executor},
    step::{Job, Restored, Step, is_half_way},
};

/// What one target of the fake cloud is like, and how it behaves.
#[derive(Debug, Clone)]
pub struct Target {
    pub live: TargetState,
    /// Calls of `apply` or `undo` that answer `Pending` before the change shows.
    pub slow: u32,
    /// What the next calls of each step do instead of their work.
    pub fails: BTreeMap<&'static str, Vec<Failure>>,
    /// How often the live state really changed.
    pub effects: u32,
    /// How often something was kept.
    pub backups: u32,
    started: bool,
}

/// A failure to inject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Before anything happens, by this name.
    Before(ErrorName),
    /// After the effect happened: the answer is lost.
    After,
}

#[derive(Debug, Default)]
struct Inner {
    targets: BTreeMap<ActionId, Target>,
    alarms: BTreeMap<String, bool>,
    alarms_since: Option<Timestamp>,
    impaired: BTreeSet<String>,
    journal: Vec<String>,
}

/// A cloud in memory.
#[derive(Debug, Clone, Default)]
pub struct FakeCloud(Arc<Mutex<Inner>>);

fn error(name: ErrorName) -> ExecutionError {
    ExecutionError::Call {
        name,
        code: None,
        message: format!("injected {name}: ec2:Fake is not granted"),
        source: "injected".into(),
    }
}

impl FakeCloud {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    pub fn add(&self, task: &AwsTask) {
        let live = task.action.expected.clone();
        let target = Target {
            live,
            slow: 0,
            fails: BTreeMap::new(),
            effects: 0,
            backups: 0,
            started: false,
        };
        self.lock().targets.insert(task.action.id.clone(), target);
    }

    pub fn change(&self, task: &AwsTask, change: impl FnOnce(&mut Target)) {
        change(self.lock().targets.get_mut(&task.action.id).unwrap());
    }

    pub fn fail(&self, task: &AwsTask, step: &'static str, failure: Failure) {
        self.change(task, |target| target.fails.entry(step).or_default().push(failure));
    }

    pub fn target(&self, task: &AwsTask) -> Target {
        self.lock().targets[&task.action.id].clone()
    }

    /// Since when every alarm is in its state.
    pub fn alarms_since(&self, at: Timestamp) {
        self.lock().alarms_since = Some(at);
    }

    pub fn alarm(&self, name: &str, is_alarming: bool) {
        self.lock().alarms.insert(name.into(), is_alarming);
    }

    pub fn impair(&self, id: &str) {
        self.lock().impaired.insert(id.into());
    }

    /// The steps that had an effect, in order.
    pub fn journal(&self) -> Vec<String> {
        self.lock().journal.clone()
    }

    fn failure(&self, job: &Job<'_>, step: &str) -> Option<Failure> {
        let mut inner = self.lock();
        let fails = inner.targets.get_mut(&job.action.id)?.fails.get_mut(step)?;
        (!fails.is_empty()).then(|| fails.remove(0))
    }

    fn lead(&self, job: &Job<'_>, step: &'static str, to: &TargetState) -> Result<Step<()>> {
        let failure = self.failure(job, step);
        if let Some(Failure::Before(name)) = failure {
            return Err(error(name));
        }
        let mut inner = self.lock();
        let target = inner.targets.get_mut(&job.action.id).unwrap();
        if target.live == *to {
            return Ok(Step::Done(()));
        }
        target.started = true;
        if target.slow > 0 {
            target.slow -= 1;
            return Ok(Step::wait_with(7, json!({ "started": step })));
        }
        target.live = to.clone();
        target.effects += 1;
        target.started = false;
        inner.journal.push(format!("{step} {}", job.action.resource_id));
        match failure {
            Some(Failure::After) => Err(error(ErrorName::Transient)),
            _ => Ok(Step::Done(())),
        }
    }
}

#[async_trait]
impl Cloud for FakeCloud {
    async fn read(&self, job: &Job<'_>) -> Result<TargetState> {
        // Lets other invocations run in between.
        tokio::task::yield_now().await;
        if let Some(Failure::Before(name)) = self.failure(job, "read") {
            return Err(error(name));
        }
        Ok(self.lock().targets[&job.action.id].live.clone())
    }

    async fn backup(&self, job: &Job<'_>) -> Result<Step<Value>> {
        if let Some(Failure::Before(name)) = self.failure(job, "backup") {
            return Err(error(name));
        }
        self.lock().targets.get_mut(&job.action.id).unwrap().backups += 1;
        Ok(Step::Done(json!({ "snapshot_id": "snap-1" })))
    }

    async fn apply(&self, job: &Job<'_>) -> Result<Step<()>> {
        assert!(job.backup.is_some(), "applied without a backup");
        tokio::task::yield_now().await;
        self.lead(job, "apply", &job.action.desired)
    }

    async fn undo(&self, job: &Job<'_>) -> Result<Step<Restored>> {
        tokio::task::yield_now().await;
        if job.action.operation == Operation::DeleteVolume {
            let done = self.lead(job, "undo", &job.action.desired)?;
            assert_eq!(done, Step::Done(()), "the volume is gone before it is restored");
            return Ok(Step::Done(Restored::Otherwise("it has a new id".into())));
        }
        Ok(match self.lead(job, "undo", job.before())? {
            Step::Done(()) => Step::Done(Restored::Exactly),
            Step::Pending { retry_after, note } => Step::Pending { retry_after, note },
        })
    }

    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        is_half_way(live, job.before(), &job.action.desired)
    }

    async fn alarms(&self, _: &AccountId, _: &Region, names: &[String]) -> Result<Vec<Alarm>> {
        let inner = self.lock();
        Ok(inner
            .alarms
            .iter()
            .filter(
                |(name, alarming)| {
                    if names.is_empty() { **alarming } else { names.contains(name) }
                },
            )
            .map(|(name, alarming)| Alarm {
                name: name.clone(),
                is_alarming: *alarming,
                since: inner.alarms_since,
            })
            .collect())
    }

    async fn impaired_instances(
        &self,
        _: &AccountId,
        _: &Region,
        ids: &[String],
    ) -> Result<Vec<String>> {
        Ok(ids.iter().filter(|id| self.lock().impaired.contains(*id)).cloned().collect())
    }
}

impl Connect for FakeCloud {
    fn connect(&self, _: &TenantId, _: &TenantSettings) -> Arc<dyn Cloud> {
        Arc::new(self.clone())
    }
}

/// A clock that is moved by hand.
#[derive(Debug, Clone, Default)]
pub struct HandClock(Arc<Mutex<i64>>);

impl HandClock {
    pub fn advance(&self, seconds: i64) {
        *self.0.lock().unwrap() += seconds;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        // Each look is a second later, so that the order of records is the order of events.
        let mut seconds = self.0.lock().unwrap();
        *seconds += 1;
        Timestamp::from_second(1_800_000_000 + *seconds).unwrap()
    }
}

/// A cycle with its cloud and its ledger.
pub struct Stage {
    pub cloud: FakeCloud,
    pub table: Arc<MemoryTable>,
    pub clock: HandClock,
    pub executor: Executor,
    pub artifacts: Artifacts,
    pub cycle: CycleState,
    pub waves: Vec<Vec<AwsTask>>,
}

impl Stage {
    /// A cycle in mode `auto`, whose tasks are all of class Auto, with waves of these sizes.
    pub fn auto(sizes: &[u32]) -> Self {
        Self::new(sizes, Mode::Auto, Gate::Auto, SafetyClass::Auto)
    }

    /// A cycle in mode `approve`; decide with [`Stage::decide`].
    pub fn approval(sizes: &[u32]) -> Self {
        Self::new(sizes, Mode::Approve, Gate::Approval, SafetyClass::Approval)
    }

    pub fn new(sizes: &[u32], mode: Mode, gate: Gate, safety: SafetyClass) -> Self {
        let cloud = FakeCloud::default();
        let mut number = 0;
        let mut waves = Vec::new();
        for size in sizes {
            let tasks: Vec<_> = (0..*size)
                .map(|_| {
                    number += 1;
                    let task = task(number, safety);
                    cloud.add(&task);
                    task
                })
                .collect();
            waves.push(tasks);
        }
        let table = Arc::new(MemoryTable::default());
        let clock = HandClock::default();
        let artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
        let executor = Executor::new(Deps {
            connect: Arc::new(cloud.clone()),
            artifacts: artifacts.clone(),
            table: Some(table.clone()),
            clock: Arc::new(clock.clone()),
        });
        let mut cycle = CycleState::new(tenant(), cycle_id(), mode);
        cycle.allocation = Some(ArtifactRef::inline(allocation(mode, gate, &waves)));
        Self { cloud, table, clock, executor, artifacts, cycle, waves }
    }

    /// Runs the cycle with this task alone.
    pub fn replace(&mut self, task: &AwsTask) {
        self.cloud.add(task);
        self.waves = vec![vec![task.clone()]];
        let allocation = allocation(Mode::Auto, Gate::Auto, &self.waves);
        self.cycle.allocation = Some(ArtifactRef::inline(allocation));
    }

    pub fn ledger(&self) -> TenantLedger {
        TenantLedger::new(self.table.clone(), &self.cycle.tenant)
    }

    /// Decides on the cycle; `only` these tasks.
    pub async fn decide(&self, verdict: Verdict, only: Option<&[&AwsTask]>) {
        let decision = Decision {
            verdict,
            only: only.map(|tasks| tasks.iter().map(|task| task.action.id.clone()).collect()),
            by: "ops".into(),
            reason: None,
            at: Timestamp::UNIX_EPOCH,
        };
        let approval = Approval {
            cycle: self.cycle.cycle,
            allocation: ArtifactKey::of_cycle(
                &self.cycle.tenant,
                self.cycle.cycle,
                "allocation.json",
            ),
            actions: self.waves.iter().flatten().map(|task| task.action.id.clone()).collect(),
            token: None,
            requested_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
            decision: Some(decision),
        };
        self.ledger().put_approval(&approval, None).await.unwrap();
    }

    pub async fn wave(&self, index: u32) -> StepReport {
        self.executor.wave(&self.cycle, index).await.unwrap()
    }

    /// As the state machine does: calls the wave until it is through, whatever passes by itself.
    pub async fn wave_through(&self, index: u32) -> StepReport {
        for _ in 0..50 {
            match self.executor.wave(&self.cycle, index).await {
                Ok(report) if report.status != StepStatus::InProgress => return report,
                Ok(report) => assert!(report.retry_after_seconds > 0),
                Err(error) => assert!(error.name.is_retryable(), "{error}"),
            }
        }
        panic!("the wave does not end");
    }

    pub async fn rollback_through(&self, index: Option<u32>) -> StepReport {
        for _ in 0..50 {
            match self.executor.rollback(&self.cycle.tenant, self.cycle.cycle, index).await {
                Ok(report) if report.status != StepStatus::InProgress => return report,
                Ok(_) => {}
                Err(error) => assert!(error.name.is_retryable(), "{error}"),
            }
        }
        panic!("the rollback does not end");
    }

    pub async fn outcome(&self, cycle: &CycleState) -> Outcome {
        self.artifacts.load(cycle, "outcome", cycle.outcome.as_ref()).await.unwrap()
    }

    pub async fn record(&self, task: &AwsTask) -> TaskRecord {
        self.ledger().task(self.cycle.cycle, &task.action.id).await.unwrap().unwrap().value
    }
}

pub fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

pub fn cycle_id() -> CycleId {
    "0198a6b0-0000-7000-8000-000000000000".parse().unwrap()
}

/// The task that makes volume `number` a gp3.
pub fn task(number: u32, safety: SafetyClass) -> AwsTask {
    let volume = format!("vol-{number:03}");
    let target = Arn::parse(format!("arn:aws:ec2:us-east-1:123456789012:volume/{volume}")).unwrap();
    let state = |kind: &str| TargetState::present([("volume_type", json!(kind))]);
    let action = Action {
        id: ActionId::of("modify_volume", &target),
        operation: Operation::ModifyVolume,
        target,
        resource_id: volume.clone(),
        label: volume,
        account: AccountId::parse("123456789012").unwrap(),
        region: Region::parse("us-east-1").unwrap(),
        expected: state("gp2"),
        desired: state("gp3"),
        safety,
        route: Route::Direct,
        causes_drift: false,
    };
    AwsTask {
        action,
        agent: HistoricalAgent::BillGates,
        saving: Saving::None,
        checks: Vec::new(),
        controls: Vec::new(),
        summary: "gp3 is cheaper".into(),
    }
}

fn allocation(mode: Mode, gate: Gate, waves: &[Vec<AwsTask>]) -> Allocation {
    let waves = waves
        .iter()
        .enumerate()
        .map(|(index, tasks)| Wave { index: u32::try_from(index).unwrap(), tasks: tasks.clone() });
    Allocation {
        tenant: tenant(),
        cycle: cycle_id(),
        mode,
        gate,
        proposals: Vec::new(),
        waves: waves.collect(),
        deferred: Vec::new(),
        not_evaluated: Vec::new(),
        commitments: Vec::new(),
        promised_saving: MonthlyUsd::ZERO,
        promised_score_permille: None,
    }
}
