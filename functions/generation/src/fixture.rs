//! A small World for tests: resources with sane settings to edit, list prices, and one way to check a check.

use jiff::{SignedDuration, Timestamp};
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    finding::Saving,
    id::{AccountId, Arn, CycleId, IamAction, Region, TenantId},
    pricing::{InstanceType, PriceSheet, RegionPrices},
    resource::{
        ManagedBy, Resource, ResourceConfig, ResourceKind, ec2,
        iam::{self, InlinePolicy, PasswordPolicy, PasswordRules},
        lambda::Function,
        rds::DbInstance,
        s3::{Bucket, BucketEncryption, LifecycleRule, PublicAccessBlock},
    },
    utilization::{MetricStats, Utilization},
    world::{Coverage, Scope, ScopeManifest, World, WorldManifest},
};

use crate::check::{Check, Context, Verdict};

/// The account of every fixture.
pub const ACCOUNT: &str = "123456789012";
/// Seconds that a datapoint of a fixture covers.
const PERIOD: u32 = 300;

/// When the World of fixtures was seen.
pub fn now() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

/// So many days before [`now`].
pub fn days_ago(days: i64) -> Timestamp {
    now() - SignedDuration::from_hours(24 * days)
}

/// What a check is expected to say.
#[derive(Debug)]
pub enum Expect {
    /// Nothing wrong.
    Clear,
    /// Nothing to judge.
    NotApplicable,
    /// A reason that contains this.
    NotEvaluated(&'static str),
    /// A finding without money in it.
    Risk,
    /// A finding that saves this much.
    Saves(&'static str),
    /// A finding that saves nobody knows how much.
    SavesUnknown,
}

impl Expect {
    /// A finding that saves this much.
    pub const fn saves(amount: &'static str) -> Self {
        Self::Saves(amount)
    }
}

/// What `check` says of `resource`, alone in its World.
pub fn evaluate(check: &Check, resource: Resource) -> Verdict {
    let world = world([resource]);
    check.evaluate(&world.resources[0], &Context::new(&world))
}

/// Checks what `check` says of `resource`, alone in its World.
#[track_caller]
pub fn check(check: &Check, case: &str, resource: Resource, expect: Expect) {
    let world = world([resource]);
    let resource = world.resources[0].clone();
    check_in(check, case, world, &resource, expect);
}

/// Checks what `check` says of `resource` in `world`.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "it is the case's own")]
pub fn check_in(check: &Check, case: &str, world: World, resource: &Resource, expect: Expect) {
    let resource = world.resources.iter().find(|r| r.arn == resource.arn).expect("in its World");
    let verdict = check.evaluate(resource, &Context::new(&world));
    let agrees = match (&verdict, &expect) {
        (Verdict::Clear, Expect::Clear) | (Verdict::NotApplicable, Expect::NotApplicable) => true,
        (Verdict::NotEvaluated(why), Expect::NotEvaluated(part)) => why.reason.contains(part),
        (Verdict::Finding(found), expect) => match (found.saving, expect) {
            (Saving::None, Expect::Risk) | (Saving::Unknown, Expect::SavesUnknown) => true,
            (Saving::Exact(amount) | Saving::Estimated(amount), Expect::Saves(expected)) => {
                amount.to_string() == *expected
            }
            _ => false,
        },
        _ => false,
    };
    assert!(agrees, "{} / {case}: expected {expect:?}, got {verdict:#?}", check.id);
    if let Verdict::Finding(found) = verdict
        && let Some(remedy) = found.remedy
    {
        assert_eq!(Some(remedy.action.operation), check.operation, "{} / {case}", check.id);
        assert_ne!(remedy.action.expected, remedy.action.desired, "{} / {case}", check.id);
        assert!(!remedy.summary.is_empty() && !remedy.risk.is_empty(), "{} / {case}", check.id);
    }
}

/// A World of these resources, priced.
pub fn world(resources: impl IntoIterator<Item = Resource>) -> World {
    let prices = prices();
    let mut resources: Vec<_> = resources.into_iter().collect();
    for resource in &mut resources {
        resource.monthly_cost = prices.monthly_cost(resource);
    }
    resources.sort_by(|a, b| a.arn.cmp(&b.arn));
    let mut scopes: Vec<_> = resources.iter().map(scope_of).collect();
    scopes.sort();
    scopes.dedup();
    World {
        manifest: WorldManifest {
            tenant: TenantId::parse("acme").unwrap(),
            cycle: cycle(),
            sequence: 0,
            taken_at: now(),
            scopes: scopes.into_iter().map(empty_scope).collect(),
            prices,
        },
        resources,
        costs: std::collections::BTreeMap::new(),
        security_hub: Vec::new(),
    }
}

/// The cycle of every fixture.
pub fn cycle() -> CycleId {
    "0192f0c1-2345-7000-8000-000000000001".parse().unwrap()
}

fn scope_of(resource: &Resource) -> Scope {
    Scope { account: resource.account.clone(), region: resource.region.clone() }
}

fn empty_scope(scope: Scope) -> ScopeManifest {
    ScopeManifest {
        scope,
        coverage: Vec::new(),
        resources: std::collections::BTreeMap::new(),
        api_calls: 0,
        cost_explorer_requests: 0,
        chunk: None,
        sha256: None,
    }
}

/// Makes every scope of `world` one where `api` was denied, and `kinds` with it.
pub fn deny(world: &mut World, api: &str, kinds: &[ResourceKind]) {
    if world.manifest.scopes.is_empty() {
        let region = Region::parse("us-east-1").unwrap();
        let account = AccountId::parse(ACCOUNT).unwrap();
        world.manifest.scopes.push(empty_scope(Scope { account, region }));
    }
    let api = IamAction::parse(api).unwrap();
    for scope in &mut world.manifest.scopes {
        scope.coverage.push(Coverage {
            api: api.clone(),
            kinds: kinds.to_vec(),
            result: Evidence::Unavailable(Unavailable::denied(api.clone())),
        });
    }
}

/// Evidence that could not be read for want of `api`.
pub fn denied<T>(api: &str) -> Evidence<T> {
    Evidence::Unavailable(Unavailable::denied(IamAction::parse(api).unwrap()))
}

/// List prices of us-east-1 for what the fixtures use; no other region has any.
pub fn prices() -> PriceSheet {
    let ec2 = [
        ("m4.large", 100_000),
        ("m5.large", 96_000),
        ("r4.large", 133_000),
        ("r5.large", 133_000),
        ("t2.medium", 46_400),
        ("t3.medium", 41_600),
    ];
    let rds = [
        ("db.m4.large", 175_000),
        ("db.m5.large", 171_000),
        ("db.t2.medium", 68_000),
        ("db.t3.medium", 68_000),
    ];
    let region = RegionPrices {
        ec2_instance_hour: ec2.map(|(t, p)| (t.into(), [("linux".into(), p)].into())).into(),
        rds_instance_hour: rds.map(|(t, p)| (t.into(), [("mysql".into(), p)].into())).into(),
        ebs_gib_month: [
            ("gp2".into(), 100_000),
            ("gp3".into(), 80_000),
            ("io1".into(), 125_000),
            ("standard".into(), 50_000),
        ]
        .into(),
        ebs_iops_month: [("gp3".into(), 5_000), ("io1".into(), 65_000)].into(),
        ebs_mibps_month: [("gp3".into(), 40_000)].into(),
        snapshot_gib_month: Some(50_000),
        public_ipv4_hour: Some(5_000),
        rds_storage_gib_month: [("gp2".into(), 115_000)].into(),
        s3_gib_month: [("STANDARD".into(), 23_000)].into(),
        ..RegionPrices::default()
    };
    let offer = |name: &str, memory_gib: u64| {
        (
            name.to_owned(),
            InstanceType {
                vcpu: 2,
                memory_mib: memory_gib * 1024,
                arch: "x86_64".into(),
                generation: Some(if name.contains('4') { "previous" } else { "current" }.into()),
                hypervisor: None,
                network_gbps: None,
                ebs_mbps: None,
                burstable: name.starts_with('t'),
            },
        )
    };
    PriceSheet {
        regions: [(Region::parse("us-east-1").unwrap(), region)].into(),
        instance_types: [
            offer("m4.large", 8),
            offer("m5.large", 8),
            offer("r4.large", 15),
            offer("r5.large", 16),
            offer("t2.medium", 4),
            offer("t3.medium", 4),
        ]
        .into(),
        ..PriceSheet::default()
    }
}

fn resource(arn: &str, id: &str, config: ResourceConfig) -> Resource {
    let arn = Arn::parse(arn).unwrap();
    let region = arn.as_str().split(':').nth(3).filter(|r| !r.is_empty()).unwrap_or("aws-global");
    Resource {
        account: AccountId::parse(ACCOUNT).unwrap(),
        region: Region::parse(region).unwrap(),
        id: id.into(),
        name: None,
        tags: std::collections::BTreeMap::new(),
        tags_unavailable: None,
        created_at: Some(days_ago(200)),
        managed_by: ManagedBy::None,
        depends_on: Vec::new(),
        utilization: Evidence::unavailable("no metrics"),
        monthly_cost: Evidence::unavailable("not priced yet"),
        config,
        arn,
    }
}

fn ec2(kind: &str, id: &str, config: ResourceConfig) -> Resource {
    resource(&format!("arn:aws:ec2:us-east-1:{ACCOUNT}:{kind}/{id}"), id, config)
}

/// The same in another region.
pub fn in_region(mut resource: Resource, region: &str) -> Resource {
    resource.arn = Arn::parse(resource.arn.as_str().replace("us-east-1", region)).unwrap();
    resource.region = Region::parse(region).unwrap();
    resource
}

/// An Elastic IP address that is associated with nothing.
pub fn address(edit: impl FnOnce(&mut ec2::Address)) -> Resource {
    let mut address = ec2::Address {
        public_ip: "203.0.113.7".into(),
        allocation_id: "eipalloc-1".into(),
        association_id: None,
        instance_id: None,
        network_interface_id: None,
    };
    edit(&mut address);
    ec2("elastic-ip", "eipalloc-1", ResourceConfig::Ec2Address(address))
}

/// 100 GiB of encrypted gp2, attached to [`instance`].
pub fn volume(edit: impl FnOnce(&mut ec2::Volume)) -> Resource {
    let mut volume = ec2::Volume {
        volume_type: "gp2".into(),
        size_gib: 100,
        iops: Some(300),
        throughput_mibps: None,
        state: "in-use".into(),
        encrypted: true,
        kms_key_id: None,
        snapshot_id: None,
        availability_zone: "us-east-1a".into(),
        attached_to: vec![ec2::Attachment {
            instance_id: "i-1".into(),
            device: "/dev/xvda".into(),
            delete_on_termination: true,
        }],
    };
    edit(&mut volume);
    ec2("volume", "vol-1", ResourceConfig::Ec2Volume(volume))
}

/// A private snapshot of [`volume`], this many days old.
pub fn snapshot(days: i64, edit: impl FnOnce(&mut ec2::Snapshot)) -> Resource {
    let mut snapshot = ec2::Snapshot {
        volume_id: Some("vol-1".into()),
        volume_size_gib: 100,
        state: "completed".into(),
        encrypted: true,
        storage_tier: "standard".into(),
        description: None,
        image_ids: Vec::new(),
        public: Some(false),
    };
    edit(&mut snapshot);
    let mut resource = ec2("snapshot", "snap-1", ResourceConfig::Ec2Snapshot(snapshot));
    resource.created_at = Some(days_ago(days));
    resource
}

/// A running m5.large without a public address, with `IMDSv2`, in group `sg-1`.
pub fn instance(edit: impl FnOnce(&mut ec2::Instance)) -> Resource {
    let mut instance = ec2::Instance {
        instance_type: "m5.large".into(),
        state: "running".into(),
        stopped_at: None,
        launched_at: Some(days_ago(200)),
        architecture: "x86_64".into(),
        platform: "Linux/UNIX".into(),
        image_id: Some("ami-1".into()),
        lifecycle: "on-demand".into(),
        tenancy: "default".into(),
        availability_zone: "us-east-1a".into(),
        vpc_id: Some("vpc-1".into()),
        subnet_id: Some("subnet-1".into()),
        security_group_ids: vec!["sg-1".into()],
        volume_ids: vec!["vol-1".into()],
        root_device_name: Some("/dev/xvda".into()),
        private_ip: Some("10.0.0.10".into()),
        public_ip: None,
        key_name: None,
        instance_profile_arn: None,
        imds_http_tokens: Some("required".into()),
        imds_http_endpoint: Some("enabled".into()),
        ebs_optimized: true,
        auto_scaling_group: None,
    };
    edit(&mut instance);
    ec2("instance", "i-1", ResourceConfig::Ec2Instance(instance))
}

/// A VPC whose rejected traffic is recorded.
pub fn vpc(edit: impl FnOnce(&mut ec2::Vpc)) -> Resource {
    let mut vpc = ec2::Vpc {
        cidr_block: "10.0.0.0/16".into(),
        is_default: false,
        state: "available".into(),
        instance_tenancy: "default".into(),
        dns_support: Some(true),
        dns_hostnames: Some(true),
        flow_log_traffic: Some(vec!["REJECT".into()]),
    };
    edit(&mut vpc);
    ec2("vpc", "vpc-1", ResourceConfig::Ec2Vpc(vpc))
}

/// A private subnet in us-east-1a.
pub fn subnet(edit: impl FnOnce(&mut ec2::Subnet)) -> Resource {
    let mut subnet = ec2::Subnet {
        vpc_id: "vpc-1".into(),
        cidr_block: "10.0.0.0/24".into(),
        availability_zone: "us-east-1a".into(),
        map_public_ip_on_launch: false,
        default_for_az: false,
        available_ip_count: 250,
    };
    edit(&mut subnet);
    ec2("subnet", "subnet-1", ResourceConfig::Ec2Subnet(subnet))
}

/// A security group `sg-1` named `web` without rules.
pub fn security_group(edit: impl FnOnce(&mut ec2::SecurityGroup)) -> Resource {
    let mut group = ec2::SecurityGroup {
        group_name: "web".into(),
        description: "web servers".into(),
        vpc_id: Some("vpc-1".into()),
        ingress: Vec::new(),
        egress: Vec::new(),
    };
    edit(&mut group);
    ec2("security-group", "sg-1", ResourceConfig::Ec2SecurityGroup(group))
}

/// A rule that lets TCP on these ports through, from or to this block.
pub fn tcp(ports: std::ops::RangeInclusive<i32>, cidr: &str) -> ec2::SecurityGroupRule {
    let peer = if cidr.contains(':') { ec2::Peer::CidrV6 } else { ec2::Peer::Cidr };
    ec2::SecurityGroupRule {
        protocol: "tcp".into(),
        from_port: Some(*ports.start()),
        to_port: Some(*ports.end()),
        peer: peer(cidr.into()),
        description: None,
    }
}

/// A rule that lets everything through, from or to this block.
pub fn everything(cidr: &str) -> ec2::SecurityGroupRule {
    ec2::SecurityGroupRule {
        protocol: "-1".into(),
        from_port: None,
        to_port: None,
        ..tcp(0..=0, cidr)
    }
}

/// A region that encrypts new volumes.
pub fn region_defaults(edit: impl FnOnce(&mut ec2::RegionDefaults)) -> Resource {
    let mut defaults = ec2::RegionDefaults { ebs_encryption_by_default: true };
    edit(&mut defaults);
    ec2("defaults", "us-east-1", ResourceConfig::Ec2RegionDefaults(defaults))
}

/// A private, encrypted, versioned bucket with one lifecycle rule and a policy that refuses plain HTTP.
pub fn bucket(edit: impl FnOnce(&mut Bucket)) -> Resource {
    let mut bucket = Bucket {
        encryption: Evidence::Known(Some(BucketEncryption {
            algorithm: "AES256".into(),
            kms_key_id: None,
            bucket_key: false,
        })),
        versioning: Evidence::Known(Some("Enabled".into())),
        public_access_block: Evidence::Known(PublicAccessBlock::ALL),
        lifecycle: Evidence::Known(vec![lifecycle_rule()]),
        policy: Evidence::Known(Some(serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
                "Condition": { "Bool": { "aws:SecureTransport": "false" } },
            }],
        }))),
        size_bytes: Evidence::Known(10 << 30),
    };
    edit(&mut bucket);
    let mut resource = resource("arn:aws:s3:::data", "data", ResourceConfig::S3Bucket(bucket));
    resource.region = Region::parse("us-east-1").unwrap();
    resource
}

/// An enabled lifecycle rule that does nothing yet.
pub fn lifecycle_rule() -> LifecycleRule {
    LifecycleRule {
        id: Some("rule".into()),
        enabled: true,
        prefix: None,
        filtered: false,
        abort_multipart_days: None,
        expiration_days: None,
        noncurrent_expiration_days: None,
        transitions: Vec::new(),
    }
}

/// A private, encrypted, backed-up db.m5.large of `MySQL` in one zone.
pub fn db(edit: impl FnOnce(&mut DbInstance)) -> Resource {
    let mut db = DbInstance {
        class: "db.m5.large".into(),
        engine: "mysql".into(),
        engine_version: "8.0.40".into(),
        status: "available".into(),
        storage_type: Some("gp2".into()),
        allocated_storage_gib: 100,
        iops: None,
        multi_az: false,
        publicly_accessible: false,
        storage_encrypted: true,
        kms_key_id: None,
        backup_retention_days: 7,
        auto_minor_version_upgrade: true,
        deletion_protection: true,
        copy_tags_to_snapshot: true,
        iam_authentication: true,
        monitoring_interval_seconds: 60,
        master_username: Some("owner".into()),
        port: Some(33_060),
        cluster_id: None,
        replica_of: None,
        subnet_group: Some("private".into()),
        vpc_id: Some("vpc-1".into()),
        security_group_ids: vec!["sg-1".into()],
    };
    edit(&mut db);
    resource(
        &format!("arn:aws:rds:us-east-1:{ACCOUNT}:db:main"),
        "main",
        ResourceConfig::RdsDbInstance(db),
    )
}

/// A Python function outside any VPC, without a resource policy.
pub fn function(edit: impl FnOnce(&mut Function)) -> Resource {
    let mut function = Function {
        runtime: Some("python3.13".into()),
        architecture: "x86_64".into(),
        memory_mib: 256,
        timeout_seconds: 30,
        package_type: "Zip".into(),
        role_arn: format!("arn:aws:iam::{ACCOUNT}:role/app"),
        subnet_ids: Vec::new(),
        environment_keys: Vec::new(),
        policy: Evidence::Known(None),
    };
    edit(&mut function);
    resource(
        &format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:app"),
        "app",
        ResourceConfig::LambdaFunction(function),
    )
}

/// A user who gets everything through groups.
pub fn user(edit: impl FnOnce(&mut iam::User)) -> Resource {
    let mut user = iam::User {
        path: "/".into(),
        inline_policies: Vec::new(),
        attached_policies: Vec::new(),
        groups: vec!["staff".into()],
    };
    edit(&mut user);
    resource(&format!("arn:aws:iam::{ACCOUNT}:user/ada"), "ada", ResourceConfig::IamUser(user))
}

/// A role of this path with this inline policy.
pub fn role(path: &str, inline: serde_json::Value) -> Resource {
    let role = iam::Role {
        path: path.into(),
        trust_policy: serde_json::json!({}),
        inline_policies: vec![InlinePolicy { name: "inline".into(), document: inline }],
        attached_policies: Vec::new(),
        last_used_at: None,
        permissions_boundary: None,
    };
    resource(&format!("arn:aws:iam::{ACCOUNT}:role/app"), "app", ResourceConfig::IamRole(role))
}

/// A customer-managed policy with this document.
pub fn policy(document: serde_json::Value) -> Resource {
    let policy = iam::Policy { path: "/".into(), attachment_count: 1, document };
    resource(
        &format!("arn:aws:iam::{ACCOUNT}:policy/app"),
        &format!("arn:aws:iam::{ACCOUNT}:policy/app"),
        ResourceConfig::IamPolicy(policy),
    )
}

/// A policy document with one statement that allows this.
pub fn allow(action: &str, on: &str) -> serde_json::Value {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": action, "Resource": on }],
    })
}

/// A password policy that satisfies every control, edited.
pub fn password_policy(edit: impl FnOnce(&mut Option<PasswordRules>)) -> Resource {
    let mut policy = Some(PasswordRules {
        minimum_length: 14,
        require_uppercase: true,
        require_lowercase: true,
        require_numbers: true,
        require_symbols: true,
        allow_users_to_change: true,
        max_age_days: None,
        reuse_prevention: Some(24),
        hard_expiry: false,
    });
    edit(&mut policy);
    resource(
        &format!("arn:aws:iam::{ACCOUNT}:password-policy"),
        "password-policy",
        ResourceConfig::IamPasswordPolicy(PasswordPolicy { policy }),
    )
}

/// With complete `metrics` over so many days, each edited by name.
pub fn with_metrics<const N: usize>(
    mut resource: Resource,
    window_days: u32,
    metrics: [&str; N],
    edit: impl Fn(&str, &mut MetricStats),
) -> Resource {
    let datapoints = window_days * 86_400 / PERIOD;
    let metrics = metrics
        .into_iter()
        .map(|name| {
            let mut stats = MetricStats { datapoints, ..MetricStats::default() };
            edit(name, &mut stats);
            (name.to_owned(), stats)
        })
        .collect();
    resource.utilization =
        Evidence::Known(Utilization { window_days, period_seconds: PERIOD, metrics });
    resource
}

/// With metrics that could not be read.
pub fn without_metrics(mut resource: Resource) -> Resource {
    resource.utilization = denied("cloudwatch:GetMetricData");
    resource
}

/// Edits one metric of a resource that has metrics.
pub fn edit_metric(resource: &mut Resource, name: &str, edit: impl FnOnce(&mut MetricStats)) {
    let Evidence::Known(utilization) = &mut resource.utilization else { panic!("no metrics") };
    edit(utilization.metrics.get_mut(name).expect("no such metric"));
}

/// Makes the metrics of a resource cover so many days.
pub fn edit_window(resource: &mut Resource, days: u32) {
    let Evidence::Known(utilization) = &mut resource.utilization else { panic!("no metrics") };
    utilization.window_days = days;
}

/// Checks a table of settings: each case names the control it is about, every row must have a case that
/// is wrong and one that is right, and a wrong one proposes a change where the row declares an operation.
#[track_caller]
pub fn check_table(checks: &[Check], cases: Vec<(&str, Resource, Expect)>) {
    let mut seen = std::collections::BTreeSet::new();
    for (at, (key, resource, expect)) in cases.into_iter().enumerate() {
        let row = checks
            .iter()
            .find(|check| check.controls.contains(&key) || check.id == key)
            .unwrap_or_else(|| panic!("no row {key}"));
        match expect {
            Expect::Clear => seen.insert((row.id, "right")),
            Expect::Risk => {
                if let Verdict::Finding(found) = evaluate(row, resource.clone()) {
                    let proposes = found.remedy.is_some();
                    assert_eq!(proposes, row.operation.is_some(), "{key}, case {at}: remedy");
                }
                seen.insert((row.id, "wrong"))
            }
            _ => false,
        };
        check(row, &format!("{key}, case {at}"), resource, expect);
    }
    for row in checks {
        for case in ["right", "wrong"] {
            assert!(seen.contains(&(row.id, case)), "{} has no case that is {case}", row.id);
        }
    }
}
