//! The account's organization, and the accounts of it where this one may list them.

use aws_sdk_organizations::{
    Client,
    types::{self, AccountJoinedMethod, AccountState, AccountStatus, OrganizationFeatureSet},
};
use futures::{FutureExt, future::ready};
use miyabi_types::{
    evidence::Unavailable,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{OrganizationsAccount, OrganizationsMembership},
        Tags,
        organizations::{Account, Membership, Organization},
    },
};

use super::{Collected, Collector, Reach, or_none, owned, text, timestamp};
use crate::{
    call::{Call, Failure},
    place::Place,
    scope::Scan,
};

const ORGANIZATION: Call =
    Call::lists("organizations:DescribeOrganization", &[OrganizationsMembership]);
const ACCOUNTS: Call = Call::lists("organizations:ListAccounts", &[OrganizationsAccount]);

/// Reads Organizations.
pub const COLLECTOR: Collector = Collector {
    service: "organizations",
    reach: Reach::Global,
    calls: &[ORGANIZATION, ACCOUNTS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let place = &scan.place;
    let absent = &["AWSOrganizationsNotInUseException"];
    let answer = scan.find(ORGANIZATION, absent, client.describe_organization().send()).await;
    let membership = answer.map(|answer| Membership {
        organization: answer.and_then(|a| a.organization).as_ref().map(organization),
    });
    let organization = membership.as_ref().map(|membership| membership.organization.as_ref());
    let mut resources = Vec::new();
    if !matches!(organization, Ok(None)) {
        let manages =
            organization.is_ok_and(|organization| organization.is_some_and(|o| manages(place, o)));
        let accounts = accounts(scan, client, manages || organization.is_err()).await;
        resources.extend(accounts.iter().filter_map(|account| account_resource(place, account)));
    }
    resources.extend(membership.ok().map(|membership| {
        let arn = place.global_arn("organizations", "membership");
        let config = ResourceConfig::OrganizationsMembership(membership);
        place.resource(arn, place.account.as_str(), Tags::new(), config)
    }));
    resources.into()
}

fn manages(place: &Place, organization: &Organization) -> bool {
    organization.management_account == place.account.as_str()
}

/// The accounts of the organization. Besides the management account those may list them that administer a service
/// for it; AWS refuses it to every other member, whatever its permissions, so that a member misses none.
/// Source: AWS Organizations API Reference, `ListAccounts`.
async fn accounts(scan: &Scan, client: &Client, must: bool) -> Vec<types::Account> {
    let pages = client.list_accounts().into_paginator().send();
    let pages = pages.collect::<Result<Vec<_>, _>>().await;
    let accounts = pages.map(|pages: Vec<_>| {
        pages.into_iter().filter_map(|page| page.accounts).flatten().collect::<Vec<_>>()
    });
    match &accounts {
        Err(error) if !must && is_refusal(error) => Vec::new(),
        _ => or_none(scan.list(ACCOUNTS, ready(accounts)).await),
    }
}

fn is_refusal(error: &impl Failure) -> bool {
    error.code() == Some("AccessDeniedException")
}

fn organization(organization: &types::Organization) -> Organization {
    Organization {
        id: text(organization.id()),
        arn: text(organization.arn()),
        feature_set: text(organization.feature_set().map(OrganizationFeatureSet::as_str)),
        management_account: text(organization.master_account_id()),
    }
}

fn account_resource(place: &Place, account: &types::Account) -> Option<Resource> {
    let id = account.id()?;
    // AWS replaces the status by the state in 2026.
    let state = account.state().map(AccountState::as_str);
    let config = Account {
        state: text(state.or(account.status().map(AccountStatus::as_str))),
        joined_method: owned(account.joined_method().map(AccountJoinedMethod::as_str)),
    };
    let arn =
        Place::told(account.arn(), || place.global_arn("organizations", &format!("account/{id}")));
    let config = ResourceConfig::OrganizationsAccount(config);
    let resource = place.resource(arn, id, Tags::new(), config);
    Some(Resource {
        name: owned(account.name()),
        created_at: timestamp(account.joined_timestamp()),
        tags_unavailable: Some(Unavailable::because("tags of accounts are not read")),
        ..resource
    })
}

#[cfg(test)]
mod tests {
    use miyabi_types::{evidence::Evidence, phase::ScannedScope};

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, scan,
    };

    fn managed_by(management: &'static str) -> impl Fn(&Asked) -> Answer + Send + Sync {
        of(management, management == "123456789012")
    }

    /// An organization whose accounts this one may list or not.
    fn of(management: &'static str, lists: bool) -> impl Fn(&Asked) -> Answer + Send + Sync {
        move |asked| match asked.operation.as_str() {
            "DescribeOrganization" => {
                let body = format!(
                    r#"{{"Organization":{{"Id":"o-1","FeatureSet":"ALL",
                    "Arn":"arn:aws:organizations::{management}:organization/o-1",
                    "MasterAccountId":"{management}"}}}}"#
                );
                (200, body.into_bytes())
            }
            "ListAccounts" if lists => (
                200,
                br#"{"Accounts":[{"Id":"222222222222","Name":"sandbox","Status":"ACTIVE",
                "JoinedMethod":"CREATED","JoinedTimestamp":1700000000,"Email":"ada@example.com",
                "Arn":"arn:aws:organizations::123456789012:account/o-1/222222222222"}]}"#
                    .into(),
            ),
            "ListAccounts" => error(asked, 400, "AccessDeniedException"),
            _ => empty(asked),
        }
    }

    fn membership(scanned: &ScannedScope) -> Option<&Organization> {
        match &of_kind(scanned, OrganizationsMembership)[0].config {
            ResourceConfig::OrganizationsMembership(membership) => membership.organization.as_ref(),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_management_account_sees_the_accounts() {
        let scanned = scan(sdk(managed_by("123456789012")), "aws-global").await;
        assert_eq!(membership(&scanned).unwrap().id, "o-1");
        let accounts = of_kind(&scanned, OrganizationsAccount);
        assert_eq!(accounts[0].label(), "sandbox (222222222222)");
        assert!(!serde_json::to_string(accounts[0]).unwrap().contains("example.com"));
        let ResourceConfig::OrganizationsAccount(account) = &accounts[0].config else { panic!() };
        assert_eq!(account.state, "ACTIVE");
        assert_eq!(account.joined_method.as_deref(), Some("CREATED"));
    }

    #[tokio::test]
    async fn a_member_knows_its_organization_and_misses_no_permission() {
        let scanned = scan(sdk(managed_by("999999999999")), "aws-global").await;
        assert_eq!(membership(&scanned).unwrap().management_account, "999999999999");
        assert!(scanned.manifest.coverage.iter().all(|entry| entry.result.known().is_some()));
    }

    #[tokio::test]
    async fn a_delegated_administrator_sees_the_accounts_too() {
        let scanned = scan(sdk(of("999999999999", true)), "aws-global").await;
        assert_eq!(of_kind(&scanned, OrganizationsAccount).len(), 1);
        assert_eq!(*coverage(&scanned, "organizations:ListAccounts"), Evidence::Known(1));
    }

    #[tokio::test]
    async fn the_management_account_that_may_not_list_misses_the_permission() {
        let scanned = scan(sdk(of("123456789012", false)), "aws-global").await;
        let why = coverage(&scanned, "organizations:ListAccounts").get().unwrap_err();
        let missing = why.missing_permission.as_ref().unwrap();
        assert_eq!(missing.as_str(), "organizations:ListAccounts");
    }

    #[tokio::test]
    async fn a_member_whose_question_fails_otherwise_says_so() {
        let scanned = scan(
            sdk(|asked| match asked.operation.as_str() {
                "ListAccounts" => error(asked, 400, "InvalidInputException"),
                _ => of("999999999999", false)(asked),
            }),
            "aws-global",
        )
        .await;
        let why = coverage(&scanned, "organizations:ListAccounts").get().unwrap_err();
        assert!(why.reason.contains("InvalidInputException"), "{why:?}");
    }

    #[tokio::test]
    async fn an_account_on_its_own_is_known_to_be() {
        let scanned = scan(
            sdk(|asked| match asked.operation.as_str() {
                "DescribeOrganization" => error(asked, 400, "AWSOrganizationsNotInUseException"),
                _ => empty(asked),
            }),
            "aws-global",
        )
        .await;
        assert_eq!(membership(&scanned), None);
    }
}
