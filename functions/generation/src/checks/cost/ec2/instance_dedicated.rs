//! # What
//! A running instance with dedicated tenancy.
//! # Why
//! Dedicated instances cost more by the hour, and two dollars an hour a region on top.
//! # Evidence
//! `ec2:DescribeInstances` (tenancy).
//! # Silent when
//! It shares its host, or runs on a dedicated host, which is paid as a whole.
//! # Remedy and risk
//! None proposed: tenancy is often a matter of licences or of compliance.
//! # References
//! EC2 User Guide, Amazon EC2 Dedicated Instances; Trusted Advisor.

use miyabi_types::{
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{COST, Check, Context, Found, Judge, Reference, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_instance_dedicated",
    title: "Instance has a host of its own",
    kinds: &[ResourceKind::Ec2Instance],
    saving: "dedicated price − shared price; the region's fee of $2 an hour goes with the last one",
    commitments: true,
    advice: "Ask whether licences or rules demand it; if not, stop it, change its tenancy to default, start it.",
    references: &[Reference {
        source: "Amazon EC2 User Guide, Amazon EC2 Dedicated Instances",
        read: "2026-11",
    }],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Instance(instance) = &resource.config else {
        return Verdict::NotApplicable;
    };
    if instance.state != "running" {
        return Verdict::NotApplicable;
    }
    if instance.tenancy != "dedicated" {
        return Verdict::Clear;
    }
    let mut shared = instance.clone();
    shared.tenancy = "default".into();
    // Cheaper or not by itself, the region's fee remains.
    let saving = context.saving_as(resource, ResourceConfig::Ec2Instance(shared));
    Found::waste(
        format!("dedicated {}", instance.instance_type),
        saving.unwrap_or(Saving::Unknown),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, instance};

    #[test]
    fn judges() {
        let dedicated = instance(|i| i.tenancy = "dedicated".into());
        check(&CHECK, "dedicated", dedicated, Expect::SavesUnknown);
        check(&CHECK, "shared", instance(|_| {}), Expect::Clear);
        check(&CHECK, "host", instance(|i| i.tenancy = "host".into()), Expect::Clear);
        let stopped = instance(|i| i.state = "stopped".into());
        check(&CHECK, "stopped", stopped, Expect::NotApplicable);
    }
}
