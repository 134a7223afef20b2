//! Controls of Secrets Manager that compare one setting.

use miyabi_types::resource::ResourceKind;

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 1] = [Row {
    id: "secret_not_rotated_by_itself",
    title: "Secret is never replaced by itself",
    control: &["SecretsManager.1"],
    kinds: &[ResourceKind::SecretsManagerSecret],
    must: &[Threshold { what: "RotationEnabled", value: "true" }],
    read: of!(SecretsManagerSecret, |secret| Reading::on(secret.rotation_enabled)),
    ..ROW
}
.check()];

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, Risk},
        check_table, secret,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("SecretsManager.1", secret(|_| {}), Clear),
                ("SecretsManager.1", secret(|s| s.rotation_enabled = false), Risk),
            ],
        );
    }
}
