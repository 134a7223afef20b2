//! # What
//! A key, a topic or a queue that everybody may use.
//! # Why
//! Strangers decrypt, send, read or delete.
//! # Evidence
//! `kms:GetKeyPolicy`, `sns:GetTopicAttributes`, `sqs:GetQueueAttributes`: a statement of the policy that allows
//! everybody, under no condition that narrows them to fixed values.
//! # Silent when
//! Every such statement is narrowed to an account, an organization, a source … that is named without a
//! wildcard or a variable.
//! # Remedy and risk
//! None proposed: only its owner knows who is meant to use it.
//! # References
//! Security Hub KMS.5, SNS.4 and SQS.3; AWS Config, kms-key-policy-no-public-access,
//! sns-topic-no-public-access and sqs-queue-no-public-access.

use miyabi_types::{finding::Severity, resource::ResourceKind};
use serde_json::Value;

use super::row::{ROW, Row, of};
use crate::{
    check::{Check, Reading, Threshold},
    policy_document::{Statement, statements},
};

const PUBLIC: Row = Row {
    must: &[Threshold { what: "whom its policy allows to use it", value: "not everybody" }],
    ..ROW
};

/// The table.
pub const CHECKS: [Check; 3] = [
    Row {
        id: "kms_key_public",
        title: "Everybody may use the key",
        control: &["KMS.5"],
        severity: Severity::Critical,
        kinds: &[ResourceKind::KmsKey],
        read: of!(KmsKey, |key| Reading::of(&key.policy, |policy| somebody(policy.as_ref()))),
        ..PUBLIC
    }
    .check(),
    Row {
        id: "sns_topic_public",
        title: "Everybody may use the topic",
        control: &["SNS.4"],
        severity: Severity::Critical,
        kinds: &[ResourceKind::SnsTopic],
        read: of!(SnsTopic, |topic| Reading::of(&topic.attributes, |it| somebody(
            it.policy.as_ref()
        ))),
        ..PUBLIC
    }
    .check(),
    Row {
        id: "sqs_queue_public",
        title: "Everybody may use the queue",
        control: &["SQS.3"],
        severity: Severity::Critical,
        kinds: &[ResourceKind::SqsQueue],
        read: of!(SqsQueue, |queue| Reading::of(&queue.attributes, |it| somebody(
            it.policy.as_ref()
        ))),
        ..PUBLIC
    }
    .check(),
];

fn somebody(policy: Option<&Value>) -> Reading {
    let public = policy.into_iter().flat_map(statements).any(Statement::is_public_but_for_fixed);
    Reading::must(!public, "everybody")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        allow_everybody, check_table, denied, key, queue, topic,
    };
    use miyabi_types::evidence::Evidence;
    use serde_json::json;

    #[test]
    fn every_row_judges() {
        let topic_with = |policy| {
            topic(move |it| {
                let Evidence::Known(attributes) = &mut it.attributes else { panic!("known") };
                attributes.policy = policy;
            })
        };
        let queue_with = |policy| {
            queue(move |it| {
                let Evidence::Known(attributes) = &mut it.attributes else { panic!("known") };
                attributes.policy = policy;
            })
        };
        let narrowed = |source: &str| {
            let mut policy = allow_everybody("sqs:*");
            policy["Statement"][0]["Condition"] = json!({ "ArnLike": { "aws:SourceArn": source } });
            Some(policy)
        };
        let open_key = key(|k| k.policy = Evidence::Known(Some(allow_everybody("kms:*"))));
        check_table(
            &CHECKS,
            vec![
                ("KMS.5", key(|_| {}), Clear),
                ("KMS.5", open_key, Risk),
                ("KMS.5", key(|k| k.policy = denied("kms:GetKeyPolicy")), NotEvaluated("denied")),
                ("SNS.4", topic_with(None), Clear),
                ("SNS.4", topic_with(Some(allow_everybody("sns:*"))), Risk),
                (
                    "SNS.4",
                    topic(|it| it.attributes = denied("sns:GetTopicAttributes")),
                    NotEvaluated("denied"),
                ),
                ("SQS.3", queue_with(None), Clear),
                ("SQS.3", queue_with(Some(allow_everybody("sqs:*"))), Risk),
                ("SQS.3", queue_with(narrowed("arn:aws:s3:::orders")), Clear),
                ("SQS.3", queue_with(narrowed("arn:aws:s3:::*")), Risk),
                (
                    "SQS.3",
                    queue(|it| it.attributes = denied("sqs:GetQueueAttributes")),
                    NotEvaluated("denied"),
                ),
            ],
        );
    }
}
