//! What the roles allow against what the code says that it needs.

use std::collections::BTreeSet;

use miyabi_tests::contract::{
    PHASES, assert_same, logical_id, sources,
    template::{Statement, Template},
};
use miyabi_types::action::Operation;

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
