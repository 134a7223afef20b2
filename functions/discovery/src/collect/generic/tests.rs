use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use jiff::Timestamp;
use miyabi_types::{
    artifact::ArtifactRef,
    cycle::CycleState,
    evidence::Evidence,
    phase::ScannedScope,
    pricing::PriceSheet,
    settings::TenantSettings,
    world::{World, WorldManifest},
};
use serde_json::json;

use super::{catalogue::Input, *};
use crate::{
    Discovery,
    pace::Budget,
    testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, cycle, discovery, of_kind, place, resources, scan_by, scan_in,
    },
};

const LIST: &str = "cloudformation:ListResources";
const QUEUE: &str = "AWS::Batch::JobQueue";
const QUEUE_ARN: &str = "arn:aws:batch:us-east-1:123456789012:job-queue/nightly";

fn asking_for(types: &[&str]) -> CycleState {
    let generic_types = types.iter().map(|name| (*name).to_owned()).collect();
    let settings = TenantSettings { generic_types, ..TenantSettings::default() };
    CycleState { settings: Some(ArtifactRef::inline(settings)), ..cycle() }
}

fn answer(body: &Value) -> Answer {
    answer_with(200, body)
}

fn answer_with(status: u16, body: &Value) -> Answer {
    (status, body.to_string().into_bytes())
}

/// One job queue, told by Cloud Control and by the tagging API, which also knows a volume.
fn account(asked: &Asked) -> Answer {
    match asked.operation.as_str() {
        "ListResources" if asked.body.contains(QUEUE) => {
            let properties = json!({
                "JobQueueArn": QUEUE_ARN,
                "JobQueueName": "nightly",
                "Tags": { "team": "data" },
                "ApiToken": "s3cret",
            });
            let one = json!({ "Identifier": QUEUE_ARN, "Properties": properties.to_string() });
            answer(&json!({ "ResourceDescriptions": [one] }))
        }
        "GetResources" => {
            let tags = json!([{ "Key": "env", "Value": "prod" }]);
            let volume = "arn:aws:ec2:us-east-1:123456789012:volume/vol-1";
            let elsewhere = "arn:aws:batch:eu-west-1:123456789012:job-queue/far";
            let domain = "arn:aws:codeartifact:us-east-1:123456789012:domain/libs";
            let arns = [QUEUE_ARN, volume, elsewhere, domain];
            let list = arns.map(|arn| json!({ "ResourceARN": arn, "Tags": tags }));
            answer(&json!({ "ResourceTagMappingList": list }))
        }
        "DescribeVolumes" => {
            let volume = "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId>\
                          </item></volumeSet></DescribeVolumesResponse>";
            (200, volume.into())
        }
        _ => empty(asked),
    }
}

/// The World of this scope alone.
fn world(scanned: &ScannedScope) -> World {
    let manifest = WorldManifest {
        tenant: cycle().tenant,
        cycle: cycle().cycle,
        sequence: 0,
        taken_at: Timestamp::UNIX_EPOCH,
        scopes: vec![scanned.manifest.clone()],
        prices: PriceSheet::default(),
    };
    let lines = scanned.lines.clone().unwrap_or_default();
    World::assemble(manifest, [(scanned.manifest.scope.clone(), lines)])
}

#[tokio::test]
async fn nothing_is_asked_of_other_types_unless_the_settings_name_some() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let all = move |asked: &Asked| {
        if asked.operation == "ListResources" {
            counted.fetch_add(1, Ordering::Relaxed);
        }
        empty(asked)
    };
    scan_in(asking_for(&[]), sdk(all), "us-east-1").await;
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_two_apis_tell_of_a_thing_is_one_resource_and_typed_wins() {
    let scanned = scan_in(asking_for(&[QUEUE]), sdk(account), "us-east-1").await;
    let generic = of_kind(&scanned, Generic);
    let arns: Vec<_> = generic.iter().map(|resource| resource.arn.resource()).collect();
    assert_eq!(arns, ["job-queue/nightly", "domain/libs", "volume/vol-1"]);
    let world = world(&scanned);
    let volumes = world.resources.iter().filter(|one| one.arn.resource() == "volume/vol-1");
    assert_eq!(volumes.map(Resource::kind).collect::<Vec<_>>(), [ResourceKind::Ec2Volume]);

    let (queue, domain) = (generic[0], generic[1]);
    assert_eq!((queue.name.as_deref(), queue.type_name()), (Some("nightly"), QUEUE));
    assert_eq!((&*queue.tags["team"], &*queue.tags["env"]), ("data", "prod"));
    let ResourceConfig::Generic(config) = &queue.config else { panic!() };
    let properties = config.properties.as_ref().unwrap();
    assert_eq!(properties["ApiToken"], "(redacted)");
    assert_eq!(properties.get("Tags"), None);
    assert_eq!(domain.type_name(), "AWS::CodeArtifact::Domain");
    let ResourceConfig::Generic(config) = &domain.config else { panic!() };
    assert_eq!(config.properties, None);
    assert_eq!(*coverage(&scanned, LIST), Evidence::Known(1));
}

#[tokio::test]
async fn an_endpoint_without_cloud_control_is_asked_a_few_times_and_is_one_entry() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let broken = move |asked: &Asked| match asked.operation.as_str() {
        "ListResources" => {
            counted.fetch_add(1, Ordering::Relaxed);
            (500, b"<html>what?</html>".to_vec())
        }
        _ => empty(asked),
    };
    let scanned = scan_in(asking_for(&["*"]), sdk(broken), "us-east-1").await;
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    let entries = scanned.manifest.coverage.iter().filter(|entry| entry.api.as_str() == LIST);
    assert_eq!(entries.count(), 1);
    let why = coverage(&scanned, LIST).get().unwrap_err();
    assert!(why.reason.contains("HTTP 500") && why.missing_permission.is_none(), "{why:?}");
}

#[tokio::test]
async fn every_type_of_the_catalogue_is_listed_once_in_its_scope() {
    for region in ["us-east-1", "aws-global"] {
        let calls = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&calls);
        let all = move |asked: &Asked| {
            if asked.operation == "ListResources" {
                counted.fetch_add(1, Ordering::Relaxed);
            }
            empty(asked)
        };
        let at_once = Discovery { budget: Budget::Lifted, ..discovery(sdk(all)) };
        let scanned = scan_by(&at_once, asking_for(&["*"]), region).await;
        let is_global = region == "aws-global";
        let here = CATALOGUE.listed().filter(|(name, _)| CATALOGUE.is_in(name, is_global));
        // What others belong to is listed; of that there is nothing here.
        let lists: BTreeSet<_> = here
            .flat_map(|(name, _)| match CATALOGUE.inputs.get(name) {
                None => vec![(name, "")],
                Some(Input { parent: Some(parent), .. }) => vec![(*parent, "")],
                Some(input) => input.choices(is_global).iter().map(|one| (name, *one)).collect(),
            })
            .collect();
        let expected = lists.len();
        assert_eq!(calls.load(Ordering::Relaxed) as usize, expected, "{region}");
        assert_eq!(*coverage(&scanned, LIST), Evidence::Known(0));
    }
}

#[tokio::test]
async fn a_type_that_is_denied_or_not_offered_takes_no_other_with_it() {
    let (alias, fleet) = ("AWS::GameLift::Alias", "AWS::CodeBuild::Fleet");
    let scanned = scan_in(
        asking_for(&[QUEUE, alias, fleet, "AWS::SNS::Topic"]),
        sdk(move |asked| match asked.operation.as_str() {
            "ListResources" if asked.body.contains(fleet) => {
                let message = "User: arn:aws:iam::1:role/r is not authorized to perform: \
                               codebuild:ListFleets on resource: *";
                answer_with(400, &json!({ "__type": "AccessDeniedException", "message": message }))
            }
            "ListResources" if asked.body.contains(alias) => {
                error(asked, 400, "UnsupportedActionException")
            }
            _ => account(asked),
        }),
        "us-east-1",
    )
    .await;
    assert!(resources(&scanned).iter().any(|resource| resource.arn.as_str() == QUEUE_ARN));
    let why = coverage(&scanned, LIST).get().unwrap_err();
    let permission = why.missing_permission.as_ref().unwrap();
    assert_eq!(permission.as_str(), "codebuild:ListFleets");
    assert_eq!(
        why.reason,
        "could not list AWS::CodeBuild::Fleet (access denied to codebuild:ListFleets) \
         (for 1 of 3 reads)",
        "a type of a collector of its own is not asked for"
    );
}

/// What the call tells besides the type.
fn having(asked: &Asked) -> Option<Value> {
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    Some(serde_json::from_str(body["ResourceModel"].as_str()?).unwrap())
}

fn listing(identifiers: &[&str]) -> Answer {
    let one = |id: &&str| json!({ "Identifier": id, "Properties": "{}" });
    answer(&json!({ "ResourceDescriptions": identifiers.iter().map(one).collect::<Vec<_>>() }))
}

const POOL: &str = "AWS::Cognito::UserPool";
const CLIENT: &str = "AWS::Cognito::UserPoolClient";

#[tokio::test]
async fn what_belongs_to_others_is_listed_for_each_of_them_and_depends_on_it() {
    let lists = |asked: &Asked| match having(asked) {
        Some(model) => {
            let pool = model["UserPoolId"].as_str().unwrap();
            assert_eq!(model, json!({ "UserPoolId": pool }));
            match pool {
                "us-east-1_A" => listing(&["us-east-1_A|web", "us-east-1_A|app"]),
                // Removed since the pools were listed.
                _ => error(asked, 400, "ResourceNotFoundException"),
            }
        }
        None => listing(&["us-east-1_A", "us-east-1_B"]),
    };
    let pools = move |asked: &Asked| {
        if asked.operation == "ListResources" { lists(asked) } else { empty(asked) }
    };
    let types = |scanned: &ScannedScope| {
        let resources = of_kind(scanned, Generic);
        resources.iter().map(|one| (one.type_name().to_owned(), one.id.clone())).collect::<Vec<_>>()
    };
    let client = |id: &str| (CLIENT.to_owned(), id.to_owned());
    let clients = [client("us-east-1_A|app"), client("us-east-1_A|web")];

    let scanned = scan_in(asking_for(&[POOL, CLIENT]), sdk(pools), "us-east-1").await;
    let mut found = types(&scanned);
    found.sort();
    let pool = |id: &str| (POOL.to_owned(), id.to_owned());
    let [app, web] = clients.clone();
    assert_eq!(found, [pool("us-east-1_A"), pool("us-east-1_B"), app, web]);
    let generic = of_kind(&scanned, Generic);
    let pool = generic.iter().find(|one| one.id == "us-east-1_A").unwrap();
    let client = generic.iter().find(|one| one.id == "us-east-1_A|web").unwrap();
    assert_eq!(client.depends_on, std::slice::from_ref(&pool.arn));
    assert_eq!(*coverage(&scanned, LIST), Evidence::Known(4));

    let scanned = scan_in(asking_for(&[CLIENT]), sdk(pools), "us-east-1").await;
    let mut found = types(&scanned);
    found.sort();
    assert_eq!(found, clients, "pools themselves are not wanted");
    assert_eq!(*coverage(&scanned, LIST), Evidence::Known(2));
}

#[tokio::test]
async fn what_belongs_to_others_is_not_known_where_those_are_not() {
    let denied = |asked: &Asked| {
        if asked.operation != "ListResources" {
            return empty(asked);
        }
        assert_eq!(having(asked), None);
        let message = "User: arn:aws:iam::1:role/r is not authorized to perform: \
                       cognito-idp:ListUserPools on resource: *";
        answer_with(400, &json!({ "__type": "AccessDeniedException", "message": message }))
    };
    let scanned = scan_in(asking_for(&[CLIENT]), sdk(denied), "us-east-1").await;
    let why = coverage(&scanned, LIST).get().unwrap_err();
    let permission = why.missing_permission.as_ref().map(ToString::to_string);
    assert_eq!(permission.as_deref(), Some("cognito-idp:ListUserPools"), "{why:?}");
}

#[tokio::test]
async fn web_acls_are_read_in_regions_and_for_cloudfront_once_and_told_by_their_tags() {
    const ACL: &str = "AWS::WAFv2::WebACL";
    let arn =
        |scope: &str| format!("arn:aws:wafv2:us-east-1:123456789012:{scope}/webacl/shop/{scope}1");
    for (region, own) in [("us-east-1", "regional"), ("aws-global", "global")] {
        let acls = move |asked: &Asked| match asked.operation.as_str() {
            "ListResources" => {
                let model = having(asked).unwrap();
                let scope = model["Scope"].as_str().unwrap();
                let id = if scope == "CLOUDFRONT" { "global1" } else { "regional1" };
                listing(&[&format!("shop|{id}|{scope}")])
            }
            "GetResources" => {
                let tags = json!([{ "Key": "env", "Value": "prod" }]);
                let both = ["regional", "global"].map(arn);
                let list = both.map(|arn| json!({ "ResourceARN": arn, "Tags": tags }));
                answer(&json!({ "ResourceTagMappingList": list }))
            }
            _ => empty(asked),
        };
        let scanned = scan_in(asking_for(&[ACL]), sdk(acls), region).await;
        let generic = of_kind(&scanned, Generic);
        assert_eq!(generic.len(), 1, "{region}");
        assert_eq!(generic[0].arn.as_str(), arn(own));
        assert_eq!((generic[0].type_name(), &*generic[0].tags["env"]), (ACL, "prod"));
    }
}

#[test]
fn a_resource_without_an_arn_is_named_within_its_type() {
    let listed = |type_name: &str, identifier: &str| Listed {
        type_name: type_name.into(),
        identifier: identifier.into(),
        properties: None,
    };
    let tagged = Arn::parse("arn:aws:states:us-east-1:123456789012:stateMachine:orders").unwrap();
    let tags: Tags = [("env".into(), "prod".into())].into();
    let mut merge = Merge::of(vec![(tagged.clone(), tags)]);
    let merged = merge.listed(
        &place(),
        vec![
            listed("AWS::AppConfig::Application", "a1"),
            listed("AWS::StepFunctions::StateMachine", "orders"),
        ],
        None,
    );
    assert!(merge.rest(&place()).is_empty(), "it is told once");
    let arns: Vec<_> = merged.iter().map(|resource| resource.arn.as_str()).collect();
    assert_eq!(
        arns,
        ["arn:aws:appconfig:us-east-1:123456789012:application/a1", tagged.as_str()],
        "the tagging API tells the ARN of the other"
    );
    assert_eq!(merged[1].tags["env"], "prod");
}

#[test]
fn what_two_types_call_alike_is_told_apart_by_its_arn() {
    let arns = [
        "arn:aws:glue:us-east-1:123456789012:job/etl",
        "arn:aws:glue:us-east-1:123456789012:trigger/etl",
        "arn:aws:eks:us-east-1:123456789012:addon/main/vpc-cni/8ec1a2b3",
        "arn:aws:eks:us-east-1:123456789012:addon/other/vpc-cni/7fd0c1e2",
    ];
    let tagged = arns.map(|arn| (Arn::parse(arn).unwrap(), Tags::new()));
    let mut merge = Merge::of(tagged.to_vec());
    for (type_name, identifier, arn) in [
        ("AWS::Glue::Job", "etl", arns[0]),
        ("AWS::Glue::Trigger", "etl", arns[1]),
        ("AWS::EKS::Addon", "main|vpc-cni", arns[2]),
        ("AWS::EKS::Addon", "other|vpc-cni", arns[3]),
        // It has no tags; the cluster's add-ons do.
        (
            "AWS::EKS::Addon",
            "main|kube-proxy",
            "arn:aws:eks:us-east-1:123456789012:addon/main|kube-proxy",
        ),
        ("AWS::Glue::Workflow", "etl", "arn:aws:glue:us-east-1:123456789012:workflow/etl"),
    ] {
        let item =
            Listed { type_name: type_name.into(), identifier: identifier.into(), properties: None };
        let merged = merge.listed(&place(), vec![item], None);
        assert_eq!(merged.iter().map(|one| one.arn.as_str()).collect::<Vec<_>>(), [arn]);
    }
    assert!(merge.rest(&place()).is_empty(), "each is told once");
}
