//! The documents of a plan: what a manager reads before anything is changed.

mod bill;
mod changes;
mod commitments;
mod cost;
mod hub;
mod markdown;
mod reconcile;
mod report;
mod sections;
mod security;
mod view;

use miyabi_types::{plan::Plan, world::World};

use self::view::View;

/// The documents of `plan`, which was made of `world`: path below the cycle and text.
pub fn render(world: &World, plan: &Plan) -> Vec<(String, String)> {
    let view = View::new(world, plan);
    vec![
        ("cost-plan.md".to_owned(), cost::render(&view)),
        ("report.html".to_owned(), report::render(&view)),
        ("security-plan.md".to_owned(), security::render(&view)),
    ]
}

#[cfg(test)]
mod tests;
