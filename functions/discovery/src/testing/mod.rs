//! Resources to test with.

pub mod aws;

use std::sync::Arc;

use aws_config::SdkConfig;
use miyabi_platform::{Artifacts, FixedClock, new_cycle_id, table::MemoryTable};
use miyabi_types::{
    artifact::ArtifactRef,
    cycle::CycleState,
    evidence::Evidence,
    id::{AccountId, Region, TenantId},
    phase::{DiscoveryRequest, DiscoveryResponse, ScannedScope},
    resource::{
        Resource, ResourceConfig, ResourceKind, Tags,
        ec2::{Address, Volume},
        iam::Role,
    },
    settings::{Mode, TenantSettings},
    world::{ChunkLine, Scope},
};

use crate::{Discovery, place::Place};

pub fn place() -> Place {
    let account = AccountId::parse("123456789012").unwrap();
    Place::new(account, Region::parse("us-east-1").unwrap(), "us-east-1")
}

pub fn volume(id: &str, tags: Tags) -> Resource {
    let volume = Volume {
        volume_type: "gp3".into(),
        size_gib: 8,
        iops: Some(3000),
        throughput_mibps: Some(125),
        state: "available".into(),
        encrypted: true,
        kms_key_id: None,
        snapshot_id: None,
        availability_zone: "us-east-1a".into(),
        attached_to: Vec::new(),
    };
    let arn = place().arn("ec2", &format!("volume/{id}"));
    place().resource(arn, id, tags, ResourceConfig::Ec2Volume(volume))
}

pub fn address(id: &str, public_ip: &str) -> Resource {
    let address = Address {
        public_ip: public_ip.into(),
        allocation_id: id.into(),
        association_id: None,
        instance_id: None,
        network_interface_id: None,
    };
    let arn = place().arn("ec2", &format!("elastic-ip/{id}"));
    place().resource(arn, id, Tags::new(), ResourceConfig::Ec2Address(address))
}

pub fn role(name: &str, tags: Tags) -> Resource {
    let place = Place::new(place().account, Region::global(), "us-east-1");
    let role = Role {
        path: "/".into(),
        trust_policy: serde_json::Value::Null,
        inline_policies: Vec::new(),
        attached_policies: Vec::new(),
        last_used_at: None,
        permissions_boundary: None,
        instance_profiles: Vec::new(),
    };
    let arn = place.global_arn("iam", &format!("role/{name}"));
    place.resource(arn, name, tags, ResourceConfig::IamRole(role))
}

/// Discovery over `sdk`, at a fixed time, with artifacts that travel inline and a ledger in memory.
pub fn discovery(sdk: SdkConfig) -> Discovery {
    Discovery {
        sdk,
        artifacts: Artifacts::inline(),
        table: Some(Arc::new(MemoryTable::default())),
        clock: Arc::new(FixedClock("2026-03-01T12:34:56Z".parse().unwrap())),
        budget: crate::pace::Budget::default(),
    }
}

/// A cycle whose settings ask Cloud Control for one type, so that every action takes one call.
pub fn cycle() -> CycleState {
    let cycle = CycleState::new(TenantId::parse("acme").unwrap(), new_cycle_id(), Mode::Observe);
    let generic_types = vec!["AWS::AppConfig::Application".into()];
    let settings = TenantSettings { generic_types, ..TenantSettings::default() };
    CycleState { settings: Some(ArtifactRef::inline(settings)), ..cycle }
}

pub fn scope(region: &str) -> Scope {
    Scope { account: place().account, region: Region::parse(region).unwrap() }
}

/// Scans a scope of the account 123456789012 and answers its manifest and lines.
pub async fn scan(sdk: SdkConfig, region: &str) -> ScannedScope {
    scan_in(cycle(), sdk, region).await
}

/// The same in this cycle.
pub async fn scan_in(cycle: CycleState, sdk: SdkConfig, region: &str) -> ScannedScope {
    scan_by(&discovery(sdk), cycle, region).await
}

/// The same by this discovery.
pub async fn scan_by(discovery: &Discovery, cycle: CycleState, region: &str) -> ScannedScope {
    let cycle = Box::new(cycle);
    let request = DiscoveryRequest::Scan { cycle, sequence: 0, scope: scope(region) };
    match discovery.handle(request).await.unwrap() {
        DiscoveryResponse::Scanned(scanned) => *scanned,
        DiscoveryResponse::Cycle { .. } => panic!("scan answers a scope"),
    }
}

/// What a scan says of one IAM action.
pub fn coverage<'a>(scanned: &'a ScannedScope, action: &str) -> &'a Evidence<u64> {
    let mut coverage = scanned.manifest.coverage.iter();
    &coverage.find(|c| c.api.as_str() == action).unwrap_or_else(|| panic!("{action}")).result
}

/// The resources that a scan found.
pub fn resources<'a>(scanned: &'a ScannedScope) -> Vec<&'a Resource> {
    let resource = |line: &'a ChunkLine| match line {
        ChunkLine::Resource(resource) => Some(&**resource),
        _ => None,
    };
    scanned.lines.iter().flatten().filter_map(resource).collect()
}

/// The resources of one kind that a scan found.
pub fn of_kind(scanned: &ScannedScope, kind: ResourceKind) -> Vec<&Resource> {
    resources(scanned).into_iter().filter(|resource| resource.kind() == kind).collect()
}
