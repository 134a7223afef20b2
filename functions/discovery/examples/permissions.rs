//! Prints the IAM actions that the templates' policies are written from; `cargo xtask docs` writes them.

use miyabi_discovery::permissions::{AS_ITSELF, OTHER_TYPES, OWN};

fn main() {
    let actions =
        serde_json::json!({ "own": *OWN, "other_types": *OTHER_TYPES, "as_itself": AS_ITSELF });
    println!("{actions}");
}
