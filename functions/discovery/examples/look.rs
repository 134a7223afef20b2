//! Looks at the account that the environment gives access to and prints what discovery sees.
//!
//! `look [REGION…]` prints a summary; with `--into=DIRECTORY`, the World is stored there instead, as the function
//! stores it in its bucket, and the cycle that names it is printed as JSON; with `--lifted`, without regard to the
//! services' rates, and on all cores instead of on one as the function does. Reads `AWS_PROFILE`, `AWS_REGION`,
//! `AWS_ENDPOINT_URL` … like any AWS client.

use std::sync::Arc;

use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_platform::{Artifacts, PhaseError, SystemClock, error::chain, store::DirectoryStore};
use miyabi_types::{
    evidence::Evidence,
    id::{InvalidId, Region, TenantId},
    world::World,
};
use tikv_jemallocator::Jemalloc;
use tokio::runtime::Builder;

/// The same as the function's.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() {
    miyabi_discovery::descriptors::make_room();
    let arguments = std::env::args().skip(1);
    let (options, regions): (Vec<_>, Vec<_>) = arguments.partition(|word| word.starts_with("--"));
    let lifted = options.iter().any(|option| option == "--lifted");
    let mut runtime =
        if lifted { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    let runtime = runtime.enable_all().build().expect("a runtime can be started");
    // As a task it runs on one of the runtime's threads instead of on another one beside them.
    let look = runtime.spawn(look(options, regions, lifted));
    let looked = runtime.block_on(look).expect("it is not cancelled");
    if let Err(error) = &looked {
        eprintln!("{}: {}", error.name, chain(error));
    }
    // Without the runtime's clean-up: it would close hundreds of connections one by one.
    std::process::exit(looked.is_err().into())
}

async fn look(options: Vec<String>, regions: Vec<String>, lifted: bool) -> Result<(), PhaseError> {
    let into = options.iter().find_map(|option| option.strip_prefix("--into="));
    let discovery = Discovery {
        sdk: miyabi_platform::aws::sdk_config().await,
        artifacts: into.map_or_else(Artifacts::inline, |directory| {
            Artifacts::stored(Arc::new(DirectoryStore::new(directory)))
        }),
        table: None,
        clock: Arc::new(SystemClock),
        budget: if lifted { Budget::Lifted } else { Budget::Published },
    };
    let invalid = |error: InvalidId| PhaseError::invalid_input(error.to_string());
    let regions: Result<_, _> = regions.into_iter().map(Region::parse).collect();
    let (tenant, regions) = (TenantId::parse("me").map_err(invalid)?, regions.map_err(invalid)?);
    if into.is_none() {
        print(&discovery.look(tenant, regions).await?);
    } else {
        let cycle = discovery.survey(tenant, regions).await?;
        println!("{}", serde_json::to_string(&cycle).expect("a cycle is JSON"));
    }
    Ok(())
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
