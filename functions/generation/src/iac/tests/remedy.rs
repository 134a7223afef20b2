//! The plan as a second layer.

use miyabi_types::{exemption::Exemptions, plan::Plan, strategy::Strategy, world::World};

use super::{estate::named, joined};
use crate::{
    fixture::{self, now, tcp},
    iac::{Language, Layers},
    plan::plan,
};

fn files(world: &World, plan: &Plan) -> impl Iterator<Item = (String, String)> {
    let both = Language::ALL
        .map(|language| Layers::new(language, world, plan).texts().collect::<Vec<_>>());
    both.into_iter().flatten()
}

fn layer(world: &World) -> String {
    let plan = plan(world, &Strategy::default(), &Exemptions::default(), now()).unwrap();
    assert!(!plan.proposals.is_empty());
    joined(files(world, &plan).filter(|(path, _)| path.starts_with("remediation/")).collect())
}

#[test]
fn a_layer_holds_what_the_plan_changes_and_nothing_else() {
    let open = fixture::security_group(|g| g.ingress = vec![tcp(22..=22, "0.0.0.0/0")]);
    let world = fixture::world([
        named(open, "sg-0a", &[]),
        named(fixture::vpc(|_| {}), "vpc-1", &[("Name", "shop")]),
    ]);
    let code = layer(&world);
    assert!(code.contains("==> remediation/terraform/us-east-1/security/security_groups.tf"));
    assert!(code.contains("==> remediation/cloudformation/us-east-1/security.yaml"), "{code}");
    assert!(!code.contains("network/vpc.tf"), "the VPC stays as it is: {code}");
    assert!(code.contains("ingress     = []") && !code.contains("from_port   = 22"), "{code}");
}

#[test]
fn what_the_plan_deletes_is_gone_and_no_longer_imported() {
    let lost = fixture::volume(|v| {
        v.state = "available".into();
        v.attached_to.clear();
    });
    let world = fixture::world([
        named(lost, "vol-0a", &[("Name", "lost")]),
        named(fixture::vpc(|_| {}), "vpc-1", &[("Name", "shop")]),
    ]);
    let code = layer(&world);
    assert!(code.contains("==> remediation/terraform/imports.tf"), "{code}");
    assert!(!code.contains("vol-0a"), "{code}");
    assert!(code.contains("vpc-1"), "{code}");
}

#[test]
fn what_is_new_is_made_and_not_imported() {
    let world = fixture::world([fixture::password_policy(|policy| *policy = None)]);
    let code = layer(&world);
    assert!(code.contains("aws_iam_account_password_policy"), "{code}");
    assert!(!code.contains("iam-account-password-policy"), "it cannot be imported: {code}");
    assert!(code.contains("not in these files, because there is no type for it"), "{code}");
}

#[test]
fn nothing_to_do_is_no_layer() {
    let world = fixture::world([named(fixture::vpc(|_| {}), "vpc-1", &[])]);
    let plan = plan(&world, &Strategy::default(), &Exemptions::default(), now()).unwrap();
    let second = files(&world, &plan).any(|(path, _)| path.starts_with("remediation/"));
    assert_eq!(second, !plan.proposals.is_empty());
}
