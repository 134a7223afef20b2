//! Controls of the account itself that compare one setting.

use miyabi_types::resource::ResourceKind;

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 1] = [Row {
    id: "account_no_security_contact",
    title: "Account has no contact for security",
    control: &["Account.1"],
    kinds: &[ResourceKind::AccountContacts],
    must: &[Threshold { what: "AlternateContact SECURITY", value: "set" }],
    read: of!(AccountContacts, |contacts| Reading::must(contacts.security, "not set")),
    ..ROW
}
.check()];

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, Risk},
        check_table, contacts,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("Account.1", contacts(|_| {}), Clear),
                ("Account.1", contacts(|c| c.security = false), Risk),
            ],
        );
    }
}
