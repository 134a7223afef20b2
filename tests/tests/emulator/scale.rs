//! Large tenants and long scans: many scopes at once, and scopes that one invocation is too short for.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use miyabi_platform::Artifacts;
use miyabi_tests::{
    emulator::{Ended, Lab, Setup, tenant},
    fault_proxy::Fault,
};
use miyabi_types::{
    cycle::CycleState,
    evidence::Evidence,
    id::{AccountId, Region},
    resource::{Resource, ResourceConfig, ResourceKind},
    settings::{AccountAccess, Mode, TenantSettings},
    world::{ChunkLine, ScopeManifest, WorldManifest},
};
use xtask::cycle::Standing;

/// With the global one of each account, a hundred scopes.
const REGIONS: [&str; 3] = ["ap-northeast-1", "eu-west-1", "us-east-1"];
const ACCOUNTS: u64 = 25;

fn account(number: u64) -> String {
    format!("{:012}", 200_000_000_000 + number)
}

/// GiB of the one volume that an account has in a region: no other has one of this size.
fn size(account: &str, region: &str) -> u32 {
    let number: u32 = account[9..].parse().expect("digits");
    let region = REGIONS.iter().position(|known| *known == region).expect("one of them");
    10 + number * 10 + u32::try_from(region).expect("few")
}

/// Each account with a role for Miyabi and its volumes.
async fn fill(lab: &Lab) -> Result<()> {
    let accounts = stream::iter(0..ACCOUNTS).map(|number| async move {
        let account = account(number);
        let iam = aws_sdk_iam::Client::new(&lab.config_of(&account, "us-east-1"));
        let trust = r#"{"Version":"2012-10-17","Statement":[]}"#;
        iam.create_role().role_name("Miyabi").assume_role_policy_document(trust).send().await?;
        for region in REGIONS {
            aws_sdk_ec2::Client::new(&lab.config_of(&account, region))
                .create_volume()
                .availability_zone(format!("{region}a"))
                .size(size(&account, region).cast_signed())
                .send()
                .await?;
        }
        anyhow::Ok(())
    });
    accounts.buffered(4).try_collect().await
}

fn settings() -> Result<TenantSettings> {
    let access = |number| {
        let account = account(number);
        anyhow::Ok(AccountAccess {
            role_arn: Some(format!("arn:aws:iam::{account}:role/Miyabi")),
            account: AccountId::parse(account)?,
            external_id: None,
        })
    };
    Ok(TenantSettings {
        accounts: (0..ACCOUNTS).map(access).collect::<Result<_>>()?,
        regions: REGIONS.into_iter().map(Region::parse).collect::<Result<_, _>>()?,
        ..TenantSettings::default()
    })
}

/// The chunks of a World that the product stored.
struct Stored<'a> {
    lab: &'a Lab,
    cycle: CycleState,
    artifacts: Artifacts,
}

impl<'a> Stored<'a> {
    fn of(lab: &'a Lab, ended: &Ended) -> Result<Self> {
        let cycle = CycleState::new(tenant(), ended.cycle, Mode::Observe);
        let bucket = lab.product.bucket()?.to_owned();
        Ok(Self { lab, cycle, artifacts: Artifacts::configured(&lab.config(), Some(bucket)) })
    }

    async fn manifest(&self) -> Result<WorldManifest> {
        self.lab.artifact(self.cycle.cycle, "world-0/manifest.json").await
    }

    async fn resources(&self, scope: &ScopeManifest) -> Result<Vec<Resource>> {
        let chunk = scope.chunk.as_ref().context("a chunk")?;
        let lines = self.artifacts.load_chunk(&self.cycle, chunk, scope.sha256.as_deref()).await?;
        let resource = |line| match line {
            ChunkLine::Resource(resource) => Some(*resource),
            _ => None,
        };
        Ok(lines.into_iter().filter_map(resource).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_scopes_are_one_world_and_kept_apart() -> Result<()> {
    let lab = Lab::bare(Setup { one_emulator: true, ..Setup::default() }).await?;
    fill(&lab).await?;
    lab.put_settings(&settings()?).await?;
    let ended = lab.begin(Mode::Observe).await?.until_end().await?;
    assert!(matches!(ended.standing, Standing::Succeeded(_)), "{:?}", ended.standing);

    let stored = Stored::of(&lab, &ended)?;
    let world = stored.manifest().await?;
    assert_eq!(world.scopes.len(), 100);
    let mut seen = BTreeSet::new();
    for scope in &world.scopes {
        let resources = stored.resources(scope).await?;
        let elsewhere = resources.iter().find(|resource| {
            resource.account != scope.scope.account || resource.region != scope.scope.region
        });
        assert_eq!(elsewhere, None, "{:?}", scope.scope);
        for resource in resources {
            match &resource.config {
                ResourceConfig::Ec2Volume(volume) => {
                    let expected = size(resource.account.as_str(), resource.region.as_str());
                    assert_eq!(volume.size_gib, expected, "{}", resource.arn);
                    assert!(seen.insert(resource.arn));
                }
                ResourceConfig::IamRole(_) => assert!(seen.insert(resource.arn)),
                _ => {}
            }
        }
        let global = scope.scope.region.is_global();
        let kind = if global { ResourceKind::IamRole } else { ResourceKind::Ec2Volume };
        assert_eq!(scope.resources.get(&kind), Some(&1), "{:?}: {:?}", scope.scope, scope.coverage);
    }
    assert_eq!(seen.len(), 100, "a volume or a role of each scope");
    Ok(())
}

/// Everything that was asked for so far and that tells about resources of the account, with how often.
fn asked(lab: &Lab) -> BTreeMap<String, u32> {
    // Without the services that Miyabi itself works with; metrics, whose calls depend on how many resources a
    // scan asks for at once; and those that may be interrupted: the one that is silent, and EC2, some of whose
    // calls moto fails until nobody tries again.
    let own =
        ["dynamodb ", "ec2 ", "lambda ", "monitoring ", "rds ", "s3 ", "states ", "sts ", "xray "];
    let mut asked = BTreeMap::new();
    for call in lab.faults.seen() {
        if !own.iter().any(|own| call.starts_with(own)) {
            *asked.entry(call).or_default() += 1;
        }
    }
    asked
}

/// What does not change while Miyabi works: not what is its own.
fn lasting(resources: Vec<Resource>) -> Vec<Resource> {
    let own = |resource: &Resource| {
        let text = format!("{} {:?}", resource.arn, resource.managed_by).to_lowercase();
        text.contains("miyabi") || text.contains("samcli")
    };
    let mut lasting: Vec<_> = resources.into_iter().filter(|resource| !own(resource)).collect();
    for resource in &mut lasting {
        // The hour may end meanwhile.
        resource.utilization = Evidence::unavailable("not compared");
    }
    lasting.sort_by(|a, b| a.arn.cmp(&b.arn));
    lasting
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_takes_longer_than_an_invocation_goes_on_in_the_next() -> Result<()> {
    let lab = Lab::sample(Setup::default()).await?;
    // The first cycle leaves a dashboard and an alarm, which the others then see.
    lab.begin(Mode::Observe).await?.until_end().await?;
    let settled = asked(&lab);
    let whole = lab.begin(Mode::Observe).await?.until_end().await?;
    let before = asked(&lab);

    // Of the time that Lambda gives the next cycle's scans, 20 s are kept for storing; and 25 s for what is under
    // way, in which the silent call is tried once more.
    lab.limit("Discovery", 72).await?;
    lab.faults.ministack.inject("rds", "DescribeDBInstances", Fault::Silent, 2);
    let interrupted = lab.begin(Mode::Observe).await?.until_end().await?;
    assert!(matches!(interrupted.standing, Standing::Succeeded(_)), "{:?}", interrupted.standing);
    let after = asked(&lab);
    let region = "us-east-1";
    let checkpoint = format!("world-0/{}/{region}.checkpoint.json", xtask::place::ACCOUNT);
    assert!(lab.has_artifact(interrupted.cycle, &checkpoint).await?, "it was not interrupted");

    let (first, second) = (Stored::of(&lab, &whole)?, Stored::of(&lab, &interrupted)?);
    let (expected, world) = (first.manifest().await?, second.manifest().await?);
    assert_eq!(world.scopes.len(), expected.scopes.len());
    for (expected, scope) in expected.scopes.iter().zip(&world.scopes) {
        assert_eq!(expected.coverage, scope.coverage, "{:?}", scope.scope);
        // The other one was read in one go, and tells when IAM made its report.
        if scope.scope.region.as_str() == region {
            let resources = lasting(second.resources(scope).await?);
            assert_eq!(lasting(first.resources(expected).await?), resources);
            assert!(
                resources.iter().any(|resource| resource.kind() == ResourceKind::RdsDbInstance)
            );
        }
    }

    // Whatever was read before the limit was not read again.
    for (call, times) in &before {
        let once = times - settled.get(call).copied().unwrap_or_default();
        assert_eq!(after[call] - times, once, "{call}");
    }
    assert!(before.contains_key("logs DescribeLogGroups") && before.len() > 10, "{before:?}");
    Ok(())
}
