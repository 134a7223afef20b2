use miyabi_platform::TenantLedger;
use miyabi_types::{
    artifact::ArtifactRef,
    error::ErrorName,
    phase::{DiscoveryRequest, DiscoveryResponse},
    report::CycleEnd,
    settings::{AccountAccess, Policy},
    strategy::Strategy,
};

use super::*;
use crate::testing::{
    aws::{caller, empty, sdk},
    discovery,
};

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn open(execution: &str) -> DiscoveryRequest {
    DiscoveryRequest::Open {
        tenant: tenant(),
        mode: Some(Mode::Auto),
        regions: Vec::new(),
        execution: Some(execution.into()),
    }
}

async fn opened(discovery: &Discovery, execution: &str) -> (CycleState, Vec<Scope>) {
    match discovery.handle(open(execution)).await.unwrap() {
        DiscoveryResponse::Cycle { cycle, scopes } => (*cycle, scopes),
        DiscoveryResponse::Scanned(_) => panic!("open answers a cycle"),
    }
}

#[test]
fn the_less_far_going_mode_wins() {
    let settings = |mode| TenantSettings { mode, ..TenantSettings::default() };
    let auto = settings(Mode::Auto);
    let observe = settings(Mode::Observe);
    assert_eq!(effective_mode(Some(Mode::Approve), Some(&auto)), Mode::Approve);
    assert_eq!(effective_mode(Some(Mode::Auto), Some(&observe)), Mode::Observe);
    assert_eq!(effective_mode(None, Some(&auto)), Mode::Auto);
    assert_eq!(effective_mode(Some(Mode::Auto), None), Mode::Auto);
    assert_eq!(effective_mode(None, None), Mode::Observe);
}

#[tokio::test]
async fn without_settings_it_reads_its_own_account_and_region() {
    let discovery = discovery(sdk(|_| caller("210987654321")));
    let (cycle, scopes) = opened(&discovery, "one").await;
    let scopes: Vec<_> = scopes.iter().map(|s| format!("{}/{}", s.account, s.region)).collect();
    assert_eq!(scopes, ["210987654321/aws-global", "210987654321/us-east-1"]);
    assert_eq!((cycle.mode, cycle.approval_seconds), (Mode::Auto, Some(86_400)));
    assert!(cycle.strategy.is_none());
}

#[tokio::test]
async fn with_settings_it_reads_what_they_name_and_takes_the_strategy_along() {
    let discovery = discovery(sdk(empty));
    let ledger = TenantLedger::new(discovery.table.clone().unwrap(), &tenant());
    let access = |account| AccountAccess {
        account: AccountId::parse(account).unwrap(),
        role_arn: None,
        external_id: None,
    };
    let settings = TenantSettings {
        mode: Mode::Approve,
        accounts: vec![access("222222222222"), access("111111111111")],
        regions: vec![Region::parse("eu-west-1").unwrap(), Region::parse("us-east-1").unwrap()],
        policy: Policy { approval_minutes: 5, ..Policy::default() },
    };
    ledger.put_settings(&settings).await.unwrap();
    ledger.put_strategy(&Strategy::default()).await.unwrap();
    let (cycle, scopes) = opened(&discovery, "one").await;
    assert_eq!(scopes.len(), 6);
    assert_eq!((scopes[0].account.as_str(), scopes[0].region.is_global()), ("111111111111", true));
    assert_eq!((cycle.mode, cycle.approval_seconds), (Mode::Approve, Some(300)));
    assert_eq!(cycle.settings, Some(ArtifactRef::inline(settings)));
    assert_eq!(cycle.strategy, Some(ArtifactRef::inline(Strategy::default())));
}

#[tokio::test]
async fn one_execution_has_one_cycle_and_another_waits_until_it_is_closed() {
    let discovery = discovery(sdk(empty));
    let (first, _) = opened(&discovery, "one").await;
    let (again, _) = opened(&discovery, "one").await;
    assert_eq!(first.cycle, again.cycle);
    let refused = discovery.handle(open("two")).await.unwrap_err();
    assert_eq!(refused.name, ErrorName::Conflict);
    assert!(refused.message.contains(&first.cycle.to_string()), "{refused}");

    let close = DiscoveryRequest::Close { cycle: Box::new(first.clone()), end: CycleEnd::Observed };
    discovery.handle(close.clone()).await.unwrap();
    let (second, _) = opened(&discovery, "two").await;
    assert_ne!(first.cycle, second.cycle);

    // Delivered twice, the close of the first does not take the lease of the second.
    discovery.handle(close).await.unwrap();
    assert_eq!(discovery.handle(open("three")).await.unwrap_err().name, ErrorName::Conflict);
    let ledger = TenantLedger::new(discovery.table.clone().unwrap(), &tenant());
    let record = ledger.cycle(first.cycle).await.unwrap().unwrap();
    assert_eq!(record.end, Some(CycleEnd::Observed));
}

#[tokio::test]
async fn without_credentials_it_says_what_to_set_and_leaves_no_lease() {
    let mut discovery = discovery(sdk(empty));
    let with = std::mem::replace(&mut discovery.sdk, SdkConfig::builder().build());
    let error = discovery.handle(open("one")).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
    for name in ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL"] {
        assert!(error.message.contains(name), "{error}");
    }
    discovery.sdk = with;
    opened(&discovery, "two").await;
}

#[tokio::test]
async fn without_a_region_it_says_what_to_set() {
    let mut discovery = discovery(sdk(empty));
    discovery.sdk = discovery.sdk.into_builder().region(None).build();
    let error = discovery.handle(open("one")).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
    assert!(error.message.contains("AWS_REGION"), "{error}");
}

#[tokio::test]
async fn without_a_table_every_opening_is_a_new_cycle() {
    let mut discovery = discovery(sdk(empty));
    discovery.table = None;
    let (first, _) = opened(&discovery, "one").await;
    let (second, _) = opened(&discovery, "one").await;
    assert_ne!(first.cycle, second.cycle);
    let close = DiscoveryRequest::Close { cycle: Box::new(first), end: CycleEnd::Observed };
    assert!(discovery.handle(close).await.is_ok());
}
