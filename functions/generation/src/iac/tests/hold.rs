//! What must hold for any estate.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use hcl::{
    Structure,
    expr::{Expression, TraversalOperator},
    template::{Element, Template},
};
use miyabi_types::world::World;
use serde_json::Value;

use crate::iac::{cloudformation, terraform};

/// The first two steps of each traversal: `aws_vpc.main`, `var.vpc_ids`, `module.network`.
fn references(expression: &Expression, found: &mut BTreeSet<String>) {
    match expression {
        Expression::Array(items) => items.iter().for_each(|item| references(item, found)),
        Expression::Object(fields) => {
            fields.iter().for_each(|(_, value)| references(value, found));
        }
        Expression::Traversal(traversal) => {
            if let (Expression::Variable(root), Some(TraversalOperator::GetAttr(name))) =
                (&traversal.expr, traversal.operators.first())
            {
                found.insert(format!("{}.{}", root.as_str(), name.as_str()));
            }
        }
        Expression::FuncCall(call) => call.args.iter().for_each(|item| references(item, found)),
        Expression::TemplateExpr(template) => {
            for element in Template::from_expr(template).expect("a template").elements() {
                if let Element::Interpolation(interpolation) = element {
                    references(&interpolation.expr, found);
                }
            }
        }
        _ => {}
    }
}

fn references_in(body: &hcl::Body, found: &mut BTreeSet<String>) {
    for part in body {
        match part {
            Structure::Attribute(attribute) => references(attribute.expr(), found),
            // The content of a dynamic block refers to its own iterator.
            Structure::Block(block) if block.identifier() == "dynamic" => {}
            // What is not compared are arguments of the resource itself.
            Structure::Block(block) if block.identifier() == "lifecycle" => {}
            Structure::Block(block) => references_in(block.body(), found),
        }
    }
}

/// One module as it is written.
#[derive(Default)]
struct Module {
    declared: BTreeSet<String>,
    used: BTreeSet<String>,
    outputs: BTreeSet<String>,
    variables: BTreeSet<String>,
    calls: BTreeMap<String, hcl::Body>,
    imports: Vec<String>,
}

fn attribute(body: &hcl::Body, name: &str) -> Option<Expression> {
    body.attributes().find(|attribute| attribute.key() == name).map(|a| a.expr().clone())
}

fn read(module: &mut Module, body: &hcl::Body) {
    references_in(body, &mut module.used);
    for block in body.blocks() {
        let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
        let new = match block.identifier() {
            "resource" => module.declared.insert(labels.join(".")),
            "provider" => {
                let alias = attribute(block.body(), "alias").unwrap().to_string();
                module.declared.insert(format!("aws.{}", alias.trim_matches('"')))
            }
            "variable" => module.variables.insert(labels[0].to_owned()),
            "output" => module.outputs.insert(labels[0].to_owned()),
            "module" => module.calls.insert(labels[0].to_owned(), block.body().clone()).is_none(),
            "import" => {
                module.imports.push(attribute(block.body(), "to").unwrap().to_string());
                true
            }
            _ => true,
        };
        assert!(new, "{labels:?} is there twice");
    }
}

/// Valid HCL; no address twice; every reference leads somewhere; modules get what they need and no more;
/// everything is imported exactly once.
pub fn assert_terraform_holds(world: &World) {
    let mut modules: BTreeMap<String, Module> = BTreeMap::new();
    for (path, text) in terraform::render(world) {
        if Path::new(&path).extension().is_none_or(|kind| kind != "tf") {
            continue;
        }
        let body = hcl::parse(&text).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
        let folder = path.rsplit_once('/').unwrap().0.trim_start_matches("terraform");
        read(modules.entry(folder.to_owned()).or_default(), &body);
    }
    let root = &modules[""];
    let mut expected = Vec::new();
    for (name, call) in &root.calls {
        let source = attribute(call, "source").unwrap().to_string();
        let module = &modules[source.trim_matches('"').trim_start_matches('.')];
        for address in &module.declared {
            expected.push(format!("module.{name}.{address}"));
        }
        let given: BTreeSet<&str> = call
            .attributes()
            .map(hcl::Attribute::key)
            .filter(|key| !matches!(*key, "source" | "providers"))
            .collect();
        let wanted: BTreeSet<&str> = module.variables.iter().map(String::as_str).collect();
        assert_eq!(given, wanted, "module {name}");
        for variable in given {
            let value = attribute(call, variable).unwrap().to_string();
            let parts: Vec<&str> = value.split('.').collect();
            let from = attribute(&root.calls[parts[1]], "source").unwrap().to_string();
            let from = &modules[from.trim_matches('"').trim_start_matches('.')];
            assert!(from.outputs.contains(parts[2]), "{value}");
        }
    }
    for (folder, module) in &modules {
        for used in &module.used {
            let (root, name) = used.split_once('.').unwrap();
            let known = match root {
                "var" => module.variables.contains(name),
                "module" => module.calls.contains_key(name),
                _ => module.declared.contains(used),
            };
            assert!(known, "{used} in {folder:?} leads nowhere: {:?}", module.declared);
        }
    }
    let mut imports = root.imports.clone();
    imports.sort();
    expected.sort();
    assert_eq!(imports, expected);
}

fn intrinsics(value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| intrinsics(item, found)),
        Value::Object(map) => {
            for (key, value) in map {
                if key == "Ref" || key.starts_with("Fn::") {
                    found.push((key.clone(), value.clone()));
                }
                intrinsics(value, found);
            }
        }
        _ => {}
    }
}

/// Concerns in order, and later files of a concern after earlier ones.
fn order(name: &str) -> (usize, usize, String) {
    let concern = name.split('-').next().unwrap();
    let concerns = ["network", "security", "data", "compute"];
    let rank = concerns.iter().position(|c| *c == concern).unwrap();
    (rank, name.len(), name.to_owned())
}

/// Valid YAML; every reference leads to something in its template or to an export of an earlier one
/// of its folder; everything is retained and can be imported or is made only anew.
pub fn assert_cloudformation_holds(world: &World) {
    let files: BTreeMap<String, String> = cloudformation::render(world).into_iter().collect();
    let templates: BTreeMap<(&str, &str), Value> = files
        .iter()
        .filter_map(|(path, text)| {
            let (folder, name) = path.strip_suffix(".yaml")?.rsplit_once('/')?;
            Some(((folder, name), serde_yaml_ng::from_str(text).unwrap()))
        })
        .collect();
    for ((folder, name), template) in &templates {
        let resources = template["Resources"].as_object().unwrap();
        let parameters = template["Parameters"].as_object().cloned().unwrap_or_default();
        for (id, resource) in resources {
            assert!(id.len() <= 255 && id.chars().all(|c| c.is_ascii_alphanumeric()), "{id}");
            assert_eq!(resource["DeletionPolicy"], "Retain");
            assert_eq!(resource["UpdateReplacePolicy"], "Retain");
            for after in resource["DependsOn"].as_array().into_iter().flatten() {
                assert!(resources.contains_key(after.as_str().unwrap()), "{after}");
            }
        }
        let mut used = Vec::new();
        intrinsics(template, &mut used);
        for (function, argument) in used {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            match function.as_str() {
                "Ref" => {
                    let to = text(&argument);
                    assert!(
                        resources.contains_key(&to)
                            || parameters.contains_key(&to)
                            || to == "AWS::NoValue",
                        "{to}"
                    );
                }
                "Fn::GetAtt" => assert!(resources.contains_key(&text(&argument[0]))),
                "Fn::ImportValue" => {
                    let export = text(&argument["Fn::Sub"]);
                    let (parameter, id) =
                        export.strip_prefix("${").unwrap().split_once("}-").unwrap();
                    let stack = text(&parameters[parameter]["Default"]);
                    let other = stack.strip_prefix("miyabi-").unwrap();
                    let exports = &templates[&(*folder, other)]["Outputs"];
                    assert!(exports[id]["Export"].is_object(), "{export} in {folder}/{name}");
                    assert!(order(other) < order(name), "{other} comes after {name}");
                }
                "Fn::Sub" => {
                    let of = argument.get(0).unwrap_or(&argument);
                    for name in text(of).split("${").skip(1).filter(|name| !name.starts_with('!')) {
                        let name = name.split(['.', '}']).next().unwrap().to_owned();
                        let known = resources.contains_key(&name)
                            || parameters.contains_key(&name)
                            || argument.get(1).is_some_and(|given| given[&name].is_object())
                            || name.starts_with("AWS::");
                        assert!(known, "{name}");
                    }
                }
                "Fn::Equals" | "Fn::If" => {}
                other => panic!("{other} is not written here"),
            }
        }
        let imports: Vec<Value> =
            serde_json::from_str(&files[&format!("{folder}/{name}.import.json")]).unwrap();
        let ids: BTreeSet<_> =
            imports.iter().map(|entry| entry["LogicalResourceId"].as_str().unwrap()).collect();
        let adopted = resources.iter().filter(|(_, resource)| resource["Condition"].is_null());
        assert_eq!(ids, adopted.map(|(id, _)| id.as_str()).collect());
    }
}
