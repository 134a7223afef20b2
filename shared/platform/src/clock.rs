//! Time and ids, so that tests decide them.

use jiff::Timestamp;
use miyabi_types::id::CycleId;
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stands still.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A new cycle id; ids sort by the time they were made.
#[expect(clippy::disallowed_methods, reason = "this is the one place that makes ids")]
pub fn new_cycle_id() -> CycleId {
    CycleId::new(Uuid::now_v7())
}
