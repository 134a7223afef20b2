//! The SAM template.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// The template, with short forms (`!Ref`) written out.
pub struct Template(Value);

/// A statement of a function's policy.
#[derive(Debug)]
pub struct Statement {
    /// What it allows.
    pub actions: BTreeSet<String>,
    /// On what.
    pub resource: Value,
}

impl Template {
    /// Reads it.
    pub fn load() -> Self {
        let yaml = serde_yaml_ng::from_str(&super::read("template.yaml")).expect("YAML");
        Self(plain(yaml))
    }

    /// Its resources by logical id.
    pub fn resources(&self) -> &Map<String, Value> {
        self.0["Resources"].as_object().expect("resources")
    }

    /// The properties of a resource.
    pub fn properties(&self, logical_id: &str) -> &Value {
        &self.resources()[logical_id]["Properties"]
    }

    /// The names of its outputs.
    pub fn outputs(&self) -> BTreeSet<String> {
        keys(&self.0["Outputs"])
    }

    /// The substitutions that it gives the state machine.
    pub fn substitutions(&self) -> BTreeSet<String> {
        keys(&self.properties("Cycle")["DefinitionSubstitutions"])
    }

    /// What a parameter is unless one says otherwise.
    pub fn parameter_default(&self, name: &str) -> &Value {
        &self.0["Parameters"][name]["Default"]
    }

    /// The environment variables of a function.
    pub fn environment(&self, logical_id: &str) -> BTreeSet<String> {
        let global = &self.0["Globals"]["Function"]["Environment"]["Variables"];
        let own = &self.properties(logical_id)["Environment"]["Variables"];
        keys(global).into_iter().chain(keys(own)).collect()
    }

    /// What a function's role allows.
    pub fn statements(&self, logical_id: &str) -> Vec<Statement> {
        let policies = self.properties(logical_id)["Policies"].as_array().expect("policies");
        let own = policies.iter();
        let attached = self.managed_policies(logical_id).map(|p| &p["PolicyDocument"]);
        own.chain(attached)
            .flat_map(|policy| policy["Statement"].as_array().expect("a list"))
            .map(|statement| {
                // A statement for other accounts only stands where they are configured.
                let statement = statement.pointer("/Fn::If/1").unwrap_or(statement);
                assert_eq!(statement["Effect"], "Allow", "{statement}");
                Statement {
                    actions: strings(&statement["Action"]),
                    resource: statement["Resource"].clone(),
                }
            })
            .collect()
    }

    /// The policies that are attached to the role which SAM makes for a function.
    fn managed_policies(&self, logical_id: &str) -> impl Iterator<Item = &Value> {
        let role = json!([{ "Ref": format!("{logical_id}Role") }]);
        let policies = self.resources().values();
        policies
            .filter(|resource| resource["Type"] == "AWS::IAM::ManagedPolicy")
            .map(|resource| &resource["Properties"])
            .filter(move |properties| properties["Roles"] == role)
    }

    /// The characters that AWS counts of a function's own policies, and of each attached one.
    pub fn policy_sizes(&self, logical_id: &str) -> (usize, Vec<usize>) {
        let size = |policy: &Value| policy.to_string().len();
        let own = self.properties(logical_id)["Policies"].as_array().expect("policies");
        let attached = self.managed_policies(logical_id);
        (own.iter().map(size).sum(), attached.map(|p| size(&p["PolicyDocument"])).collect())
    }
}

impl Statement {
    /// Whether it is about Miyabi's own bucket or table.
    pub fn is_storage(&self) -> bool {
        let resource = self.resource.to_string();
        resource.contains("Artifacts") || resource.contains("Ledger")
    }
}

fn keys(map: &Value) -> BTreeSet<String> {
    map.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
}

fn strings(one_or_many: &Value) -> BTreeSet<String> {
    match one_or_many {
        Value::String(one) => [one.clone()].into(),
        many => many
            .as_array()
            .expect("a list")
            .iter()
            .map(|s| s.as_str().expect("text").into())
            .collect(),
    }
}

fn plain(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = name.trim_start_matches('!');
            let value = plain(tagged.value);
            match name {
                "Ref" | "Condition" => json!({ name: value }),
                _ => json!({ format!("Fn::{name}"): value }),
            }
        }
        Yaml::Mapping(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (key.as_str().expect("a text key").to_owned(), plain(value)))
                .collect(),
        ),
        Yaml::Sequence(items) => items.into_iter().map(plain).collect(),
        other => serde_json::to_value(other).expect("a plain value"),
    }
}
