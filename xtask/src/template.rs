//! CloudFormation templates as data: short intrinsics (`!Ref`) become long ones (`{"Ref": …}`).

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

/// Reads a template, YAML or JSON.
pub fn parse(text: &str) -> Result<Value> {
    let yaml: serde_yaml_ng::Value = serde_yaml_ng::from_str(text).context("not valid YAML")?;
    long_form(yaml)
}

fn long_form(yaml: serde_yaml_ng::Value) -> Result<Value> {
    use serde_yaml_ng::Value as Yaml;
    Ok(match yaml {
        Yaml::Sequence(items) => {
            Value::Array(items.into_iter().map(long_form).collect::<Result<_>>()?)
        }
        Yaml::Mapping(entries) => {
            let mut object = Map::new();
            for (key, value) in entries {
                let key = match key {
                    Yaml::String(key) => key,
                    Yaml::Number(number) => number.to_string(),
                    Yaml::Bool(flag) => flag.to_string(),
                    other => bail!("{other:?} is no key of a template"),
                };
                object.insert(key, long_form(value)?);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let name = match tag.trim_start_matches('!') {
                name @ ("Ref" | "Condition") => name.to_owned(),
                name => format!("Fn::{name}"),
            };
            let mut value = long_form(tagged.value)?;
            if name == "Fn::GetAtt"
                && let Some((resource, attribute)) =
                    value.as_str().and_then(|text| text.split_once('.'))
            {
                value = serde_json::json!([resource, attribute]);
            }
            Value::Object(Map::from_iter([(name, value)]))
        }
        scalar => serde_json::to_value(scalar)?,
    })
}

/// The logical ids that a part of a template refers to, by `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn`.
pub fn references(part: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(part, &mut found);
    found
}

fn collect(part: &Value, found: &mut BTreeSet<String>) {
    match part {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(object) => {
            for (key, value) in object {
                match (key.as_str(), value) {
                    ("Ref" | "DependsOn", Value::String(id)) => {
                        found.insert(id.clone());
                    }
                    ("DependsOn", Value::Array(ids)) => {
                        found.extend(ids.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    ("Fn::GetAtt", Value::Array(path)) => {
                        found.extend(path.first().and_then(Value::as_str).map(str::to_owned));
                    }
                    ("Fn::Sub", Value::String(text)) => substituted(text, found),
                    ("Fn::Sub", Value::Array(parts)) => {
                        if let Some(text) = parts.first().and_then(Value::as_str) {
                            substituted(text, found);
                        }
                        parts.iter().skip(1).for_each(|part| collect(part, found));
                    }
                    _ => collect(value, found),
                }
            }
        }
        _ => {}
    }
}

fn substituted(text: &str, found: &mut BTreeSet<String>) {
    for piece in text.split("${").skip(1) {
        if let Some((name, _)) = piece.split_once('}')
            && !name.starts_with('!')
        {
            found.insert(name.split('.').next().unwrap_or(name).to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_intrinsics_become_long_ones() {
        let template = parse("A: !GetAtt B.Arn\nC: !Sub ['${D}-${E.Arn}', {F: !Ref G}]\n").unwrap();
        assert_eq!(
            template,
            serde_json::json!({
                "A": {"Fn::GetAtt": ["B", "Arn"]},
                "C": {"Fn::Sub": ["${D}-${E.Arn}", {"F": {"Ref": "G"}}]},
            })
        );
    }

    #[test]
    fn every_way_to_refer_is_seen() {
        let template = parse(
            "DependsOn: [A, B]\nX: !Ref C\nY: !GetAtt D.Arn\nZ: !Sub '${E.Arn}/${!Literal}/${F}'\n",
        )
        .unwrap();
        let found: Vec<_> = references(&template).into_iter().collect();
        assert_eq!(found, ["A", "B", "C", "D", "E", "F"]);
    }
}
