//! The documents of a plan, for people.

use miyabi_types::{plan::Plan, world::World};

/// The documents of `plan`: path below the cycle and Markdown text.
pub fn render(_world: &World, _plan: &Plan) -> Vec<(String, String)> {
    Vec::new()
}
