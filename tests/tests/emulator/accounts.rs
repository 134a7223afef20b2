//! Several accounts in several regions: each read by a role of its own, and kept apart.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Result;
use aws_config::SdkConfig;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_platform::{Artifacts, SystemClock, TenantLedger, aws::s3_client, table::MemoryTable};
use miyabi_tests::emulator::tenant;
use miyabi_types::{
    id::{AccountId, Region},
    resource::{ResourceConfig, ResourceKind},
    settings::{AccountAccess, OrganizationAccess, TenantSettings},
    world::{Scope, World},
};
use serde_json::json;
use xtask::{
    emulators::{Held, Options},
    place::{self, ACCOUNT},
    workspace::Workspace,
};

const MEMBERS: [&str; 2] = ["222222222222", "333333333333"];

/// Its role asks for another external id than the settings know.
const CLOSED: &str = "444444444444";

const REGIONS: [&str; 3] = ["ap-northeast-1", "eu-west-1", "us-east-1"];

const EXTERNAL_ID: &str = "agreed";

/// MiniStack with IAM enforced: it keeps accounts and regions apart.
struct Cloud {
    emulators: Held,
    _directory: tempfile::TempDir,
}

impl Cloud {
    async fn start() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let environment = BTreeMap::from([("AUTH".to_owned(), "true".to_owned())]);
        let options = Options { environment };
        let emulators = Held::start(&Workspace::find()?, directory.path(), &options).await?;
        Ok(Self { emulators, _directory: directory })
    }

    /// An account's own credentials: MiniStack takes an access key of twelve digits for the account.
    fn of(&self, account: &str, region: &str) -> SdkConfig {
        let own = Credentials::new(account, "emulated", None, None, "emulator");
        place::emulated(&self.emulators.ministack.endpoint(), region)
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(own))
            .build()
    }

    /// A volume in each region and a bucket in one, told apart by the account and the region.
    async fn fill(&self, account: &str) -> Result<()> {
        for region in REGIONS {
            aws_sdk_ec2::Client::new(&self.of(account, region))
                .create_volume()
                .availability_zone(format!("{region}a"))
                .size(size(account, region).cast_signed())
                .send()
                .await?;
        }
        let constraint = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint("eu-west-1".into())
            .build();
        s3_client(&self.of(account, "eu-west-1"))
            .create_bucket()
            .bucket(format!("bucket-of-{account}"))
            .create_bucket_configuration(constraint)
            .send()
            .await?;
        Ok(())
    }

    /// A role that may do everything, for whoever knows the external id.
    async fn let_in(&self, account: &str, external_id: &str) -> Result<()> {
        let iam = aws_sdk_iam::Client::new(&self.of(account, "us-east-1"));
        let trust = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
            "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": external_id } },
        }]});
        let everything = json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "*", "Resource": "*",
        }]});
        iam.create_role()
            .role_name("Miyabi")
            .assume_role_policy_document(trust.to_string())
            .send()
            .await?;
        iam.put_role_policy()
            .role_name("Miyabi")
            .policy_name("everything")
            .policy_document(everything.to_string())
            .send()
            .await?;
        Ok(())
    }

    async fn world(&self, settings: &TenantSettings) -> Result<World> {
        let table = Arc::new(MemoryTable::default());
        TenantLedger::new(table.clone(), &tenant()).put_settings(settings).await?;
        let discovery = Discovery {
            sdk: self.of(ACCOUNT, "us-east-1"),
            artifacts: Artifacts::inline(),
            table: Some(table),
            clock: Arc::new(SystemClock),
            budget: Budget::Published,
        };
        Ok(Box::pin(discovery.look(tenant(), Vec::new())).await?)
    }
}

/// GiB of the volume that an account has in a region.
fn size(account: &str, region: &str) -> u32 {
    let account = u32::from(account.as_bytes()[0] - b'0');
    let region = REGIONS.iter().position(|known| *known == region).unwrap_or_default();
    account * 10 + region as u32
}

/// The settings name the members; the organization adds Miyabi's own account.
fn settings() -> Result<TenantSettings> {
    let access = |account: &str| {
        anyhow::Ok(AccountAccess {
            account: AccountId::parse(account)?,
            role_arn: Some(format!("arn:aws:iam::{account}:role/Miyabi")),
            external_id: Some(EXTERNAL_ID.into()),
        })
    };
    let accounts = MEMBERS.into_iter().chain([CLOSED]).map(access).collect::<Result<_>>()?;
    let regions = REGIONS.into_iter().map(Region::parse).collect::<Result<_, _>>()?;
    let organization =
        OrganizationAccess { role_name: "Miyabi".into(), external_id: Some(EXTERNAL_ID.into()) };
    Ok(TenantSettings {
        accounts,
        accounts_from_organization: Some(organization),
        regions,
        ..TenantSettings::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn three_accounts_in_three_regions_are_kept_apart_and_a_closed_one_harms_none() -> Result<()>
{
    let cloud = Cloud::start().await?;
    for account in [ACCOUNT, MEMBERS[0], MEMBERS[1], CLOSED] {
        cloud.fill(account).await?;
    }
    for member in MEMBERS {
        cloud.let_in(member, EXTERNAL_ID).await?;
    }
    cloud.let_in(CLOSED, "another").await?;

    let world = Box::pin(cloud.world(&settings()?)).await?;
    assert_eq!(world.manifest.scopes.len(), 16, "four accounts in three regions and globally");

    for kind in [ResourceKind::Ec2Volume, ResourceKind::S3Bucket, ResourceKind::IamRole] {
        let unseen = world.unseen(kind).filter(|(scope, _)| scope.account.as_str() != CLOSED);
        let unseen: Vec<_> = unseen.collect();
        assert!(unseen.is_empty(), "{unseen:#?}");
    }
    let mut expected = BTreeMap::new();
    for account in [ACCOUNT, MEMBERS[0], MEMBERS[1]] {
        for region in REGIONS {
            expected.insert(format!("{account} {region}"), vec![size(account, region)]);
        }
    }
    let mut volumes = BTreeMap::<String, Vec<u32>>::new();
    for resource in world.of_kind(ResourceKind::Ec2Volume) {
        let ResourceConfig::Ec2Volume(volume) = &resource.config else { continue };
        let place = format!("{} {}", resource.account, resource.region);
        volumes.entry(place).or_default().push(volume.size_gib);
    }
    assert_eq!(volumes, expected);

    let buckets: Vec<_> = world
        .of_kind(ResourceKind::S3Bucket)
        .map(|bucket| (bucket.account.to_string(), bucket.region.to_string(), bucket.id.clone()))
        .collect();
    let expected = [ACCOUNT, MEMBERS[0], MEMBERS[1]]
        .map(|account| (account.into(), "eu-west-1".into(), format!("bucket-of-{account}")));
    assert_eq!(buckets, expected);

    let roles = world.of_kind(ResourceKind::IamRole).filter(|role| role.id == "Miyabi");
    let roles: Vec<_> = roles.map(|role| role.account.to_string()).collect();
    assert_eq!(roles, MEMBERS, "global services are read once in each account");

    let unseen: Vec<&Scope> =
        world.unseen(ResourceKind::Ec2Volume).map(|(scope, _)| scope).collect();
    assert_eq!(unseen.len(), 3, "{unseen:?}");
    for (scope, why) in world.unseen(ResourceKind::Ec2Volume) {
        assert_eq!(scope.account.as_str(), CLOSED);
        let permission = why.missing_permission.as_ref().map(ToString::to_string);
        assert_eq!(permission.as_deref(), Some("sts:AssumeRole"), "{why:?}");
    }
    Ok(())
}
