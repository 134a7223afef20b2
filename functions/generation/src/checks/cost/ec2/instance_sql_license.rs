//! # What
//! An instance with SQL Server whose size makes it pay for licences that it cannot use.
//! # Why
//! SQL Server is licensed by the vCPU, for four at least; Standard uses 48 at most, Web 32.
//! # Evidence
//! `ec2:DescribeInstances` (platform) and the price sheet (vCPUs).
//! # Silent when
//! The number of vCPUs is from 4 to what the edition uses. Types that the price sheet does not have: not evaluated.
//! # Remedy and risk
//! None proposed: another size or fewer cores mean a restart, and the licence price is not in the price sheet.
//! # References
//! Trusted Advisor `Qsdfp3A4L1` and `Qsdfp3A4L2`, EC2 instances over-provisioned for SQL Server.

use miyabi_types::{
    evidence::Unavailable,
    finding::{Saving, Severity},
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Limit, Reference, Verdict};

const STANDARD: Limit = Limit {
    name: "sql_standard_vcpu",
    what: "vCPUs that SQL Server Standard uses",
    unit: "vCPU",
    default: 48.0,
    range: (4.0, 48.0),
    source: "AWS Trusted Advisor Qsdfp3A4L1",
};
const WEB: Limit = Limit {
    name: "sql_web_vcpu",
    what: "vCPUs that SQL Server Web uses",
    unit: "vCPU",
    default: 32.0,
    range: (4.0, 32.0),
    source: "AWS Trusted Advisor Qsdfp3A4L1",
};
const MINIMUM: Limit = Limit {
    name: "sql_least_vcpu",
    what: "vCPUs that a SQL Server licence is for at least",
    unit: "vCPU",
    default: 4.0,
    range: (4.0, 4.0),
    source: "AWS Trusted Advisor Qsdfp3A4L2",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_instance_sql_license",
    title: "Instance pays for SQL Server licences that it cannot use",
    severity: Severity::Medium,
    kinds: &[ResourceKind::Ec2Instance],
    limits: &[STANDARD, WEB, MINIMUM],
    saving: "unknown: licences of the vCPUs that are not used × 730 h",
    advice: "Resize it to the vCPUs that the edition uses, or switch cores off (CPU options).",
    references: &[Reference {
        source: "AWS Trusted Advisor, Amazon EC2 instances over-provisioned for Microsoft SQL Server",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Instance(instance) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let Some((_, edition)) = instance.platform.split_once("SQL Server ") else {
        return Verdict::NotApplicable;
    };
    let Some(offer) = context.prices().instance_types.get(&instance.instance_type) else {
        return Verdict::NotEvaluated(Unavailable::because(format!(
            "{} is not in the price sheet",
            instance.instance_type
        )));
    };
    let most = match edition {
        "Standard" => context.limit(&STANDARD),
        "Web" => context.limit(&WEB),
        _ => f64::INFINITY,
    };
    let vcpu = f64::from(offer.vcpu);
    if vcpu < context.limit(&MINIMUM) {
        let least = context.limit(&MINIMUM);
        return Found::waste(
            format!("{edition} on {vcpu} vCPU, licensed for {least}"),
            Saving::Unknown,
            None,
        );
    }
    if vcpu > most {
        return Found::waste(
            format!("{edition} on {vcpu} vCPU, of which it uses {most}"),
            Saving::Unknown,
            None,
        );
    }
    Verdict::Clear
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check_in, instance, world};

    fn judged(platform: &str, vcpu: u32, expect: Expect) {
        let server = instance(|i| i.platform = platform.into());
        let mut world = world([server.clone()]);
        let types = &mut world.manifest.prices.instance_types;
        types.get_mut("m5.large").unwrap().vcpu = vcpu;
        check_in(&CHECK, &format!("{platform} {vcpu}"), world, &server, expect);
    }

    #[test]
    fn judges() {
        judged("Windows with SQL Server Standard", 64, Expect::SavesUnknown);
        judged("Windows with SQL Server Standard", 48, Expect::Clear);
        judged("Windows with SQL Server Web", 33, Expect::SavesUnknown);
        judged("Windows with SQL Server Web", 32, Expect::Clear);
        judged("Windows with SQL Server Enterprise", 96, Expect::Clear);
        judged("Windows with SQL Server Enterprise", 2, Expect::SavesUnknown);
        judged("Windows with SQL Server Standard", 4, Expect::Clear);
        judged("Windows", 2, Expect::NotApplicable);
    }

    #[test]
    fn an_unknown_type_is_not_judged() {
        let server = instance(|i| {
            i.platform = "Windows with SQL Server Web".into();
            i.instance_type = "x99.large".into();
        });
        let world = world([server.clone()]);
        check_in(&CHECK, "unknown", world, &server, Expect::NotEvaluated("price sheet"));
    }
}
