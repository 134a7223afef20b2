//! The Lambda function of θ₁ Discovery.

use std::sync::Arc;

use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_platform::{Artifacts, Env, SystemClock, TenantLedger, config::Storage};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let mut env = Env::from_process();
    let storage = Storage::read(&mut env);
    let storage = env.finish(storage)?;
    let sdk = miyabi_platform::aws::sdk_config().await;
    let discovery = Discovery {
        artifacts: Artifacts::configured(&sdk, storage.bucket),
        table: TenantLedger::table(&sdk, storage.table),
        clock: Arc::new(SystemClock),
        budget: Budget::Published,
        sdk,
    };
    miyabi_platform::run(|request| discovery.handle(request)).await
}
