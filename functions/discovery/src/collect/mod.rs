//! Reading, one file per service. A new service is its file and its line in [`REGISTRY`].

use std::collections::HashMap;

use futures::future::BoxFuture;
use jiff::{Timestamp, Unit};
use miyabi_types::{
    evidence::Unavailable,
    id::Region,
    resource::{Resource, Tags},
    world::ChunkLine,
};
use serde_json::Value;

use crate::{call::Call, ownership::StackResource, scope::Scan};

mod access_analyzer;
mod account;
mod acm;
mod alarms;
mod api_gateway;
mod autoscaling;
mod cloudformation;
mod cloudfront;
mod cloudtrail;
mod cloudwatch;
pub(crate) mod compute_optimizer;
mod config;
pub(crate) mod cost_explorer;
pub(crate) mod cost_optimization_hub;
mod dashboards;
mod dynamodb;
mod ec2;
mod ecr;
mod ecs;
mod efs;
mod eks;
mod elasticache;
mod elasticloadbalancing;
pub mod generic;
mod guardduty;
mod iam;
mod kms;
mod lambda;
mod logs;
mod opensearch;
mod organizations;
mod pages;
mod rds;
mod redshift;
mod s3;
mod s3_access_points;
mod s3_account;
mod secrets_manager;
mod security_hub;
mod sns;
mod sqs;
mod subnet_group;
mod tagging;

/// Every collector.
pub const REGISTRY: &[Collector] = &[
    access_analyzer::COLLECTOR,
    account::COLLECTOR,
    acm::COLLECTOR,
    alarms::COLLECTOR,
    autoscaling::COLLECTOR,
    api_gateway::COLLECTOR,
    cloudformation::COLLECTOR,
    cloudfront::COLLECTOR,
    cloudtrail::COLLECTOR,
    compute_optimizer::COLLECTOR,
    config::COLLECTOR,
    cost_explorer::COLLECTOR,
    cost_optimization_hub::COLLECTOR,
    dashboards::COLLECTOR,
    dynamodb::COLLECTOR,
    ec2::COLLECTOR,
    efs::COLLECTOR,
    elasticache::COLLECTOR,
    ecr::COLLECTOR,
    ecs::COLLECTOR,
    eks::COLLECTOR,
    generic::GLOBAL,
    generic::REGIONAL,
    guardduty::COLLECTOR,
    elasticloadbalancing::COLLECTOR,
    iam::COLLECTOR,
    kms::COLLECTOR,
    lambda::COLLECTOR,
    logs::COLLECTOR,
    opensearch::COLLECTOR,
    organizations::COLLECTOR,
    rds::COLLECTOR,
    redshift::COLLECTOR,
    s3::COLLECTOR,
    s3_access_points::GLOBAL,
    s3_access_points::REGIONAL,
    s3_account::COLLECTOR,
    secrets_manager::COLLECTOR,
    security_hub::COLLECTOR,
    sns::COLLECTOR,
    sqs::COLLECTOR,
];

/// Reads one service.
pub struct Collector {
    /// The service, as its ARNs name it.
    pub service: &'static str,
    /// Which scopes it belongs to.
    pub reach: Reach,
    /// Every call that it makes.
    pub calls: &'static [Call],
    /// Reads the service in one scope. Never fails: what cannot be read becomes coverage.
    pub collect: for<'a> fn(&'a Scan) -> BoxFuture<'a, Collected>,
}

/// Whether a service is read once per region or once per account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// In every region.
    Regional,
    /// Once per account.
    Global,
}

impl Collector {
    /// A name that no other collector has: the action of its first call.
    pub(crate) const fn name(&self) -> &'static str {
        self.calls[0].action
    }

    /// How many of its calls are about what another one lists.
    pub(crate) fn details(&self) -> usize {
        self.calls.iter().filter(|call| call.kinds.is_empty()).count()
    }
}

/// The collector that tells who owns what the others find.
pub(crate) const OWNERS: &str = cloudformation::COLLECTOR.name();

impl Reach {
    /// The collectors of the services that are read there.
    pub(crate) fn collectors(self) -> impl Iterator<Item = &'static Collector> {
        REGISTRY.iter().filter(move |collector| collector.reach == self)
    }

    /// The reach of the services that are read in a scope with this region.
    #[must_use]
    pub fn of(region: &Region) -> Self {
        if region.is_global() { Self::Global } else { Self::Regional }
    }
}

/// What a collector read.
#[derive(Debug, Default)]
pub struct Collected {
    /// Resources.
    pub resources: Vec<Resource>,
    /// What is not a resource.
    pub lines: Vec<ChunkLine>,
    /// What CloudFormation's stacks own.
    pub owned: Vec<StackResource>,
}

impl From<Vec<Resource>> for Collected {
    fn from(resources: Vec<Resource>) -> Self {
        Self { resources, ..Self::default() }
    }
}

/// A list that could not be read has no items here; that it could not is in the coverage.
fn or_none<T>(list: Result<Vec<T>, Unavailable>) -> Vec<T> {
    list.unwrap_or_default()
}

/// Tags from a service's pairs; a tag without a value has an empty one.
fn tags<'a>(pairs: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Tags {
    let pair = |(key, value): (Option<&str>, Option<&str>)| {
        key.map(|key| (key.to_owned(), value.unwrap_or_default().to_owned()))
    };
    pairs.into_iter().filter_map(pair).collect()
}

/// Tags that a service tells as a map.
fn tag_map(map: Option<&HashMap<String, String>>) -> Tags {
    map.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Tags that a call of their own told, or none and why.
fn tags_or_why(tags: Result<Tags, Unavailable>) -> (Tags, Option<Unavailable>) {
    match tags {
        Ok(tags) => (tags, None),
        Err(why) => (Tags::new(), Some(why)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "an error mapper takes what it maps")]
fn not_json(error: serde_json::Error) -> Unavailable {
    Unavailable::because(format!("the policy is not JSON: {error}"))
}

/// A policy document, as the text that it is where it is no JSON: it is there all the same.
fn policy(text: Option<&str>) -> Option<Value> {
    let text = text.filter(|text| !text.is_empty())?;
    Some(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())))
}

/// A time to the microsecond. In JSON, services write times as decimal fractions; what is beyond is not AWS's
/// but comes of their being read as binary ones.
fn timestamp(time: Option<&aws_smithy_types::DateTime>) -> Option<Timestamp> {
    let time = time?;
    let time = Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()?;
    time.round(Unit::Microsecond).ok()
}

/// AWS's counts and sizes are signed but never negative.
fn natural(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// A text that may be absent; services write some absent ones as empty.
fn owned(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items.dedup();
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_take_the_most_calls_of_a_region() {
        let others = Reach::Regional.collectors().filter(|one| one.name() != s3::COLLECTOR.name());
        let most = others.map(Collector::details).max();
        assert!(most < Some(s3::COLLECTOR.details()), "{most:?}");
    }
}
