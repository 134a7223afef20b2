//! Code for what exists.

use miyabi_types::world::World;

/// The files of code: path below the cycle and text.
pub fn render(_world: &World) -> Vec<(String, String)> {
    Vec::new()
}
