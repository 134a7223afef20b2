//! # What
//! A table with provisioned capacity that does not scale with demand.
//! # Why
//! Requests beyond the capacity are refused.
//! # Evidence
//! `dynamodb:DescribeTable`: how the table is billed.
//! # Silent when
//! It is paid per request. Whether Application Auto Scaling scales a provisioned table is not read: not
//! evaluated.
//! # Remedy and risk
//! None proposed.
//! # References
//! Security Hub DynamoDB.1.

use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "dynamodb_table_not_scaling",
    title: "Table does not scale with demand",
    kinds: &[ResourceKind::DynamoDbTable],
    controls: &["DynamoDB.1"],
    thresholds: &[Threshold {
        what: "BillingMode",
        value: "PAY_PER_REQUEST, or scaled automatically",
    }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    match &resource.config {
        ResourceConfig::DynamoDbTable(table) if table.billing_mode == "PAY_PER_REQUEST" => {
            Verdict::Clear
        }
        ResourceConfig::DynamoDbTable(_) => Verdict::NotEvaluated(Unavailable::because(
            "whether Application Auto Scaling scales its capacity is not read",
        )),
        _ => Verdict::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, table};

    #[test]
    fn judges() {
        check(&CHECK, "on demand", table(|_| {}), Expect::Clear);
        let provisioned = table(|t| t.billing_mode = "PROVISIONED".into());
        check(&CHECK, "provisioned", provisioned, Expect::NotEvaluated("not read"));
    }
}
