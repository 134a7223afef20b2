use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use aws_config::SdkConfig;
use miyabi_platform::{FixedClock, store::MemoryStore};
use miyabi_types::{
    money::MonthlyUsd,
    pricing::{Size, vpc},
    resource::ResourceKind::{self, Ec2Address, Ec2Instance, KmsKey},
};

use super::{fixture::item, *};
use crate::{
    scan::empty,
    testing::{
        aws::{Answer as Http, Asked, UNKNOWN_HOST, error, sdk},
        cycle, discovery, scope,
    },
};

/// A scope in `region` with resources of these kinds and sizes.
fn seen(region: &str, sizes: &[(ResourceKind, &str, &[&str])]) -> ScopeManifest {
    let mut manifest = empty(scope(region), Vec::new());
    for (kind, name, with) in sizes {
        manifest.resources.insert(*kind, 1);
        let with = with.iter().map(|with| (*with).to_owned()).collect();
        let size = Size { name: (*name).to_owned(), with };
        manifest.sizes.entry(*kind).or_default().insert(size);
    }
    manifest
}

const M5: (ResourceKind, &str, &[&str]) = (Ec2Instance, "m5.large", &["Linux/UNIX", "default"]);

fn answer(items: &[String], next: Option<&str>) -> Http {
    let body = serde_json::json!({
        "FormatVersion": "aws_v1", "PriceList": items, "NextToken": next,
    });
    (200, body.to_string().into_bytes())
}

/// The Price List of a region where everything that is asked about costs `usd`.
fn listed(asked: &Asked, usd: &str) -> Http {
    let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
    let filter = |name: &str| {
        let filters = body["Filters"].as_array().unwrap();
        let filter = filters.iter().find(|filter| filter["Field"] == name);
        filter.map_or("", |filter| filter["Value"].as_str().unwrap())
    };
    let tier = [("0", usd)];
    let items: Vec<String> = match body["ServiceCode"].as_str().unwrap() {
        "AmazonEC2" if filter("instanceType").is_empty() => {
            vec![item("Storage", &[("usagetype", "EBS:VolumeUsage.gp3")], "GB-Mo", &tier)]
        }
        "AmazonEC2" => {
            let types = filter("instanceType").split(',');
            let product = |name| {
                let attributes = [
                    ("instanceType", name),
                    ("operation", filter("operation")),
                    ("tenancy", filter("tenancy")),
                    ("capacitystatus", "Used"),
                ];
                item("Compute Instance", &attributes, "Hrs", &tier)
            };
            types.map(product).collect()
        }
        "AmazonVPC" => vec![item("", &[("usagetype", "PublicIPv4:InUseAddress")], "Hrs", &tier)],
        "AWSDataTransfer" => {
            vec![item("", &[("usagetype", "DataTransfer-Out-Bytes")], "GB", &tier)]
        }
        other => panic!("{other} is asked about"),
    };
    answer(&items, None)
}

async fn prices_with(sdk: SdkConfig, scopes: &mut [ScopeManifest]) -> PriceSheet {
    discovery(sdk).prices(&cycle(), 0, scopes).await.unwrap()
}

fn m5(sheet: &PriceSheet, region: &str, platform: &str) -> Option<String> {
    let region = Region::parse(region).unwrap();
    sheet.instance(&region, "m5.large", platform).known().map(MonthlyUsd::to_string)
}

fn told(scope: &ScopeManifest) -> &Evidence<u64> {
    let mut coverage = scope.coverage.iter();
    &coverage.find(|coverage| coverage.api.as_str() == GET_PRODUCTS).unwrap().result
}

#[tokio::test]
async fn prices_are_those_of_the_price_list_for_what_is_there() {
    let mut scopes = [
        seen("us-east-1", &[M5, (Ec2Instance, "m5.large", &["Windows", "default"])]),
        seen("aws-global", &[]),
    ];
    let sheet = prices_with(sdk(|asked| listed(asked, "0.1000000000")), &mut scopes).await;
    assert_eq!(m5(&sheet, "us-east-1", "Linux/UNIX").unwrap(), "$73.00");
    assert_eq!(m5(&sheet, "us-east-1", "Windows").unwrap(), "$73.00");
    let virginia = scope("us-east-1").region;
    let candidate = sheet.instance(&virginia, "m7g.large", "Linux/UNIX");
    assert!(candidate.known().is_some(), "what it could be moved to has a price too");
    assert!(sheet.instance(&virginia, "m5.large", "SUSE Linux").known().is_none(), "not seen");
    for prices in sheet.regions[&virginia].values() {
        assert!(prices.snapshot.is_empty());
        assert_eq!(prices.published.unwrap().to_string(), "2026-09-10");
    }
    let Evidence::Known(count) = told(&scopes[0]) else { panic!("{:?}", told(&scopes[0])) };
    assert!(*count > 100, "{count} prices");
    assert!((5..20).contains(&scopes[0].api_calls), "{} calls", scopes[0].api_calls);
    assert!(scopes[1].coverage.is_empty(), "nothing was asked about it");
}

#[tokio::test]
async fn every_page_is_read() {
    let paged = |asked: &Asked| {
        let first = !asked.body.contains("NextToken");
        let (size, next) = if first { ("Hours", Some("two")) } else { ("Bytes", None) };
        let usage = format!("EU-NatGateway-{size}");
        answer(&[item("NAT Gateway", &[("usagetype", &usage)], "any", &[("0", "0.048")])], next)
    };
    let list = PriceList::new(&sdk(paged), crate::pace::Budget::default());
    let query = Query::of("AmazonEC2", &scope("eu-west-1").region);
    let products = list.ask(&query).await.unwrap();
    let usages: Vec<_> = products.iter().map(product::Product::usage).collect();
    assert_eq!(usages, ["NatGateway-Hours", "NatGateway-Bytes"]);
    assert_eq!(list.calls(), 2);
}

#[tokio::test]
async fn where_the_price_list_cannot_be_asked_the_snapshot_answers_and_says_so() {
    let denied = |asked: &Asked| error(asked, 400, "AccessDeniedException");
    let mut scopes = [seen("us-east-1", &[M5]), seen("sa-east-1", &[M5, (KmsKey, "", &[])])];
    let sheet = prices_with(sdk(denied), &mut scopes).await;
    assert_eq!(m5(&sheet, "us-east-1", "Linux/UNIX").unwrap(), "$70.08");
    let ec2 = &sheet.regions[&scope("us-east-1").region][&Service::Ec2];
    assert!(ec2.listed.is_empty() && ec2.published.is_none());
    assert_eq!(m5(&sheet, "sa-east-1", "Linux/UNIX"), None, "unknown, and not nothing");
    let Evidence::Unavailable(why) = told(&scopes[0]) else { panic!("it was denied") };
    assert_eq!(why.missing_permission.as_ref().unwrap().as_str(), GET_PRODUCTS);
    assert!(why.reason.contains("prices of 2026-07-20 are used"), "{}", why.reason);
    let calls: u64 = scopes.iter().map(|scope| scope.api_calls).sum();
    assert!(calls <= LANES as u64, "{calls} calls after the first refusal");
}

#[tokio::test]
async fn a_place_without_the_service_is_told() {
    let mut scopes = [seen("us-east-1", &[M5])];
    prices_with(sdk(|_| (UNKNOWN_HOST, Vec::new())), &mut scopes).await;
    let Evidence::Unavailable(why) = told(&scopes[0]) else { panic!("there is no such host") };
    assert!(why.reason.contains("no such endpoint") && why.missing_permission.is_none());
}

#[tokio::test]
async fn an_answer_without_prices_is_no_answer() {
    let mut scopes = [seen("us-east-1", &[(Ec2Address, "", &[])])];
    let sheet = prices_with(sdk(|_| answer(&[], None)), &mut scopes).await;
    let virginia = scope("us-east-1").region;
    assert_eq!(sheet.price(&virginia, &vpc::PUBLIC_IPV4).known().unwrap().to_string(), "0.005");
    assert!(told(&scopes[0]).get().unwrap_err().reason.contains("has no prices of AmazonVPC"));
}

#[tokio::test]
async fn one_question_that_is_refused_leaves_the_others_answered() {
    let some = |asked: &Asked| {
        if asked.body.contains("AmazonVPC") {
            error(asked, 400, "InvalidParameterException")
        } else {
            listed(asked, "0.1")
        }
    };
    let mut scopes = [seen("us-east-1", &[M5])];
    let sheet = prices_with(sdk(some), &mut scopes).await;
    let virginia = &sheet.regions[&scope("us-east-1").region];
    assert!(!virginia[&Service::Ec2].listed.is_empty());
    assert_eq!(virginia[&Service::Vpc].snapshot.len(), 7, "all that the snapshot knows of it");
    assert!(told(&scopes[0]).known().is_none());
}

/// A Price List that counts its calls and asks for another price each day.
fn changing(calls: &Arc<AtomicU64>, usd: &Arc<Mutex<&'static str>>) -> SdkConfig {
    let (calls, usd) = (Arc::clone(calls), Arc::clone(usd));
    sdk(move |asked| {
        calls.fetch_add(1, Ordering::Relaxed);
        let usd = *usd.lock().unwrap();
        listed(asked, usd)
    })
}

#[tokio::test]
async fn answers_are_kept_for_a_day_and_world_1_has_the_prices_of_world_0() {
    let (calls, usd) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new("0.1")));
    let mut discovery = discovery(changing(&calls, &usd));
    discovery.artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
    let first = discovery.prices(&cycle(), 0, &mut [seen("us-east-1", &[M5])]).await.unwrap();
    let asked = calls.load(Ordering::Relaxed);
    assert!(asked > 0);

    *usd.lock().unwrap() = "0.2";
    let again = discovery.prices(&cycle(), 0, &mut [seen("us-east-1", &[M5])]).await.unwrap();
    assert_eq!((&again, calls.load(Ordering::Relaxed)), (&first, asked), "what is kept is good");

    discovery.clock = Arc::new(FixedClock("2026-03-03T00:00:00Z".parse().unwrap()));
    let later = discovery.prices(&cycle(), 0, &mut [seen("us-east-1", &[M5])]).await.unwrap();
    assert_eq!(m5(&later, "us-east-1", "Linux/UNIX").unwrap(), "$146.00");

    let manifest = miyabi_types::world::WorldManifest {
        tenant: cycle().tenant,
        cycle: cycle().cycle,
        sequence: 0,
        taken_at: discovery.clock.now(),
        scopes: Vec::new(),
        prices: first.clone(),
    };
    let world = miyabi_types::world::World::assemble(manifest, Vec::new());
    let acted = CycleState { world0: Some(WorldRef::Inline(Box::new(world))), ..cycle() };
    let mut scopes = [seen("us-east-1", &[M5, (Ec2Instance, "m5.large", &["Windows", "default"])])];
    let after = discovery.prices(&acted, 1, &mut scopes).await.unwrap();
    assert_eq!(m5(&after, "us-east-1", "Linux/UNIX").unwrap(), "$73.00", "as in World₀");
    assert_eq!(m5(&after, "us-east-1", "Windows").unwrap(), "$146.00", "there was none in World₀");
}
