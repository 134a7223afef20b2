//! Which crate links which: the architecture as absences.

use std::collections::BTreeSet;

use miyabi_tests::contract::{PHASES, packages::Packages};

#[test]
fn functions_never_link_functions() {
    let packages = Packages::load();
    for phase in PHASES {
        let linked = packages.linked_by(&format!("miyabi-{phase}"));
        let ours: BTreeSet<_> = linked.iter().filter(|name| name.starts_with("miyabi-")).collect();
        assert_eq!(
            ours,
            ["miyabi-platform", "miyabi-types"].map(String::from).iter().collect(),
            "{phase}"
        );
    }
}

#[test]
fn the_vocabulary_does_nothing() {
    let linked = Packages::load().linked_by("miyabi-types");
    for package in linked {
        let banned = package.starts_with("aws-")
            || package.starts_with("miyabi-")
            || ["tokio", "reqwest", "hyper", "lambda_runtime"].contains(&package.as_str());
        assert!(!banned, "miyabi-types links {package}");
    }
}

#[test]
fn pure_phases_link_no_resource_sdk() {
    let packages = Packages::load();
    let storage = sdks(&packages, "miyabi-platform");
    for phase in ["generation", "allocation", "learning"] {
        assert_eq!(sdks(&packages, &format!("miyabi-{phase}")), storage, "{phase}");
    }
}

#[test]
fn the_platform_links_storage_and_credentials_only() {
    let expected = ["aws-sdk-dynamodb", "aws-sdk-s3", "aws-sdk-sts"].map(String::from).into();
    let mut found = sdks(&Packages::load(), "miyabi-platform");
    // Sign-in with a person's own credentials, where no role is given.
    found.retain(|name| {
        !["aws-sdk-sso", "aws-sdk-ssooidc", "aws-sdk-signin"].contains(&name.as_str())
    });
    assert_eq!(found, expected);
}

#[test]
fn only_discovery_and_execution_carry_the_heaviest_sdk() {
    let dependents = Packages::load().dependents_of("aws-sdk-ec2");
    let product: BTreeSet<_> = dependents
        .iter()
        .map(String::as_str)
        .filter(|name| !["miyabi-tests", "xtask"].contains(name))
        .collect();
    assert_eq!(product, ["miyabi-discovery", "miyabi-execution"].into());
}

fn sdks(packages: &Packages, package: &str) -> BTreeSet<String> {
    let linked = packages.linked_by(package).into_iter();
    linked.filter(|name| name.starts_with("aws-sdk-")).collect()
}
