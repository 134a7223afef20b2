use std::sync::{Mutex, atomic::AtomicBool, atomic::Ordering};

use async_trait::async_trait;
use miyabi_platform::{
    FixedClock,
    store::{ArtifactStore, MemoryStore},
    table::MemoryTable,
};
use miyabi_types::{
    approval::Verdict, artifact::ArtifactKey, error::ErrorName, report::CycleReport,
    task::TaskStatus,
};
use serde_json::Value;

use super::*;
use crate::{callback::CallbackError, sample};

#[derive(Default)]
struct Told {
    messages: Mutex<Vec<Message>>,
    failing: AtomicBool,
}

struct Fake(&'static str, Arc<Told>);

#[async_trait]
impl Channel for Fake {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn send(&self, message: &Message) -> Result<(), PhaseError> {
        if self.1.failing.load(Ordering::SeqCst) {
            return Err(PhaseError::new(ErrorName::Throttled, "asks to wait 3 seconds"));
        }
        self.1.messages.lock().unwrap().push(message.clone());
        Ok(())
    }
}

struct Nobody;

#[async_trait]
impl TaskCallback for Nobody {
    async fn succeed(&self, _: &TaskToken, _: &Value) -> Result<(), CallbackError> {
        Ok(())
    }

    async fn fail(&self, _: &TaskToken, _: ErrorName, _: &str) -> Result<(), CallbackError> {
        Ok(())
    }
}

struct Setup {
    first: Arc<Told>,
    second: Arc<Told>,
    store: Arc<MemoryStore>,
    integration: Integration,
}

fn deployed() -> Setup {
    let (first, second) = (Arc::new(Told::default()), Arc::new(Told::default()));
    let store = Arc::new(MemoryStore::default());
    let integration = Integration {
        artifacts: Artifacts::stored(store.clone()),
        table: Some(Arc::new(MemoryTable::default())),
        callback: Arc::new(Nobody),
        channels: vec![
            Box::new(Fake("first", first.clone())),
            Box::new(Fake("second", second.clone())),
        ],
        clock: Arc::new(FixedClock(sample::now())),
        function: Some("miyabi-integration".into()),
    };
    Setup { first, second, store, integration }
}

fn report_request(cycle: CycleState, end: CycleEnd) -> IntegrationRequest {
    IntegrationRequest::Report { cycle: Box::new(cycle), end }
}

fn approval_request() -> IntegrationRequest {
    IntegrationRequest::RequestApproval {
        cycle: Box::new(sample::waiting()),
        task_token: TaskToken::from("t0ken".to_owned()),
    }
}

fn told(response: IntegrationResponse) -> (CycleState, Vec<Undelivered>) {
    match response {
        IntegrationResponse::Told { cycle, undelivered, .. } => (*cycle, undelivered),
        IntegrationResponse::Decided { .. } => panic!("{response:?}"),
    }
}

#[tokio::test]
async fn a_channel_that_fails_stops_neither_the_report_nor_the_others() {
    let setup = deployed();
    setup.first.failing.store(true, Ordering::SeqCst);
    let request = report_request(sample::acted(), CycleEnd::Acted);
    let (cycle, undelivered) = told(setup.integration.handle(request.clone()).await.unwrap());
    assert_eq!(
        undelivered,
        [Undelivered {
            channel: "first".into(),
            error: ErrorName::Throttled,
            message: "asks to wait 3 seconds".into()
        }]
    );
    assert_eq!(setup.second.messages.lock().unwrap().len(), 1);
    let report: CycleReport =
        setup.integration.artifacts.load(&cycle, "report", cycle.report.as_ref()).await.unwrap();
    assert_eq!(report.cost_after, Some(sample::usd(1_228)));
    let key = ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, "report.md");
    let text = String::from_utf8(setup.store.get(&key).await.unwrap()).unwrap();
    assert!(text.contains("cargo xtask rollback"), "{text}");

    // The retry reaches who was missed, and nobody twice.
    setup.first.failing.store(false, Ordering::SeqCst);
    let (_, undelivered) = told(setup.integration.handle(request).await.unwrap());
    assert!(undelivered.is_empty());
    assert_eq!(setup.first.messages.lock().unwrap().len(), 1);
    assert_eq!(setup.second.messages.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_failure_after_the_report_is_told_too() {
    let setup = deployed();
    let failed = CycleEnd::Failed { state: "Learn".into(), error: None, message: "boom".into() };
    for end in [CycleEnd::Acted, failed] {
        setup.integration.handle(report_request(sample::acted(), end)).await.unwrap();
    }
    assert_eq!(setup.first.messages.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_cycle_that_failed_before_it_saw_anything_is_reported() {
    let setup = deployed();
    let cycle = CycleState { world0: None, plan: None, allocation: None, ..sample::waiting() };
    let failed = CycleEnd::Failed {
        state: "Scan".into(),
        error: Some(ErrorName::AccessDenied),
        message: "ec2:DescribeVolumes is not granted".into(),
    };
    let (cycle, undelivered) =
        told(setup.integration.handle(report_request(cycle, failed)).await.unwrap());
    assert!(undelivered.is_empty() && cycle.report.is_some());
}

#[tokio::test]
async fn a_cycle_that_failed_while_it_acted_tells_what_was_changed() {
    let setup = deployed();
    let ledger = setup.integration.ledger(&sample::tenant()).unwrap();
    ledger.put_task(sample::cycle_id(), &sample::outcome().tasks[0], None).await.unwrap();
    let failed = CycleEnd::Failed { state: "Wave".into(), error: None, message: "boom".into() };
    let (cycle, _) =
        told(setup.integration.handle(report_request(sample::waiting(), failed)).await.unwrap());
    let report: CycleReport =
        setup.integration.artifacts.load(&cycle, "report", cycle.report.as_ref()).await.unwrap();
    let statuses: Vec<_> = report.actions.iter().map(|action| action.status).collect();
    assert_eq!(statuses, [TaskStatus::Completed, TaskStatus::Pending, TaskStatus::Pending]);
    let key = ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, "report.md");
    let text = String::from_utf8(setup.store.get(&key).await.unwrap()).unwrap();
    assert!(text.contains("cargo xtask rollback"), "{text}");
}

#[tokio::test]
async fn an_approval_goes_from_the_request_to_the_decision_without_showing_its_token() {
    let setup = deployed();
    let (_, undelivered) = told(setup.integration.handle(approval_request()).await.unwrap());
    assert!(undelivered.is_empty());
    let shown = format!("{:?}", setup.first.messages.lock().unwrap());
    assert!(shown.contains("may not come back") && !shown.contains("t0ken"), "{shown}");

    let answer = setup
        .integration
        .handle(IntegrationRequest::Decide {
            tenant: sample::tenant(),
            cycle_id: sample::cycle_id(),
            verdict: Verdict::Approve,
            only: None,
            by: "ada".into(),
            reason: None,
        })
        .await
        .unwrap();
    let expected = IntegrationResponse::Decided {
        cycle_id: sample::cycle_id(),
        verdict: Verdict::Approve,
        approved: 3,
        by: "ada".into(),
    };
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn with_nothing_deployed_everything_comes_back_inline() {
    let setup = deployed();
    let local = Integration {
        artifacts: Artifacts::inline(),
        table: None,
        channels: Vec::new(),
        ..setup.integration
    };
    let answer = local.handle(report_request(sample::acted(), CycleEnd::Acted)).await.unwrap();
    let text = serde_json::to_string(&answer).unwrap();
    assert!(text.contains("# Cycle report: acme"), "{text}");
    assert!(told(answer).0.report.unwrap().key().is_none());

    let (_, undelivered) = told(local.handle(approval_request()).await.unwrap());
    assert!(undelivered[0].message.contains("MIYABI_TABLE"), "{undelivered:?}");
    let decide = serde_json::json!({
        "operation": "decide", "tenant": "acme", "cycle_id": sample::cycle_id(),
        "verdict": "approve", "by": "ada"
    });
    let error = local.handle(serde_json::from_value(decide).unwrap()).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
    assert!(error.message.contains("MIYABI_TABLE"), "{error}");
}
