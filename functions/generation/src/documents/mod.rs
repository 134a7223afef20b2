//! The documents of a plan: what a manager reads before anything is changed.

mod cost;
mod markdown;
mod reach;
mod sections;
mod security;

use miyabi_types::{plan::Plan, world::World};

/// The documents of `plan`, which was made of `world`: path below the cycle and Markdown text.
pub fn render(world: &World, plan: &Plan) -> Vec<(String, String)> {
    vec![
        ("cost-plan.md".to_owned(), cost::render(world, plan)),
        ("security-plan.md".to_owned(), security::render(world, plan)),
    ]
}

#[cfg(test)]
mod tests;
