//! An account made of a CloudFormation template, each emulator building its share of it.
//!
//! What belongs to EC2 is deployed into moto, everything else into MiniStack, where each resource of EC2 is
//! a parameter that holds its id. What neither can build is left out and named.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::{Capability, Parameter};
use serde_json::{Map, Value, json};

use crate::{emulators::Emulators, template};

/// Kinds that MiniStack cannot build. Left out, with everything that refers to them.
const NOT_ON_MINISTACK: [&str; 3] =
    ["AWS::IAM::Group", "AWS::IAM::UserToGroupAddition", "AWS::IAM::AccessKey"];

/// A deployed account.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The id that AWS's API takes, by logical id.
    pub ids: BTreeMap<String, String>,
    /// The type, by logical id.
    pub types: BTreeMap<String, String>,
    /// Logical ids that no emulator can build.
    pub left_out: Vec<String>,
}

fn is_ec2(resource: &Value) -> bool {
    resource["Type"].as_str().is_some_and(|kind| kind.starts_with("AWS::EC2::"))
}

/// Deploys a template as stack `name`.
pub async fn deploy(emulators: &Emulators, name: &str, template: &Value) -> Result<Account> {
    let resources = template["Resources"].as_object().context("the template has no Resources")?;
    let (network, rest, left_out) = split(template, resources);

    let mut account = Account { left_out, ..Account::default() };
    let parameters = account_parameters(emulators, template).await?;
    if !network.is_empty() {
        let moto = emulators.moto_config();
        let body = shared_part(template, network.clone());
        account.ids.extend(create(&moto, name, &body, &parameters).await?);
    }

    let ec2: BTreeSet<&String> =
        resources.iter().filter(|(_, resource)| is_ec2(resource)).map(|(id, _)| id).collect();
    let mut body = shared_part(template, rest);
    for id in ec2 {
        let value = account.ids.get(id).map_or("absent", String::as_str);
        body["Parameters"][id] = json!({ "Type": "String", "Default": value });
        by_parameter(&mut body["Resources"], id);
    }
    account.ids.extend(create(&emulators.sdk_config(), name, &body, &parameters).await?);
    for (id, resource) in resources {
        if let Some(kind) = resource["Type"].as_str() {
            account.types.insert(id.clone(), kind.to_owned());
        }
    }
    Ok(account)
}

/// What moto builds (EC2 and what that refers to), what MiniStack builds, and what nobody can.
fn split(
    template: &Value,
    resources: &Map<String, Value>,
) -> (Map<String, Value>, Map<String, Value>, Vec<String>) {
    let mut network: BTreeSet<&String> =
        resources.iter().filter(|(_, resource)| is_ec2(resource)).map(|(id, _)| id).collect();
    let mut open: Vec<&String> = network.iter().copied().collect();
    while let Some(id) = open.pop() {
        for reference in template::references(&resources[id]) {
            if let Some((id, _)) = resources.get_key_value(&reference)
                && network.insert(id)
            {
                open.push(id);
            }
        }
    }
    let mut left_out: BTreeSet<String> = resources
        .iter()
        .filter(|(_, r)| r["Type"].as_str().is_some_and(|kind| NOT_ON_MINISTACK.contains(&kind)))
        .map(|(id, _)| id.clone())
        .collect();
    loop {
        let more: Vec<String> = resources
            .iter()
            .filter(|(id, resource)| {
                !left_out.contains(*id)
                    && template::references(resource).iter().any(|id| left_out.contains(id))
            })
            .map(|(id, _)| id.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        left_out.extend(more);
    }
    let part = |wanted: &dyn Fn(&String, &Value) -> bool| -> Map<String, Value> {
        resources
            .iter()
            .filter(|(id, resource)| !left_out.contains(*id) && wanted(id, resource))
            .map(|(id, resource)| (id.clone(), resource.clone()))
            .collect()
    };
    let on_moto = part(&|id, _| network.contains(id));
    let on_ministack = part(&|_, resource| !is_ec2(resource));
    debug_assert!(template["Resources"].is_object());
    (on_moto, on_ministack, left_out.into_iter().collect())
}

/// The template with only these resources. Outputs and rules are nobody's.
fn shared_part(template: &Value, resources: Map<String, Value>) -> Value {
    let mut body = json!({ "AWSTemplateFormatVersion": "2010-09-09", "Parameters": {} });
    for section in ["Parameters", "Mappings", "Conditions", "Transform"] {
        if let Some(value) = template.get(section) {
            body[section] = value.clone();
        }
    }
    body["Resources"] = Value::Object(resources);
    body
}

/// Turns every reference to the resource `id` into one to the parameter of that name.
fn by_parameter(part: &mut Value, id: &str) {
    match part {
        Value::Array(items) => items.iter_mut().for_each(|item| by_parameter(item, id)),
        Value::Object(object) => {
            if object.get("Fn::GetAtt").is_some_and(|path| path[0] == id) {
                *part = json!({ "Ref": id });
                return;
            }
            match object.get_mut("DependsOn") {
                Some(Value::String(on)) if on == id => {
                    object.remove("DependsOn");
                }
                Some(Value::Array(on)) => on.retain(|on| on != id),
                _ => {}
            }
            object.values_mut().for_each(|value| by_parameter(value, id));
        }
        Value::String(text) => {
            let attribute = format!("${{{id}.");
            while let Some(begin) = text.find(&attribute) {
                let Some(length) = text[begin..].find('}') else { break };
                text.replace_range(begin..=begin + length, &format!("${{{id}}}"));
            }
        }
        _ => {}
    }
}

/// Values for parameters that a person would pick from a list: the region's default VPC.
pub async fn account_parameters(
    emulators: &Emulators,
    template: &Value,
) -> Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    let parameters = template["Parameters"].as_object().into_iter().flatten();
    for (name, parameter) in parameters.filter(|(_, parameter)| parameter.get("Default").is_none())
    {
        let value = match parameter["Type"].as_str() {
            Some("AWS::EC2::VPC::Id") => default_vpc(emulators).await?,
            other => bail!("parameter {name} of type {other:?} has no default"),
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

async fn default_vpc(emulators: &Emulators) -> Result<String> {
    let answer = ec2_query(
        emulators,
        &[("Action", "DescribeVpcs"), ("Filter.1.Name", "isDefault"), ("Filter.1.Value.1", "true")],
    )
    .await?;
    between(&answer, "<vpcId>", "</vpcId>").context("the region has no default VPC")
}

/// Calls EC2 on moto by its query protocol. The EC2 SDK would be the heaviest crate here by far.
pub async fn ec2_query(emulators: &Emulators, parameters: &[(&str, &str)]) -> Result<String> {
    let mut form: Vec<(&str, &str)> = vec![("Version", "2016-11-15")];
    form.extend(parameters);
    let body: Vec<String> =
        form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let answer = crate::emulators::http()
        .post(emulators.moto.endpoint())
        .header("content-type", "application/x-www-form-urlencoded")
        .header("authorization", crate::profile::unsigned("ec2"))
        .body(body.join("&"))
        .send()
        .await?;
    let status = answer.status();
    let text = answer.text().await?;
    if status.is_success() { Ok(text) } else { bail!("EC2 answers {status}: {text}") }
}

fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The first text between two marks.
pub fn between(text: &str, begin: &str, end: &str) -> Option<String> {
    let rest = &text[text.find(begin)? + begin.len()..];
    Some(rest[..rest.find(end)?].to_owned())
}

/// Creates the stack and waits for it; answers physical ids by logical id.
pub async fn create(
    config: &SdkConfig,
    name: &str,
    body: &Value,
    parameters: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let client = aws_sdk_cloudformation::Client::new(config);
    let wanted = body["Parameters"].as_object();
    let parameters = parameters
        .iter()
        .filter(|(key, _)| wanted.is_some_and(|wanted| wanted.contains_key(*key)))
        .map(|(key, value)| Parameter::builder().parameter_key(key).parameter_value(value).build())
        .collect();
    client
        .create_stack()
        .stack_name(name)
        .template_body(body.to_string())
        .set_parameters(Some(parameters))
        .capabilities(Capability::CapabilityNamedIam)
        .capabilities(Capability::CapabilityAutoExpand)
        .send()
        .await
        .map_err(aws_sdk_cloudformation::Error::from)?;
    loop {
        let answer = client.describe_stacks().stack_name(name).send().await?;
        let stack = answer.stacks().first().context("the stack is gone")?;
        let status = stack.stack_status().map_or("", |status| status.as_str());
        match status {
            "CREATE_COMPLETE" => break,
            _ if status.ends_with("IN_PROGRESS") => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            _ => bail!("stack {name} ended as {status}: {}", why(&client, name).await?),
        }
    }
    let answer = client.describe_stack_resources().stack_name(name).send().await?;
    Ok(answer
        .stack_resources()
        .iter()
        .filter_map(|resource| {
            Some((
                resource.logical_resource_id()?.to_owned(),
                resource.physical_resource_id()?.to_owned(),
            ))
        })
        .collect())
}

async fn why(client: &aws_sdk_cloudformation::Client, name: &str) -> Result<String> {
    let answer = client.describe_stack_events().stack_name(name).send().await?;
    let reasons: Vec<String> = answer
        .stack_events()
        .iter()
        .filter(|event| event.resource_status().is_some_and(|s| s.as_str().ends_with("FAILED")))
        .map(|event| {
            format!(
                "{}: {}",
                event.logical_resource_id().unwrap_or_default(),
                event.resource_status_reason().unwrap_or_default()
            )
        })
        .collect();
    Ok(reasons.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_emulator_gets_its_share() {
        let template = json!({ "Resources": {
            "Vpc": { "Type": "AWS::EC2::VPC" },
            "Log": { "Type": "AWS::EC2::FlowLog", "Properties": { "To": { "Fn::GetAtt": ["Bucket", "Arn"] } } },
            "Bucket": { "Type": "AWS::S3::Bucket" },
            "Group": { "Type": "AWS::IAM::Group" },
            "Member": { "Type": "AWS::IAM::Policy", "Properties": { "Groups": [{ "Ref": "Group" }] } },
        }});
        let (moto, ministack, left_out) =
            split(&template, template["Resources"].as_object().unwrap());
        assert_eq!(moto.keys().collect::<Vec<_>>(), ["Vpc", "Log", "Bucket"]);
        assert_eq!(ministack.keys().collect::<Vec<_>>(), ["Bucket"]);
        assert_eq!(left_out, ["Group", "Member"]);
    }

    #[test]
    fn references_to_the_other_emulators_resources_become_parameters() {
        let mut part = json!({
            "A": { "Fn::GetAtt": ["Group", "GroupId"] },
            "B": { "Fn::Sub": "x/${Group.GroupId}/${Other}" },
            "DependsOn": ["Group", "Else"],
        });
        by_parameter(&mut part, "Group");
        assert_eq!(
            part,
            json!({
                "A": { "Ref": "Group" },
                "B": { "Fn::Sub": "x/${Group}/${Other}" },
                "DependsOn": ["Else"],
            })
        );
    }
}
