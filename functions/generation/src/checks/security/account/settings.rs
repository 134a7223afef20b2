//! Controls of the account itself that compare one setting.

use miyabi_types::resource::ResourceKind;

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 1] = [Row {
    id: "account_no_security_contact",
    title: "Account has no contact for security",
    control: &["Account.1"],
    kinds: &[ResourceKind::Account],
    must: &[Threshold { what: "AlternateContact SECURITY", value: "set" }],
    read: of!(Account, |account| Reading::of(&account.security, |there| Reading::must(
        *there, "not set"
    ))),
    ..ROW
}
.check()];

#[cfg(test)]
mod tests {
    use miyabi_types::evidence::Evidence;

    use super::*;

    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        check_table, denied,
        services::account,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("Account.1", account(|_| {}), Clear),
                ("Account.1", account(|it| it.security = Evidence::Known(false)), Risk),
                (
                    "Account.1",
                    account(|it| it.security = denied("account:GetAlternateContact")),
                    NotEvaluated("denied"),
                ),
            ],
        );
    }
}
