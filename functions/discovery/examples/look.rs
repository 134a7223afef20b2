//! Looks at the account that the environment gives access to and prints what discovery sees.
//!
//! `cargo run -p miyabi-discovery --example look -- [REGION…]` prints a summary; with `--json`, the whole
//! World; with `--lifted`, without regard to the services' rates. Reads `AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL` … like any AWS client.

use std::{io::BufWriter, sync::Arc};

use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_platform::{Artifacts, PhaseError, SystemClock, error::chain};
use miyabi_types::{
    evidence::Evidence,
    id::{Region, TenantId},
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
    discovery.look(tenant, regions.map_err(invalid)?).await
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
