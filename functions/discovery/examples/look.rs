//! Looks at the account that the environment gives access to and prints what discovery sees.
//!
//! `cargo run -p miyabi-discovery --example look -- [REGION…]` prints a summary; with `--json` first,
//! the whole World. Reads `AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL` … like any AWS client.

use std::sync::Arc;

use miyabi_discovery::Discovery;
use miyabi_platform::{Artifacts, PhaseError, SystemClock, error::chain};
use miyabi_types::{
    cycle::WorldRef,
    evidence::Evidence,
    id::{Region, TenantId},
    phase::{DiscoveryRequest, DiscoveryResponse},
    world::World,
};

#[tokio::main]
async fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = arguments.first().is_some_and(|first| first == "--json");
    let regions = arguments.split_off(usize::from(json));
    match look(regions).await {
        Ok(world) if json => println!("{}", serde_json::to_string_pretty(&world).expect("is JSON")),
        Ok(world) => print(&world),
        Err(error) => {
            eprintln!("{}: {}", error.name, chain(&error));
            std::process::exit(1);
        }
    }
}

async fn look(regions: Vec<String>) -> Result<World, PhaseError> {
    let discovery = Discovery {
        sdk: miyabi_platform::aws::sdk_config().await,
        artifacts: Artifacts::inline(),
        table: None,
        clock: Arc::new(SystemClock),
    };
    let invalid = |error: miyabi_types::id::InvalidId| PhaseError::invalid_input(error.to_string());
    let regions: Result<_, _> = regions.into_iter().map(Region::parse).collect();
    let tenant = TenantId::parse("me").map_err(invalid)?;
    let regions = regions.map_err(invalid)?;
    let open = DiscoveryRequest::Open { tenant, mode: None, regions, execution: None };
    let DiscoveryResponse::Cycle { cycle, scopes } = discovery.handle(open).await? else {
        unreachable!("open answers a cycle")
    };
    let mut inline = Vec::new();
    for scope in scopes.clone() {
        let scan = DiscoveryRequest::Scan { cycle: cycle.clone(), sequence: 0, scope };
        if let DiscoveryResponse::Scanned(scanned) = discovery.handle(scan).await? {
            inline.push(*scanned);
        }
    }
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
            "{} {}: {} API calls, {} of them to Cost Explorer",
            scope.scope.account, scope.scope.region, scope.api_calls, scope.cost_explorer_requests
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
