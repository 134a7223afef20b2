//! θ₅ as a Lambda function.

use miyabi_integration::{config::Config, handler::Integration};
use miyabi_platform::{Artifacts, Env, TenantLedger, aws, config::Storage};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let mut env = Env::from_process();
    let (storage, config) = (Storage::read(&mut env), Config::read(&mut env));
    let (storage, config) = env.finish((storage, config))?;
    let sdk = aws::sdk_config().await;
    let artifacts = Artifacts::configured(&sdk, storage.bucket);
    let table = TenantLedger::table(&sdk, storage.table);
    let integration = Integration::new(config, &sdk, artifacts, table);
    miyabi_platform::run(|request| integration.handle(request)).await
}
