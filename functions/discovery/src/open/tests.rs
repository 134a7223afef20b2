use miyabi_platform::TenantLedger;
use miyabi_types::{
    artifact::ArtifactRef,
    error::ErrorName,
    phase::{DiscoveryRequest, DiscoveryResponse},
    report::CycleEnd,
    settings::{AccountAccess, OrganizationAccess, Policy},
    strategy::Strategy,
};

use super::*;
use crate::testing::{
    aws::{Asked, assume_role, caller, denied, empty, error, sdk},
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
async fn settings_that_must_not_be_used_open_no_cycle() {
    let discovery = discovery(sdk(empty));
    let ledger = TenantLedger::new(discovery.table.clone().unwrap(), &tenant());
    let exemptions = vec![miyabi_types::exemption::Exemption::default()];
    let settings = TenantSettings { exemptions, ..TenantSettings::default() };
    ledger.put_settings(&settings).await.unwrap();
    let error = discovery.handle(open("one")).await.unwrap_err();
    assert_eq!(error.name, ErrorName::InvalidInput);
    for field in ["exemptions[0].owner", "exemptions[0].until", "exemptions[0]: exempts everything"]
    {
        assert!(error.message.contains(field), "{error}");
    }
    ledger.put_settings(&TenantSettings::default()).await.unwrap();
    opened(&discovery, "two").await;
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
        ..TenantSettings::default()
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

/// An organization of the caller, a member and a closed account; the member has a region of its own.
fn organization(asked: &Asked) -> (u16, Vec<u8>) {
    let assumed = asked.authorization.contains("ASIAASSUMED");
    match asked.operation.as_str() {
        "ListAccounts" => {
            let account = |id, state| format!(r#"{{"Id":"{id}","State":"{state}"}}"#);
            let accounts = [
                account("222222222222", "ACTIVE"),
                account("333333333333", "SUSPENDED"),
                account("123456789012", "ACTIVE"),
            ];
            (200, format!(r#"{{"Accounts":[{}]}}"#, accounts.join(",")).into_bytes())
        }
        "AssumeRole" => {
            assert!(asked.body.contains("role%2Fteam%2FMiyabi"), "{}", asked.body);
            assert!(asked.body.contains("ExternalId=shared-secret"), "{}", asked.body);
            assert!(asked.body.contains("&Policy="), "{}", asked.body);
            assume_role()
        }
        "DescribeRegions" => {
            let region = |name, status| {
                format!(
                    "<item><regionName>{name}</regionName><optInStatus>{status}</optInStatus></item>"
                )
            };
            let mut regions = vec![
                region("us-east-1", "opt-in-not-required"),
                region("ap-east-1", "not-opted-in"),
            ];
            if assumed {
                regions.push(region("eu-south-1", "opted-in"));
            }
            let regions = regions.concat();
            let body = format!(
                "<DescribeRegionsResponse><regionInfo>{regions}</regionInfo></DescribeRegionsResponse>"
            );
            (200, body.into_bytes())
        }
        _ => empty(asked),
    }
}

async fn opened_with(
    settings: TenantSettings,
    answer: impl Fn(&Asked) -> (u16, Vec<u8>) + Send + Sync + 'static,
) -> Result<(CycleState, Vec<String>), PhaseError> {
    let discovery = discovery(sdk(answer));
    let ledger = TenantLedger::new(discovery.table.clone().unwrap(), &tenant());
    ledger.put_settings(&settings).await.unwrap();
    match discovery.handle(open("one")).await? {
        DiscoveryResponse::Cycle { cycle, scopes } => {
            let scopes = scopes.iter().map(|s| format!("{}/{}", s.account, s.region));
            Ok((*cycle, scopes.collect()))
        }
        DiscoveryResponse::Scanned(_) => panic!("open answers a cycle"),
    }
}

fn whole_organization() -> TenantSettings {
    TenantSettings {
        accounts_from_organization: Some(OrganizationAccess {
            role_name: "team/Miyabi".into(),
            external_id: Some("shared-secret".into()),
        }),
        all_regions: true,
        ..TenantSettings::default()
    }
}

#[tokio::test]
async fn an_organization_is_its_active_accounts_each_in_the_regions_that_it_enabled() {
    let (cycle, scopes) = opened_with(whole_organization(), organization).await.unwrap();
    assert_eq!(
        scopes,
        [
            "123456789012/aws-global",
            "123456789012/us-east-1",
            "222222222222/aws-global",
            "222222222222/eu-south-1",
            "222222222222/us-east-1",
        ]
    );
    // The scans, and execution, find the roles where they find those of named accounts.
    let Some(ArtifactRef::Inline(settings)) = cycle.settings else {
        panic!("{:?}", cycle.settings)
    };
    let roles: Vec<_> = settings.accounts.iter().map(|a| a.role_arn.as_deref()).collect();
    assert_eq!(roles, [None, Some("arn:aws:iam::222222222222:role/team/Miyabi")]);
}

#[tokio::test]
async fn what_the_settings_say_of_an_account_goes_before_the_organization() {
    let known = AccountAccess {
        account: AccountId::parse("222222222222").unwrap(),
        role_arn: Some("arn:aws:iam::222222222222:role/mine".into()),
        external_id: None,
    };
    let regions = vec![Region::parse("eu-west-1").unwrap()];
    let settings =
        TenantSettings { accounts: vec![known.clone()], regions, ..whole_organization() };
    let (cycle, scopes) = opened_with(settings, organization).await.unwrap();
    assert_eq!(scopes.len(), 4, "the named region goes before all regions: {scopes:?}");
    let Some(ArtifactRef::Inline(settings)) = cycle.settings else {
        panic!("{:?}", cycle.settings)
    };
    assert_eq!(settings.accounts.len(), 2);
    assert_eq!(settings.accounts[0], known);
}

#[tokio::test]
async fn an_account_that_cannot_be_asked_for_its_regions_is_scanned_all_the_same() {
    let refused = |asked: &Asked| match asked.operation.as_str() {
        "AssumeRole" => error(asked, 403, "AccessDenied"),
        _ => organization(asked),
    };
    let (_, scopes) = opened_with(whole_organization(), refused).await.unwrap();
    assert!(scopes.contains(&"222222222222/us-east-1".to_owned()), "{scopes:?}");
    assert!(!scopes.contains(&"222222222222/eu-south-1".to_owned()), "{scopes:?}");
}

#[tokio::test]
async fn an_organization_that_may_not_be_listed_names_the_permission() {
    let error = opened_with(whole_organization(), denied).await.unwrap_err();
    assert_eq!(error.name, ErrorName::AccessDenied);
    assert!(error.message.contains("organizations:ListAccounts"), "{error}");
}
