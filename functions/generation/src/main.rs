//! θ₂ as a Lambda function.

use std::sync::Arc;

use miyabi_generation::handler::Handler;
use miyabi_platform::{Artifacts, Env, SystemClock, aws};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let mut env = Env::from_process();
    let bucket = env.optional("MIYABI_BUCKET");
    let bucket = env.finish(bucket)?;
    let config = aws::sdk_config().await;
    let handler =
        Handler { artifacts: Artifacts::configured(&config, bucket), clock: Arc::new(SystemClock) };
    miyabi_platform::run(|request| handler.handle(request)).await
}
