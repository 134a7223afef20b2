use std::sync::Mutex;

use async_trait::async_trait;
use miyabi_platform::{
    FixedClock,
    table::{MemoryTable, Table},
};
use serde_json::Value;

use super::*;
use crate::sample;

/// Remembers what executions were told; can be told to fail.
#[derive(Default)]
struct Callback {
    told: Mutex<Vec<String>>,
    failure: Mutex<Option<CallbackError>>,
}

impl Callback {
    fn fail_once(&self, error: CallbackError) {
        *self.failure.lock().unwrap() = Some(error);
    }

    fn note(&self, token: &TaskToken, what: &str) -> Result<(), CallbackError> {
        if let Some(error) = self.failure.lock().unwrap().take() {
            return Err(error);
        }
        self.told.lock().unwrap().push(format!("{} {what}", token.reveal()));
        Ok(())
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

#[async_trait]
impl TaskCallback for Callback {
    async fn succeed(&self, token: &TaskToken, output: &Value) -> Result<(), CallbackError> {
        self.note(token, &output.to_string())
    }

    async fn fail(
        &self,
        token: &TaskToken,
        error: ErrorName,
        cause: &str,
    ) -> Result<(), CallbackError> {
        self.note(token, &format!("{error}: {cause}"))
    }
}

struct Setup {
    table: Arc<MemoryTable>,
    callback: Arc<Callback>,
    approvals: Approvals,
}

impl Setup {
    /// A cycle that asked for approval with this token.
    async fn asked(token: &str) -> Self {
        let setup = Self::empty();
        setup.ask(token).await.unwrap();
        setup
    }

    fn empty() -> Self {
        let (table, callback) = (Arc::new(MemoryTable::default()), Arc::new(Callback::default()));
        let approvals = Approvals {
            ledger: TenantLedger::new(table.clone() as Arc<dyn Table>, &sample::tenant()),
            callback: callback.clone(),
            clock: Arc::new(FixedClock(sample::now())),
        };
        Self { table, callback, approvals }
    }

    async fn ask(&self, token: &str) -> Result<Timestamp, PhaseError> {
        let token = TaskToken::from(token.to_owned());
        self.approvals.request(&sample::waiting(), &sample::allocation(), token).await
    }

    async fn decide(&self, wanted: Wanted) -> Result<Approval, PhaseError> {
        self.approvals.decide(sample::cycle_id(), wanted).await
    }

    async fn kept(&self) -> Approval {
        self.approvals.ledger.approval(sample::cycle_id()).await.unwrap().unwrap().value
    }

    fn at(mut self, seconds_later: i64) -> Self {
        let later = sample::now() + SignedDuration::from_secs(seconds_later);
        self.approvals.clock = Arc::new(FixedClock(later));
        self
    }
}

fn wanted(verdict: Verdict, only: Option<&[usize]>) -> Wanted {
    let id = |index: &usize| sample::proposals()[*index].action.id.clone();
    Wanted {
        verdict,
        only: only.map(|indexes| indexes.iter().map(id).collect()),
        by: "ada".into(),
        reason: Some("looks right".into()),
    }
}

#[tokio::test]
async fn an_approval_is_told_once_and_the_token_is_forgotten() {
    let setup = Setup::asked("token").await;
    let decided = setup.decide(wanted(Verdict::Approve, None)).await.unwrap();
    assert_eq!(decided.approved().len(), 3);
    assert_eq!(setup.callback.told(), [r#"token {"verdict":"approve","approved":3}"#]);
    let kept = setup.kept().await;
    assert_eq!(kept.token, None);
    assert_eq!(kept.decision.unwrap().by, "ada");

    setup.decide(wanted(Verdict::Approve, None)).await.unwrap();
    assert_eq!(setup.callback.told().len(), 1, "a repeated decision is not told twice");
}

#[tokio::test]
async fn whether_the_execution_goes_on_depends_on_what_is_approved() {
    let cases = [
        (Verdict::Approve, Some(&[0, 2][..]), r#"t {"verdict":"approve","approved":2}"#),
        (Verdict::Reject, Some(&[0][..]), r#"t {"verdict":"reject","approved":2}"#),
        (Verdict::Reject, None, "t ApprovalRejected: rejected by ada: looks right"),
        (Verdict::Approve, Some(&[][..]), "t ApprovalRejected: rejected by ada: looks right"),
        (Verdict::Reject, Some(&[0, 1, 2][..]), "t ApprovalRejected: rejected by ada: looks right"),
    ];
    for (verdict, only, told) in cases {
        let setup = Setup::asked("t").await;
        setup.decide(wanted(verdict, only)).await.unwrap();
        assert_eq!(setup.callback.told(), [told]);
    }
}

#[tokio::test]
async fn the_first_decision_counts_and_the_second_is_told_who_decided() {
    let setup = Setup::asked("token").await;
    setup.decide(wanted(Verdict::Approve, Some(&[0]))).await.unwrap();
    let bob = Wanted { by: "bob".into(), ..wanted(Verdict::Approve, Some(&[0])) };
    for second in [bob, wanted(Verdict::Reject, None), wanted(Verdict::Approve, Some(&[0, 1]))] {
        let error = setup.decide(second).await.unwrap_err();
        assert_eq!(error.name, ErrorName::Conflict);
        assert!(error.message.contains("approved (only 1 of its actions) by ada"), "{error}");
    }
    assert_eq!(setup.callback.told().len(), 1);
}

#[tokio::test]
async fn what_nobody_asked_about_cannot_be_decided() {
    let setup = Setup::asked("token").await;
    let unknown: ActionId = "act-00000000000000aa".parse().unwrap();
    let mut only = wanted(Verdict::Approve, Some(&[0]));
    only.only.as_mut().unwrap().insert(unknown.clone());
    let error = setup.decide(only).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
    assert!(error.message.contains(unknown.as_str()), "{error}");
    assert!(!error.message.contains(sample::proposals()[0].action.id.as_str()), "{error}");

    let other: CycleId = "0198a6b0-0000-7000-8000-00000000000f".parse().unwrap();
    let error = setup.approvals.decide(other, wanted(Verdict::Approve, None)).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
    assert!(error.message.contains("0f does not wait"), "{error}");

    let nobody = Wanted { by: " ".into(), ..wanted(Verdict::Approve, None) };
    assert_eq!(setup.decide(nobody).await.unwrap_err().name, ErrorName::InvalidInput);
    assert!(setup.callback.told().is_empty() && setup.kept().await.decision.is_none());
}

#[tokio::test]
async fn a_decision_counts_until_the_very_second_the_request_expires() {
    let late = Setup::asked("token").await.at(3_600);
    let error = late.decide(wanted(Verdict::Approve, None)).await.unwrap_err();
    assert_eq!(error.name, ErrorName::ApprovalExpired);
    assert!(late.callback.told().is_empty() && late.kept().await.decision.is_none());

    let just_in_time = Setup::asked("token").await.at(3_599);
    just_in_time.decide(wanted(Verdict::Approve, None)).await.unwrap();
    assert_eq!(just_in_time.callback.told().len(), 1);
}

#[tokio::test]
async fn an_execution_that_does_not_wait_any_more_is_expired() {
    let setup = Setup::asked("token").await;
    setup.callback.fail_once(CallbackError::Closed);
    let error = setup.decide(wanted(Verdict::Approve, None)).await.unwrap_err();
    assert_eq!(error.name, ErrorName::ApprovalExpired);
    assert!(error.message.contains(&sample::cycle_id().to_string()), "{error}");
}

#[tokio::test]
async fn a_decision_that_did_not_reach_the_execution_reaches_it_when_repeated() {
    let setup = Setup::asked("token").await;
    let lost = PhaseError::new(ErrorName::Transient, "connection reset");
    setup.callback.fail_once(CallbackError::Failed(lost));
    let error = setup.decide(wanted(Verdict::Approve, None)).await.unwrap_err();
    assert_eq!(error.name, ErrorName::Transient);
    assert!(setup.kept().await.token.is_some());

    // Even after the request expired: it was decided in time.
    let setup = setup.at(7_200);
    let reworded = Wanted { reason: None, ..wanted(Verdict::Approve, None) };
    setup.decide(reworded).await.unwrap();
    assert_eq!(setup.callback.told().len(), 1);
    assert_eq!(setup.kept().await.token, None);
}

#[tokio::test]
async fn a_crash_before_the_token_is_forgotten_is_mended_by_repeating() {
    let setup = Setup::asked("token").await;
    // The first write is the decision, the second forgets the token.
    setup.table.fail_write(2);
    assert!(setup.decide(wanted(Verdict::Approve, None)).await.is_err());
    assert_eq!(setup.callback.told().len(), 1);
    setup.decide(wanted(Verdict::Approve, None)).await.unwrap();
    assert_eq!(setup.kept().await.token, None);
}

#[tokio::test]
async fn asking_again_replaces_the_token_while_nothing_is_decided() {
    let setup = Setup::asked("old").await;
    assert_eq!(setup.ask("old").await.unwrap(), sample::now() + SignedDuration::from_hours(1));
    let setup = setup.at(60);
    let expires_at = setup.ask("new").await.unwrap();
    assert_eq!(expires_at, sample::now() + SignedDuration::from_secs(3_660));
    setup.decide(wanted(Verdict::Approve, None)).await.unwrap();
    assert_eq!(setup.callback.told(), [r#"new {"verdict":"approve","approved":3}"#]);
}

#[tokio::test]
async fn a_cycle_that_asks_again_is_told_what_was_decided_meanwhile() {
    let setup = Setup::asked("old").await;
    setup.callback.fail_once(CallbackError::Closed);
    assert!(setup.decide(wanted(Verdict::Reject, None)).await.is_err());
    setup.ask("new").await.unwrap();
    assert_eq!(setup.callback.told(), ["new ApprovalRejected: rejected by ada: looks right"]);
    assert_eq!(setup.kept().await.token, None);
}

#[tokio::test]
async fn a_cycle_of_another_tenant_cannot_be_decided() {
    let setup = Setup::asked("token").await;
    let other = Approvals {
        ledger: TenantLedger::new(setup.table.clone(), &"other".parse().unwrap()),
        callback: setup.callback.clone(),
        clock: setup.approvals.clock.clone(),
    };
    let error = other.decide(sample::cycle_id(), wanted(Verdict::Approve, None)).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
}

#[test]
fn a_long_reason_still_fits_into_a_cause() {
    let decision = Wanted { reason: Some("理".repeat(40_000)), ..wanted(Verdict::Reject, None) }
        .decision(sample::now());
    let cause = cause(&decision);
    assert!(cause.len() <= 32_768 && cause.starts_with("rejected by ada: 理"));
}
