//! Controls of the root user that compare one setting.

use miyabi_types::{
    finding::Severity,
    resource::{ResourceKind, iam::RootAccount},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 3] = [
    Row {
        id: "iam_root_access_key",
        title: "Root user has an access key",
        control: &["IAM.4"],
        severity: Severity::Critical,
        kinds: &[ResourceKind::IamRootAccount],
        must: &[Threshold { what: "AccountAccessKeysPresent", value: "0" }],
        read: of!(IamRootAccount, |root| Reading::must(!root.access_keys_present, "1")),
        ..ROW
    }
    .check(),
    Row {
        id: "iam_root_no_hardware_mfa",
        title: "Root user signs in without a hardware MFA device",
        control: &["IAM.6"],
        severity: Severity::Critical,
        kinds: &[ResourceKind::IamRootAccount],
        must: &[Threshold { what: "MFA device of root", value: "hardware" }],
        read: of!(IamRootAccount, |root| hardware(root)),
        ..ROW
    }
    .check(),
    Row {
        id: "iam_root_no_mfa",
        title: "Root user signs in without MFA",
        control: &["IAM.9"],
        severity: Severity::Critical,
        kinds: &[ResourceKind::IamRootAccount],
        must: &[Threshold { what: "AccountMFAEnabled", value: "1" }],
        read: of!(IamRootAccount, |root| Reading::must(root.mfa_enabled, "0")),
        ..ROW
    }
    .check(),
];

fn hardware(root: &RootAccount) -> Reading {
    if !root.mfa_enabled {
        return Reading::Bad("none".into());
    }
    Reading::of(&root.virtual_mfa, |is_virtual| Reading::must(!is_virtual, "virtual"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        check_table, denied, root,
    };
    use miyabi_types::evidence::Evidence;

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("IAM.4", root(|_| {}), Clear),
                ("IAM.4", root(|r| r.access_keys_present = true), Risk),
                ("IAM.6", root(|_| {}), Clear),
                ("IAM.6", root(|r| r.virtual_mfa = Evidence::Known(true)), Risk),
                ("IAM.6", root(|r| r.mfa_enabled = false), Risk),
                (
                    "IAM.6",
                    root(|r| r.virtual_mfa = denied("iam:ListVirtualMFADevices")),
                    NotEvaluated("denied"),
                ),
                ("IAM.9", root(|_| {}), Clear),
                ("IAM.9", root(|r| r.mfa_enabled = false), Risk),
            ],
        );
    }
}
