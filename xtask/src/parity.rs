//! What two readers see of one account, and where they differ.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::workspace::Workspace;

/// What no resource of the account shows, with the reasons, from `tests/parity/unproven.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unproven {
    /// Kinds that neither side finds.
    pub kinds: BTreeMap<String, String>,
    /// By reason, fields as `kind field` in which no resource of the account has more than nothing.
    pub fields: BTreeMap<String, BTreeSet<String>>,
}

impl Unproven {
    /// The list.
    pub fn read(workspace: &Workspace) -> Result<Self> {
        let file = workspace.root.join("tests/parity/unproven.json");
        let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no list", file.display()))
    }
}

/// Everything that one reader saw: resources by ARN, and costs and findings by what they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    seen: BTreeMap<String, Value>,
    resources: usize,
    twice: Vec<String>,
}

impl Inventory {
    /// Of lines as a scope's chunk holds them.
    pub fn of_lines(lines: impl IntoIterator<Item = Value>) -> Self {
        let mut inventory = Self::default();
        for line in lines {
            let resource = line["line"] == "resource";
            let name = if resource { &line["arn"] } else { &line["line"] };
            let source = line["source"].as_str().map(|source| format!(" {source}"));
            let name = name.as_str().unwrap_or("nameless").to_owned() + &source.unwrap_or_default();
            inventory.resources += usize::from(resource);
            if inventory.seen.insert(name.clone(), comparable(line)).is_some() {
                inventory.twice.push(name);
            }
        }
        inventory
    }

    /// Of a whole World of one account and region.
    pub fn of_world(mut world: Value) -> Self {
        let tagged = |line: &str, mut object: Value| {
            object["line"] = line.into();
            object
        };
        let Value::Array(resources) = world["resources"].take() else { return Self::default() };
        let mut lines: Vec<Value> =
            resources.into_iter().map(|resource| tagged("resource", resource)).collect();
        for (_, costs) in world["costs"].as_object().into_iter().flatten() {
            lines.push(tagged("costs", serde_json::json!({ "costs": costs })));
        }
        for scope in world["security_hub"].as_array().into_iter().flatten() {
            lines.push(tagged("security_hub", serde_json::json!({ "findings": scope[1] })));
        }
        Self::of_lines(lines)
    }

    /// Leaves out the rest of what Cost Explorer tells besides the history by service.
    #[must_use]
    pub fn with_history_alone(mut self) -> Self {
        let costs = self.seen.get_mut("costs").and_then(|line| line.pointer_mut("/costs/known"));
        if let Some(known) = costs.and_then(Value::as_object_mut) {
            known.retain(|part, _| part == "daily");
        }
        self
    }

    /// How many resources it has.
    pub const fn resources(&self) -> usize {
        self.resources
    }

    /// How many resources of each kind it has.
    pub fn kinds(&self) -> BTreeMap<&str, usize> {
        let mut kinds = BTreeMap::new();
        for kind in self.seen.values().filter_map(|seen| seen["kind"].as_str()) {
            *kinds.entry(kind).or_default() += 1;
        }
        kinds
    }

    /// Fields of the configuration of each kind, each with whether any resource tells more of it than nothing,
    /// zero, or that it is unknown.
    pub fn told(&self) -> BTreeMap<&str, BTreeMap<&str, bool>> {
        let mut kinds: BTreeMap<&str, BTreeMap<&str, bool>> = BTreeMap::new();
        for seen in self.seen.values() {
            let (Some(kind), Some(config)) = (seen["kind"].as_str(), seen["config"].as_object())
            else {
                continue;
            };
            let fields = kinds.entry(kind).or_default();
            for (field, value) in config {
                *fields.entry(field).or_default() |= tells(value);
            }
        }
        kinds
    }

    /// Every difference, one a line, in both directions; none if both saw the same.
    pub fn differences(&self, other: &Self, (here, there): (&str, &str)) -> Vec<String> {
        let mut found = Vec::new();
        for (who, twice) in [(here, &self.twice), (there, &other.twice)] {
            found.extend(twice.iter().map(|name| format!("{name}: twice in {who}")));
        }
        for name in other.seen.keys().filter(|name| !self.seen.contains_key(*name)) {
            found.push(format!("{name}: only in {there}"));
        }
        for (name, left) in &self.seen {
            match other.seen.get(name) {
                None => found.push(format!("{name}: only in {here}")),
                Some(right) => compare(name, left, right, (here, there), &mut found),
            }
        }
        found
    }
}

/// Whether a value says more than that there is nothing.
fn tells(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && text != UNKNOWN,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => object.values().any(tells),
        Value::Bool(true) => true,
    }
}

/// What stands for a fact that could not be read, whatever the words for it.
const UNKNOWN: &str = "unavailable";

/// A line without what only one reader can know: list prices, and the words for why something is not known.
fn comparable(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(comparable).collect(),
        Value::Object(object) if object.len() == 1 && object.contains_key(UNKNOWN) => {
            Value::from(UNKNOWN)
        }
        Value::Object(object) => {
            let told = object.into_iter().filter(|(key, _)| key != "monthly_cost");
            let told = told.map(|(key, value)| match &*key {
                "tags_unavailable" => (key, Value::from(UNKNOWN)),
                _ => (key, comparable(value)),
            });
            Value::Object(told.collect::<Map<_, _>>())
        }
        scalar => scalar,
    }
}

fn compare(path: &str, left: &Value, right: &Value, names: (&str, &str), found: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, left) in a {
                let right = b.get(key).unwrap_or(&Value::Null);
                compare(&format!("{path} .{key}"), left, right, names, found);
            }
            for (key, right) in b.iter().filter(|(key, _)| !a.contains_key(*key)) {
                compare(&format!("{path} .{key}"), &Value::Null, right, names, found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (left, right)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}[{index}]"), left, right, names, found);
            }
        }
        _ if left == right || same_number(left, right) => {}
        _ => found.push(format!("{path}: {} has {left}, {} has {right}", names.0, names.1)),
    }
}

/// Sums of the same numbers may differ in the last digits, and Python writes 1 where Rust writes 1.0.
fn same_number(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differences(left: Value, right: Value) -> Vec<String> {
        Inventory::of_lines([left]).differences(&Inventory::of_lines([right]), ("a", "b"))
    }

    #[test]
    fn every_difference_is_told_with_its_place() {
        let resource = |arn: &str, size: Value| json!({ "line": "resource", "arn": arn, "monthly_cost": size, "config": { "size": size } });
        assert_eq!(
            differences(resource("x", json!(1)), resource("x", json!(2))),
            ["x .config .size: a has 1, b has 2"]
        );
        assert_eq!(differences(resource("x", json!(1)), resource("x", json!(1.0))), [""; 0]);
        assert_eq!(
            differences(resource("x", json!(1)), resource("y", json!(1))),
            ["y: only in b", "x: only in a"]
        );
        assert_eq!(
            differences(resource("x", json!(1)), json!({ "line": "resource", "arn": "x" })),
            ["x .config: a has {\"size\":1}, b has null"]
        );
    }

    #[test]
    fn why_something_is_unknown_may_be_said_in_other_words_but_not_left_out() {
        let line = |fact: Value| json!({ "line": "costs", "costs": fact });
        let unknown = |why: &str| json!({ "unavailable": { "reason": why } });
        assert_eq!(differences(line(unknown("no")), line(unknown("never"))), [""; 0]);
        assert_eq!(differences(line(unknown("no")), line(json!({ "known": 0 }))).len(), 1);
    }

    #[test]
    fn a_field_is_told_if_any_resource_has_more_in_it_than_nothing() {
        let line = |arn: &str, size: Value| {
            json!({
                "line": "resource", "arn": arn, "kind": "Disk",
                "config": { "size": size, "fact": { "unavailable": { "reason": "no" } } },
            })
        };
        let told = |sizes: [Value; 2]| {
            let [one, other] = sizes;
            Inventory::of_lines([line("x", one), line("y", other)]).told()["Disk"]["size"]
        };
        let inventory = Inventory::of_lines([line("x", json!(1))]);
        assert!(!inventory.told()["Disk"]["fact"]);
        assert!(told([json!(0), json!({ "known": [1] })]));
        assert!(!told([json!({ "known": null }), json!([])]));
    }

    #[test]
    fn the_history_alone_is_compared_where_nothing_else_is_read() {
        let costs = |fact: Value| json!({ "line": "costs", "costs": { "known": fact } });
        let here = Inventory::of_lines([costs(json!({ "daily": [], "forecast": 1 }))]);
        let there = Inventory::of_lines([costs(json!({ "daily": [] }))]);
        assert_eq!(here.differences(&there, ("a", "b")).len(), 1);
        assert_eq!(here.with_history_alone().differences(&there, ("a", "b")), [""; 0]);
    }

    #[test]
    fn what_is_listed_twice_is_told() {
        let line = json!({ "line": "resource", "arn": "x" });
        let twice = Inventory::of_lines([line.clone(), line.clone()]);
        let once = Inventory::of_lines([line]);
        assert_eq!(once.differences(&twice, ("a", "b")), ["x: twice in b"]);
    }
}
