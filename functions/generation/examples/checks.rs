//! Prints `docs/checks.md`; `cargo xtask docs` writes it.

fn main() {
    print!("{}", miyabi_generation::registry::markdown());
}
