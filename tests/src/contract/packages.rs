//! Which package links which, by `cargo metadata`.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// The packages that each package links, by name; build and test dependencies left out.
pub struct Packages(BTreeMap<String, BTreeSet<String>>);

impl Packages {
    /// Asks cargo.
    pub fn load() -> Self {
        // For the host alone: what only other platforms need may never have been downloaded.
        let output = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--format-version",
                "1",
                "--locked",
                "--offline",
                "--filter-platform",
                "host-tuple",
            ])
            .current_dir(super::root())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let names: BTreeMap<_, _> = list(&metadata["packages"])
            .iter()
            .map(|p| (text(&p["id"]), text(&p["name"])))
            .collect();
        let mut links: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let linked = list(&node["deps"]).into_iter().filter(|dependency| {
                list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null())
            });
            links
                .entry(names[&text(&node["id"])].clone())
                .or_default()
                .extend(linked.map(|dependency| names[&text(&dependency["pkg"])].clone()));
        }
        Self(links)
    }

    /// Everything that a package links, itself left out.
    pub fn linked_by(&self, package: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![package.to_owned()];
        while let Some(next) = open.pop() {
            for linked in self.0.get(&next).unwrap_or_else(|| panic!("no package {next}")) {
                if found.insert(linked.clone()) {
                    open.push(linked.clone());
                }
            }
        }
        found
    }

    /// The packages that name `package` as a dependency of their own.
    pub fn dependents_of(&self, package: &str) -> BTreeSet<String> {
        let naming = self.0.iter().filter(|(_, links)| links.contains(package));
        naming.map(|(name, _)| name.clone()).collect()
    }
}
