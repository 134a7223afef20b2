//! Controls of KMS keys that compare one setting.

use miyabi_types::{
    action::Operation,
    finding::Severity,
    resource::{Resource, ResourceKind, kms::Key},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Remedy, Threshold};

/// The table.
pub const CHECKS: [Check; 2] = [
    Row {
        id: "kms_key_pending_deletion",
        title: "Key is about to be deleted, with all that it encrypts",
        control: &["KMS.3"],
        severity: Severity::Critical,
        kinds: &[ResourceKind::KmsKey],
        must: &[Threshold { what: "KeyState", value: "other than PendingDeletion" }],
        read: of!(KmsKey, |key| pending(key)),
        ..ROW
    }
    .check(),
    Row {
        id: "kms_key_not_rotated",
        title: "Key's material is never replaced",
        control: &["KMS.4"],
        kinds: &[ResourceKind::KmsKey],
        must: &[Threshold { what: "KeyRotationEnabled", value: "true, where it can be" }],
        read: of!(KmsKey, |key| rotation(key)),
        operation: Some(Operation::RotateKey),
        remedy: |resource| Some(rotate(resource)),
        ..ROW
    }
    .check(),
];

fn pending(key: &Key) -> Reading {
    match key.deletion_at {
        _ if key.state != "PendingDeletion" => Reading::Good,
        Some(at) => Reading::Bad(format!("PendingDeletion, on {at}")),
        None => Reading::Bad("PendingDeletion".into()),
    }
}

/// Of keys that can be rotated and are in use.
fn rotation(key: &Key) -> Reading {
    if !key.can_rotate() || key.state != "Enabled" {
        return Reading::NotApplicable;
    }
    Reading::of(&key.rotation, |rotation| Reading::on(rotation.enabled))
}

fn rotate(resource: &Resource) -> Remedy {
    let remedy = Remedy::toggle(Operation::RotateKey, resource, "rotation", true);
    remedy.explained(
        "Replace the key's material once a year",
        "None known: what was encrypted stays readable. The first two replacements add to the key's \
         monthly price.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table, denied, key,
    };
    use miyabi_types::{evidence::Evidence, resource::kms::Rotation};

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("KMS.3", key(|_| {}), Clear),
                ("KMS.3", key(|k| k.state = "PendingDeletion".into()), Risk),
                ("KMS.4", key(|_| {}), Clear),
                (
                    "KMS.4",
                    key(|k| {
                        k.rotation =
                            Evidence::Known(Rotation { enabled: false, period_days: None });
                    }),
                    Risk,
                ),
                ("KMS.4", key(|k| k.spec = Some("RSA_2048".into())), NotApplicable),
                (
                    "KMS.4",
                    key(|k| k.rotation = denied("kms:GetKeyRotationStatus")),
                    NotEvaluated("denied"),
                ),
            ],
        );
    }
}
