//! The state machine's definition.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;

/// Where the definition is.
pub const PATH: &str = "statemachine/cycle.asl.json";

/// The definition, with the states of its maps beside those of the top level.
pub struct StateMachine {
    text: String,
    states: BTreeMap<String, Value>,
}

impl StateMachine {
    /// Reads it.
    pub fn load() -> Self {
        let text = super::read(PATH);
        let definition: Value = serde_json::from_str(&text).expect("the definition is JSON");
        let mut states = BTreeMap::new();
        collect("", &definition, &mut states);
        Self { text, states }
    }

    /// Every state by name; states of a map carry its name: `Scan0/Scan`.
    pub const fn states(&self) -> &BTreeMap<String, Value> {
        &self.states
    }

    /// The tasks among them.
    pub fn tasks(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.states.iter().filter(|(_, s)| s["Type"] == "Task").map(|(n, s)| (n.as_str(), s))
    }

    /// The names of its substitutions: `${Name}`.
    pub fn substitutions(&self) -> BTreeSet<String> {
        captures(r"\$\{(\w+)\}", &self.text)
    }

    /// The operations it asks of each function, by the function's logical id.
    pub fn operations(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut operations: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, task) in self.tasks() {
            let asked = captures(r"'operation': '(\w+)'", &self.payload(task));
            assert_eq!(asked.len(), 1, "{name} must ask one operation, found {asked:?}");
            operations.entry(function(task)).or_default().extend(asked);
        }
        operations
    }

    /// The fields that each operation is asked with, beside `operation` itself.
    pub fn fields(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut fields = BTreeMap::new();
        for (name, task) in self.tasks() {
            let payload = self.payload(task);
            let operation = captures(r"'operation': '(\w+)'", &payload).pop_first().expect("one");
            let mut asked = captures(r"'(\w+)':", &payload);
            asked.remove("operation");
            let before = fields.insert(operation, asked.clone());
            // The rollback of a wave names the wave; that of a cycle may.
            assert!(before.is_none_or(|before| before == asked), "{name} asks otherwise");
        }
        fields
    }

    /// The payload's expression; where that is a variable, what is assigned to it.
    fn payload(&self, task: &Value) -> String {
        let payload = task["Arguments"]["Payload"].as_str().expect("a payload");
        match Regex::new(r"^\{% \$(\w+) %\}$").expect("valid").captures(payload) {
            Some(variable) => {
                let assigned = self.states.values().filter_map(|s| s["Choices"].as_array());
                assigned.flatten().map(|c| c["Assign"][&variable[1]].to_string()).collect()
            }
            None => payload.into(),
        }
    }
}

/// The logical id of the function that a task invokes.
pub fn function(task: &Value) -> String {
    let arn = task["Arguments"]["FunctionName"].as_str().expect("a function's ARN");
    let id = arn.strip_prefix("${").and_then(|a| a.strip_suffix("Arn}"));
    id.unwrap_or_else(|| panic!("{arn} is not a substitution")).into()
}

/// The error names in a state's `Retry` or `Catch`.
pub fn error_names(state: &Value, field: &str) -> BTreeSet<String> {
    let rules = state[field].as_array().into_iter().flatten();
    let names = rules.flat_map(|rule| rule["ErrorEquals"].as_array().into_iter().flatten());
    names.map(|name| name.as_str().expect("a name").to_owned()).collect()
}

fn collect(prefix: &str, definition: &Value, states: &mut BTreeMap<String, Value>) {
    for (name, state) in definition["States"].as_object().into_iter().flatten() {
        let name = format!("{prefix}{name}");
        collect(&format!("{name}/"), &state["ItemProcessor"], states);
        states.insert(name, state.clone());
    }
}

pub(super) fn captures(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("a valid pattern");
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}
