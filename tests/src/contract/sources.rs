//! What the sources of the product name: environment variables and IAM actions.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::asl::captures;

/// The product's code in a folder: without comments, tests and their helpers.
pub fn code(folder: impl AsRef<Path>) -> Vec<(PathBuf, String)> {
    let files = super::files(folder, ".rs").into_iter();
    let product = files.filter(|p| !p.ends_with("tests.rs") && !p.ends_with("testing.rs"));
    product
        .map(|path| {
            let text = super::read(&path);
            let (before_tests, _) = text.split_once("#[cfg(test)]\nmod tests").unwrap_or((&text, ""));
            let lines = before_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
            (path, lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

/// The environment variables that a phase reads.
pub fn environment(phase: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, text) in code(format!("functions/{phase}/src")) {
        found.extend(captures(r#""(MIYABI_[A-Z_]+)""#, &text));
        if text.contains("Storage::read") {
            found.extend(["MIYABI_BUCKET".into(), "MIYABI_TABLE".into()]);
        }
    }
    found
}

/// The IAM actions that the code in a folder names: `"ec2:DescribeVolumes"`.
pub fn iam_actions(folder: impl AsRef<Path>) -> BTreeSet<String> {
    let code = code(folder);
    code.iter().flat_map(|(_, text)| captures(r#""([a-z0-9-]+:[A-Z][A-Za-z0-9]+)""#, text)).collect()
}
