//! Both languages over the same estates: what they look like, and what must hold for any estate.

mod estate;
mod hold;
mod remedy;

use miyabi_types::{evidence::Evidence, id::Arn, resource::ResourceConfig};
use proptest::prelude::*;

use self::{
    estate::{any_estate, estate, from_group, named},
    hold::{assert_cloudformation_holds, assert_terraform_holds},
};
use super::{cloudformation, terraform};
use crate::fixture::{self, tcp};

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
    let world = fixture::world([fixture::snapshot(1, |_| {})]);
    assert_eq!(terraform::render(&world), []);
    assert_eq!(cloudformation::render(&world), []);
}

#[test]
fn secrets_stay_out_and_their_tags_are_left_alone() {
    let key = "AKIAIOSFODNN7EXAMPLE";
    let mut rule = tcp(22..=22, "10.0.0.0/8");
    rule.description = Some(format!("key {key}"));
    let mut function = fixture::function(|f| f.environment_keys = vec!["API_TOKEN".into()]);
    function.tags = [("dsn".to_owned(), "mysql://app:hunter2@db/app".to_owned())].into();
    let world = fixture::world([
        named(
            fixture::vpc(|_| {}),
            "vpc-0a",
            &[("Name", key), ("DbPassword", "hunter2"), ("dsn", "mysql://app:hunter2@db/app")],
        ),
        named(
            fixture::security_group(|g| {
                g.group_name = format!("group {key}");
                g.description = "old one, password: hunter2".into();
                g.ingress = vec![rule];
            }),
            "sg-0a",
            &[],
        ),
        fixture::policy(fixture::allow("s3:GetObject", &format!("arn:aws:s3:::{key}"))),
        fixture::db(|_| {}),
        function,
    ]);
    for text in [joined(terraform::render(&world)), joined(cloudformation::render(&world))] {
        assert!(!text.contains("hunter2") && !text.contains(key), "{text}");
        assert!(text.contains("DbPassword"), "the tag itself is named: {text}");
    }
    let code = joined(terraform::render(&world));
    assert!(code.contains("tags[\"DbPassword\"]"), "{code}");
    let code = joined(cloudformation::render(&world));
    assert!(code.contains("NoEcho: true") && code.contains("AppEnvAPITOKEN"), "{code}");
}

#[test]
fn a_tag_that_could_not_be_read_is_not_removed() {
    let mut vpc = fixture::vpc(|_| {});
    vpc.tags_unavailable = Some(miyabi_types::evidence::Unavailable::because("access denied"));
    let code = joined(terraform::render(&fixture::world([vpc])));
    assert!(code.contains("tags,\n") && code.contains("could not be read"), "{code}");
}

#[test]
fn a_policy_keeps_its_variables() {
    let world = fixture::world([fixture::policy(fixture::allow(
        "s3:GetObject",
        "arn:aws:s3:::data/${aws:username}/*",
    ))]);
    let code = joined(terraform::render(&world));
    assert!(code.contains("policy = jsonencode({\n"), "{code}");
    assert!(code.contains("arn:aws:s3:::data/$${aws:username}/*"), "{code}");
    let code = joined(cloudformation::render(&world));
    assert!(code.contains("arn:aws:s3:::data/${aws:username}/*") && !code.contains("Fn::Sub"));
}

#[test]
fn a_policy_refers_to_what_it_names() {
    let role_arn = format!("arn:aws:iam::{}:role/app", fixture::ACCOUNT);
    let key_arn = format!("arn:aws:kms:us-east-1:{}:key/k-1", fixture::ACCOUNT);
    let role = fixture::role("/", fixture::allow("kms:Decrypt", &key_arn));
    let mut key = fixture::key(|_| {});
    key.arn = Arn::parse(&key_arn).unwrap();
    key.id = "k-1".into();
    let bucket = fixture::bucket(|bucket| {
        let mut policy = fixture::allow("s3:GetObject", "arn:aws:s3:::data/${aws:username}/\"x\"");
        policy["Statement"][0]["Principal"]["AWS"] = role_arn.as_str().into();
        bucket.policy = Evidence::Known(Some(policy));
    });
    let world = fixture::world([role, key, bucket]);
    assert_terraform_holds(&world);
    assert_cloudformation_holds(&world);
    let code = joined(terraform::render(&world));
    for reference in [
        "Resource = aws_kms_key.main.arn",
        "AWS = var.iam_role_arns[\"app\"]",
        "Resource = \"${aws_s3_bucket.data.arn}/$${aws:username}/\\\"x\\\"\"",
    ] {
        assert!(code.contains(reference), "{reference}: {code}");
    }
    let code = joined(cloudformation::render(&world));
    for reference in [
        "Fn::ImportValue:\n                Fn::Sub: ${SecurityStack}-RoleAppArn",
        "${BucketData.Arn}/${!aws:username}/\"x\"",
    ] {
        assert!(code.contains(reference), "{reference}: {code}");
    }
    assert!(!code.contains(&role_arn) && !code.contains("Resource: arn:aws:s3"), "{code}");
}

#[test]
fn what_a_policy_names_never_costs_the_reference_to_it() {
    let policy_arn = format!("arn:aws:iam::{}:policy/app", fixture::ACCOUNT);
    let role_arn = format!("arn:aws:iam::{}:role/app", fixture::ACCOUNT);
    let mut role = fixture::role("/", fixture::allow("s3:GetObject", "*"));
    if let ResourceConfig::IamRole(role) = &mut role.config {
        role.attached_policies = vec![policy_arn.clone()];
    }
    let mut policy = fixture::policy(fixture::allow("iam:PassRole", &role_arn));
    policy.name = Some("app".into());
    let world = fixture::world([role, policy]);
    let code = joined(cloudformation::render(&world));
    // The role needs the policy; that the policy names the role must not make a circle of it.
    assert!(code.contains("Ref: ManagedPolicyApp") && code.contains(&role_arn), "{code}");
    // In Terraform what attaches the policy stands between both, and there is no circle.
    let code = joined(terraform::render(&world));
    assert!(code.contains("policy_arn = aws_iam_policy.app.arn"), "{code}");
    assert!(code.contains("Resource = aws_iam_role.app.arn"), "{code}");
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
fn what_is_global_is_written_in_one_region_and_found_from_all() {
    let function = fixture::in_region(fixture::function(|_| {}), "eu-west-1");
    let mut vpc = named(fixture::vpc(|_| {}), "vpc-0a", &[]);
    vpc.name = None;
    let role = fixture::role("/", fixture::allow("s3:GetObject", "*"));
    let world = fixture::world([function, role, vpc]);
    assert_terraform_holds(&world);
    assert_cloudformation_holds(&world);
    let code = joined(terraform::render(&world));
    assert!(code.contains("==> terraform/us-east-1/security/iam.tf"), "{code}");
    assert!(code.contains("= var.us_east_1_iam_role_arns[\"app\"]"), "{code}");
    let code = joined(cloudformation::render(&world));
    assert!(code.contains("Role: arn:aws:iam::123456789012:role/app"), "exports end at the region");
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

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
    assert!(code.contains("\"sg-0b\"\n") && code.contains("\"sg-0c\"\n"), "{code}");
    assert!(code.contains("self"), "{code}");
    // Outside of a circle the reference stays.
    assert!(code.contains("aws_security_group.app.id"), "{code}");
}

#[test]
fn what_holds_data_is_not_replaced() {
    let files = cloudformation::render(&fixture::world([fixture::db(|_| {})]));
    let (_, policy) =
        files.iter().find(|(path, _)| path.ends_with("/data.policy.json")).expect("a policy");
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    assert_eq!(policy["Statement"][1]["Effect"], "Deny");
    assert_eq!(policy["Statement"][1]["Resource"][0], "LogicalResourceId/DBInstanceMain");
}

#[test]
fn what_is_not_written_is_named_with_the_reason() {
    let worker = fixture::instance(|i| i.auto_scaling_group = Some("workers".into()));
    let vpc = named(fixture::vpc(|_| {}), "vpc-0a", &[]);
    let files = terraform::render(&fixture::world([worker, vpc]));
    let (_, readme) = files.iter().find(|(path, _)| path == "terraform/README.md").unwrap();
    assert!(readme.contains("its Auto Scaling group makes and replaces it"), "{readme}");
}
