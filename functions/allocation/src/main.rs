//! θ₃ as a Lambda function.

use miyabi_allocation::handler::Handler;
use miyabi_platform::{Artifacts, Env, aws};

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let mut env = Env::from_process();
    let bucket = env.optional("MIYABI_BUCKET");
    let bucket = env.finish(bucket)?;
    let config = aws::sdk_config().await;
    let handler = Handler { artifacts: Artifacts::configured(&config, bucket) };
    miyabi_platform::run(|request| handler.handle(request)).await
}
