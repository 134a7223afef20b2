//! The Lambda function of θ₄.

use std::sync::Arc;

use lambda_runtime::Error;
use miyabi_execution::{Deps, Executor, aws::Aws, handler::handle};
use miyabi_platform::{
    Artifacts, Env, SystemClock, TenantLedger, aws::sdk_config, config::Storage,
};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut env = Env::from_process();
    let storage = Storage::read(&mut env);
    let storage = env.finish(storage)?;
    let config = sdk_config().await;
    let artifacts = Artifacts::configured(&config, storage.bucket);
    let executor = Executor::new(Deps {
        connect: Arc::new(Aws::new(config.clone(), artifacts.clone())),
        artifacts,
        table: TenantLedger::table(&config, storage.table),
        clock: Arc::new(SystemClock),
    });
    miyabi_platform::run(|request| handle(&executor, request)).await
}
