//! What the roles allow against what the code says that it needs.

use std::collections::BTreeSet;

use miyabi_discovery::permissions;
use miyabi_tests::contract::{
    PHASES, assert_same, logical_id, read, sources,
    template::{Statement, Template},
};
use miyabi_types::action::Operation;
use serde_json::{Value, json};
use xtask::policies::{self, Declared};

const ASSUME_ROLE: &str = "sts:AssumeRole";

#[test]
fn discovery_may_read_exactly_what_it_says_and_changes_nothing() {
    let allowed = beyond_storage("discovery");
    let mut needed: BTreeSet<_> =
        miyabi_discovery::PERMISSIONS.iter().map(ToString::to_string).collect();
    needed.insert(ASSUME_ROLE.into());
    assert_same("discovery", ("template", &allowed), ("code", &needed));
    for action in allowed.iter().filter(|action| *action != ASSUME_ROLE) {
        assert!(reads(action), "{action} is no reading action");
    }
}

#[test]
fn the_role_for_other_accounts_lets_discovery_read_exactly_what_it_says() {
    let statements = member_statements(|logical_id| logical_id != "ChangeResources");
    let allowed = actions(&statements);
    let as_itself = BTreeSet::from(permissions::AS_ITSELF);
    let needed = miyabi_discovery::PERMISSIONS.iter().filter(|action| !as_itself.contains(*action));
    assert_same(
        "role",
        ("template", &allowed),
        ("code", &needed.map(ToString::to_string).collect()),
    );
    assert!(allowed.iter().all(|action| reads(action)), "{allowed:?}");
}

#[test]
fn the_role_for_other_accounts_changes_what_execution_changes_and_only_if_that_is_asked_for() {
    let allowed = actions(&member_statements(|logical_id| logical_id == "ChangeResources"));
    let mut needed = beyond_storage("execution");
    needed.remove(ASSUME_ROLE);
    assert_same("role", ("its template", &allowed), ("execution", &needed));
    let template = member();
    assert_eq!(template["Resources"]["ChangeResources"]["Condition"], "MayChange");
    assert_eq!(template["Parameters"]["Changes"]["Default"], "off");
}

#[test]
fn only_the_products_own_roles_get_into_another_account_and_only_with_the_external_id() {
    let template = member();
    let trust = &template["Resources"]["Role"]["Properties"]["AssumeRolePolicyDocument"];
    let [statement] = trust["Statement"].as_array().expect("a list").as_slice() else {
        panic!("one way in: {trust}")
    };
    let condition = &statement["Condition"];
    assert_eq!(condition["StringEquals"]["sts:ExternalId"]["Ref"], "ExternalId");
    let roles = condition["ArnLike"]["aws:PrincipalArn"]["Fn::Sub"].as_str().expect("a pattern");
    assert!(roles.ends_with("::${MiyabiAccount}:role/${MiyabiStack}-*"), "{roles}");
    assert!(template["Parameters"]["ExternalId"]["Default"].is_null(), "it is nobody's guess");
}

#[test]
fn the_lists_in_the_templates_are_as_they_are_written() {
    let list = |actions: &[&str]| actions.iter().map(ToString::to_string).collect();
    let declared = Declared {
        own: list(&permissions::OWN),
        other_types: list(&permissions::OTHER_TYPES),
        as_itself: list(&permissions::AS_ITSELF),
    };
    let (product, member) = (read(policies::PRODUCT), read(policies::MEMBER));
    for (file, is, written) in [
        (policies::PRODUCT, &product, policies::product(&product, &declared)),
        (policies::MEMBER, &member, policies::member(&member, &declared, &product)),
    ] {
        let written = written.expect("every list has its place");
        assert!(*is == written, "{file} is out of date: run `cargo xtask docs`");
    }
}

#[test]
fn the_role_for_other_accounts_can_be_deployed_without_a_bucket() {
    // Source: AWS CloudFormation User Guide, "Understand CloudFormation quotas", template body; IAM User Guide,
    // "IAM and AWS STS quotas", managed policies of a role.
    let bytes = read(policies::MEMBER).len();
    assert!(bytes <= 51_200, "{bytes} bytes, at most 51,200");
    let template = member();
    let resources = template["Resources"].as_object().expect("resources");
    let attached = resources.values().filter(|one| one["Type"] == "AWS::IAM::ManagedPolicy");
    assert!(attached.count() <= 10);
}

#[test]
fn execution_may_do_exactly_what_its_actions_declare() {
    let allowed = beyond_storage("execution");
    let operations = Operation::ALL.into_iter().flat_map(Operation::permissions);
    let mut needed: BTreeSet<_> = operations.map(ToString::to_string).collect();
    needed.extend(sources::iam_actions("functions/execution/src"));
    needed.insert(ASSUME_ROLE.into());
    assert_same("execution", ("template", &allowed), ("code", &needed));
}

#[test]
fn integration_may_do_exactly_what_its_channels_name() {
    let mut needed = sources::iam_actions("functions/integration/src");
    needed.retain(|action| !action.starts_with("s3:") && !action.starts_with("dynamodb:"));
    let allowed = beyond_storage("integration");
    assert_same("integration", ("template", &allowed), ("code", &needed));
}

#[test]
fn pure_phases_may_only_store() {
    for phase in ["generation", "allocation", "learning"] {
        assert_eq!(beyond_storage(phase), BTreeSet::new(), "{phase}");
    }
}

#[test]
fn only_execution_writes_to_resources() {
    for phase in PHASES.into_iter().filter(|phase| *phase != "execution") {
        let monitoring = ["cloudwatch:Put", "states:SendTask", ASSUME_ROLE];
        for action in beyond_storage(phase) {
            let told = phase == "integration" || action == ASSUME_ROLE;
            let exempt = told && monitoring.iter().any(|known| action.starts_with(known));
            assert!(reads(&action) || exempt, "{phase} may {action}");
        }
    }
}

#[test]
fn storage_is_what_the_platform_uses_and_only_miyabis_own() {
    let template = Template::load();
    let needed = sources::iam_actions("shared/platform/src");
    let mut allowed = BTreeSet::new();
    for phase in PHASES {
        let id = logical_id(phase);
        let storing = template.statements(&id).into_iter().filter(Statement::is_storage);
        let actions: BTreeSet<_> = storing.flat_map(|statement| statement.actions).collect();
        let ledger = actions.iter().any(|action| action.starts_with("dynamodb:"));
        assert_eq!(ledger, template.environment(&id).contains("MIYABI_TABLE"), "{phase}");
        allowed.extend(actions);
    }
    assert_same("storage", ("template", &allowed), ("code", &needed));
}

/// What a phase may do besides storing artifacts and using the ledger.
fn beyond_storage(phase: &str) -> BTreeSet<String> {
    let statements = Template::load().statements(&logical_id(phase)).into_iter();
    statements.filter(|s| !s.is_storage()).flat_map(|statement| statement.actions).collect()
}

/// The template of the role for other accounts.
fn member() -> Value {
    xtask::template::parse(&read(policies::MEMBER)).expect("a template")
}

/// The statements of the policies of that role's own (`Role`) and of those attached to it.
fn member_statements(wanted: impl Fn(&str) -> bool) -> Vec<Value> {
    let template = member();
    let resources = template["Resources"].as_object().expect("resources");
    let documents = resources.iter().filter(|(id, _)| wanted(id)).flat_map(|(id, resource)| {
        let properties = &resource["Properties"];
        if id == "Role" {
            let own = properties["Policies"].as_array().expect("a list");
            assert!(own.iter().map(length).sum::<usize>() <= 10_240, "own policies");
            return own.iter().map(|policy| policy["PolicyDocument"].clone()).collect();
        }
        assert_eq!(properties["Roles"], json!([{ "Ref": "Role" }]), "{id}");
        assert!(length(&properties["PolicyDocument"]) <= 6_144, "{id} is too long");
        vec![properties["PolicyDocument"].clone()]
    });
    let statements = documents.filter_map(|document| document["Statement"].as_array().cloned());
    statements.flatten().collect()
}

/// What IAM counts of a policy: characters without white space.
fn length(policy: &Value) -> usize {
    policy.to_string().len()
}

fn actions(statements: &[Value]) -> BTreeSet<String> {
    let named = statements.iter().filter_map(|statement| statement["Action"].as_array());
    named.flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether an action reads, by AWS's naming. A credential report is made of what is there, and
/// changes nothing of it.
fn reads(action: &str) -> bool {
    if action == "iam:GenerateCredentialReport" {
        return true;
    }
    let (_, verb) = action.split_once(':').expect("service:Action");
    // API Gateway's one reading action is named like HTTP's.
    ["Get", "GET", "List", "Describe"].iter().any(|reading| verb.starts_with(reading))
}
