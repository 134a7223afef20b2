//! Controls of proxies in front of databases that compare one setting.

use miyabi_types::resource::ResourceKind;

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 1] = [Row {
    id: "rds_proxy_allows_plain_text",
    title: "Database proxy takes connections without TLS",
    control: &["RDS.43"],
    kinds: &[ResourceKind::RdsDbProxy],
    must: &[Threshold { what: "RequireTLS", value: "true" }],
    read: of!(RdsDbProxy, |it| Reading::on(it.require_tls)),
    ..ROW
}
.check()];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, Risk},
        check_table,
        services::db_proxy,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("RDS.43", db_proxy(|_| {}), Clear),
                ("RDS.43", db_proxy(|p| p.require_tls = false), Risk),
            ],
        );
    }
}
