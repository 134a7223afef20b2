//! What the parts of the product say of each other, read from the files that say it.

pub mod asl;
pub mod events;
pub mod packages;
pub mod sources;
pub mod template;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// The six phases, in order; each is a crate, a binary, and with `Function` a resource.
pub const PHASES: [&str; 6] =
    ["discovery", "generation", "allocation", "execution", "integration", "learning"];

/// The repository. Tests run in their package's directory; a path from compile time would be that of another
/// checkout where several share a build directory.
pub fn root() -> &'static Path {
    static ROOT: LazyLock<PathBuf> =
        LazyLock::new(|| Path::new("..").canonicalize().expect("the package is in the repository"));
    &ROOT
}

/// The text of a file of the repository.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()))
}

/// The files below a folder of the repository whose name ends with `suffix`, sorted.
pub fn files(folder: impl AsRef<Path>, suffix: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, suffix: &str, found: &mut Vec<PathBuf>) {
        let entries = std::fs::read_dir(folder)
            .unwrap_or_else(|e| panic!("cannot list {}: {e}", folder.display()));
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, suffix, found);
            } else if path.to_string_lossy().ends_with(suffix) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), suffix, &mut found);
    found.sort();
    found
}

/// The name of a phase's function in the template: `discovery` → `DiscoveryFunction`.
pub fn logical_id(phase: &str) -> String {
    let (first, rest) = phase.split_at(1);
    format!("{}{rest}Function", first.to_uppercase())
}

/// Fails with what only one of two sides says.
pub fn assert_same(
    what: &str,
    (here, left): (&str, &BTreeSet<String>),
    (there, right): (&str, &BTreeSet<String>),
) {
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> {
        a.difference(b).cloned().collect()
    };
    let (left_only, right_only) = (only(left, right), only(right, left));
    assert!(
        left_only.is_empty() && right_only.is_empty(),
        "{what}: only {here}: {left_only:?}; only {there}: {right_only:?}"
    );
}
