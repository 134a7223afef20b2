use std::{collections::BTreeSet, sync::Arc};

use miyabi_platform::{Artifacts, store::MemoryStore};
use miyabi_types::{
    artifact::{ArtifactKey, ArtifactRef},
    phase::{DiscoveryRequest, DiscoveryResponse},
    resource::{
        Resource, ResourceConfig, ResourceKind,
        s3::{Bucket, PublicAccessBlock},
    },
    settings::AccountAccess,
};

use super::*;
use crate::{
    PERMISSIONS,
    open::GET_CALLER_IDENTITY,
    testing::{
        aws::{Asked, assume_role, caller, denied, empty, error, once, sdk},
        coverage, cycle, discovery, of_kind, resources, scan, scan_in, scope,
    },
};

fn permission<T: std::fmt::Debug>(evidence: &Evidence<T>) -> Option<&str> {
    evidence.get().unwrap_err().missing_permission.as_ref().map(IamAction::as_str)
}

/// One call for each action, and one more for each that asks two things: load balancers of two APIs, costs by
/// service and by account, and IAM's groups before whoever is in them.
fn fewest_calls(scanned: &ScannedScope) -> u64 {
    let actions: Vec<_> = scanned.manifest.coverage.iter().map(|c| c.api.as_str()).collect();
    let twice = [
        "ce:GetCostAndUsage",
        "elasticloadbalancing:DescribeLoadBalancers",
        "iam:GetAccountAuthorizationDetails",
    ];
    let twice = twice.iter().filter(|action| actions.contains(action)).count();
    (actions.len() + twice) as u64
}

#[tokio::test]
async fn an_empty_account_is_known_to_be_empty() {
    for region in ["us-east-1", "aws-global"] {
        let scanned = scan(sdk(empty), region).await;
        for entry in &scanned.manifest.coverage {
            assert!(entry.result.known().is_some(), "{entry:?}");
            assert!(PERMISSIONS.contains(&entry.api.as_str()), "{} is not declared", entry.api);
        }
        assert_eq!(scanned.manifest.api_calls, fewest_calls(&scanned), "no call twice");
    }
}

#[tokio::test]
async fn a_denied_call_is_coverage_that_names_the_permission_and_never_an_empty_list() {
    let mut unseen_kinds = Vec::new();
    for region in ["us-east-1", "aws-global"] {
        let scanned = scan(sdk(denied), region).await;
        // Whoever may nothing has an account all the same.
        let found: BTreeSet<_> = resources(&scanned).iter().map(|one| one.kind()).collect();
        let account = BTreeSet::from([ResourceKind::Account]);
        assert_eq!(found, if region == "aws-global" { account } else { BTreeSet::new() });
        for entry in &scanned.manifest.coverage {
            if entry.api.as_str() == GET_CALLER_IDENTITY {
                continue;
            }
            assert_eq!(permission(&entry.result), Some(entry.api.as_str()), "{entry:?}");
            unseen_kinds.extend(entry.kinds.iter().copied());
        }
        for line in scanned.lines.iter().flatten() {
            match line {
                ChunkLine::Costs { costs } => {
                    assert_eq!(permission(costs), Some("ce:GetCostAndUsage"));
                }
                ChunkLine::SecurityHub { findings } => {
                    assert_eq!(permission(findings), Some("securityhub:GetFindings"));
                }
                ChunkLine::Commitments { commitments } => {
                    let why = permission(&commitments.reservations);
                    assert_eq!(why, Some("ce:GetReservationUtilization"));
                }
                ChunkLine::Advice { source, recommendations } => {
                    assert_eq!(permission(recommendations), Some(source.as_str()));
                }
                ChunkLine::Resource(resource) => match &resource.config {
                    ResourceConfig::Account(account) => {
                        assert_eq!(
                            permission(&account.security),
                            Some("account:GetAlternateContact")
                        );
                    }
                    other => panic!("{other:?}"),
                },
            }
        }
        let lines = if region == "aws-global" { 4 } else { 8 };
        assert_eq!(scanned.lines.iter().flatten().count(), lines, "each says what is not known");
    }
    for kind in ResourceKind::ALL {
        let is_there = *kind == ResourceKind::Account;
        assert!(
            is_there || unseen_kinds.contains(kind),
            "nothing says that {kind} could not be read"
        );
    }
}

fn volumes(token: Option<&str>, id: &str) -> (u16, Vec<u8>) {
    let token = token.map(|t| format!("<nextToken>{t}</nextToken>")).unwrap_or_default();
    let body = format!(
        "<DescribeVolumesResponse><volumeSet><item><volumeId>{id}</volumeId><size>10</size>\
         <volumeType>gp3</volumeType><status>available</status></item></volumeSet>{token}\
         </DescribeVolumesResponse>"
    );
    (200, body.into_bytes())
}

#[tokio::test]
async fn every_page_is_read_and_counted() {
    let scanned = scan(
        sdk(|asked| match asked.operation.as_str() {
            "DescribeVolumes" if asked.body.contains("NextToken=more") => volumes(None, "vol-2"),
            "DescribeVolumes" => volumes(Some("more"), "vol-1"),
            _ => empty(asked),
        }),
        "us-east-1",
    )
    .await;
    assert_eq!(*coverage(&scanned, "ec2:DescribeVolumes"), Evidence::Known(2));
    let found = of_kind(&scanned, ResourceKind::Ec2Volume);
    assert_eq!(found.iter().map(|r| &*r.id).collect::<Vec<_>>(), ["vol-1", "vol-2"]);
    assert_eq!(scanned.manifest.resources[&ResourceKind::Ec2Volume], 2);
    let why = &found[0].monthly_cost.get().unwrap_err().reason;
    assert!(why.contains("when the World is sealed"), "{why}");
    // The second page, and the metrics of each page on its own.
    assert_eq!(scanned.manifest.api_calls, fewest_calls(&scanned) + 2);
}

#[tokio::test]
async fn half_a_list_is_not_taken_for_the_whole() {
    let scanned = scan(
        sdk(|asked| match asked.operation.as_str() {
            "DescribeVolumes" if asked.body.contains("NextToken") => {
                error(asked, 400, "InvalidParameterValue")
            }
            "DescribeVolumes" => volumes(Some("more"), "vol-1"),
            _ => empty(asked),
        }),
        "us-east-1",
    )
    .await;
    assert!(of_kind(&scanned, ResourceKind::Ec2Volume).is_empty());
    let why = coverage(&scanned, "ec2:DescribeVolumes").get().unwrap_err();
    assert!(why.reason.contains("InvalidParameterValue") && why.missing_permission.is_none());
    assert_eq!(
        *coverage(&scanned, "ec2:DescribeAddresses"),
        Evidence::Known(0),
        "the rest goes on"
    );
}

#[tokio::test]
async fn a_throttled_call_is_tried_again_and_its_tries_are_counted() {
    let first = once();
    let scanned = scan(
        sdk(move |asked| match asked.operation.as_str() {
            "DescribeVolumes" if first() => error(asked, 503, "RequestLimitExceeded"),
            "DescribeVolumes" => volumes(None, "vol-1"),
            _ => empty(asked),
        }),
        "us-east-1",
    )
    .await;
    assert_eq!(*coverage(&scanned, "ec2:DescribeVolumes"), Evidence::Known(1));
    assert_eq!(scanned.manifest.api_calls, fewest_calls(&scanned) + 1);
}

fn two_buckets(asked: &Asked) -> (u16, Vec<u8>) {
    let bucket = |name: &str, region: &str| {
        format!(
            "<Bucket><Name>{name}</Name><CreationDate>2024-01-01T00:00:00Z</CreationDate>\
             <BucketRegion>{region}</BucketRegion></Bucket>"
        )
    };
    let absent = |code| error(asked, 404, code);
    let path = asked.operation.as_str();
    match path {
        "GET /open/?encryption" => error(asked, 403, "AccessDenied"),
        _ if path.ends_with("?encryption") => {
            absent("ServerSideEncryptionConfigurationNotFoundError")
        }
        _ if path.ends_with("?publicAccessBlock") => absent("NoSuchPublicAccessBlockConfiguration"),
        _ if path.ends_with("?lifecycle") => absent("NoSuchLifecycleConfiguration"),
        _ if path.ends_with("?policy") => absent("NoSuchBucketPolicy"),
        _ if path.ends_with("?versioning") => (200, b"<VersioningConfiguration/>".into()),
        _ if path.ends_with("?logging") => (200, b"<BucketLoggingStatus/>".into()),
        "GET /open/?acl" => error(asked, 403, "AccessDenied"),
        _ if path.ends_with("?acl") => (200, b"<AccessControlPolicy/>".into()),
        _ if path.ends_with("?policyStatus") => absent("NoSuchBucketPolicy"),
        _ if path.ends_with("?ownershipControls") => absent("OwnershipControlsNotFoundError"),
        _ if path.ends_with("?object-lock") => absent("ObjectLockConfigurationNotFoundError"),
        _ if asked.service == "s3" => {
            let list = [
                bucket("elsewhere", "eu-west-1"),
                bucket("open", "us-east-1"),
                bucket("plain", "us-east-1"),
            ];
            let list = list.concat();
            let body = format!(
                "<ListAllMyBucketsResult><Buckets>{list}</Buckets></ListAllMyBucketsResult>"
            );
            (200, body.into_bytes())
        }
        _ => empty(asked),
    }
}

fn bucket<'a>(scanned: &'a ScannedScope, name: &str) -> (&'a Resource, &'a Bucket) {
    let resource = resources(scanned).into_iter().find(|resource| resource.id == name).unwrap();
    let ResourceConfig::S3Bucket(bucket) = &resource.config else { panic!("{resource:?}") };
    (resource, bucket)
}

#[tokio::test]
async fn a_denied_setting_is_unknown_and_an_unset_one_is_known_to_be_unset() {
    let scanned = scan(sdk(two_buckets), "us-east-1").await;
    assert_eq!(
        of_kind(&scanned, ResourceKind::S3Bucket).len(),
        2,
        "the third bucket is in another region"
    );
    let (plain, config) = bucket(&scanned, "plain");
    assert_eq!(config.encryption, Evidence::Known(None));
    assert_eq!(config.versioning, Evidence::Known(None));
    assert_eq!(config.public_access_block, Evidence::Known(PublicAccessBlock::default()));
    assert_eq!(
        (&config.lifecycle, &config.policy),
        (&Evidence::Known(vec![]), &Evidence::Known(None))
    );
    assert_eq!(
        (&config.logging, &config.acl_grants),
        (&Evidence::Known(None), &Evidence::Known(vec![]))
    );
    assert_eq!(
        (&config.object_ownership, &config.object_lock),
        (&Evidence::Known(None), &Evidence::Known(None))
    );
    assert_eq!(
        (&config.policy_is_public, &config.mfa_delete),
        (&Evidence::Known(None), &Evidence::Known(false))
    );
    assert!(config.size_bytes.known().is_none() && plain.monthly_cost.known().is_none());
    assert_eq!(plain.tags_unavailable, None);

    let (_, config) = bucket(&scanned, "open");
    assert_eq!(permission(&config.encryption), Some("s3:GetEncryptionConfiguration"));
    assert_eq!(permission(&config.acl_grants), Some("s3:GetBucketAcl"));

    let denied = coverage(&scanned, "s3:GetEncryptionConfiguration");
    assert_eq!(permission(denied), Some("s3:GetEncryptionConfiguration"));
    assert_eq!(denied.get().unwrap_err().reason, "access denied (for 1 of 2 reads)");
    assert_eq!(*coverage(&scanned, "s3:GetBucketPolicy"), Evidence::Known(2));
    assert_eq!(*coverage(&scanned, "s3:ListAllMyBuckets"), Evidence::Known(2));
}

#[tokio::test]
async fn denied_tags_are_unknown_and_not_none() {
    let scanned = scan(
        sdk(|asked| match asked.service.as_str() {
            "tagging" => error(asked, 400, "AccessDeniedException"),
            _ => two_buckets(asked),
        }),
        "us-east-1",
    )
    .await;
    let (plain, _) = bucket(&scanned, "plain");
    let why = plain.tags_unavailable.as_ref().unwrap();
    assert_eq!(why.missing_permission.as_ref().unwrap().as_str(), "tag:GetResources");
}

#[tokio::test]
async fn a_region_without_security_hub_says_so() {
    let scanned = scan(
        sdk(|asked| match asked.service.as_str() {
            "securityhub" => error(asked, 401, "InvalidAccessException"),
            _ => empty(asked),
        }),
        "us-east-1",
    )
    .await;
    let why = coverage(&scanned, "securityhub:GetFindings").get().unwrap_err();
    assert_eq!(why.reason, "Security Hub is not enabled in us-east-1");
    assert_eq!(why.missing_permission, None);
}

#[tokio::test]
async fn a_snapshot_is_public_only_if_its_permissions_say_so() {
    let snapshots = |ids: &[&str]| {
        let item = |id| format!("<item><snapshotId>{id}</snapshotId></item>");
        let items: String = ids.iter().map(item).collect();
        let body = format!(
            "<DescribeSnapshotsResponse><snapshotSet>{items}</snapshotSet></DescribeSnapshotsResponse>"
        );
        (200, body.into_bytes())
    };
    let scanned = scan(
        sdk(move |asked| match asked.operation.as_str() {
            "DescribeSnapshots" if asked.body.contains("RestorableBy") => snapshots(&["snap-1", "snap-2"]),
            "DescribeSnapshots" => snapshots(&["snap-1", "snap-2", "snap-3"]),
            "DescribeSnapshotAttribute" if asked.body.contains("snap-1") => (
                200,
                b"<DescribeSnapshotAttributeResponse><createVolumePermission><item><group>all</group></item>\
                  </createVolumePermission></DescribeSnapshotAttributeResponse>"
                    .into(),
            ),
            "DescribeSnapshotAttribute" => error(asked, 403, "UnauthorizedOperation"),
            _ => empty(asked),
        }),
        "us-east-1",
    )
    .await;
    let public: Vec<_> = of_kind(&scanned, ResourceKind::Ec2Snapshot)
        .into_iter()
        .map(|resource| match &resource.config {
            ResourceConfig::Ec2Snapshot(snapshot) => snapshot.public,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(public, [Some(true), None, Some(false)]);
    assert_eq!(*coverage(&scanned, "ec2:DescribeSnapshots"), Evidence::Known(3));
}

#[tokio::test]
async fn cost_explorer_requests_are_counted_because_they_are_billed() {
    let page = |token: &str| (200, format!(r#"{{"ResultsByTime":[]{token}}}"#).into_bytes());
    let once = scan(sdk(empty), "aws-global").await.manifest.cost_explorer_requests;
    let scanned = scan(
        sdk(move |asked| match asked.operation.as_str() {
            "GetCostAndUsage" if !asked.body.contains("Filter") => page(""),
            "GetCostAndUsage" if asked.body.contains("NextPageToken") => page(""),
            "GetCostAndUsage" => page(r#","NextPageToken":"more""#),
            _ => empty(asked),
        }),
        "aws-global",
    )
    .await;
    assert_eq!(scanned.manifest.cost_explorer_requests, once + 1);
    assert_eq!(scanned.manifest.api_calls, fewest_calls(&scanned) + 1);
}

#[tokio::test]
async fn expired_credentials_leave_a_scope_of_which_nothing_is_known() {
    let scanned = scan(sdk(|asked| error(asked, 403, "ExpiredToken")), "us-east-1").await;
    assert!(resources(&scanned).is_empty());
    assert!(scanned.manifest.coverage.len() > 20);
    for entry in &scanned.manifest.coverage {
        let why = entry.result.get().unwrap_err();
        assert!(why.reason.contains("expired or not valid"), "{why:?}");
        assert_eq!(why.missing_permission, None, "no permission would mend it");
    }
    let unknown = scanned.lines.iter().flatten().filter(|line| match line {
        ChunkLine::SecurityHub { findings } => findings.known().is_none(),
        ChunkLine::Advice { recommendations, .. } => recommendations.known().is_none(),
        other => panic!("{other:?}"),
    });
    assert_eq!(unknown.count(), 8);
}

#[tokio::test]
async fn another_account_is_not_taken_for_the_one_to_read() {
    let other = |asked: &Asked| match asked.service.as_str() {
        "sts" => caller("999999999999"),
        _ => volumes(None, "vol-1"),
    };
    let scanned = scan(sdk(other), "us-east-1").await;
    assert!(resources(&scanned).is_empty());
    let why = coverage(&scanned, "ec2:DescribeVolumes").get().unwrap_err();
    assert!(why.reason.contains("999999999999") && why.reason.contains("role_arn"), "{why:?}");
}

/// A cycle whose settings reach the account by a role.
fn cycle_with_role() -> CycleState {
    let access = AccountAccess {
        account: scope("us-east-1").account,
        role_arn: Some("arn:aws:iam::123456789012:role/miyabi-reader".into()),
        external_id: Some("shared-secret".into()),
    };
    let settings = TenantSettings { accounts: vec![access], ..TenantSettings::default() };
    CycleState { settings: Some(ArtifactRef::inline(settings)), ..cycle() }
}

#[tokio::test]
async fn an_account_with_a_role_is_read_as_that_role() {
    let assume = |asked: &Asked| match asked.operation.as_str() {
        "AssumeRole" => {
            assert!(asked.body.contains("ExternalId=shared-secret"), "{}", asked.body);
            assert!(asked.body.contains("&Policy="), "narrowed to reading: {}", asked.body);
            assume_role()
        }
        // Whoever comes without the role's credentials is refused.
        _ if !asked.authorization.contains("ASIAASSUMED") => {
            error(asked, 403, "UnauthorizedOperation")
        }
        "DescribeVolumes" => volumes(None, "vol-1"),
        _ => empty(asked),
    };
    let scanned = scan_in(cycle_with_role(), sdk(assume), "us-east-1").await;
    assert_eq!(*coverage(&scanned, "ec2:DescribeVolumes"), Evidence::Known(1));
    assert!(scanned.manifest.coverage.iter().all(|entry| entry.result.known().is_some()));
}

#[tokio::test]
async fn a_role_that_cannot_be_assumed_leaves_the_scope_unseen_and_names_the_permission() {
    let refused = |asked: &Asked| error(asked, 403, "AccessDenied");
    let scanned = scan_in(cycle_with_role(), sdk(refused), "us-east-1").await;
    for entry in &scanned.manifest.coverage {
        assert_eq!(permission(&entry.result), Some("sts:AssumeRole"), "{entry:?}");
    }
    assert!(resources(&scanned).is_empty());
}

#[tokio::test]
async fn an_endpoint_that_does_not_know_a_service_is_coverage_too() {
    let unknown = |asked: &Asked| match asked.service.as_str() {
        "securityhub" => (400, b"<html>what?</html>".to_vec()),
        _ => empty(asked),
    };
    let scanned = scan(sdk(unknown), "us-east-1").await;
    let why = coverage(&scanned, "securityhub:GetFindings").get().unwrap_err();
    assert!(why.reason.contains("HTTP 400"), "{why:?}");
}

#[tokio::test]
async fn a_stored_scope_is_a_chunk_and_a_manifest_and_the_answer_carries_no_lines() {
    let mut discovery = discovery(sdk(|asked| match asked.operation.as_str() {
        "DescribeVolumes" => volumes(None, "vol-1"),
        _ => empty(asked),
    }));
    discovery.artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
    let cycle = cycle();
    let request = DiscoveryRequest::Scan {
        cycle: Box::new(cycle.clone()),
        sequence: 1,
        scope: scope("us-east-1"),
    };
    let DiscoveryResponse::Scanned(scanned) = discovery.handle(request).await.unwrap() else {
        panic!("scan answers a scope")
    };
    assert_eq!(scanned.lines, None);
    let manifest = &scanned.manifest;
    let chunk = manifest.chunk.clone().unwrap();
    assert!(chunk.as_str().ends_with("/world-1/123456789012/us-east-1.ndjson.zst"), "{chunk}");
    let lines =
        discovery.artifacts.load_chunk(&cycle, &chunk, manifest.sha256.as_deref()).await.unwrap();
    let stored = ScannedScope { lines: Some(lines), ..(*scanned).clone() };
    assert_eq!(of_kind(&stored, ResourceKind::Ec2Volume)[0].id, "vol-1");
    let key =
        ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, "world-1/123456789012/us-east-1.json");
    assert_eq!(discovery.artifacts.get::<ScopeManifest>(&cycle, &key).await.unwrap(), *manifest);
}

#[test]
fn the_declared_permissions_only_read() {
    // API Gateway's one reading action is named like HTTP's.
    let reads = ["Describe", "GET", "Get", "List"];
    for action in PERMISSIONS.iter() {
        let parsed = IamAction::parse(*action).unwrap();
        let (_, verb) = parsed.as_str().split_once(':').unwrap();
        // The report is made of what is there, and changes nothing of it.
        let report = *action == "iam:GenerateCredentialReport";
        assert!(report || reads.iter().any(|read| verb.starts_with(read)), "{action}");
    }
    assert!(PERMISSIONS.is_sorted() && PERMISSIONS.len() > 30, "{PERMISSIONS:?}");
}
