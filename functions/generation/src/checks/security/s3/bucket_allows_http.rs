//! # What
//! A bucket whose policy does not refuse requests without TLS.
//! # Why
//! Data and credentials of signed requests can be read on the way.
//! # Evidence
//! `s3:GetBucketPolicy`: a statement that denies every S3 action to everybody where `aws:SecureTransport` is
//! false, under no other condition.
//! # Silent when
//! There is such a statement.
//! # Remedy and risk
//! Add it, and keep every other statement. Clients on plain HTTP are refused.
//! # References
//! Security Hub S3.5.

use miyabi_types::{
    action::{Operation, TargetState},
    resource::{Resource, ResourceConfig, ResourceKind},
};
use serde_json::{Value, json};

use crate::{
    check::{Check, Context, FSBP, Found, Judge, Remedy, SECURITY, Verdict},
    policy_document::{Statement, matches, statements},
};

/// The name of the statement that is added.
const SID: &str = "DenyInsecureTransport";

/// See the module.
pub const CHECK: Check = Check {
    id: "s3_bucket_allows_http",
    title: "Bucket accepts requests without TLS",
    kinds: &[ResourceKind::S3Bucket],
    controls: &["S3.5"],
    operation: Some(Operation::DenyInsecureTransport),
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::S3Bucket(bucket) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match bucket.policy.get() {
        Err(why) => Verdict::NotEvaluated(why.clone()),
        Ok(Some(policy)) if statements(policy).any(refuses_http) => Verdict::Clear,
        Ok(policy) => {
            let evidence = match policy {
                Some(_) => "the bucket policy does not deny requests without TLS",
                None => "there is no bucket policy",
            };
            Found::risk(evidence, Some(refuse_http(resource, policy.as_ref())))
        }
    }
}

fn refuses_http(statement: Statement<'_>) -> bool {
    let only_condition = match statement.conditions().as_slice() {
        [(operator, key, values)] => {
            matches!(*operator, "Bool" | "BoolIfExists")
                && key == "aws:securetransport"
                && values.len() == 1
                && values[0].eq_ignore_ascii_case("false")
        }
        _ => false,
    };
    statement.denies()
        && only_condition
        && statement.is_for_everybody()
        && statement.actions().any(|action| matches(action, "s3:*"))
}

fn refuse_http(resource: &Resource, policy: Option<&Value>) -> Remedy {
    let taken = policy.is_some_and(|policy| policy.to_string().contains(&format!("\"{SID}\"")));
    let statement = json!({
        "Sid": if taken { format!("Miyabi{SID}") } else { SID.to_owned() },
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [resource.arn.as_str(), format!("{}/*", resource.arn)],
        "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    });
    let mut desired = policy.cloned().unwrap_or_else(|| json!({ "Version": "2012-10-17" }));
    let mut kept = match desired["Statement"].take() {
        Value::Array(statements) => statements,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    kept.push(statement);
    desired["Statement"] = Value::Array(kept);
    Remedy::new(
        Operation::DenyInsecureTransport,
        resource,
        TargetState::present([("policy", json!(policy))]),
        TargetState::present([("policy", desired)]),
    )
    .explained(
        "Refuse requests without TLS in the bucket policy, keeping every other statement",
        "Clients that still use plain HTTP are refused.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, bucket, check, denied, evaluate};
    use miyabi_types::evidence::Evidence;

    fn with_policy(policy: Option<Value>) -> Resource {
        bucket(|b| b.policy = Evidence::Known(policy))
    }

    fn statement(edit: impl FnOnce(&mut Value)) -> Resource {
        let mut resource = bucket(|_| {});
        if let ResourceConfig::S3Bucket(bucket) = &mut resource.config
            && let Evidence::Known(Some(policy)) = &mut bucket.policy
        {
            edit(&mut policy["Statement"][0]);
        }
        resource
    }

    #[test]
    fn judges() {
        check(&CHECK, "refuses", statement(|_| {}), Expect::Clear);
        check(&CHECK, "no policy", with_policy(None), Expect::Risk);
        let boolean =
            statement(|s| s["Condition"] = json!({"Bool": {"AWS:SecureTransport": [false]}}));
        check(&CHECK, "written otherwise", boolean, Expect::Clear);
        let unread = bucket(|b| b.policy = denied("s3:GetBucketPolicy"));
        check(&CHECK, "denied", unread, Expect::NotEvaluated("denied"));
    }

    #[test]
    fn a_narrower_statement_is_not_enough() {
        check(&CHECK, "allow", statement(|s| s["Effect"] = json!("Allow")), Expect::Risk);
        check(
            &CHECK,
            "reads only",
            statement(|s| s["Action"] = json!("s3:GetObject")),
            Expect::Risk,
        );
        let one = json!({ "AWS": "arn:aws:iam::123456789012:root" });
        check(&CHECK, "one principal", statement(|s| s["Principal"] = one), Expect::Risk);
        let also = json!({ "false": "x" });
        let narrower = statement(|s| s["Condition"]["StringEquals"] = also);
        check(&CHECK, "another condition", narrower, Expect::Risk);
        let on_tls = statement(|s| s["Condition"]["Bool"]["aws:SecureTransport"] = json!("true"));
        check(&CHECK, "the other way round", on_tls, Expect::Risk);
    }

    #[test]
    fn every_other_statement_is_kept() {
        let existing = json!({ "Sid": SID, "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::data/*" });
        let policy = json!({ "Version": "2012-10-17", "Id": "site", "Statement": existing });
        let Verdict::Finding(found) = evaluate(&CHECK, with_policy(Some(policy.clone()))) else {
            panic!("accepts HTTP")
        };
        let action = found.remedy.unwrap().action;
        assert_eq!(*action.expected.setting("policy"), policy);
        let desired = action.desired.setting("policy");
        assert_eq!(desired["Id"], "site");
        assert_eq!(desired["Statement"][0], existing);
        assert_eq!(desired["Statement"][1]["Sid"], "MiyabiDenyInsecureTransport");
        let done = with_policy(Some(desired.clone()));
        check(&CHECK, "after the change", done, Expect::Clear);
    }
}
