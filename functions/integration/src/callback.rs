//! How a waiting execution is told to go on.

use async_trait::async_trait;
use aws_sdk_sfn::{
    Client,
    operation::{send_task_failure::SendTaskFailureError, send_task_success::SendTaskSuccessError},
};
use miyabi_platform::PhaseError;
use miyabi_types::{approval::TaskToken, error::ErrorName};
use serde_json::Value;

/// Why an execution could not be told.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// The task that gave out the token does not wait any more: it timed out, its execution was
    /// stopped, or it was answered before.
    #[error("the task does not wait any more")]
    Closed,
    /// The call failed.
    #[error(transparent)]
    Failed(#[from] PhaseError),
}

/// Answers the task that a token came from.
#[async_trait]
pub trait TaskCallback: Send + Sync {
    /// The task goes on with `output`.
    async fn succeed(&self, token: &TaskToken, output: &Value) -> Result<(), CallbackError>;

    /// The task fails with `error`.
    async fn fail(
        &self,
        token: &TaskToken,
        error: ErrorName,
        cause: &str,
    ) -> Result<(), CallbackError>;
}

/// AWS Step Functions.
#[derive(Debug, Clone)]
pub struct StepFunctions {
    client: Client,
}

impl StepFunctions {
    /// Answers through this client.
    pub const fn new(client: Client) -> Self {
        Self { client }
    }
}

#[async_trait]
impl TaskCallback for StepFunctions {
    async fn succeed(&self, token: &TaskToken, output: &Value) -> Result<(), CallbackError> {
        let sent = self
            .client
            .send_task_success()
            .task_token(token.reveal())
            .output(output.to_string())
            .send()
            .await;
        sent.map(drop).map_err(|error| match error.as_service_error() {
            Some(
                SendTaskSuccessError::TaskTimedOut(_)
                | SendTaskSuccessError::TaskDoesNotExist(_)
                | SendTaskSuccessError::InvalidToken(_),
            ) => CallbackError::Closed,
            _ => PhaseError::from_sdk("states:SendTaskSuccess", error).into(),
        })
    }

    async fn fail(
        &self,
        token: &TaskToken,
        error: ErrorName,
        cause: &str,
    ) -> Result<(), CallbackError> {
        let sent = self
            .client
            .send_task_failure()
            .task_token(token.reveal())
            .error(error.as_str())
            .cause(cause)
            .send()
            .await;
        sent.map(drop).map_err(|error| match error.as_service_error() {
            Some(
                SendTaskFailureError::TaskTimedOut(_)
                | SendTaskFailureError::TaskDoesNotExist(_)
                | SendTaskFailureError::InvalidToken(_),
            ) => CallbackError::Closed,
            _ => PhaseError::from_sdk("states:SendTaskFailure", error).into(),
        })
    }
}
