//! Prints `docs/coverage.md`; `cargo xtask docs` writes it.

fn main() {
    print!("{}", miyabi_discovery::document::markdown());
}
