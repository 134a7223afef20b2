//! The sample events against the requests.

use miyabi_tests::contract::events;
use serde_json::Value;

#[test]
fn placeholder_for_events() {
    let _: Vec<Value> = events::names().iter().map(|name| events::load(name)).collect();
}
