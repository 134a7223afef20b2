//! A CloudFormation template.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Code, Stack, Stacks};
use crate::iac::{
    expr::{Body, Entry, Expr, Head, Input, Link},
    secret,
};

/// Whether what CloudFormation cannot adopt is made anew.
const ADOPT: &str = "Adopt";

/// A template while it is written.
pub struct Template<'s, 'w> {
    stacks: &'s Stacks<'w>,
    stack: &'s Stack,
    parameters: BTreeMap<String, Value>,
    resources: Map<String, Value>,
    adopts_in_part: bool,
}

impl<'s, 'w> Template<'s, 'w> {
    pub fn new(stacks: &'s Stacks<'w>, stack: &'s Stack) -> Self {
        let mut template = Self {
            stacks,
            stack,
            parameters: BTreeMap::new(),
            resources: Map::new(),
            adopts_in_part: false,
        };
        for at in &stack.declared {
            template.add(*at);
        }
        template
    }

    const fn code(&self) -> &'s Code<'w> {
        &self.stacks.code
    }

    /// Adds a declaration: a resource that stays when the stack goes.
    fn add(&mut self, at: usize) {
        let declared = &self.code().declared[at];
        let (member, head) = (self.code().member(at), &declared.head);
        let logical_id = declared.name.as_str();
        let body = self.code().declaration(at).body;
        let mut properties = self.properties(at, logical_id, &body);
        if let Some(name) = head.tags {
            let tags = self.tags(at);
            if !tags.is_empty() {
                properties.insert(name.into(), tags.into());
            }
        }
        let mut metadata = json!({ "Id": member.id });
        let notes = member.notes();
        if self.code().is_itself(at) && !notes.is_empty() {
            metadata["Notes"] = notes.into();
        }
        let mut resource = json!({ "Type": head.kind });
        if head.identity.is_empty() {
            self.adopts_in_part = true;
            resource["Condition"] = "Anew".into();
        }
        let after = self.after(at, head);
        if !after.is_empty() {
            resource["DependsOn"] = after.into();
        }
        resource["DeletionPolicy"] = "Retain".into();
        resource["UpdateReplacePolicy"] = "Retain".into();
        resource["Metadata"] = json!({ "Miyabi": metadata });
        if !properties.is_empty() {
            resource["Properties"] = properties.into();
        }
        self.resources.insert(logical_id.to_owned(), resource);
    }

    /// What joins the members that must be there first to the rest; they themselves are referred to.
    fn after(&self, at: usize, head: &Head) -> Vec<String> {
        let code = self.code();
        let near = head.after.iter().filter_map(|member| code.neighbour(at, *member));
        let parts = near.flat_map(|to| code.parts(to));
        let parts = parts.filter(|to| self.stacks.stack_of[*to] == self.stacks.stack_of[at]);
        parts.map(|to| code.declared[to].name.clone()).collect()
    }

    fn tags(&mut self, at: usize) -> Vec<Value> {
        let member = self.code().member(at);
        let mut tags: Vec<Value> = member
            .tags()
            .into_iter()
            .map(|(key, value)| json!({ "Key": key, "Value": value }))
            .collect();
        for (index, key) in member.secret_tag_keys().into_iter().enumerate() {
            let value = self.ask(&Input {
                name: format!("{}SecretTag{}", self.code().declared[at].name, index + 1),
                description: format!("Value of the tag {key}, not written here"),
                secret: true,
            });
            tags.push(json!({ "Key": key, "Value": value }));
        }
        tags
    }

    fn properties(&mut self, at: usize, name: &str, body: &Body) -> Map<String, Value> {
        let mut properties = Map::new();
        for entry in &body.0 {
            let (key, value) = match entry {
                Entry::Set(key, expr) => (key, self.value(at, &format!("{name}{key}"), expr)),
                Entry::Block(key, body) => {
                    (key, self.properties(at, &format!("{name}{key}"), body).into())
                }
            };
            properties.insert(key.clone(), value);
        }
        properties
    }

    /// `name` is that of the parameter, should there have to be one.
    fn value(&mut self, at: usize, name: &str, expr: &Expr) -> Value {
        match expr {
            Expr::Bool(on) => (*on).into(),
            Expr::Int(number) => (*number).into(),
            Expr::Float(number) => (*number).into(),
            Expr::Text(text) => self.text(name, text),
            Expr::List(items) => {
                let items = items.iter().enumerate();
                items.map(|(n, item)| self.value(at, &format!("{name}{}", n + 1), item)).collect()
            }
            Expr::Body(body) => self.properties(at, name, body).into(),
            Expr::Document(document, links) => self.document(at, links, name, document),
            Expr::Link(link) => self.stacks.refer(self, at, link),
            Expr::Input(input) => self.ask(input),
            Expr::Tied(value, link) if self.code().is_tied(at, link) => {
                self.adopts_in_part = true;
                let nothing = json!({ "Ref": "AWS::NoValue" });
                json!({ "Fn::If": ["Anew", nothing, self.value(at, name, value)] })
            }
            Expr::Tied(value, _) => self.value(at, name, value),
        }
    }

    fn text(&mut self, name: &str, text: &str) -> Value {
        if !secret::looks_secret(text) {
            return text.into();
        }
        let name = name.chars().filter(char::is_ascii_alphanumeric).collect();
        self.ask(&Input { name, description: "Looked like a secret".into(), secret: true })
    }

    fn document(&mut self, at: usize, links: &[Link], name: &str, document: &Value) -> Value {
        match document {
            Value::String(text) => match Link::leading(links, text) {
                Some((link, rest))
                    if self.code().resolve(at, link).is_some() && !secret::looks_secret(text) =>
                {
                    self.begun(at, link, rest)
                }
                _ => self.text(name, text),
            },
            Value::Array(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(n, item)| self.document(at, links, &format!("{name}{}", n + 1), item))
                    .collect()
            }
            Value::Object(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(key, value)| {
                    (key.clone(), self.document(at, links, &format!("{name}{key}"), value))
                });
                Value::Object(fields.collect())
            }
            scalar => scalar.clone(),
        }
    }

    /// A text that begins with what a link leads to.
    fn begun(&mut self, at: usize, link: &Link, rest: &str) -> Value {
        let begin = self.stacks.refer(self, at, link);
        if rest.is_empty() {
            return begin;
        }
        let rest = rest.replace("${", "${!");
        match (begin["Ref"].as_str(), begin["Fn::GetAtt"].as_array().map(Vec::as_slice)) {
            (Some(id), _) => json!({ "Fn::Sub": format!("${{{id}}}{rest}") }),
            (_, Some([Value::String(id), Value::String(attribute)])) => {
                json!({ "Fn::Sub": format!("${{{id}.{attribute}}}{rest}") })
            }
            _ => json!({ "Fn::Sub": [format!("${{Begin}}{rest}"), { "Begin": begin }] }),
        }
    }

    /// A parameter; gives the reference to it.
    fn ask(&mut self, input: &Input) -> Value {
        let mut parameter = json!({ "Type": "String", "Description": input.description });
        if input.secret {
            parameter["NoEcho"] = true.into();
        }
        self.parameters.insert(input.name.clone(), parameter);
        json!({ "Ref": input.name })
    }

    /// Makes the name of the stack that exports something a parameter.
    pub fn needs(&mut self, stack: &Stack) -> String {
        let name = stack.parameter();
        self.parameters.insert(
            name.clone(),
            json!({
                "Type": "String",
                "Default": stack.suggested_name(),
                "Description": format!("Name of the stack made from {}.yaml", stack.name),
            }),
        );
        name
    }

    pub fn into_yaml(mut self) -> String {
        let mut template = Map::new();
        template.insert("AWSTemplateFormatVersion".into(), "2010-09-09".into());
        let scope = &self.stack.scope;
        let description = format!(
            "{} of account {} in {}, as Miyabi discovered it",
            self.stack.name, scope.account, scope.region
        );
        template.insert("Description".into(), description.into());
        template.insert(
            "Metadata".into(),
            json!({ "cfn-lint": { "config": { "ignore_checks": IGNORED } } }),
        );
        if self.adopts_in_part {
            self.parameters.insert(
                ADOPT.into(),
                json!({
                    "Type": "String",
                    "Default": "true",
                    "AllowedValues": ["true", "false"],
                    "Description": "Whether the stack takes over what exists. If not, it also makes what CloudFormation cannot take over.",
                }),
            );
            template.insert(
                "Conditions".into(),
                json!({ "Anew": { "Fn::Equals": [{ "Ref": ADOPT }, "false"] } }),
            );
        }
        if !self.parameters.is_empty() {
            template.insert("Parameters".into(), json!(self.parameters));
        }
        template.insert("Resources".into(), self.resources.into());
        let mut outputs = Map::new();
        for (logical_id, attribute) in &self.stack.exports {
            let export = super::export(logical_id, attribute);
            outputs.insert(
                export.clone(),
                json!({
                    "Value": super::attribute_of(logical_id, attribute),
                    "Export": { "Name": { "Fn::Sub": format!("${{AWS::StackName}}-{export}") } },
                }),
            );
        }
        if !outputs.is_empty() {
            template.insert("Outputs".into(), outputs.into());
        }
        serde_yaml_ng::to_string(&template).expect("JSON values are YAML values")
    }
}

/// Rules of cfn-lint that what exists cannot keep. W1011: a dynamic reference would need to know where
/// the secret is kept. W3010: it is in a certain zone, and choosing the zone by a function could move it.
const IGNORED: [&str; 2] = ["W1011", "W3010"];
