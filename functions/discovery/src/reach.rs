//! Which accounts and regions a cycle reads.

use aws_config::SdkConfig;
use futures::{StreamExt, stream};
use miyabi_platform::{PhaseError, aws::for_account};
use miyabi_types::{
    id::{AccountId, Region, TenantId},
    settings::{AccountAccess, OrganizationAccess, TenantSettings},
    world::Scope,
};

use crate::{handler::Discovery, open::own_account, place::Place, session};

/// Lists the accounts of the organization.
pub(crate) const LIST_ACCOUNTS: &str = "organizations:ListAccounts";

/// Tells which regions are enabled in an account.
pub(crate) const DESCRIBE_REGIONS: &str = "ec2:DescribeRegions";

/// Accounts that are asked for their regions at once.
const CONCURRENCY: usize = 8;

impl Discovery {
    /// Adds the organization's accounts where the settings ask for them; what the settings say of an
    /// account goes before.
    pub(crate) async fn add_organization(
        &self,
        settings: &mut TenantSettings,
    ) -> Result<(), PhaseError> {
        let Some(access) = &settings.accounts_from_organization else { return Ok(()) };
        let own = own_account(&self.sdk).await?;
        for account in organization(&self.sdk).await? {
            if !settings.accounts.iter().any(|known| known.account == account) {
                settings.accounts.push(self.member(access, account, &own));
            }
        }
        Ok(())
    }

    fn member(
        &self,
        access: &OrganizationAccess,
        account: AccountId,
        own: &AccountId,
    ) -> AccountAccess {
        if account == *own {
            return AccountAccess { account, role_arn: None, external_id: None };
        }
        let home = self.sdk.region().map_or("", AsRef::as_ref);
        let place = Place::new(account.clone(), Region::global(), home);
        let role = place.global_arn("iam", &format!("role/{}", access.role_name));
        AccountAccess {
            account,
            role_arn: Some(role.as_str().to_owned()),
            external_id: access.external_id.clone(),
        }
    }

    /// Every account in every region, and every account's global services; `asked` goes before the
    /// settings' regions.
    pub(crate) async fn scopes(
        &self,
        tenant: &TenantId,
        settings: &TenantSettings,
        asked: Vec<Region>,
    ) -> Result<Vec<Scope>, PhaseError> {
        let mut named = if asked.is_empty() { settings.regions.clone() } else { asked };
        if named.is_empty() && !settings.all_regions {
            named.push(self.own_region()?);
        }
        let accounts = if settings.accounts.is_empty() {
            vec![own_account(&self.sdk).await?]
        } else {
            settings.accounts.iter().map(|access| access.account.clone()).collect()
        };
        let regions = if named.is_empty() {
            self.enabled_regions(tenant, settings, &accounts).await?
        } else {
            vec![named; accounts.len()]
        };
        let mut scopes: Vec<Scope> = accounts
            .into_iter()
            .zip(regions)
            .flat_map(|(account, mut regions)| {
                regions.push(Region::global());
                regions.into_iter().map(move |region| Scope { account: account.clone(), region })
            })
            .collect();
        scopes.sort();
        scopes.dedup();
        Ok(scopes)
    }

    fn own_region(&self) -> Result<Region, PhaseError> {
        let own = self.sdk.region().ok_or_else(|| {
            PhaseError::invalid_input(
                "no region to read: name `regions` in the input or the settings, or set AWS_REGION",
            )
        })?;
        Region::parse(own.as_ref())
            .map_err(|error| PhaseError::invalid_input(format!("AWS_REGION: {error}")))
    }

    /// The regions that are enabled in each account. An account that cannot be asked is taken to have
    /// those of Miyabi's own, so that it is scanned and the scans say why it cannot be read.
    async fn enabled_regions(
        &self,
        tenant: &TenantId,
        settings: &TenantSettings,
        accounts: &[AccountId],
    ) -> Result<Vec<Vec<Region>>, PhaseError> {
        let own = &enabled(&self.sdk).await?;
        let regions = stream::iter(accounts.to_vec()).map(|account| async move {
            let access = settings.accounts.iter().find(|access| access.account == account);
            if access.is_none_or(|access| access.role_arn.is_none()) {
                return own.clone();
            }
            let sdk =
                for_account(&self.sdk, tenant, access, Some(session::policy_for(settings))).await;
            enabled(&sdk).await.unwrap_or_else(|error| {
                tracing::warn!(%account, "the account's own regions are not known: {error}");
                own.clone()
            })
        });
        Ok(regions.buffered(CONCURRENCY).collect().await)
    }
}

/// The organization's accounts that are active, sorted.
async fn organization(sdk: &SdkConfig) -> Result<Vec<AccountId>, PhaseError> {
    let client = aws_sdk_organizations::Client::new(sdk);
    let mut pages = client.list_accounts().into_paginator().send();
    let mut accounts = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| PhaseError::from_sdk(LIST_ACCOUNTS, error))?;
        for account in page.accounts().iter().filter(|account| is_active(account)) {
            let id = account.id().unwrap_or_default();
            accounts.push(AccountId::parse(id).map_err(|error| {
                PhaseError::internal(format!("{LIST_ACCOUNTS} answered a strange account"))
                    .with_source(error)
            })?);
        }
    }
    accounts.sort();
    Ok(accounts)
}

/// A suspended or closed account has nothing that could be read.
fn is_active(account: &aws_sdk_organizations::types::Account) -> bool {
    use aws_sdk_organizations::types::{AccountState, AccountStatus};
    match account.state() {
        Some(state) => *state == AccountState::Active,
        // Where only the older field is told.
        None => account.status() == Some(&AccountStatus::Active),
    }
}

/// The regions that are enabled for the credentials' account, sorted.
async fn enabled(sdk: &SdkConfig) -> Result<Vec<Region>, PhaseError> {
    let client = aws_sdk_ec2::Client::new(sdk);
    let answer = client.describe_regions().all_regions(false).send().await;
    let answer = answer.map_err(|error| PhaseError::from_sdk(DESCRIBE_REGIONS, error))?;
    let mut regions: Vec<_> = answer
        .regions()
        .iter()
        .filter(|region| region.opt_in_status() != Some("not-opted-in"))
        .filter_map(|region| Region::parse(region.region_name()?).ok())
        .collect();
    regions.sort();
    Ok(regions)
}
