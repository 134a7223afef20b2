//! # What
//! An Elastic IP address that is associated with nothing.
//! # Why
//! Every public IPv4 address is billed by the hour, used or not; an idle one buys nothing.
//! # Evidence
//! `ec2:DescribeAddresses`: no association, no instance, no network interface.
//! # Silent when
//! The address is associated, even with a stopped instance (that address is that instance's to keep).
//! # Remedy and risk
//! Release it. Somebody may rely on the address itself (an allow list, a DNS record); AWS may give it away.
//! # References
//! Trusted Advisor `Z4AUBRNSmz`; Security Hub EC2.12.

use miyabi_types::{
    action::{Operation, TargetState},
    finding::Saving,
    resource::{Resource, ResourceConfig, ResourceKind},
};
use serde_json::Value;

use crate::check::{COST, Check, Context, FSBP, Found, Judge, Reference, Remedy, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "ec2_address_unassociated",
    title: "Elastic IP address is not associated with anything",
    kinds: &[ResourceKind::Ec2Address],
    controls: &["EC2.12"],
    saving: "public IPv4 price × 730 h",
    operation: Some(Operation::ReleaseAddress),
    references: &[
        Reference {
            source: "AWS Trusted Advisor, Unassociated Elastic IP Addresses",
            read: "2026-11",
        },
        FSBP,
    ],
    judge: Judge::Logic(judge),
    ..COST
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::Ec2Address(address) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let in_use = address.association_id.is_some()
        || address.instance_id.is_some()
        || address.network_interface_id.is_some();
    if in_use {
        return Verdict::Clear;
    }
    let saving = context.cost(resource).map_or(Saving::Unknown, Saving::Exact);
    let expected = TargetState::present([
        ("public_ip", address.public_ip.clone().into()),
        ("association_id", Value::Null),
    ]);
    let remedy =
        Remedy::new(Operation::ReleaseAddress, resource, expected, TargetState::Absent).explained(
            format!("Release the idle address {}", address.public_ip),
            "Allow lists or DNS records may still name this address; AWS may give it to someone else.",
        );
    Found::waste(format!("{} has no association", address.public_ip), saving, Some(remedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, address, check};

    #[test]
    fn judges() {
        check(&CHECK, "idle", address(|_| {}), Expect::saves("$3.65"));
        check(
            &CHECK,
            "in use",
            address(|a| a.association_id = Some("eipassoc-1".into())),
            Expect::Clear,
        );
        check(
            &CHECK,
            "of a NAT gateway",
            address(|a| a.network_interface_id = Some("eni-1".into())),
            Expect::Clear,
        );
        // On an instance that is stopped, it is still somebody's.
        check(
            &CHECK,
            "on a stopped instance",
            address(|a| {
                a.association_id = Some("eipassoc-1".into());
                a.instance_id = Some("i-stopped".into());
            }),
            Expect::Clear,
        );
    }

    #[test]
    fn an_unknown_price_is_an_unknown_saving() {
        let elsewhere = crate::fixture::in_region(address(|_| {}), "sa-east-1");
        check(&CHECK, "no price", elsewhere, Expect::SavesUnknown);
    }
}
