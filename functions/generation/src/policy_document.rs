//! Reading IAM policy documents: identity policies, bucket policies, function policies.
//!
//! Source: IAM User Guide, IAM JSON policy elements reference (read 2026-11).

use serde_json::Value;

/// One statement of a policy document.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a>(&'a Value);

/// The statements of a document, whether it has one or a list.
pub fn statements(document: &Value) -> impl Iterator<Item = Statement<'_>> {
    many(&document["Statement"]).map(Statement)
}

/// A value that may stand alone or in a list.
fn many(value: &Value) -> impl Iterator<Item = &Value> {
    let (list, one) = match value {
        Value::Array(values) => (values.as_slice(), None),
        Value::Null => (&[][..], None),
        other => (&[][..], Some(other)),
    };
    list.iter().chain(one)
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    many(value).filter_map(Value::as_str)
}

impl<'a> Statement<'a> {
    /// Whether its effect is `Allow`.
    pub fn allows(self) -> bool {
        self.0["Effect"] == "Allow"
    }

    /// Whether its effect is `Deny`.
    pub fn denies(self) -> bool {
        self.0["Effect"] == "Deny"
    }

    /// The patterns of `Action`.
    pub fn actions(self) -> impl Iterator<Item = &'a str> {
        texts(&self.0["Action"])
    }

    /// The patterns of `NotAction`.
    pub fn not_actions(self) -> impl Iterator<Item = &'a str> {
        texts(&self.0["NotAction"])
    }

    /// The patterns of `Resource`.
    pub fn resources(self) -> impl Iterator<Item = &'a str> {
        texts(&self.0["Resource"])
    }

    /// Whether the statement is about this action, by `Action` or by `NotAction`.
    pub fn covers_action(self, action: &str) -> bool {
        let is_listed = |pattern| matches(pattern, action);
        if self.0["NotAction"].is_null() {
            self.actions().any(is_listed)
        } else {
            !self.not_actions().any(is_listed)
        }
    }

    /// Whether the statement is about this resource, by `Resource` or by `NotResource`.
    pub fn covers_resource(self, arn: &str) -> bool {
        let is_listed = |pattern| matches(pattern, arn);
        if self.0["NotResource"].is_null() {
            self.resources().any(is_listed)
        } else {
            !texts(&self.0["NotResource"]).any(is_listed)
        }
    }

    /// Whether the principal is everybody.
    pub fn is_for_everybody(self) -> bool {
        self.aws_principals().any(|principal| principal == "*")
    }

    /// Whether it allows something to everybody, and no condition narrows everybody to somebody.
    pub fn is_public(self) -> bool {
        self.allows() && self.is_for_everybody() && !self.is_narrowed_by(&NARROWING)
    }

    /// Whether it allows something to everybody, and no condition narrows everybody to fixed values: the
    /// controls of keys, topics, queues and functions count a wildcard or a policy variable as no narrowing.
    pub fn is_public_but_for_fixed(self) -> bool {
        self.allows()
            && self.is_for_everybody()
            && !self.narrows(&NARROWING, |value| is_anything(value) || !is_fixed(value))
    }

    /// Whether a condition on one of these keys asks for something that not everybody has.
    pub fn is_narrowed_by(self, keys: &[&str]) -> bool {
        self.narrows(keys, is_anything)
    }

    fn narrows(self, keys: &[&str], admits_all: fn(&str) -> bool) -> bool {
        self.conditions().iter().any(|(operator, key, values)| {
            !operator.contains("Not")
                && !operator.ends_with("IfExists")
                && *operator != "Null"
                && keys.contains(&key.as_str())
                && !values.iter().any(|value| admits_all(value))
        })
    }

    /// AWS principals: `*`, account ids and ARNs.
    pub fn aws_principals(self) -> impl Iterator<Item = &'a str> {
        let principal = &self.0["Principal"];
        principal.as_str().into_iter().chain(texts(&principal["AWS"]))
    }

    /// Service principals, for example `s3.amazonaws.com`.
    pub fn service_principals(self) -> impl Iterator<Item = &'a str> {
        texts(&self.0["Principal"]["Service"])
    }

    /// Identity providers whose users it is about, by ARN or by name.
    pub fn federated_principals(self) -> impl Iterator<Item = &'a str> {
        texts(&self.0["Principal"]["Federated"])
    }

    /// Its conditions: operator, key in lower case, values.
    pub fn conditions(self) -> Vec<(&'a str, String, Vec<String>)> {
        let operators = self.0["Condition"].as_object().into_iter().flatten();
        operators
            .flat_map(|(operator, keys)| {
                keys.as_object().into_iter().flatten().map(move |(key, values)| {
                    let values = many(values)
                        .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
                        .collect();
                    (operator.as_str(), key.to_lowercase(), values)
                })
            })
            .collect()
    }
}

/// Conditions that narrow everybody to somebody.
/// Sources: IAM User Guide, AWS global condition context keys; Amazon S3 User Guide, The meaning of "public";
/// AWS KMS Developer Guide, condition keys; Amazon SNS Developer Guide (`aws:SourceOwner` in default policies).
const NARROWING: [&str; 14] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
];

/// A value of a condition that everybody fulfils.
fn is_anything(value: &str) -> bool {
    matches!(value, "*" | "0.0.0.0/0" | "::/0" | "arn:*" | "arn:aws:*")
}

/// Whether a value of a condition has neither a wildcard nor a policy variable.
/// Source: AWS Config Developer Guide, kms-key-policy-no-public-access,
/// lambda-function-public-access-prohibited, sns-topic-no-public-access, sqs-queue-no-public-access (read 2026-11).
fn is_fixed(value: &str) -> bool {
    !value.contains(['*', '?']) && !value.contains("${")
}

/// Whether `text` matches `pattern` with `*` and `?`, without regard to case.
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go back to when what follows the last star does not match after all.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            p = at + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_match_as_iam_says() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("kms:*", "kms:Decrypt", true),
            ("KMS:de*", "kms:Decrypt", true),
            ("kms:ReEncrypt*", "kms:ReEncryptFrom", true),
            ("kms:?ecrypt", "kms:Decrypt", true),
            ("s3:Get*Policy", "s3:GetBucketPolicy", true),
            ("s3:Get*Policy", "s3:GetBucketPolicyStatus", false),
            ("kms:Encrypt", "kms:Decrypt", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_matches_itself_and_any_prefix_with_a_star(text in "[a-z:]{0,12}", cut in 0usize..12) {
            prop_assert!(matches(&text, &text));
            let prefix: String = text.chars().take(cut).collect();
            let pattern = format!("{prefix}*");
            prop_assert!(matches(&pattern, &text));
        }
    }

    #[test]
    fn one_statement_reads_as_a_list_of_one() {
        let document = json!({ "Statement": { "Effect": "Allow", "Action": "s3:GetObject" } });
        assert_eq!(statements(&document).count(), 1);
        assert_eq!(statements(&json!({})).count(), 0);
    }

    #[test]
    fn not_action_covers_everything_else() {
        let document = json!({ "Statement": [{ "Effect": "Allow", "NotAction": "iam:*" }] });
        let statement = statements(&document).next().unwrap();
        assert!(statement.covers_action("kms:Decrypt"));
        assert!(!statement.covers_action("iam:CreateUser"));
    }

    #[test]
    fn everybody_is_narrowed_by_a_condition_that_means_somebody() {
        let is_public = |condition: Value| {
            let statement = json!({ "Effect": "Allow", "Principal": "*", "Condition": condition });
            let document = json!({ "Statement": statement });
            statements(&document).next().unwrap().is_public()
        };
        assert!(is_public(json!({})));
        assert!(!is_public(json!({ "StringEquals": { "AWS:SourceOwner": "123456789012" } })));
        assert!(!is_public(json!({ "IpAddress": { "aws:SourceIp": ["203.0.113.0/24"] } })));
        for anybody in [
            json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } }),
            json!({ "StringLike": { "aws:PrincipalArn": "*" } }),
            json!({ "StringNotEquals": { "aws:PrincipalAccount": "123456789012" } }),
            json!({ "StringEqualsIfExists": { "aws:SourceVpce": "vpce-1" } }),
            json!({ "Bool": { "aws:SecureTransport": "true" } }),
        ] {
            assert!(is_public(anybody.clone()), "{anybody}");
        }
    }

    #[test]
    fn a_wildcard_or_a_variable_is_no_fixed_value() {
        let is_public = |condition: Value| {
            let statement = json!({ "Effect": "Allow", "Principal": "*", "Condition": condition });
            let document = json!({ "Statement": statement });
            statements(&document).next().unwrap().is_public_but_for_fixed()
        };
        let topic = "arn:aws:sns:us-east-1:123456789012:alerts";
        assert!(is_public(json!({})));
        assert!(!is_public(json!({ "ArnEquals": { "aws:SourceArn": topic } })));
        assert!(is_public(
            json!({ "ArnLike": { "aws:SourceArn": "arn:aws:sns:*:123456789012:*" } })
        ));
        assert!(is_public(json!({ "StringLike": { "aws:PrincipalArn": "${aws:username}" } })));
        let both = json!({
            "ArnLike": { "aws:SourceArn": "arn:aws:s3:::*" },
            "StringEquals": { "aws:SourceAccount": "123456789012" },
        });
        assert!(!is_public(both), "the account is fixed");
    }

    #[test]
    fn everybody_can_be_written_three_ways() {
        for principal in [json!("*"), json!({ "AWS": "*" }), json!({ "AWS": ["*"] })] {
            let document = json!({ "Statement": [{ "Principal": principal }] });
            assert!(statements(&document).next().unwrap().is_for_everybody());
        }
        let service = json!({ "Statement": [{ "Principal": { "Service": "s3.amazonaws.com" } }] });
        assert!(!statements(&service).next().unwrap().is_for_everybody());
    }
}
