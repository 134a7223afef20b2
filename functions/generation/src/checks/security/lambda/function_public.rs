//! # What
//! A function that anybody may invoke or change.
//! # Why
//! Anybody runs it at your cost, with its role.
//! # Evidence
//! `lambda:GetPolicy`: a statement that allows everybody, or that allows S3 without saying whose bucket.
//! # Silent when
//! A condition narrows everybody to an account, an organization or a source ARN without a wildcard.
//! # Remedy and risk
//! None proposed yet: a function URL may be meant to be public.
//! # References
//! Security Hub Lambda.1; AWS Config, lambda-function-public-access-prohibited; prowler-cloud/prowler issue
//! 4870 (source conditions are not public).

use miyabi_types::{
    finding::Severity,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::{
    check::{Check, Context, FSBP, Found, Judge, SECURITY, Verdict},
    policy_document::{Statement, statements},
};

/// See the module.
pub const CHECK: Check = Check {
    id: "lambda_function_public",
    title: "Function is open to everybody",
    severity: Severity::Critical,
    kinds: &[ResourceKind::LambdaFunction],
    controls: &["Lambda.1"],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::LambdaFunction(function) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match function.policy.get() {
        Err(why) => Verdict::NotEvaluated(why.clone()),
        Ok(None) => Verdict::Clear,
        Ok(Some(policy)) => statements(policy)
            .filter(|statement| statement.allows())
            .find_map(exposure)
            .map_or(Verdict::Clear, |what| Found::risk(what, None)),
    }
}

fn exposure(statement: Statement<'_>) -> Option<&'static str> {
    if statement.is_public_but_for_fixed() {
        Some("its policy allows everybody")
    } else if statement.service_principals().any(|service| service == "s3.amazonaws.com")
        && !statement.is_narrowed_by(&["aws:sourceaccount"])
    {
        Some("its policy allows S3 without saying of which account (aws:SourceAccount)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::{Expect, check, denied, function};
    use miyabi_types::evidence::Evidence;

    fn allowing(principal: Value, condition: Value) -> Resource {
        let mut statement = json!({ "Effect": "Allow", "Action": "lambda:InvokeFunction" });
        statement["Principal"] = principal;
        statement["Condition"] = condition;
        let policy = json!({ "Statement": [statement] });
        function(|f| f.policy = Evidence::Known(Some(policy)))
    }

    #[test]
    fn judges() {
        check(&CHECK, "everybody", allowing(json!("*"), json!({})), Expect::Risk);
        let from =
            json!({ "ArnLike": { "AWS:SourceArn": "arn:aws:sns:us-east-1:123456789012:t" } });
        check(&CHECK, "narrowed", allowing(json!("*"), from.clone()), Expect::Clear);
        let any = json!({ "ArnLike": { "AWS:SourceArn": "*" } });
        check(&CHECK, "narrowed to all", allowing(json!("*"), any), Expect::Risk);
        let url = json!({ "StringEquals": { "lambda:FunctionUrlAuthType": "NONE" } });
        check(&CHECK, "public URL", allowing(json!({ "AWS": "*" }), url), Expect::Risk);
        let s3 = json!({ "Service": "s3.amazonaws.com" });
        check(&CHECK, "any bucket", allowing(s3.clone(), from), Expect::Risk);
        let own = json!({ "StringEquals": { "AWS:SourceAccount": "123456789012" } });
        check(&CHECK, "own buckets", allowing(s3, own), Expect::Clear);
        let events = json!({ "Service": "events.amazonaws.com" });
        check(&CHECK, "another service", allowing(events, json!({})), Expect::Clear);
        check(&CHECK, "no policy", function(|_| {}), Expect::Clear);
        let unread = function(|f| f.policy = denied("lambda:GetPolicy"));
        check(&CHECK, "denied", unread, Expect::NotEvaluated("denied"));
    }
}
