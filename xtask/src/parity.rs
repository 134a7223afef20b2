//! What two readers see of one account, and where they differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

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
            let name = name.as_str().unwrap_or("nameless").to_owned();
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

    /// What of it `other` can read too: the kinds that `other` has, of their configuration the fields
    /// and of their utilization the metrics that `other` gives, and relations to what `other` has.
    #[must_use]
    pub fn shared_with(mut self, other: &Self) -> Self {
        let mut known: BTreeMap<&str, [BTreeSet<&str>; 2]> = BTreeMap::new();
        for seen in other.seen.values() {
            let [fields, metrics] = known.entry(seen["kind"].as_str().unwrap_or("")).or_default();
            fields.extend(keys(&seen["config"]));
            metrics.extend(keys(seen.pointer(METRICS).unwrap_or(&Value::Null)));
        }
        self.seen.retain(|_, seen| known.contains_key(seen["kind"].as_str().unwrap_or("")));
        self.resources = 0;
        for seen in self.seen.values_mut() {
            let kind = seen["kind"].as_str().unwrap_or("").to_owned();
            let [fields, metrics] = &known[kind.as_str()];
            self.resources += usize::from(!kind.is_empty());
            keep(seen.get_mut("config"), |key| fields.contains(key));
            keep(seen.pointer_mut(METRICS), |key| metrics.contains(key));
            if metrics.is_empty() && seen.get("utilization").is_some() {
                seen["utilization"] = "unavailable".into();
            }
            if let Some(Value::Array(arns)) = seen.get_mut("depends_on") {
                arns.retain(|arn| other.seen.contains_key(arn.as_str().unwrap_or("")));
                if arns.is_empty() {
                    seen.as_object_mut().map(|fields| fields.remove("depends_on"));
                }
            }
        }
        self
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

/// Where a resource keeps its metrics.
const METRICS: &str = "/utilization/known/metrics";

fn keys(object: &Value) -> impl Iterator<Item = &str> {
    object.as_object().into_iter().flat_map(|fields| fields.keys().map(String::as_str))
}

fn keep(object: Option<&mut Value>, is_known: impl Fn(&str) -> bool) {
    if let Some(fields) = object.and_then(Value::as_object_mut) {
        fields.retain(|key, _| is_known(key));
    }
}

/// A line without what only one reader can know: list prices, and the words for why something is not known.
fn comparable(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(comparable).collect(),
        Value::Object(object) if object.len() == 1 && object.contains_key("unavailable") => {
            Value::from("unavailable")
        }
        Value::Object(object) => {
            let told = object.into_iter().filter(|(key, _)| key != "monthly_cost");
            Value::Object(told.map(|(key, value)| (key, comparable(value))).collect::<Map<_, _>>())
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
    fn what_is_listed_twice_is_told() {
        let line = json!({ "line": "resource", "arn": "x" });
        let twice = Inventory::of_lines([line.clone(), line.clone()]);
        let once = Inventory::of_lines([line]);
        assert_eq!(once.differences(&twice, ("a", "b")), ["x: twice in b"]);
    }
}
