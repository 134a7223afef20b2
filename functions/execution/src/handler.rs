//! From the event to the library and back.

use miyabi_platform::PhaseError;
use miyabi_types::phase::{ExecutionRequest, ExecutionResponse};

use crate::executor::Executor;

/// Answers one request.
pub async fn handle(
    executor: &Executor,
    request: ExecutionRequest,
) -> Result<ExecutionResponse, PhaseError> {
    Ok(match request {
        ExecutionRequest::Wave { cycle, wave } => {
            ExecutionResponse::Step(executor.wave(&cycle, wave).await?)
        }
        ExecutionRequest::Health { cycle, wave } => {
            ExecutionResponse::Health(executor.health(&cycle, wave).await?)
        }
        ExecutionRequest::Rollback { tenant, cycle_id, wave } => {
            ExecutionResponse::Step(executor.rollback(&tenant, cycle_id, wave).await?)
        }
        ExecutionRequest::Finish { cycle } => {
            ExecutionResponse::Cycle(executor.finish(*cycle).await?)
        }
    })
}
