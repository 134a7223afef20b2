//! Both languages over the same estates: what they look like, and what must hold for any estate.

use std::collections::{BTreeMap, BTreeSet};

use hcl::{
    Structure,
    expr::{Expression, TraversalOperator},
};
use miyabi_types::{
    id::Arn,
    resource::{
        ManagedBy, Resource, ResourceConfig,
        ec2::{Peer, SecurityGroupRule},
    },
    world::World,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{cloudformation, terraform};
use crate::fixture::{self, everything, in_region, tcp};

/// Gives a resource of the fixture an id and tags of its own.
fn named(mut resource: Resource, id: &str, tags: &[(&str, &str)]) -> Resource {
    resource.arn = Arn::parse(resource.arn.as_str().replace(&resource.id, id)).unwrap();
    resource.id = id.into();
    resource.tags =
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    resource.name = resource.tags.get("Name").cloned();
    resource
}

fn from_group(port: i32, id: &str) -> SecurityGroupRule {
    SecurityGroupRule { peer: Peer::Group(id.into()), ..tcp(port..=port, "10.0.0.0/8") }
}

/// Two regions; equal names; a circle of groups; AWS's own things; an owner; a secret in a tag.
fn estate() -> World {
    let vpc = |id, tags: &[_]| named(fixture::vpc(|_| {}), id, tags);
    let mut shop = vpc("vpc-0a", &[("Name", "shop"), ("aws:cloudformation:stack-name", "shop")]);
    shop.managed_by =
        ManagedBy::CloudFormation { stack: "shop".into(), logical_id: Some("Vpc".into()) };
    fixture::world([
        shop,
        named(fixture::vpc(|v| v.is_default = true), "vpc-0d", &[]),
        in_region(vpc("vpc-0e", &[("Name", "shop"), ("DbPassword", "hunter2")]), "eu-west-1"),
        named(
            fixture::subnet(|s| s.vpc_id = "vpc-0a".into()),
            "subnet-0a",
            &[("Name", "app"), ("note", "${x} %{y} \"z\" | é")],
        ),
        named(fixture::subnet(|s| s.vpc_id = "vpc-0a".into()), "subnet-0b", &[("Name", "app")]),
        named(
            fixture::subnet(|s| {
                s.vpc_id = "vpc-0d".into();
                s.default_for_az = true;
                s.map_public_ip_on_launch = true;
            }),
            "subnet-0d",
            &[],
        ),
        named(
            fixture::security_group(|g| {
                g.vpc_id = Some("vpc-0a".into());
                g.ingress = vec![
                    tcp(443..=443, "0.0.0.0/0"),
                    tcp(443..=443, "10.0.0.0/8"),
                    tcp(443..=443, "::/0"),
                    from_group(8080, "sg-0b"),
                ];
                g.egress = vec![everything("0.0.0.0/0")];
            }),
            "sg-0a",
            &[("Name", "web")],
        ),
        named(
            fixture::security_group(|g| {
                g.group_name = "app".into();
                g.vpc_id = Some("vpc-0a".into());
                g.ingress = vec![
                    from_group(5432, "sg-0b"),
                    from_group(9000, "sg-0c"),
                    from_group(9001, "sg-elsewhere"),
                ];
            }),
            "sg-0b",
            &[],
        ),
        named(
            fixture::security_group(|g| {
                g.group_name = "db".into();
                g.vpc_id = Some("vpc-0a".into());
                g.ingress = vec![from_group(5432, "sg-0b")];
            }),
            "sg-0c",
            &[],
        ),
        named(
            fixture::security_group(|g| {
                g.group_name = "default".into();
                g.description = "default VPC security group".into();
                g.vpc_id = Some("vpc-0a".into());
            }),
            "sg-0d",
            &[],
        ),
        named(
            fixture::instance(|i| {
                i.subnet_id = Some("subnet-0a".into());
                i.security_group_ids = vec!["sg-0a".into(), "sg-0d".into()];
                i.key_name = Some("ops".into());
                i.instance_profile_arn =
                    Some("arn:aws:iam::123456789012:instance-profile/app/web".into());
            }),
            "i-0a",
            &[("Name", "web-1")],
        ),
        named(
            fixture::instance(|i| i.auto_scaling_group = Some("workers".into())),
            "i-0b",
            &[("Name", "worker")],
        ),
    ])
}

fn joined(files: Vec<(String, String)>) -> String {
    files
        .into_iter()
        .fold(String::new(), |all, (path, text)| all + &format!("==> {path}\n{text}\n"))
}

#[test]
fn terraform_of_an_estate() {
    insta::assert_snapshot!(joined(terraform::render(&estate())));
}

#[test]
fn cloudformation_of_an_estate() {
    insta::assert_snapshot!(joined(cloudformation::render(&estate())));
}

#[test]
fn nothing_is_written_about_nothing() {
    let world = fixture::world([fixture::volume(|_| {})]);
    assert_eq!(terraform::render(&world), []);
    assert_eq!(cloudformation::render(&world), []);
}

#[test]
fn secrets_stay_out_and_their_tags_are_left_alone() {
    let key = "AKIAIOSFODNN7EXAMPLE";
    let mut rule = tcp(22..=22, "10.0.0.0/8");
    rule.description = Some(format!("key {key}"));
    let world = fixture::world([
        named(
            fixture::vpc(|_| {}),
            "vpc-0a",
            &[("Name", key), ("DbPassword", "hunter2"), ("dsn", "mysql://app:hunter2@db/app")],
        ),
        named(
            fixture::security_group(|g| {
                g.group_name = format!("group {key}");
                g.description = format!("made with {key}");
                g.ingress = vec![rule];
            }),
            "sg-0a",
            &[],
        ),
    ]);
    for text in [joined(terraform::render(&world)), joined(cloudformation::render(&world))] {
        assert!(!text.contains("hunter2") && !text.contains(key), "{text}");
        assert!(text.contains("DbPassword"), "the tag itself is named: {text}");
    }
    let code = joined(terraform::render(&world));
    assert!(code.contains("tags[\"DbPassword\"]"), "{code}");
    let code = joined(cloudformation::render(&world));
    assert!(code.contains("NoEcho: true"), "{code}");
}

#[test]
fn a_tag_that_could_not_be_read_is_not_removed() {
    let mut vpc = fixture::vpc(|_| {});
    vpc.tags_unavailable = Some(miyabi_types::evidence::Unavailable::because("access denied"));
    let code = joined(terraform::render(&fixture::world([vpc])));
    assert!(code.contains("tags,\n") && code.contains("could not be read"), "{code}");
}

#[test]
fn accounts_are_kept_apart() {
    let here = named(fixture::vpc(|_| {}), "vpc-0a", &[("Name", "shop")]);
    let mut there = named(fixture::vpc(|_| {}), "vpc-0b", &[("Name", "shop")]);
    there.arn = Arn::parse(there.arn.as_str().replace(fixture::ACCOUNT, "210987654321")).unwrap();
    there.account = miyabi_types::id::AccountId::parse("210987654321").unwrap();
    let world = fixture::world([here, there]);
    assert_terraform_holds(&world);
    assert_cloudformation_holds(&world);
    let code = joined(terraform::render(&world));
    assert!(code.contains("aws.a210987654321_us_east_1"), "{code}");
    let files = cloudformation::render(&world);
    assert!(files.iter().any(|(p, _)| p == "cloudformation/210987654321/us-east-1/network.yaml"));
}

#[test]
fn what_is_large_is_split_and_still_fits_together() {
    let groups = (0..450).map(|n| {
        named(
            fixture::security_group(|g| {
                g.group_name = format!("group {n}");
                // A chain, so that many references cross from file to file.
                g.ingress = vec![from_group(80, &format!("sg-{:04}", (n + 1) % 451))];
            }),
            &format!("sg-{n:04}"),
            &[],
        )
    });
    let world = fixture::world(groups);
    assert_cloudformation_holds(&world);
    let files = cloudformation::render(&world);
    assert!(files.iter().any(|(path, _)| path.ends_with("/security-3.yaml")), "{files:#?}");
}

fn references(expression: &Expression, found: &mut BTreeSet<String>) {
    match expression {
        Expression::Array(items) => items.iter().for_each(|item| references(item, found)),
        Expression::Traversal(traversal) => {
            if let (Expression::Variable(root), Some(TraversalOperator::GetAttr(name))) =
                (&traversal.expr, traversal.operators.first())
            {
                found.insert(format!("{}.{}", root.as_str(), name.as_str()));
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
            Structure::Block(block) => references_in(block.body(), found),
        }
    }
}

/// Valid HCL; no address twice; every reference leads somewhere; everything is imported exactly once.
fn assert_terraform_holds(world: &World) {
    let (mut addresses, mut targets, mut used) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    for (path, text) in terraform::render(world) {
        let body = hcl::parse(&text).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
        references_in(&body, &mut used);
        for block in body.blocks() {
            let labels: Vec<&str> = block.labels().iter().map(hcl::BlockLabel::as_str).collect();
            let attribute = |name: &str| {
                block.body().attributes().find(|a| a.key() == name).map(|a| a.expr().clone())
            };
            let new = match block.identifier() {
                "resource" => addresses.insert(labels.join(".")),
                "provider" => {
                    let alias = attribute("alias").unwrap();
                    addresses.insert(format!("aws.{}", alias.to_string().trim_matches('"')))
                }
                "variable" => addresses.insert(format!("var.{}", labels[0])),
                "import" => {
                    let mut to = BTreeSet::new();
                    references(&attribute("to").unwrap(), &mut to);
                    targets.extend(to);
                    true
                }
                _ => true,
            };
            assert!(new, "{labels:?} is there twice");
        }
    }
    let dangling: Vec<_> = used.difference(&addresses).collect();
    assert!(dangling.is_empty(), "{dangling:?} of {addresses:?}");
    let resources: Vec<_> = addresses.iter().filter(|a| a.starts_with("aws_")).cloned().collect();
    targets.sort();
    assert_eq!(targets, resources);
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

/// Valid YAML; every reference leads to something in its template or to an export of an earlier one
/// of its folder; everything is retained and can be imported.
fn assert_cloudformation_holds(world: &World) {
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
        }
        let mut used = Vec::new();
        intrinsics(template, &mut used);
        for (function, argument) in used {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            match function.as_str() {
                "Ref" => {
                    let to = text(&argument);
                    assert!(resources.contains_key(&to) || parameters.contains_key(&to), "{to}");
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
                    assert_ne!(*name, other, "a stack cannot import from itself");
                    // Concerns in order, and later files of a concern after earlier ones.
                    let order = |name: &str| {
                        let concern = name.split('-').next().unwrap().to_owned();
                        let rank = ["network", "security", "compute"]
                            .iter()
                            .position(|c| *c == concern)
                            .unwrap();
                        (rank, name.len(), name.to_owned())
                    };
                    assert!(order(other) < order(name), "{other} comes after {name}");
                }
                "Fn::Sub" => {}
                other => panic!("{other} is not written here"),
            }
        }
        let imports: Vec<Value> =
            serde_json::from_str(&files[&format!("{folder}/{name}.import.json")]).unwrap();
        let ids: BTreeSet<_> =
            imports.iter().map(|entry| entry["LogicalResourceId"].as_str().unwrap()).collect();
        assert_eq!(ids, resources.keys().map(String::as_str).collect());
    }
}

/// Any text that somebody might write into a `Name` tag, with a good chance of equal ones.
fn a_name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("web".to_owned()),
        Just("web_1".to_owned()),
        Just("Web-1".to_owned()),
        Just("default".to_owned()),
        "[a-z0-9 _.-]{0,8}",
        "\\PC{0,12}",
        Just("line\nbreak \"${boom}\" # %{x}".to_owned()),
    ]
}

fn any_estate() -> impl Strategy<Value = World> {
    let names = proptest::collection::vec((a_name(), any::<bool>(), 0_usize..4), 1..9);
    let edges = proptest::collection::vec((0_usize..9, 0_usize..9), 0..12);
    (names, edges).prop_map(|(names, edges)| {
        let resources = names.iter().enumerate().map(|(n, (name, abroad, part))| {
            let (resource, id) = match part {
                0 => (fixture::vpc(|v| v.is_default = n % 5 == 0), format!("vpc-{n}")),
                1 => (
                    fixture::subnet(|s| s.vpc_id = format!("vpc-{}", (n + 1) % 9)),
                    format!("subnet-{n}"),
                ),
                2 => (
                    fixture::security_group(|g| {
                        g.group_name = format!("g{n}");
                        g.description.clone_from(name);
                        g.vpc_id = Some(format!("vpc-{}", (n + 2) % 9));
                        g.ingress = edges
                            .iter()
                            .filter(|(from, _)| *from == n)
                            .map(|(_, to)| from_group(80, &format!("sg-{to}")))
                            .collect();
                    }),
                    format!("sg-{n}"),
                ),
                _ => (
                    fixture::instance(|i| {
                        i.subnet_id = Some(format!("subnet-{}", (n + 1) % 9));
                        i.security_group_ids = (0..9).map(|g| format!("sg-{g}")).collect();
                    }),
                    format!("i-{n}"),
                ),
            };
            let resource = named(resource, &id, &[("Name", name)]);
            if *abroad { in_region(resource, "eu-west-1") } else { resource }
        });
        fixture::world(resources.collect::<Vec<_>>())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn terraform_fits_together_for_any_estate(world in any_estate()) {
        assert_terraform_holds(&world);
    }

    #[test]
    fn cloudformation_fits_together_for_any_estate(world in any_estate()) {
        assert_cloudformation_holds(&world);
    }

    #[test]
    fn code_does_not_depend_on_the_order_of_discovery(world in any_estate()) {
        let mut shuffled = world.clone();
        shuffled.resources.reverse();
        prop_assert_eq!(terraform::render(&world), terraform::render(&shuffled));
        prop_assert_eq!(cloudformation::render(&world), cloudformation::render(&shuffled));
    }
}

#[test]
fn groups_that_name_each_other_are_not_tied_in_a_knot() {
    let world = estate();
    let code = joined(terraform::render(&world));
    // Terraform refuses references in a circle: the ids are written out instead.
    let has_group = |id: &str| {
        world
            .resources
            .iter()
            .any(|r| r.id == id && matches!(r.config, ResourceConfig::Ec2SecurityGroup(_)))
    };
    assert!(has_group("sg-0b") && has_group("sg-0c"));
    assert!(code.contains("\"sg-0b\"\n") && code.contains("\"sg-0c\"\n"), "{code}");
    assert!(code.contains("self"), "{code}");
    // Outside of a circle the reference stays.
    assert!(code.contains("aws_security_group.app.id"), "{code}");
}
