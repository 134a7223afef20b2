//! The vocabulary and the contracts of Miyabi: every type that crosses a phase,
//! storage or API boundary. Pure: no AWS SDK, no async runtime, no IO.
#![warn(missing_docs)]

pub mod action;
pub mod advice;
pub mod agent;
pub mod allocation;
pub mod approval;
pub mod artifact;
pub mod commitments;
pub mod costs;
pub mod cycle;
pub mod error;
pub mod evidence;
pub mod exemption;
pub mod finding;
pub mod id;
pub mod money;
pub mod outcome;
pub mod phase;
pub mod plan;
pub mod plan_diff;
pub mod pricing;
pub mod report;
pub mod resource;
pub mod route;
pub mod score;
pub mod security_hub;
pub mod settings;
pub mod standard;
pub mod strategy;
pub mod task;
pub mod utilization;
pub mod world;
