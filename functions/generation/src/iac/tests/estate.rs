//! The estates of the tests.

use std::collections::BTreeMap;

use miyabi_types::{
    evidence::Evidence,
    id::{AccountId, Arn, Region},
    resource::{
        ManagedBy, Resource, ResourceConfig,
        dynamodb::{Capacity, KeyAttribute, Table},
        ec2::{Peer, SecurityGroupRule},
        kms::{Key, Rotation},
        vpc::{InternetGateway, NatGateway, NetworkAcl, NetworkAclEntry, Route, RouteTable},
    },
    world::World,
};
use proptest::prelude::*;
use serde_json::json;

use crate::fixture::{self, ACCOUNT, everything, in_region, tcp};

/// Gives a resource of the fixture an id and tags of its own.
pub fn named(mut resource: Resource, id: &str, tags: &[(&str, &str)]) -> Resource {
    resource.arn = Arn::parse(resource.arn.as_str().replace(&resource.id, id)).unwrap();
    resource.id = id.into();
    resource.tags =
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    resource.name = resource.tags.get("Name").cloned();
    resource
}

pub fn from_group(port: i32, id: &str) -> SecurityGroupRule {
    SecurityGroupRule { peer: Peer::Group(id.into()), ..tcp(port..=port, "10.0.0.0/8") }
}

/// A resource of a kind that the fixtures have no example of.
fn made(arn: &str, id: &str, name: &str, config: ResourceConfig) -> Resource {
    let mut resource = named(fixture::vpc(|_| {}), "vpc-0", &[("Name", name)]);
    resource.arn = Arn::parse(arn).unwrap();
    resource.account = AccountId::parse(ACCOUNT).unwrap();
    resource.region = Region::parse("us-east-1").unwrap();
    resource.id = id.into();
    resource.config = config;
    resource
}

fn in_ec2(kind: &str, id: &str, name: &str, config: ResourceConfig) -> Resource {
    made(&format!("arn:aws:ec2:us-east-1:{ACCOUNT}:{kind}/{id}"), id, name, config)
}

fn route(destination: &str, target: &str) -> Route {
    Route {
        destination: destination.into(),
        target: Some(target.into()),
        state: "active".into(),
        propagated: false,
    }
}

fn network() -> Vec<Resource> {
    let entry = |number, allow| NetworkAclEntry {
        number,
        allow,
        protocol: "6".into(),
        cidr: "0.0.0.0/0".into(),
        from_port: Some(443),
        to_port: Some(443),
    };
    vec![
        in_ec2(
            "internet-gateway",
            "igw-0a",
            "shop",
            ResourceConfig::Ec2InternetGateway(InternetGateway { vpc_ids: vec!["vpc-0a".into()] }),
        ),
        in_ec2(
            "natgateway",
            "nat-0a",
            "shop",
            ResourceConfig::Ec2NatGateway(NatGateway {
                state: "available".into(),
                connectivity: "public".into(),
                vpc_id: Some("vpc-0a".into()),
                subnet_id: Some("subnet-0a".into()),
                allocation_ids: vec!["eipalloc-0a".into()],
                public_ips: Vec::new(),
                network_interface_ids: Vec::new(),
            }),
        ),
        named(
            fixture::address(|a| a.allocation_id = "eipalloc-0a".into()),
            "eipalloc-0a",
            &[("Name", "nat")],
        ),
        in_ec2(
            "route-table",
            "rtb-0a",
            "public",
            ResourceConfig::Ec2RouteTable(RouteTable {
                vpc_id: "vpc-0a".into(),
                main: false,
                subnet_ids: vec!["subnet-0a".into()],
                routes: vec![
                    route("0.0.0.0/0", "igw-0a"),
                    route("10.0.0.0/16", "local"),
                    route("pl-1", "vpce-1"),
                ],
                associations: [("subnet-0a".into(), "rtbassoc-1".into())].into(),
            }),
        ),
        in_ec2(
            "network-acl",
            "acl-0a",
            "tight",
            ResourceConfig::Ec2NetworkAcl(NetworkAcl {
                vpc_id: "vpc-0a".into(),
                is_default: false,
                subnet_ids: vec!["subnet-0b".into()],
                ingress: vec![entry(100, true), entry(32_767, false)],
                egress: vec![entry(32_767, false)],
                associations: [("subnet-0b".into(), "aclassoc-1".into())].into(),
            }),
        ),
    ]
}

fn data() -> Vec<Resource> {
    let key = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/k-1");
    let part = |name: &str, role: &str| KeyAttribute {
        name: name.into(),
        attribute_type: "S".into(),
        role: role.into(),
    };
    vec![
        made(
            &key,
            "k-1",
            "",
            ResourceConfig::KmsKey(Key {
                aliases: Evidence::Known(vec!["alias/shop".into()]),
                description: Some("data of the shop".into()),
                state: "Enabled".into(),
                deletion_at: None,
                usage: Some("ENCRYPT_DECRYPT".into()),
                spec: Some("SYMMETRIC_DEFAULT".into()),
                origin: Some("AWS_KMS".into()),
                multi_region: false,
                rotation: Evidence::Known(Rotation { enabled: true, period_days: None }),
                policy: Evidence::Known(Some(json!({ "Version": "2012-10-17", "Statement": [] }))),
            }),
        ),
        made(
            &format!("arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/orders"),
            "orders",
            "orders",
            ResourceConfig::DynamoDbTable(Table {
                status: "ACTIVE".into(),
                billing_mode: "PAY_PER_REQUEST".into(),
                capacity: Capacity::default(),
                table_class: "STANDARD".into(),
                size_bytes: 0,
                item_count: 0,
                indexes: Vec::new(),
                deletion_protection: false,
                encryption: Some("KMS".into()),
                kms_key_arn: Some(key.clone()),
                stream_view: None,
                replica_regions: Vec::new(),
                point_in_time_recovery: Evidence::Known(false),
                key: vec![part("id", "HASH"), part("at", "RANGE")],
                local_indexes: Vec::new(),
            }),
        ),
        fixture::bucket(|bucket| {
            bucket.lifecycle = Evidence::Known(vec![fixture::lifecycle_rule()]);
            bucket.policy = Evidence::Known(Some(fixture::allow("s3:GetObject", "*")));
        }),
        fixture::db(|db| {
            db.subnet_group = Some("shop".into());
            db.subnet_ids = vec!["subnet-0a".into(), "subnet-0b".into()];
        }),
        named(
            fixture::volume(|v| {
                v.attached_to[0].instance_id = "i-0a".into();
                v.kms_key_id = Some(key.clone());
            }),
            "vol-0a",
            &[],
        ),
        named(
            fixture::volume(|v| {
                v.attached_to[0].instance_id = "i-0a".into();
                v.attached_to[0].device = "/dev/sdf".into();
            }),
            "vol-0b",
            &[("Name", "index")],
        ),
    ]
}

/// Two regions; equal names; a circle of groups; AWS's own things; an owner; a secret in a tag; one of
/// many a kind.
pub fn estate() -> World {
    let vpc = |id, tags: &[_]| named(fixture::vpc(|_| {}), id, tags);
    let mut shop = vpc("vpc-0a", &[("Name", "shop"), ("aws:cloudformation:stack-name", "shop")]);
    shop.managed_by =
        ManagedBy::CloudFormation { stack: "shop".into(), logical_id: Some("Vpc".into()) };
    let mut role = fixture::role("/app/", fixture::allow("s3:GetObject", "*"));
    if let ResourceConfig::IamRole(role) = &mut role.config {
        role.instance_profiles = vec![format!("arn:aws:iam::{ACCOUNT}:instance-profile/app/web")];
        role.attached_policies = vec![format!("arn:aws:iam::{ACCOUNT}:policy/app")];
    }
    let mut policy = fixture::policy(fixture::allow("s3:ListBucket", "*"));
    policy.name = Some("app".into());
    let subnet = |id, tags: &[_]| named(fixture::subnet(|s| s.vpc_id = "vpc-0a".into()), id, tags);
    let group = |id: &str, name: &str, rules: Vec<SecurityGroupRule>| {
        let group = fixture::security_group(|g| {
            g.group_name = name.into();
            g.vpc_id = Some("vpc-0a".into());
            g.ingress = rules;
        });
        named(group, id, &[])
    };
    let mut web = fixture::security_group(|g| {
        g.vpc_id = Some("vpc-0a".into());
        g.ingress = vec![
            tcp(443..=443, "0.0.0.0/0"),
            tcp(443..=443, "10.0.0.0/8"),
            tcp(443..=443, "::/0"),
            from_group(8080, "sg-0b"),
        ];
        g.egress = vec![everything("0.0.0.0/0")];
    });
    web = named(web, "sg-0a", &[("Name", "web")]);
    let instance = fixture::instance(|i| {
        i.subnet_id = Some("subnet-0a".into());
        i.security_group_ids = vec!["sg-0a".into(), "sg-0d".into()];
        i.volume_ids = vec!["vol-0a".into(), "vol-0b".into()];
        i.key_name = Some("ops".into());
        i.instance_profile_arn = Some(format!("arn:aws:iam::{ACCOUNT}:instance-profile/app/web"));
    });
    let worker = fixture::instance(|i| i.auto_scaling_group = Some("workers".into()));
    let mut resources = vec![
        shop,
        named(fixture::vpc(|v| v.is_default = true), "vpc-0d", &[]),
        in_region(vpc("vpc-0e", &[("Name", "shop"), ("DbPassword", "hunter2")]), "eu-west-1"),
        subnet("subnet-0a", &[("Name", "app"), ("note", "${x} %{y} \"z\" | é")]),
        subnet("subnet-0b", &[("Name", "app")]),
        named(
            fixture::subnet(|s| {
                s.vpc_id = "vpc-0d".into();
                s.default_for_az = true;
                s.map_public_ip_on_launch = true;
            }),
            "subnet-0d",
            &[],
        ),
        web,
        group(
            "sg-0b",
            "app",
            vec![
                from_group(5432, "sg-0b"),
                from_group(9000, "sg-0c"),
                from_group(9001, "sg-elsewhere"),
            ],
        ),
        group("sg-0c", "db", vec![from_group(5432, "sg-0b")]),
        group("sg-0d", "default", Vec::new()),
        named(instance, "i-0a", &[("Name", "web-1")]),
        named(worker, "i-0b", &[("Name", "worker")]),
        role,
        policy,
        fixture::function(|f| {
            f.subnet_ids = vec!["subnet-0a".into()];
            f.security_group_ids = vec!["sg-0b".into()];
            f.environment_keys = vec!["STAGE".into()];
        }),
    ];
    resources.extend(network());
    resources.extend(data());
    fixture::world(resources)
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

fn policy_arn(n: usize) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/policy-{n}")
}

/// A policy that names whatever may be at the ends of these edges.
fn naming(from: usize, edges: &[(usize, usize)]) -> serde_json::Value {
    let ends = edges.iter().filter(|(begin, _)| *begin == from).map(|(_, end)| end);
    let names = ends.flat_map(|end| {
        [
            policy_arn(*end),
            format!("arn:aws:iam::{ACCOUNT}:role/role-{end}"),
            format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/key-{end}"),
            format!("arn:aws:s3:::bucket-{end}/${{aws:username}}/\"*\""),
        ]
    });
    let names: Vec<String> = names.collect();
    json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": names }] })
}

pub fn any_estate() -> impl Strategy<Value = World> {
    let names = proptest::collection::vec((a_name(), any::<bool>(), 0_usize..10), 1..11);
    let edges = proptest::collection::vec((0_usize..11, 0_usize..11), 0..12);
    (names, edges).prop_map(|(names, edges)| {
        let mut resources: BTreeMap<String, Resource> = BTreeMap::new();
        for (n, (name, abroad, part)) in names.iter().enumerate() {
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
                3 => (fixture::bucket(|_| {}), format!("bucket-{n}")),
                4 => (
                    fixture::function(|f| f.security_group_ids = vec![format!("sg-{}", n / 2)]),
                    format!("function-{n}"),
                ),
                5 => (
                    fixture::volume(|v| v.attached_to[0].instance_id = format!("i-{}", n / 2)),
                    format!("vol-{n}"),
                ),
                6 => (
                    fixture::key(|key| {
                        key.policy = Evidence::Known(Some(naming(n, &edges)));
                    }),
                    format!("key-{n}"),
                ),
                7 => {
                    let mut role = fixture::role("/", naming(n, &edges));
                    if let ResourceConfig::IamRole(role) = &mut role.config {
                        role.attached_policies = vec![policy_arn((n + 1) % 9)];
                    }
                    (role, format!("role-{n}"))
                }
                8 => (fixture::policy(naming(n, &edges)), policy_arn(n)),
                _ => (
                    fixture::instance(|i| {
                        i.subnet_id = Some(format!("subnet-{}", (n + 1) % 9));
                        i.security_group_ids = (0..9).map(|g| format!("sg-{g}")).collect();
                    }),
                    format!("i-{n}"),
                ),
            };
            let resource = named(resource, &id, &[("Name", name)]);
            let resource = if *abroad { in_region(resource, "eu-west-1") } else { resource };
            resources.insert(id, resource);
        }
        fixture::world(resources.into_values())
    })
}
