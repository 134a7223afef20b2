//! A second opinion: what Compute Optimizer and Cost Optimization Hub recommend.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    evidence::Evidence,
    id::{Arn, IamAction},
    money::MonthlyUsd,
    world::Scope,
};

/// What one call said of one scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// The scope.
    pub scope: Scope,
    /// The call, for example `compute-optimizer:GetEC2InstanceRecommendations`.
    pub source: IamAction,
    /// What it recommends, sorted by resource; or why that is not known: an account that is not enrolled
    /// is told nothing.
    pub recommendations: Evidence<Vec<Recommendation>>,
}

/// What is recommended for one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recommendation {
    /// The resource; absent for what is to be bought.
    pub resource: Option<Arn>,
    /// The resource's id or name, or the recommendation's own id.
    pub id: String,
    /// The kind of resource as AWS names it there, for example `Ec2Instance`.
    pub kind: String,
    /// What to do, as AWS names it: `Rightsize`, `Stop`, `Delete` …, or Compute Optimizer's finding
    /// (`Overprovisioned`, `Idle` …).
    pub finding: String,
    /// What it is now, for example `m5.2xlarge`; absent where it is not told.
    pub current: Option<String>,
    /// What it should be, the best first; empty where nothing is to be changed.
    pub options: Vec<Advised>,
    /// Days that AWS looked back.
    pub look_back_days: Option<u32>,
    /// When AWS last looked.
    pub refreshed_at: Option<Timestamp>,
}

/// One way to follow a recommendation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advised {
    /// What it should be, for example `m5.large`; empty where it is to be gone.
    pub target: String,
    /// What that saves before discounts; absent where it is not told or not in US dollars.
    pub saving: Option<MonthlyUsd>,
    /// Compute Optimizer's performance risk, 0 (very low) to 4 (very high).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub performance_risk: Option<f64>,
    /// What it takes: `VeryLow` … `VeryHigh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<String>,
}
