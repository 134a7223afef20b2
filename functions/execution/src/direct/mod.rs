//! Changes by a service's own API, one file an operation.
//!
//! Every step converges: it looks first, does what is left, and can be called again after a crash
//! at any point without doing anything twice.

use async_trait::async_trait;
use miyabi_types::action::{Action, Operation, Settings, TargetState};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    accounts::Clients,
    error::{ExecutionError, Result},
    step::{Job, Restored, Step, is_half_way},
};

mod abort_multipart_uploads;
mod block_public_access;
mod delete_nat_gateway;
mod delete_secret;
mod delete_volume;
mod delete_vpc_endpoint;
mod deny_insecure_transport;
mod disable_subnet_public_ip;
pub mod ec2;
mod enable_ebs_encryption;
mod encrypt_bucket;
mod encrypt_queue;
mod modify_db_instance;
mod modify_volume;
mod pause_cluster;
mod protect_load_balancer;
mod protect_table;
mod release_address;
mod require_imds_v2;
mod resize_instance;
mod revoke_rules;
mod rotate_key;
mod s3;
mod scan_on_push;
mod set_desired_count;
mod set_file_lifecycle;
mod set_image_lifecycle;
mod set_log_retention;
mod set_password_policy;
mod stop_db_cluster;
mod stop_db_instance;
mod stop_instance;
mod validate_trail;

/// One kind of change, with its backup and its undo.
#[async_trait]
pub trait DirectAction: Send + Sync {
    /// The target's live state, with the keys that [`Operation`] documents.
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState>;

    /// Keeps what the state alone cannot bring back; what it kept goes to [`Job::kept`].
    async fn backup(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Value>>;

    /// Leads the target to the desired state.
    async fn apply(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<()>>;

    /// Leads the target back to the state before.
    async fn undo(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Restored>>;

    /// Whether `live` is a state that this change itself passes through.
    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        is_half_way(live, job.before(), &job.action.desired)
    }
}

/// A change that sets settings, and is undone by setting them back.
#[async_trait]
pub trait Setting: Send + Sync {
    /// The target's live state.
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState>;

    /// Leads the target to the state `to`, from wherever it is.
    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>>;

    /// Whether `live` is a state that the change itself passes through.
    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        is_half_way(live, job.before(), &job.action.desired)
    }
}

#[async_trait]
impl<T: Setting> DirectAction for T {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        Setting::read(self, aws, action).await
    }

    async fn backup(&self, _aws: &Clients, _job: &Job<'_>) -> Result<Step<Value>> {
        Ok(Step::Done(Value::Null))
    }

    async fn apply(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<()>> {
        self.set(aws, job.action, present(&job.action.desired)?).await
    }

    async fn undo(&self, aws: &Clients, job: &Job<'_>) -> Result<Step<Restored>> {
        Ok(match self.set(aws, job.action, present(job.before())?).await? {
            Step::Done(()) => Step::Done(Restored::Exactly),
            Step::Pending { retry_after, note } => Step::Pending { retry_after, note },
        })
    }

    fn is_own_state(&self, live: &TargetState, job: &Job<'_>) -> bool {
        Setting::is_own_state(self, live, job)
    }
}

/// The change that carries out `operation`.
pub fn direct(operation: Operation) -> &'static dyn DirectAction {
    match operation {
        Operation::ReleaseAddress => &release_address::ReleaseAddress,
        Operation::DeleteVolume => &delete_volume::DeleteVolume,
        Operation::ModifyVolume => &modify_volume::ModifyVolume,
        Operation::ResizeInstance => &resize_instance::ResizeInstance,
        Operation::StopInstance => &stop_instance::StopInstance,
        Operation::RequireImdsV2 => &require_imds_v2::RequireImdsV2,
        Operation::RevokeRules => &revoke_rules::RevokeRules,
        Operation::DisableSubnetPublicIp => &disable_subnet_public_ip::DisableSubnetPublicIp,
        Operation::EnableEbsEncryption => &enable_ebs_encryption::EnableEbsEncryption,
        Operation::BlockPublicAccess => &block_public_access::BlockPublicAccess,
        Operation::EncryptBucket => &encrypt_bucket::EncryptBucket,
        Operation::AbortMultipartUploads => &abort_multipart_uploads::AbortMultipartUploads,
        Operation::DenyInsecureTransport => &deny_insecure_transport::DenyInsecureTransport,
        Operation::ModifyDbInstance => &modify_db_instance::ModifyDbInstance,
        Operation::StopDbInstance => &stop_db_instance::StopDbInstance,
        Operation::SetPasswordPolicy => &set_password_policy::SetPasswordPolicy,
        Operation::DeleteNatGateway => &delete_nat_gateway::DeleteNatGateway,
        Operation::DeleteVpcEndpoint => &delete_vpc_endpoint::DeleteVpcEndpoint,
        Operation::SetDesiredCount => &set_desired_count::SetDesiredCount,
        Operation::PauseCluster => &pause_cluster::PauseCluster,
        Operation::StopDbCluster => &stop_db_cluster::StopDbCluster,
        Operation::SetLogRetention => &set_log_retention::SetLogRetention,
        Operation::SetImageLifecycle => &set_image_lifecycle::SetImageLifecycle,
        Operation::SetFileLifecycle => &set_file_lifecycle::SetFileLifecycle,
        Operation::DeleteSecret => &delete_secret::DeleteSecret,
        Operation::EncryptQueue => &encrypt_queue::EncryptQueue,
        Operation::ProtectLoadBalancer => &protect_load_balancer::ProtectLoadBalancer,
        Operation::ProtectTable => &protect_table::ProtectTable,
        Operation::RotateKey => &rotate_key::RotateKey,
        Operation::ScanOnPush => &scan_on_push::ScanOnPush,
        Operation::ValidateTrail => &validate_trail::ValidateTrail,
    }
}

/// The settings of a state that must be present.
fn present(state: &TargetState) -> Result<&Settings> {
    match state {
        TargetState::Present(settings) => Ok(settings),
        TargetState::Absent => Err(ExecutionError::Refused(
            "a setting cannot lead to the absence of its resource".into(),
        )),
    }
}

/// The setting `name`, as its type.
fn wanted<T: DeserializeOwned>(settings: &Settings, name: &str) -> Result<T> {
    let value = settings.get(name).unwrap_or(&Value::Null);
    serde_json::from_value(value.clone())
        .map_err(|error| ExecutionError::Refused(format!("setting {name} is {value}: {error}")))
}

/// A setting's value as states hold it.
fn value(of: impl Serialize) -> Result<Value> {
    serde_json::to_value(of).map_err(|error| ExecutionError::Defect(error.to_string()))
}
