//! Scans that Lambda's time is too short for.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    task::Poll,
};

use miyabi_platform::{Artifacts, store::MemoryStore};
use miyabi_types::{
    artifact::ArtifactKey,
    phase::{DiscoveryRequest, DiscoveryResponse},
    resource::{ManagedBy, ResourceKind},
};

use super::*;
use crate::{
    collect::REGISTRY,
    pace::Budget,
    testing::{
        aws::{Answer, Asked, HANGS, empty, sdk},
        coverage, cycle, discovery, resources, scope,
    },
};

mod lists;

/// Discovery with a store, of an account with a volume and a database; `hangs` never answers.
struct Account {
    discovery: Discovery,
    store: Arc<MemoryStore>,
    asked: Arc<Mutex<Vec<String>>>,
}

fn answer(asked: &Asked) -> Answer {
    let body = match asked.operation.as_str() {
        "DescribeVolumes" => {
            "<DescribeVolumesResponse><volumeSet><item><volumeId>vol-1</volumeId></item>\
             </volumeSet></DescribeVolumesResponse>"
        }
        "DescribeDBInstances" => {
            "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>\
             <DBInstanceIdentifier>db-1</DBInstanceIdentifier></DBInstance></DBInstances>\
             </DescribeDBInstancesResult></DescribeDBInstancesResponse>"
        }
        _ => return empty(asked),
    };
    (200, body.as_bytes().to_vec())
}

impl Account {
    fn new(hangs: &'static str) -> Self {
        Self::with(hangs, Arc::default())
    }

    /// The next invocation, in which something else hangs.
    fn again(&self, hangs: &'static str) -> Self {
        Self::with(hangs, Arc::clone(&self.store))
    }

    fn with(hangs: &'static str, store: Arc<MemoryStore>) -> Self {
        Self::of(
            store,
            move |asked| {
                if asked.operation == hangs { (HANGS, Vec::new()) } else { answer(asked) }
            },
        )
    }

    fn of(
        store: Arc<MemoryStore>,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let sdk = sdk(move |asked| {
            seen.lock().unwrap().push(asked.operation.clone());
            answer(asked)
        });
        let artifacts = Artifacts::stored(Arc::clone(&store) as _);
        let discovery = Discovery { artifacts, budget: Budget::Lifted, ..discovery(sdk) };
        Self { discovery, store, asked }
    }

    fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap().iter().cloned().collect()
    }

    /// Until nothing more is asked.
    fn quiet(&self) -> impl Future<Output = ()> + Send {
        let asked = Arc::clone(&self.asked);
        let (last, still) = (AtomicU32::new(0), AtomicU32::new(0));
        poll_fn(move |context| {
            let now = u32::try_from(asked.lock().unwrap().len()).unwrap();
            if last.swap(now, Ordering::SeqCst) != now {
                still.store(0, Ordering::SeqCst);
            }
            if still.fetch_add(1, Ordering::SeqCst) > 1000 {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
    }

    /// Until so many requests were sent of those that `is_one` tells.
    fn after(&self, many: usize, is_one: fn(&str) -> bool) -> impl Future<Output = ()> + Send {
        let asked = Arc::clone(&self.asked);
        poll_fn(move |context| {
            if asked.lock().unwrap().iter().filter(|asked| is_one(asked)).count() >= many {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
    }

    /// Scans until nothing more is asked.
    async fn scan(&self, cycle: &CycleState) -> ScannedScope {
        self.scan_until(cycle, self.quiet()).await
    }

    /// Scans until then; what is under way may end.
    async fn scan_until(
        &self,
        cycle: &CycleState,
        closing: impl Future<Output = ()> + Send,
    ) -> ScannedScope {
        let cycle = Box::new(cycle.clone());
        let request = DiscoveryRequest::Scan { cycle, sequence: 0, scope: scope("us-east-1") };
        match self.discovery.handle_until(request, closing, self.quiet()).await.unwrap() {
            DiscoveryResponse::Scanned(scanned) => *scanned,
            DiscoveryResponse::Cycle { .. } => panic!("scan answers a scope"),
        }
    }

    async fn lines(&self, cycle: &CycleState, scanned: &ScannedScope) -> Vec<ChunkLine> {
        let (chunk, sha256) = (scanned.manifest.chunk.as_ref(), scanned.manifest.sha256.as_deref());
        let artifacts = &self.discovery.artifacts;
        artifacts.load_chunk(cycle, chunk.unwrap(), sha256).await.unwrap()
    }

    async fn found(&self, cycle: &CycleState, scanned: &ScannedScope) -> Vec<String> {
        let lines = Some(self.lines(cycle, scanned).await);
        let scanned = ScannedScope { lines, ..scanned.clone() };
        resources(&scanned).iter().map(|resource| resource.id.clone()).collect()
    }
}

#[tokio::test]
async fn an_interrupted_scan_goes_on_where_it_was_and_ends_like_one_that_was_not() {
    let cycle = cycle();
    let first = Account::new("DescribeDBInstances");
    let interrupted = first.scan(&cycle).await;
    assert_eq!(interrupted.remaining, Some(1), "all but databases are read");
    assert_eq!((&interrupted.manifest.chunk, &interrupted.lines), (&None, &None));

    let second = first.again("");
    let ended = second.scan(&cycle).await;
    assert_eq!(ended.remaining, None);
    let asked: Vec<_> = second.asked().into_iter().collect();
    let of_databases = |call: &&String| {
        let others = ["DescribeEventSubscriptions", "GetCallerIdentity", "GetMetricData"];
        call.contains("DB") || others.contains(&call.as_str())
    };
    assert_eq!(asked.iter().filter(|call| !of_databases(call)).count(), 0, "{asked:?}");
    assert!(asked.iter().any(|call| call == "DescribeDBInstances"), "{asked:?}");
    let found = second.found(&cycle, &ended).await;
    assert!(found.contains(&"vol-1".to_owned()) && found.contains(&"db-1".to_owned()), "{found:?}");

    let account = Account::new("");
    let whole = account.scan(&cycle).await;
    assert_eq!(ended.manifest.coverage, whole.manifest.coverage);
    assert_eq!(ended.manifest.resources, whole.manifest.resources);
    assert_eq!(second.lines(&cycle, &ended).await, account.lines(&cycle, &whole).await);
    // What the second invocation asked had been asked before, but for the databases' metrics.
    let again = second.asked().len() as u64 - 1;
    assert_eq!(ended.manifest.api_calls, whole.manifest.api_calls + again);
}

#[tokio::test]
async fn what_alone_takes_too_long_is_given_up_and_told() {
    let cycle = cycle();
    let first = Account::new("DescribeDBInstances");
    assert_eq!(first.scan(&cycle).await.remaining, Some(1));
    let second = first.again("DescribeDBInstances");
    let ended = second.scan(&cycle).await;
    assert_eq!(ended.remaining, None, "a third invocation would come no further");
    let why = coverage(&ended, "rds:DescribeDBInstances").get().unwrap_err();
    assert!(why.reason.contains("longer than a function may run"), "{why:?}");
    assert_eq!(*coverage(&ended, "ec2:DescribeVolumes"), Evidence::Known(1));
    assert!(second.found(&cycle, &ended).await.contains(&"vol-1".to_owned()));
}

/// Functions of the account, of which the service lists so many at once.
const FUNCTIONS: usize = 120;
const AT_ONCE: usize = 10;

/// An account with many functions, one of which a stack owns.
fn functions(asked: &Asked) -> Answer {
    let function = |n: usize| format!("arn:aws:lambda:us-east-1:123456789012:function:f-{n:03}");
    let body = match (asked.service.as_str(), asked.operation.as_str()) {
        ("cloudformation", "ListStacks") => "<ListStacksResponse><ListStacksResult><StackSummaries>\
            <member><StackName>shop</StackName><StackId>shop-1</StackId></member></StackSummaries>\
            </ListStacksResult></ListStacksResponse>"
            .to_owned(),
        ("cloudformation", "ListStackResources") => "<ListStackResourcesResponse>\
            <ListStackResourcesResult><StackResourceSummaries><member>\
            <LogicalResourceId>Last</LogicalResourceId><PhysicalResourceId>f-119</PhysicalResourceId>\
            <ResourceType>AWS::Lambda::Function</ResourceType></member></StackResourceSummaries>\
            </ListStackResourcesResult></ListStackResourcesResponse>"
            .to_owned(),
        ("lambda", path) if path.contains("/functions?") || path.ends_with("/functions") => {
            let from = path.split_once("Marker=").map_or(0, |(_, rest)| {
                rest.split('&').next().and_then(|n| n.parse().ok()).unwrap()
            });
            let items = (from..from + AT_ONCE).map(|n| {
                format!(r#"{{"FunctionName":"f-{n:03}","FunctionArn":"{}"}}"#, function(n))
            });
            let items = items.collect::<Vec<_>>().join(",");
            let next = Some(from + AT_ONCE).filter(|next| *next < FUNCTIONS);
            let next = next.map(|n| format!(r#","NextMarker":"{n}""#)).unwrap_or_default();
            format!(r#"{{"Functions":[{items}]{next}}}"#)
        }
        _ => return answer(asked),
    };
    (200, body.into_bytes())
}

/// Whether a request is for more than a function's name.
fn is_detail(asked: &str) -> bool {
    asked.contains("/functions/") && asked.contains("f-")
}

#[tokio::test]
async fn what_waits_to_know_its_owners_is_not_read_again() {
    let cycle = cycle();
    let hangs = |asked: &Asked| match asked.operation.as_str() {
        "ListStackResources" => (HANGS, Vec::new()),
        _ => functions(asked),
    };
    let first = Account::of(Arc::default(), hangs);
    assert!(first.scan(&cycle).await.remaining.is_some());
    let second = Account::of(Arc::clone(&first.store), functions);
    let ended = second.scan(&cycle).await;
    assert_eq!(ended.remaining, None);
    assert!(!second.asked().iter().any(|asked| is_detail(asked)), "{:?}", second.asked());
    let account = Account::of(Arc::default(), functions);
    let whole = account.scan(&cycle).await;
    assert_eq!(ended.manifest.coverage, whole.manifest.coverage);
    assert_eq!(second.lines(&cycle, &ended).await, account.lines(&cycle, &whole).await);
}

#[tokio::test]
async fn without_owners_what_was_read_is_there_all_the_same() {
    let cycle = cycle();
    let hangs = |asked: &Asked| match asked.operation.as_str() {
        "ListStackResources" => (HANGS, Vec::new()),
        _ => functions(asked),
    };
    let mut account = Account::of(Arc::default(), hangs);
    account.discovery.artifacts = Artifacts::inline();
    let ended = account.scan(&cycle).await;
    assert_eq!(ended.remaining, None);
    assert!(coverage(&ended, "cloudformation:ListStackResources").known().is_none());
    assert_eq!(*coverage(&ended, "lambda:ListFunctions"), Evidence::Known(FUNCTIONS as u64));
    let found = resources(&ended);
    assert!(found.iter().any(|resource| resource.id == "vol-1"));
    assert!(found.iter().any(|resource| resource.id == "db-1"));
}

#[tokio::test]
async fn without_a_store_what_is_not_read_in_time_is_told() {
    let mut hangs = Account::new("POST /findings");
    hangs.discovery.artifacts = Artifacts::inline();
    let ended = hangs.scan(&cycle()).await;
    assert_eq!(ended.remaining, None);
    let unseen = ended.lines.iter().flatten().any(
        |line| matches!(line, ChunkLine::SecurityHub { findings } if findings.known().is_none()),
    );
    assert!(unseen, "{:?}", ended.manifest.coverage);
}

#[tokio::test]
async fn a_checkpoint_that_does_not_fit_is_not_used() {
    let cycle = cycle();
    let first = Account::new("DescribeDBInstances");
    first.scan(&cycle).await;
    let path = "world-0/123456789012/us-east-1.partial.ndjson.zst";
    let key = ArtifactKey::of_cycle(&cycle.tenant, cycle.cycle, path);
    let store: &dyn miyabi_platform::store::ArtifactStore = &*first.store;
    store.put(&key, b"something else".to_vec(), "").await.unwrap();
    let second = first.again("");
    let ended = second.scan(&cycle).await;
    assert!(second.asked().contains("DescribeVolumes"), "from the beginning");
    assert!(second.found(&cycle, &ended).await.contains(&"vol-1".to_owned()));
}

#[tokio::test]
async fn the_same_account_is_the_same_bytes() {
    let cycle = cycle();
    let hashes = [Account::new(""), Account::new("")].map(|account| {
        let cycle = cycle.clone();
        async move { account.scan(&cycle).await.manifest.sha256 }
    });
    let [first, second] = hashes;
    assert_eq!(first.await, second.await);
}

#[test]
fn every_collector_of_a_reach_has_a_name_of_its_own() {
    let name = |one: &Collector| (one.reach == Reach::Global, one.name());
    let names: BTreeSet<_> = REGISTRY.iter().map(name).collect();
    assert_eq!(names.len(), REGISTRY.len());
}
