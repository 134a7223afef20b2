//! θ₅ Integration: asks people for approval, tells people and monitoring how a cycle ended.
#![warn(missing_docs)]

pub mod alarms;
pub mod approval;
pub mod callback;
pub mod channel;
pub mod config;
pub mod dashboards;
pub mod dossier;
pub mod handler;
mod markdown;
pub mod metrics;
pub mod report;
#[cfg(test)]
mod sample;
pub mod summary;
mod voice;
mod words;

/// Every IAM action that this function's own calls need, beside those of the artifact store and
/// the ledger.
pub const PERMISSIONS: &[&str] = &[
    "cloudwatch:PutDashboard",
    "cloudwatch:PutMetricAlarm",
    "cloudwatch:PutMetricData",
    "states:SendTaskFailure",
    "states:SendTaskSuccess",
];
