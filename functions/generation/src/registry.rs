//! Every check, and the page that lists them.

use std::{collections::BTreeMap, fmt::Write as _};

use miyabi_types::finding::Category;

use crate::{
    check::{Check, Limit},
    checks::{cost, security},
};

/// Checks that are one file each.
const LOGIC: &[Check] = &[
    security::access_analyzer::analyzer_missing::CHECK,
    security::acm::certificate_expiring::CHECK,
    security::api_gateway::execution_not_logged::CHECK,
    security::cloudfront::origin_bucket_missing::CHECK,
    security::config::recorder_missing::CHECK,
    security::dynamodb::table_not_scaling::CHECK,
    security::ec2::instance_several_interfaces::CHECK,
    security::ec2::internet_path::CHECK,
    security::ec2::security_group_default_open::CHECK,
    security::ec2::security_group_unused::CHECK,
    security::ec2::snapshot_public::CHECK,
    security::ec2::vpc_flow_logs_missing::CHECK,
    security::efs::mounted_in_public_subnet::CHECK,
    security::eks::version_unsupported::CHECK,
    security::elasticache::no_auth::CHECK,
    security::guardduty::detector_missing::CHECK,
    security::iam::certificate_expired::CHECK,
    security::lambda::function_public::CHECK,
    security::lambda::function_runtime_unsupported::CHECK,
    security::lambda::function_single_az::CHECK,
    security::rds::instance_in_public_subnet::CHECK,
    security::redshift::port_open::CHECK,
    security::s3::bucket_allows_http::CHECK,
    security::s3::bucket_cross_account::CHECK,
];

/// Tables of checks.
const TABLES: &[&[Check]] = &[
    &security::account::settings::CHECKS,
    &security::acm::settings::CHECKS,
    &security::api_gateway::settings::CHECKS,
    &security::autoscaling::settings::CHECKS,
    &security::cloudfront::settings::CHECKS,
    &security::cloudtrail::bucket_of_trail::CHECKS,
    &security::cloudtrail::region_not_recorded::CHECKS,
    &security::cloudtrail::settings::CHECKS,
    &security::cloudwatch::unwatched_changes::CHECKS,
    &security::documentdb::settings::CHECKS,
    &security::dynamodb::settings::CHECKS,
    &security::ec2::endpoints_missing::CHECKS,
    &security::ec2::launch_templates::CHECKS,
    &security::ec2::network::CHECKS,
    &security::ec2::open_ports::CHECKS,
    &security::ec2::settings::CHECKS,
    &security::ec2::vpn::CHECKS,
    &security::ecr::settings::CHECKS,
    &security::ecs::settings::CHECKS,
    &security::efs::access_points::CHECKS,
    &security::efs::settings::CHECKS,
    &security::eks::settings::CHECKS,
    &security::elasticache::settings::CHECKS,
    &security::elb::classic::CHECKS,
    &security::elb::settings::CHECKS,
    &security::guardduty::settings::CHECKS,
    &security::iam::attachments::CHECKS,
    &security::iam::credentials::CHECKS,
    &security::iam::escalation::CHECKS,
    &security::iam::policies::CHECKS,
    &security::iam::root::CHECKS,
    &security::iam::settings::CHECKS,
    &security::iam::trust::CHECKS,
    &security::kms::settings::CHECKS,
    &security::neptune::settings::CHECKS,
    &security::opensearch::settings::CHECKS,
    &security::policy_public::CHECKS,
    &security::rds::clusters::CHECKS,
    &security::rds::events::CHECKS,
    &security::rds::logs::CHECKS,
    &security::rds::proxies::CHECKS,
    &security::rds::settings::CHECKS,
    &security::rds::snapshots::CHECKS,
    &security::redshift::settings::CHECKS,
    &security::s3::access_points::CHECKS,
    &security::s3::bucket_public::CHECKS,
    &security::s3::settings::CHECKS,
    &security::secrets_manager::secret_age::CHECKS,
    &security::secrets_manager::settings::CHECKS,
    &security::sqs::settings::CHECKS,
];

/// Every check, sorted by id.
pub fn all() -> Vec<Check> {
    let files = LOGIC.iter().chain(cost::LOGIC);
    let rows = TABLES.iter().chain(cost::TABLES).copied().flatten();
    let mut checks: Vec<Check> = files.chain(rows).copied().collect();
    checks.sort_by_key(|check| check.id);
    checks
}

/// `docs/checks.md`: every check, one row each.
pub fn markdown() -> String {
    let checks = all();
    let mut page = String::from(
        "# Checks\n\n\
         What Miyabi looks for, generated from the checks themselves. `cargo xtask docs` writes this page; \
         a test fails when it is out of date.\n\n\
         A month has 730 hours. Prices are list prices; where Cost Explorer tells what reservations and Savings Plans \
         cover, they go on costing and only the rest counts as saved. Evidence that could not be read never counts as \
         *nothing wrong*: the check answers *not evaluated* and names the missing permission.\n",
    );
    for (category, heading) in [(Category::Cost, "Cost"), (Category::Security, "Security")] {
        let rows: Vec<_> = checks.iter().filter(|check| check.category == category).collect();
        let _ = write!(
            page,
            "\n## {heading} ({})\n\n\
             | check | what it finds | severity | resource | controls | thresholds | saving | action | class |\n\
             |--|--|--|--|--|--|--|--|--|\n",
            rows.len()
        );
        for check in rows {
            page.push_str(&row(check));
        }
    }
    page.push_str(&figures(&checks));
    page.push_str("\n## Sources\n\n");
    let mut sources: Vec<_> = checks
        .iter()
        .flat_map(|check| check.references)
        .map(|reference| format!("- {} (read {})\n", reference.source, reference.read))
        .collect();
    sources.sort();
    sources.dedup();
    page.extend(sources);
    page
}

fn row(check: &Check) -> String {
    let kinds: Vec<_> = check.kinds.iter().map(|kind| kind.as_str()).collect();
    let thresholds: Vec<_> = check
        .thresholds
        .iter()
        .map(|t| format!("{}: {}", t.what, t.value))
        .chain(check.limits.iter().map(Limit::shown))
        .collect();
    let cells = [
        format!("`{}`", check.id),
        check.title.to_owned(),
        check.severity.as_str().to_owned(),
        kinds.join(", "),
        check.controls.join(", "),
        thresholds.join("; "),
        check.saving.to_owned(),
        action(check),
        check.safety().as_str().to_owned(),
    ];
    let cells: Vec<_> =
        cells.iter().map(|cell| if cell.is_empty() { "–" } else { cell.as_str() }).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// What Miyabi does, and what a person does where it does nothing.
fn action(check: &Check) -> String {
    let operation = check.operation.map(|operation| format!("`{}`", operation.name()));
    let advice = (!check.advice.is_empty()).then(|| check.advice.to_owned());
    operation.into_iter().chain(advice).collect::<Vec<_>>().join("; ")
}

/// Every figure once, by name.
pub fn limits(checks: &[Check]) -> BTreeMap<&'static str, &'static Limit> {
    checks.iter().flat_map(|check| check.limits).map(|limit| (limit.name, limit)).collect()
}

fn figures(checks: &[Check]) -> String {
    let mut table = String::from(
        "\n## Figures\n\n\
         What checks compare with. The tenant's setting `limits` sets any of them by its name, within its range.\n\n\
         | figure | what | default | unit | range | source |\n\
         |--|--|--|--|--|--|\n",
    );
    for (name, limit) in limits(checks) {
        let (least, most) = limit.range;
        let Limit { what, default, unit, source, .. } = limit;
        let _ = writeln!(
            table,
            "| `{name}` | {what} | {default} | {unit} | {least} to {most} | {source} |"
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_definition_is_whole() {
        let mut ids = BTreeSet::new();
        for check in all() {
            assert!(ids.insert(check.id), "{} is registered twice", check.id);
            assert_eq!(check.check_id().as_str(), check.id);
            assert_eq!(check.control_ids().len(), check.controls.len(), "{}", check.id);
            assert!(!check.title.is_empty(), "{} has no title", check.id);
            assert!(!check.kinds.is_empty(), "{} judges nothing", check.id);
            assert!(!check.references.is_empty(), "{} has no source", check.id);
            assert_eq!(
                check.category == Category::Cost,
                !check.saving.is_empty(),
                "{} saves money, or it does not",
                check.id
            );
        }
    }

    #[test]
    fn a_figure_is_one_figure_within_its_range() {
        let checks = all();
        let once = limits(&checks);
        for limit in checks.iter().flat_map(|check| check.limits) {
            assert_eq!(*once[limit.name], *limit, "two figures are named {}", limit.name);
            let (least, most) = limit.range;
            assert!((least..=most).contains(&limit.default), "{}", limit.name);
            assert!(!limit.source.is_empty() && !limit.what.is_empty(), "{}", limit.name);
        }
    }

    #[test]
    fn every_cost_check_says_what_to_do() {
        let checks = all();
        let costs = || checks.iter().filter(|check| check.category == Category::Cost);
        assert!(costs().count() >= 60, "{} cost checks", costs().count());
        for check in costs() {
            assert!(check.operation.is_some() || !check.advice.is_empty(), "{}", check.id);
        }
    }

    #[test]
    fn each_control_is_decided_by_one_check() {
        let mut controls = BTreeSet::new();
        for check in all() {
            for control in check.controls {
                assert!(controls.insert(*control), "{control} is decided twice");
            }
        }
        assert!(controls.len() >= 200, "{} controls", controls.len());
    }

    #[test]
    fn the_page_is_up_to_date() {
        let path = "../../docs/checks.md";
        let page = std::fs::read_to_string(path).unwrap_or_default();
        assert!(page == markdown(), "docs/checks.md is out of date: run `cargo xtask docs`");
    }
}
