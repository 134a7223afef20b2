//! What the sources of the product name: environment variables and IAM actions.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::asl::captures;

/// The product's code in a folder: without comments, tests and their helpers.
pub fn code(folder: impl AsRef<Path>) -> Vec<(PathBuf, String)> {
    let files: Vec<_> =
        super::files(folder, ".rs").into_iter().map(|path| (super::read(&path), path)).collect();
    let only_for_tests: BTreeSet<String> = files
        .iter()
        .flat_map(|(text, _)| {
            captures(r"#\[cfg\(test\)\]\s+(?:pub(?:\(crate\))? )?mod (\w+);", text)
        })
        .collect();
    let in_tests = |path: &Path| {
        let module = path.strip_prefix(super::root()).unwrap_or(path).with_extension("");
        module.iter().any(|part| only_for_tests.contains(part.to_string_lossy().as_ref()))
    };
    let product = files.into_iter().filter(|(_, path)| !in_tests(path));
    product
        .map(|(text, path)| {
            let (before_tests, _) =
                text.split_once("#[cfg(test)]\nmod tests {").unwrap_or((&text, ""));
            let lines = before_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code = lines.collect::<Vec<_>>().join("\n");
            (path, code)
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
    code.iter()
        .flat_map(|(_, text)| captures(r#""([a-z0-9-]+:[A-Z][A-Za-z0-9]+)""#, text))
        .collect()
}
