//! The Lambda function of θ₁ Discovery.

use std::{sync::Arc, time::Duration};

use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_platform::{Artifacts, Env, SystemClock, TenantLedger, config::Storage};
use tikv_jemallocator::Jemalloc;

/// A call of the SDK makes many small allocations, for which threads wait for one another in the C library's allocator.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// Time before the function's last in which no further pages are begun, so that those under way end.
const TO_END: Duration = Duration::from_secs(45);

/// Time that is kept of it for storing what was read.
const TO_STORE: Duration = Duration::from_secs(20);

// Reading is waiting: one thread does it with less CPU and memory than several that wake one another.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    miyabi_discovery::descriptors::make_room();
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
    miyabi_platform::run_within(|request, left| {
        let before = |end| tokio::time::sleep(left.saturating_sub(end));
        discovery.handle_until(request, before(TO_END), before(TO_STORE))
    })
    .await
}
