//! Which tasks may be done: what a person approved, and in mode `auto` what needs no person.

use std::collections::BTreeSet;

use miyabi_platform::{PhaseError, TenantLedger};
use miyabi_types::{
    action::SafetyClass,
    allocation::{Allocation, Gate},
    approval::Approval,
    cycle::CycleState,
    error::ErrorName,
    id::ActionId,
    settings::Mode,
    task::AwsTask,
};

/// What may be done in a cycle.
#[derive(Debug)]
pub struct Permit {
    mode: Mode,
    approval: Option<(Approval, BTreeSet<ActionId>)>,
}

impl Permit {
    /// Reads what was decided. Refuses where nothing may be done at all.
    pub async fn of(
        cycle: &CycleState,
        allocation: &Allocation,
        ledger: &TenantLedger,
    ) -> Result<Self, PhaseError> {
        if allocation.cycle != cycle.cycle || allocation.tenant != cycle.tenant {
            return Err(PhaseError::invalid_input(format!(
                "the allocation is of cycle {} of tenant {}, not of cycle {} of tenant {}",
                allocation.cycle, allocation.tenant, cycle.cycle, cycle.tenant
            )));
        }
        // A cycle never goes further than either its input or its allocation says.
        let mode = cycle.mode.min(allocation.mode);
        if mode == Mode::Observe {
            return Err(PhaseError::invalid_input(format!(
                "cycle {} only observes: nothing is executed in mode observe",
                cycle.cycle
            )));
        }
        if mode == Mode::Auto && allocation.gate == Gate::Auto {
            return Ok(Self { mode, approval: None });
        }
        let approval = ledger.approval(cycle.cycle).await?.ok_or_else(|| {
            PhaseError::invalid_input(format!(
                "nobody was asked to approve cycle {}: there is no approval in the ledger",
                cycle.cycle
            ))
        })?;
        let approval = approval.value;
        if approval.decision.is_none() {
            return Err(PhaseError::new(
                ErrorName::ApprovalExpired,
                format!("nobody decided on cycle {} until {}", cycle.cycle, approval.expires_at),
            ));
        }
        let shown = cycle.allocation.as_ref().and_then(|reference| reference.key());
        if let Some(shown) = shown
            && *shown != approval.allocation
        {
            return Err(PhaseError::invalid_input(format!(
                "{} was approved, not {shown}",
                approval.allocation
            )));
        }
        let approved = approval.approved();
        Ok(Self { mode, approval: Some((approval, approved)) })
    }

    /// Whether the task may be done.
    pub fn allows(&self, task: &AwsTask) -> bool {
        let action = &task.action;
        let by_itself = self.mode == Mode::Auto && action.safety == SafetyClass::Auto;
        match (&self.approval, action.safety) {
            (_, SafetyClass::Manual) => false,
            (None, _) => by_itself,
            // What was not part of the question was not refused either.
            (Some((asked, approved)), _) => {
                approved.contains(&action.id) || (by_itself && !asked.actions.contains(&action.id))
            }
        }
    }
}
