//! EFS: storage that nobody can reach, that never moves to a cheaper class, and throughput that is not used.

use miyabi_types::{
    action::{Operation, TargetState},
    evidence::Unavailable,
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
};
use serde_json::json;

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Remedy, Verdict};

const LEAST_GIB: Limit = Limit {
    name: "efs_lifecycle_gib",
    what: "GiB in Standard, from which a lifecycle is worth it",
    unit: "GiB",
    default: 1.0,
    range: (0.0, 1000.0),
    source: "our choice: below it less than half a dollar a month",
};
const COLD: Limit = Limit {
    name: "efs_cold_percent",
    what: "bytes that are taken for not read within 30 days",
    unit: "%",
    default: 80.0,
    range: (0.0, 100.0),
    source: "Amazon EFS pricing, as quoted in 2026: 80 % of data is infrequently accessed, as an industry average",
};

const EFS: Reference = Reference {
    source: "Amazon EFS User Guide, Managing storage lifecycle; throughput modes; mount targets",
    read: "2026-11",
};

/// The rows.
pub const CHECKS: [Check; 3] = [
    Check {
        id: "efs_file_system_no_lifecycle",
        title: "Files never move to a cheaper storage class",
        kinds: &[ResourceKind::EfsFileSystem],
        limits: &[LEAST_GIB, COLD],
        saving: "GiB × cold share × (Standard price − Infrequent Access price)",
        operation: Some(Operation::SetFileLifecycle),
        references: &[EFS],
        judge: Judge::Logic(lifecycle),
        ..COST
    },
    Check {
        id: "efs_file_system_provisioned_throughput",
        title: "File system pays for provisioned throughput",
        kinds: &[ResourceKind::EfsFileSystem],
        saving: "MiB/s × price, less what elastic throughput bills by the GiB",
        advice: "Switch to elastic throughput; the mode can be changed back after a day.",
        references: &[EFS],
        judge: Judge::Logic(throughput),
        ..COST
    },
    Check {
        id: "efs_file_system_unmounted",
        title: "Nothing can mount the file system",
        kinds: &[ResourceKind::EfsFileSystem],
        saving: "storage price, if it is deleted",
        advice: "Back it up with AWS Backup and delete it, or give it mount targets.",
        references: &[EFS],
        judge: Judge::Logic(unmounted),
        ..COST
    },
];

fn lifecycle(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::EfsFileSystem(system) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let rules = match system.lifecycle.get() {
        Ok(rules) => rules,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    let standard = system.standard_bytes.unwrap_or(system.size_bytes);
    let gib = standard as f64 / f64::from(1 << 30);
    if rules.to_infrequent_access.is_some()
        || rules.to_archive.is_some()
        || gib < context.limit(&LEAST_GIB)
    {
        return Verdict::Clear;
    }
    let cold = (standard as f64 * context.limit(&COLD) / 100.0) as u64;
    let mut changed = system.clone();
    changed.standard_bytes = Some(standard - cold);
    changed.infrequent_access_bytes =
        Some(system.infrequent_access_bytes.unwrap_or(0).saturating_add(cold));
    let saving = match context.saving_as(resource, ResourceConfig::EfsFileSystem(changed)) {
        Some(Saving::Exact(amount)) => Saving::Estimated(amount),
        other => other.unwrap_or(Saving::Unknown),
    };
    let state = |days: Option<&str>| TargetState::present([("to_infrequent_access", json!(days))]);
    let remedy = Remedy::new(
        Operation::SetFileLifecycle,
        resource,
        state(None),
        state(Some("AFTER_30_DAYS")),
    )
    .explained(
        "Let files that nobody reads for 30 days move to Infrequent Access",
        "Reading them there is slower and billed by the GiB.",
    );
    Found::waste(format!("{gib:.0} GiB in Standard and no lifecycle"), saving, Some(remedy))
}

fn throughput(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::EfsFileSystem(system) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match system.provisioned_mibps.filter(|_| system.throughput_mode == "provisioned") {
        Some(mibps) => {
            Found::waste(format!("{mibps} MiB/s are provisioned"), Saving::Unknown, None)
        }
        None => Verdict::Clear,
    }
}

fn unmounted(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::EfsFileSystem(system) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let subnets = match system.subnet_ids.get() {
        Ok(subnets) => subnets,
        Err(why) => return Verdict::NotEvaluated(why.clone()),
    };
    if system.state != "available" || !subnets.is_empty() {
        return Verdict::Clear;
    }
    if resource.created_at.is_some_and(|at| context.days_since(at) < 1) {
        return Verdict::NotEvaluated(Unavailable::because("it was made today"));
    }
    Found::waste(
        "it has no mount target",
        context.cost(resource).map_or(Saving::Unknown, Saving::Exact),
        None,
    )
}

#[cfg(test)]
mod tests {
    use miyabi_types::{evidence::Evidence, resource::efs::Lifecycle};

    use super::*;
    use crate::fixture::{Expect, check, denied, services::file_system};

    #[test]
    fn lifecycles() {
        let row = &CHECKS[0];
        check(row, "none", file_system(|_| {}), Expect::Found);
        let set = file_system(|f| {
            f.lifecycle = Evidence::Known(Lifecycle {
                to_infrequent_access: Some("AFTER_30_DAYS".into()),
                ..Lifecycle::default()
            });
        });
        check(row, "set", set, Expect::Clear);
        let small = file_system(|f| f.standard_bytes = Some((1 << 30) - 1));
        check(row, "below the threshold", small, Expect::Clear);
        let unread = file_system(|f| {
            f.lifecycle = denied("elasticfilesystem:DescribeLifecycleConfiguration");
        });
        check(row, "denied", unread, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn throughput_modes() {
        let row = &CHECKS[1];
        let provisioned = file_system(|f| {
            f.throughput_mode = "provisioned".into();
            f.provisioned_mibps = Some(100.0);
        });
        check(row, "provisioned", provisioned, Expect::SavesUnknown);
        check(row, "elastic", file_system(|_| {}), Expect::Clear);
    }

    #[test]
    fn mount_targets() {
        let row = &CHECKS[2];
        let none = file_system(|f| f.subnet_ids = Evidence::Known(vec![]));
        check(row, "none", none, Expect::Found);
        check(row, "mounted", file_system(|_| {}), Expect::Clear);
        let unread = file_system(|f| {
            f.subnet_ids = denied("elasticfilesystem:DescribeMountTargets");
        });
        check(row, "denied", unread, Expect::NotEvaluated("denied"));
    }
}
