//! A CloudFormation template.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Stack;

/// A template while it is written.
pub struct Template {
    description: String,
    parameters: BTreeMap<String, Value>,
    resources: Map<String, Value>,
    outputs: Map<String, Value>,
}

impl Template {
    pub fn new(stack: &Stack) -> Self {
        Self {
            description: format!(
                "{} of account {} in {}, as Miyabi discovered it",
                stack.name, stack.scope.account, stack.scope.region
            ),
            parameters: BTreeMap::new(),
            resources: Map::new(),
            outputs: Map::new(),
        }
    }

    /// Makes the name of the stack that exports something a parameter.
    pub fn needs(&mut self, stack: &Stack) {
        self.parameters.insert(
            stack.parameter(),
            json!({
                "Type": "String",
                "Default": stack.suggested_name(),
                "Description": format!("Name of the stack made from {}.yaml", stack.name),
            }),
        );
    }

    /// A parameter for something that must not be written down; gives the reference to it.
    pub fn secret(&mut self, name: &str, description: &str) -> Value {
        self.parameters.insert(
            name.to_owned(),
            json!({ "Type": "String", "NoEcho": true, "Description": description }),
        );
        json!({ "Ref": name })
    }

    /// A resource that stays when the stack goes.
    pub fn resource(
        &mut self,
        logical_id: &str,
        kind: &str,
        metadata: &Value,
        properties: &Map<String, Value>,
    ) {
        self.resources.insert(
            logical_id.to_owned(),
            json!({
                "Type": kind,
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Metadata": metadata,
                "Properties": properties,
            }),
        );
    }

    /// Exports `value` for other stacks.
    pub fn export(&mut self, logical_id: &str, value: &Value) {
        let name = format!("${{AWS::StackName}}-{logical_id}");
        self.outputs.insert(
            logical_id.to_owned(),
            json!({ "Value": value, "Export": { "Name": { "Fn::Sub": name } } }),
        );
    }

    pub fn to_yaml(&self) -> String {
        let mut template = Map::new();
        template.insert("AWSTemplateFormatVersion".into(), "2010-09-09".into());
        template.insert("Description".into(), self.description.as_str().into());
        // What exists is in a certain zone: choosing the zone by a function could move it.
        template.insert(
            "Metadata".into(),
            json!({ "cfn-lint": { "config": { "ignore_checks": ["W3010"] } } }),
        );
        if !self.parameters.is_empty() {
            template.insert("Parameters".into(), json!(self.parameters));
        }
        template.insert("Resources".into(), self.resources.clone().into());
        if !self.outputs.is_empty() {
            template.insert("Outputs".into(), self.outputs.clone().into());
        }
        serde_yaml_ng::to_string(&template).expect("JSON values are YAML values")
    }
}
