use std::sync::Arc;

use miyabi_platform::{Artifacts, store::MemoryStore};
use miyabi_types::{
    id::{AccountId, Region},
    phase::{DiscoveryRequest, DiscoveryResponse},
    resource::ResourceKind,
};

use super::*;
use crate::{
    scan::empty as empty_scope,
    testing::{
        aws::{empty, sdk},
        cycle, discovery, scan, scope,
    },
};

async fn sealed(discovery: &Discovery, request: DiscoveryRequest) -> CycleState {
    match discovery.handle(request).await.unwrap() {
        DiscoveryResponse::Cycle { cycle, scopes } => {
            assert!(scopes.is_empty());
            *cycle
        }
        DiscoveryResponse::Scanned(_) => panic!("seal answers a cycle"),
    }
}

#[tokio::test]
async fn without_a_bucket_the_world_is_inline_and_sorted() {
    let inline = vec![scan(sdk(empty), "us-east-1").await, scan(sdk(empty), "aws-global").await];
    let request = DiscoveryRequest::Seal {
        cycle: Box::new(cycle()),
        sequence: 0,
        scopes: vec![scope("us-east-1"), scope("aws-global")],
        inline,
    };
    let cycle = sealed(&discovery(sdk(empty)), request).await;
    let Some(WorldRef::Inline(world)) = cycle.world0 else { panic!("{:?}", cycle.world0) };
    assert!(world.manifest.scopes.is_sorted_by_key(|manifest| manifest.scope.clone()));
    assert!(world.resources.is_sorted_by_key(|resource| resource.arn.clone()));
    for resource in &world.resources {
        let always = resource.kind() == ResourceKind::Account;
        let is_setting = resource.kind().as_str().starts_with("Miyabi::");
        assert!(always || is_setting, "an account or a setting: {resource:?}");
    }
    assert!(world.costs.values().all(|costs| costs.known().is_some()));
    assert_eq!(cycle.world1, None);
}

#[tokio::test]
async fn a_scope_whose_scan_failed_is_in_the_world_as_unseen() {
    let mut discovery = discovery(sdk(empty));
    discovery.artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
    let cycle = cycle();
    let scanned = DiscoveryRequest::Scan {
        cycle: Box::new(cycle.clone()),
        sequence: 1,
        scope: scope("us-east-1"),
    };
    discovery.handle(scanned).await.unwrap();
    let request = DiscoveryRequest::Seal {
        cycle: Box::new(cycle),
        sequence: 1,
        scopes: vec![scope("us-east-1"), scope("eu-west-1"), scope("aws-global")],
        inline: Vec::new(),
    };
    let cycle = sealed(&discovery, request).await;
    assert_eq!(cycle.world0, None);
    let world =
        discovery.artifacts.load_world(&cycle, "world1", cycle.world1.as_ref()).await.unwrap();
    let unseen =
        |kind| world.unseen(kind).map(|(scope, _)| scope.region.as_str()).collect::<Vec<_>>();
    assert_eq!(unseen(ResourceKind::Ec2Instance), ["eu-west-1"]);
    assert_eq!(unseen(ResourceKind::IamRole), ["aws-global"]);
    let (_, why) = world.unseen(ResourceKind::IamUser).next().unwrap();
    assert!(why.reason.contains("scan of the scope failed"), "{why:?}");
    assert_eq!(world.manifest.sequence, 1);
}

#[tokio::test]
async fn a_store_that_fails_is_an_error_and_not_an_unseen_scope() {
    let store = Arc::new(MemoryStore::default());
    store.fail_on("us-east-1.json");
    let mut discovery = discovery(sdk(empty));
    discovery.artifacts = Artifacts::stored(store);
    let request = DiscoveryRequest::Seal {
        cycle: Box::new(cycle()),
        sequence: 0,
        scopes: vec![scope("us-east-1")],
        inline: Vec::new(),
    };
    let error = discovery.handle(request).await.unwrap_err();
    assert_eq!(error.name, ErrorName::Transient);
}

#[tokio::test]
async fn a_hundred_scopes_are_sealed_from_their_manifests_alone() {
    let mut discovery = discovery(sdk(empty));
    discovery.artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
    let cycle = cycle();
    let mut scopes = Vec::new();
    for number in 0..100_u64 {
        let account = AccountId::parse(format!("{number:012}")).unwrap();
        let scope = Scope { account, region: Region::parse("us-east-1").unwrap() };
        let path = scope_path(0, &scope);
        // What the manifest names is not there: whoever asked for it would fail.
        let chunk =
            ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, &format!("{path}.ndjson.zst"));
        let resources = [(ResourceKind::Ec2Volume, 1_000_000)].into();
        let manifest = ScopeManifest {
            resources,
            chunk: Some(chunk),
            ..empty_scope(scope.clone(), Vec::new())
        };
        discovery.artifacts.save(&cycle, &format!("{path}.json"), manifest).await.unwrap();
        scopes.push(scope);
    }
    let request = DiscoveryRequest::Seal {
        cycle: Box::new(cycle),
        sequence: 0,
        scopes: scopes.iter().rev().cloned().collect(),
        inline: Vec::new(),
    };
    let cycle = sealed(&discovery, request).await;
    let Some(WorldRef::Manifest(world)) = &cycle.world0 else { panic!("{:?}", cycle.world0) };
    let world: WorldManifest =
        discovery.artifacts.load(&cycle, "world0", Some(world)).await.unwrap();
    assert_eq!(world.scopes.iter().map(|m| m.scope.clone()).collect::<Vec<_>>(), scopes);
}
