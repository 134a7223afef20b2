//! Asking for approval, and deciding. The ledger holds the token; nobody is ever shown it.
//!
//! A decision is written before Step Functions is told, and the token is removed after: whoever
//! repeats a decision after a crash in between finds both and tells it again.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use miyabi_platform::{Clock, PhaseError, TenantLedger, ledger::Stored};
use miyabi_types::{
    allocation::Allocation,
    approval::{Approval, Decision, TaskToken, Verdict},
    artifact::{ArtifactKey, ArtifactRef},
    cycle::CycleState,
    error::ErrorName,
    id::{ActionId, CycleId},
    settings::Policy,
};
use serde_json::json;

use crate::{
    callback::{CallbackError, TaskCallback},
    markdown::shorten,
};

/// Most bytes of a cause that Step Functions takes; a character has up to 4.
/// Source: Step Functions API reference, `SendTaskFailure`, 32768.
const LONGEST_CAUSE: usize = 32_768 / 4;

/// How often a write that another invocation overtook is tried again.
const ATTEMPTS: u32 = 3;

/// The approvals of one tenant.
pub struct Approvals {
    /// Where they are kept.
    pub ledger: TenantLedger,
    /// Tells a waiting execution.
    pub callback: Arc<dyn TaskCallback>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// Until when a cycle that asks `now` can be decided.
pub fn expires_at(cycle: &CycleState, now: Timestamp) -> Timestamp {
    // As long as the state machine waits where the cycle does not say.
    let default = Policy::default().approval_minutes.saturating_mul(60);
    now + SignedDuration::from_secs(cycle.approval_seconds.unwrap_or(default).into())
}

impl Approvals {
    /// Keeps the request of `cycle` with its token. Asked again, the newest token counts while
    /// nothing is decided; a decision that was made meanwhile is told to it at once.
    ///
    /// Answers until when the request can be decided.
    pub async fn request(
        &self,
        cycle: &CycleState,
        allocation: &Allocation,
        token: TaskToken,
    ) -> Result<Timestamp, PhaseError> {
        let mut attempt = 1;
        loop {
            let there = self.ledger.approval(cycle.cycle).await?;
            if let Some(Stored { version, value }) = &there
                && value.decision.is_some()
            {
                let mut decided = value.clone();
                decided.token = Some(token);
                self.tell(&decided, *version).await?;
                return Ok(decided.expires_at);
            }
            if let Some(Stored { value, .. }) = &there
                && value.token.as_ref() == Some(&token)
            {
                return Ok(value.expires_at);
            }
            let now = self.clock.now();
            let approval = Approval {
                cycle: cycle.cycle,
                allocation: allocation_key(cycle),
                actions: allocation.tasks().map(|task| task.action.id.clone()).collect(),
                token: Some(token.clone()),
                requested_at: now,
                expires_at: expires_at(cycle, now),
                decision: None,
            };
            match self.ledger.put_approval(&approval, there.map(|stored| stored.version)).await {
                Ok(_) => return Ok(approval.expires_at),
                Err(error) if error.name == ErrorName::Conflict && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Decides on a cycle that waits and tells its execution. The first decision counts.
    ///
    /// Answers the approval as decided. `InvalidInput` for a cycle that nobody asked about or an
    /// action that is not part of it; `Conflict` if it was decided otherwise, or by somebody else;
    /// `ApprovalExpired` if it is too late.
    pub async fn decide(&self, cycle: CycleId, wanted: Wanted) -> Result<Approval, PhaseError> {
        if wanted.by.trim().is_empty() {
            return Err(PhaseError::invalid_input("by is empty: name who decides"));
        }
        let mut attempt = 1;
        loop {
            let Some(Stored { version, value: mut approval }) = self.ledger.approval(cycle).await?
            else {
                return Err(PhaseError::invalid_input(format!(
                    "cycle {cycle} does not wait for an approval of this tenant: check cycle_id and tenant"
                )));
            };
            wanted.check(&approval)?;
            if let Some(decision) = &approval.decision {
                if !wanted.is(decision) {
                    return Err(decided_before(cycle, decision));
                }
                if approval.token.is_some() {
                    self.tell(&approval, version).await?;
                }
                approval.token = None;
                return Ok(approval);
            }
            let now = self.clock.now();
            if now >= approval.expires_at {
                return Err(PhaseError::new(
                    ErrorName::ApprovalExpired,
                    format!("the request of cycle {cycle} expired at {}", approval.expires_at),
                ));
            }
            approval.decision = Some(wanted.decision(now));
            match self.ledger.put_approval(&approval, Some(version)).await {
                Ok(version) => {
                    self.tell(&approval, version).await?;
                    approval.token = None;
                    return Ok(approval);
                }
                // Somebody decided, or the cycle asked anew: look again.
                Err(error) if error.name == ErrorName::Conflict && attempt < ATTEMPTS => {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells the execution what was decided, then forgets the token.
    async fn tell(&self, approval: &Approval, version: u64) -> Result<(), PhaseError> {
        let (Some(decision), Some(token)) = (&approval.decision, &approval.token) else {
            return Ok(());
        };
        let approved = approval.approved().len();
        let told = if approved > 0 {
            let output = json!({ "verdict": decision.verdict, "approved": approved });
            self.callback.succeed(token, &output).await
        } else {
            self.callback.fail(token, ErrorName::ApprovalRejected, &cause(decision)).await
        };
        match told {
            Ok(()) => {
                let forgotten = Approval { token: None, ..approval.clone() };
                match self.ledger.put_approval(&forgotten, Some(version)).await {
                    // Somebody repeated the decision at the same time and has forgotten it.
                    Err(error) if error.name == ErrorName::Conflict => Ok(()),
                    result => result.map(drop),
                }
            }
            Err(CallbackError::Closed) => Err(PhaseError::new(
                ErrorName::ApprovalExpired,
                format!(
                    "cycle {} does not wait any more: its time to decide is over, its execution \
                     was stopped, or this decision has reached it before",
                    approval.cycle
                ),
            )),
            Err(CallbackError::Failed(error)) => Err(error),
        }
    }
}

/// What somebody wants to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Approve or reject.
    pub verdict: Verdict,
    /// The actions it is about; absent means all.
    pub only: Option<BTreeSet<ActionId>>,
    /// Who decides.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
}

impl Wanted {
    fn check(&self, approval: &Approval) -> Result<(), PhaseError> {
        let unknown: Vec<_> = self
            .only
            .iter()
            .flatten()
            .filter(|id| !approval.actions.contains(*id))
            .map(ActionId::as_str)
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(PhaseError::invalid_input(format!(
            "only names actions that cycle {} does not ask for: {}",
            approval.cycle,
            unknown.join(", ")
        )))
    }

    /// Whether `decision` is this one, made before. The reason may be told in other words.
    fn is(&self, decision: &Decision) -> bool {
        self.verdict == decision.verdict && self.only == decision.only && self.by == decision.by
    }

    fn decision(&self, at: Timestamp) -> Decision {
        Decision {
            verdict: self.verdict,
            only: self.only.clone(),
            by: self.by.clone(),
            reason: self.reason.clone(),
            at,
        }
    }
}

fn allocation_key(cycle: &CycleState) -> ArtifactKey {
    cycle
        .allocation
        .as_ref()
        .and_then(ArtifactRef::key)
        .cloned()
        .unwrap_or_else(|| ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, "allocation.json"))
}

fn decided_before(cycle: CycleId, decision: &Decision) -> PhaseError {
    let verdict = match decision.verdict {
        Verdict::Approve => "approved",
        Verdict::Reject => "rejected",
    };
    let what = match &decision.only {
        None => String::new(),
        Some(only) => format!(" (only {} of its actions)", only.len()),
    };
    PhaseError::new(
        ErrorName::Conflict,
        format!("cycle {cycle} was {verdict}{what} by {} at {}", decision.by, decision.at),
    )
}

fn cause(decision: &Decision) -> String {
    let reason = decision.reason.as_deref().unwrap_or("no reason given");
    shorten(&format!("rejected by {}: {reason}", decision.by), LONGEST_CAUSE)
}

#[cfg(test)]
mod tests;
