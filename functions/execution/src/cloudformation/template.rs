//! Sets properties of one resource in a CloudFormation template and leaves all else as it is written.
//!
//! A YAML template keeps its comments, its short-form tags (`!Ref`) and its own way to write
//! scalars, because only the lines of the properties themselves are replaced. That the result is
//! what was meant is proven by parsing it.

use std::{collections::BTreeMap, ops::Range};

use serde_json::Value;
use serde_yaml_ng::{Mapping, Value as Yaml};

use crate::error::{ExecutionError, Result};

/// `template` with these properties of the resource `logical_id`; a null removes its property.
pub fn patch(
    template: &str,
    logical_id: &str,
    properties: &BTreeMap<String, Value>,
) -> Result<String> {
    if template.trim_start().starts_with('{') {
        patch_json(template, logical_id, properties)
    } else {
        patch_yaml(template, logical_id, properties)
    }
}

fn not_there(logical_id: &str) -> ExecutionError {
    ExecutionError::Refused(format!(
        "the stack's template has no resource {logical_id}: it comes from a transform or a module, change it in the stack's source"
    ))
}

fn malformed(error: impl std::fmt::Display) -> ExecutionError {
    ExecutionError::Refused(format!("the stack's template cannot be read: {error}"))
}

fn patch_json(
    template: &str,
    logical_id: &str,
    properties: &BTreeMap<String, Value>,
) -> Result<String> {
    let mut document: Value = serde_json::from_str(template).map_err(malformed)?;
    let resource = document
        .pointer_mut("/Resources")
        .and_then(|resources| resources.get_mut(logical_id))
        .and_then(Value::as_object_mut)
        .ok_or_else(|| not_there(logical_id))?;
    let current = resource
        .entry("Properties")
        .or_insert_with(|| Value::Object(serde_json::Map::new()))
        .as_object_mut()
        .ok_or_else(|| malformed(format!("properties of {logical_id} are not an object")))?;
    for (name, value) in properties {
        if value.is_null() {
            current.shift_remove(name);
        } else {
            current.insert(name.clone(), value.clone());
        }
    }
    serde_json::to_string_pretty(&document).map_err(malformed)
}

fn patch_yaml(
    template: &str,
    logical_id: &str,
    properties: &BTreeMap<String, Value>,
) -> Result<String> {
    let mut meant: Yaml = serde_yaml_ng::from_str(template).map_err(malformed)?;
    let resource = meant
        .get_mut("Resources")
        .and_then(|resources| resources.get_mut(logical_id))
        .and_then(Yaml::as_mapping_mut)
        .ok_or_else(|| not_there(logical_id))?;
    let current = resource
        .entry("Properties".into())
        .or_insert_with(|| Yaml::Mapping(Mapping::new()))
        .as_mapping_mut()
        .ok_or_else(|| malformed(format!("properties of {logical_id} are not a mapping")))?;
    for (name, value) in properties {
        if value.is_null() {
            current.shift_remove(name.as_str());
        } else {
            let value = serde_yaml_ng::to_value(value).map_err(malformed)?;
            current.insert(name.as_str().into(), value);
        }
    }
    let mut text: Vec<String> = template.lines().map(Into::into).collect();
    for (name, value) in properties {
        set_line(&mut text, logical_id, name, value);
    }
    let mut text = text.join("\n");
    text.push('\n');
    match serde_yaml_ng::from_str::<Yaml>(&text) {
        Ok(written) if written == meant => Ok(text),
        _ => Err(ExecutionError::Refused(format!(
            "resource {logical_id} of the stack's template is not written line by line: change it in the stack's source"
        ))),
    }
}

/// Replaces, adds or removes the lines of one property. Does nothing where it does not find its way.
fn set_line(lines: &mut Vec<String>, logical_id: &str, name: &str, value: &Value) {
    let all = Block { at: 0, indent: 0, body: 0..lines.len() };
    let Some(resource) =
        all.child(lines, "Resources").and_then(|block| block.child(lines, logical_id))
    else {
        return;
    };
    let Some(properties) = resource.child(lines, "Properties") else {
        let indent = resource.child_indent(lines).unwrap_or(resource.indent + 2);
        let heading = format!("{}Properties:", " ".repeat(indent));
        let line = format!("{}{name}: {value}", " ".repeat(indent + 2));
        if !value.is_null() {
            lines.splice(resource.body.end..resource.body.end, [heading, line]);
        }
        return;
    };
    let indent = properties.child_indent(lines).unwrap_or(properties.indent + 2);
    // JSON is YAML, and quotes every text.
    let line = (!value.is_null()).then(|| format!("{}{name}: {value}", " ".repeat(indent)));
    let place = properties
        .child(lines, name)
        .map_or(properties.body.start..properties.body.start, |old| old.at..old.body.end);
    lines.splice(place, line);
}

/// A key of a block mapping, and the lines below it.
struct Block {
    at: usize,
    indent: usize,
    body: Range<usize>,
}

impl Block {
    fn child_indent(&self, lines: &[String]) -> Option<usize> {
        lines[self.body.clone()].iter().find(|line| has_content(line)).map(|line| indent(line))
    }

    fn child(&self, lines: &[String], key: &str) -> Option<Self> {
        let child_indent = self.child_indent(lines)?;
        let at = self
            .body
            .clone()
            .find(|at| indent(&lines[*at]) == child_indent && key_of(&lines[*at]) == Some(key))?;
        let next = (at + 1..self.body.end).find(|next| {
            let line = &lines[*next];
            // A list may stand as far left as its key.
            let is_item = indent(line) == child_indent && line.trim_start().starts_with("- ");
            has_content(line) && indent(line) <= child_indent && !is_item
        });
        let mut end = next.unwrap_or(self.body.end);
        // Comments and blank lines belong to what follows them.
        while end > at + 1 && !has_content(&lines[end - 1]) {
            end -= 1;
        }
        Some(Self { at, indent: child_indent, body: at + 1..end })
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn has_content(line: &str) -> bool {
    let line = line.trim();
    !(line.is_empty() || line.starts_with('#') || line == "---")
}

fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.trim_start().split_once(':')?;
    Some(key.trim_end().trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn properties(value: Value) -> BTreeMap<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    const YAML: &str = r#"AWSTemplateFormatVersion: 2010-09-09
# The office's machines.
Parameters:
  Zone: {Type: String}
Resources:
  Disk:
    Type: AWS::EC2::Volume
    Properties:
      Size: 100        # GiB
      VolumeType: gp2
      AvailabilityZone: !Ref Zone
      Encrypted: yes
      Tags:
      - Key: Name
        Value: !Sub "${AWS::StackName}-disk"

  # Untouched.
  Other:
    Type: AWS::EC2::Volume
    Properties:
      VolumeType: gp2
"#;

    #[test]
    fn only_the_lines_of_the_property_change() {
        let patched =
            patch(YAML, "Disk", &properties(json!({"VolumeType": "gp3", "Iops": 3000}))).unwrap();
        let expected = YAML.replacen(
            "      VolumeType: gp2\n      Avail",
            "      VolumeType: \"gp3\"\n      Avail",
            1,
        );
        let expected = expected.replacen(
            "    Properties:\n      Size",
            "    Properties:\n      Iops: 3000\n      Size",
            1,
        );
        assert_eq!(patched, expected);
    }

    #[test]
    fn a_block_is_replaced_or_removed_whole() {
        let patched = patch(YAML, "Disk", &properties(json!({"Tags": []}))).unwrap();
        assert!(patched.contains("      Tags: []\n\n  # Untouched."), "{patched}");
        let removed = patch(YAML, "Disk", &properties(json!({"Tags": null}))).unwrap();
        assert!(!removed.contains("Tags") && removed.contains("# Untouched."), "{removed}");
    }

    #[test]
    fn a_resource_without_properties_gets_them() {
        let yaml = "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n  Topic:\n    Type: AWS::SNS::Topic\n";
        let patched = patch(yaml, "Bucket", &properties(json!({"BucketName": "no"}))).unwrap();
        assert_eq!(
            patched,
            "Resources:\n  Bucket:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: \"no\"\n  Topic:\n    Type: AWS::SNS::Topic\n"
        );
    }

    #[test]
    fn what_cannot_be_patched_safely_is_refused() {
        let flow = "Resources: {Disk: {Type: AWS::EC2::Volume, Properties: {VolumeType: gp2}}}\n";
        let error = patch(flow, "Disk", &properties(json!({"VolumeType": "gp3"}))).unwrap_err();
        assert!(error.to_string().contains("line by line"), "{error}");
        let error = patch(YAML, "Gone", &properties(json!({}))).unwrap_err();
        assert!(error.to_string().contains("no resource Gone"), "{error}");
    }

    #[test]
    fn json_stays_json_in_its_order() {
        let json = r#"{"Resources":{"Disk":{"Type":"AWS::EC2::Volume","Properties":{"VolumeType":"gp2","Size":8}}}}"#;
        let patched = patch(json, "Disk", &properties(json!({"VolumeType": "gp3"}))).unwrap();
        let patched: Value = serde_json::from_str(&patched).unwrap();
        assert_eq!(patched.to_string(), json.replace("gp2", "gp3"));
    }
}
