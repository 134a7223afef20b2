//! θ₆ as a Lambda function.

use miyabi_learning::handler::Handler;
use miyabi_platform::{Artifacts, Env, TenantLedger, aws, config::Storage};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let mut env = Env::from_process();
    let storage = Storage::read(&mut env);
    let storage = env.finish(storage)?;
    let config = aws::sdk_config().await;
    let handler = Handler {
        artifacts: Artifacts::configured(&config, storage.bucket),
        table: TenantLedger::table(&config, storage.table),
    };
    miyabi_platform::run(|request| handler.handle(request)).await
}
