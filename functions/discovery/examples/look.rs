//! Looks at the account that the environment gives access to and prints what discovery sees.
//!
//! `cargo run -p miyabi-discovery --example look -- [REGION…]` prints a summary; with `--json`, the whole
//! World; with `--lifted`, without regard to the services' rates. Reads `AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL` … like any AWS client.

use std::{io::BufWriter, sync::Arc};

use futures::future::try_join_all;
use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_platform::{Artifacts, PhaseError, SystemClock, error::chain};
use miyabi_types::{
    cycle::WorldRef,
    evidence::Evidence,
    id::{Region, TenantId},
    phase::{DiscoveryRequest, DiscoveryResponse},
    world::World,
};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments = std::env::args().skip(1);
    let (options, regions): (Vec<_>, Vec<_>) = arguments.partition(|word| word.starts_with("--"));
    let asked = |option: &str| options.iter().any(|given| given == option);
    let budget = if asked("--lifted") { Budget::Lifted } else { Budget::Published };
    match look(regions, budget).await {
        Ok(world) if asked("--json") => {
            let stdout = BufWriter::new(std::io::stdout().lock());
            serde_json::to_writer(stdout, &world).expect("a World is JSON, and somebody reads it");
        }
        Ok(world) => print(&world),
        Err(error) => {
            eprintln!("{}: {}", error.name, chain(&error));
            std::process::exit(1);
        }
    }
}

async fn look(regions: Vec<String>, budget: Budget) -> Result<World, PhaseError> {
    let discovery = Discovery {
        sdk: miyabi_platform::aws::sdk_config().await,
        artifacts: Artifacts::inline(),
        table: None,
        clock: Arc::new(SystemClock),
        budget,
    };
    let invalid = |error: miyabi_types::id::InvalidId| PhaseError::invalid_input(error.to_string());
    let regions: Result<_, _> = regions.into_iter().map(Region::parse).collect();
    let tenant = TenantId::parse("me").map_err(invalid)?;
    let regions = regions.map_err(invalid)?;
    let open = DiscoveryRequest::Open { tenant, mode: None, regions, execution: None };
    let DiscoveryResponse::Cycle { cycle, scopes } = discovery.handle(open).await? else {
        unreachable!("open answers a cycle")
    };
    // All at once, as the state machine does it.
    let scans = scopes.iter().map(|scope| {
        let (cycle, scope) = (cycle.clone(), scope.clone());
        discovery.handle(DiscoveryRequest::Scan { cycle, sequence: 0, scope })
    });
    let scanned = try_join_all(scans).await?.into_iter();
    let inline = scanned.filter_map(|answer| match answer {
        DiscoveryResponse::Scanned(scanned) => Some(*scanned),
        DiscoveryResponse::Cycle { .. } => None,
    });
    let inline = inline.collect();
    let seal = DiscoveryRequest::Seal { cycle, sequence: 0, scopes, inline };
    match discovery.handle(seal).await? {
        DiscoveryResponse::Cycle { cycle, .. } => match cycle.world0 {
            Some(WorldRef::Inline(world)) => Ok(*world),
            _ => Err(PhaseError::internal("seal left no World")),
        },
        DiscoveryResponse::Scanned(_) => unreachable!("seal answers a cycle"),
    }
}

fn print(world: &World) {
    for scope in &world.manifest.scopes {
        println!(
            "{} {}: {} API calls, {} of them to Cost Explorer; {} metrics asked of CloudWatch",
            scope.scope.account,
            scope.scope.region,
            scope.api_calls,
            scope.cost_explorer_requests,
            scope.metrics_requested
        );
        for coverage in &scope.coverage {
            match &coverage.result {
                Evidence::Known(items) => println!("  {:<40} {items}", coverage.api.as_str()),
                Evidence::Unavailable(why) => {
                    println!("  {:<40} not known: {}", coverage.api.as_str(), why.reason);
                }
            }
        }
    }
    for resource in &world.resources {
        let cost = match resource.monthly_cost.get() {
            Ok(cost) => cost.to_string(),
            Err(why) => why.reason.clone(),
        };
        println!("{:<28} {:<40} {cost}", resource.kind().as_str(), resource.label());
    }
    println!("{} resources, {} a month", world.resources.len(), world.monthly_cost());
}
