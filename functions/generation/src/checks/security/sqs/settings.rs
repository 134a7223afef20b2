//! Controls of SQS that compare one setting.

use miyabi_types::{
    action::Operation,
    resource::{Resource, ResourceKind},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Remedy, Threshold};

/// The table.
pub const CHECKS: [Check; 1] = [Row {
    id: "sqs_queue_unencrypted",
    title: "Queue does not encrypt messages at rest",
    control: &["SQS.1"],
    kinds: &[ResourceKind::SqsQueue],
    must: &[Threshold { what: "server-side encryption", value: "on" }],
    read: of!(SqsQueue, |queue| Reading::of(&queue.attributes, |a| Reading::must(
        a.is_encrypted(),
        "off"
    ))),
    operation: Some(Operation::EncryptQueue),
    remedy: |resource| Some(encrypt(resource)),
    ..ROW
}
.check()];

fn encrypt(resource: &Resource) -> Remedy {
    let remedy = Remedy::toggle(Operation::EncryptQueue, resource, "sqs_managed_sse", true);
    remedy.explained(
        "Encrypt messages with keys that SQS manages",
        "None known: senders and receivers notice nothing, and it is free of charge.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotEvaluated, Risk},
        check_table, denied, queue,
    };
    use miyabi_types::{
        evidence::Evidence,
        resource::sqs::{Queue, QueueAttributes},
    };

    fn edit(queue: &mut Queue, edit: fn(&mut QueueAttributes)) {
        let Evidence::Known(attributes) = &mut queue.attributes else { panic!("known") };
        edit(attributes);
    }

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("SQS.1", queue(|_| {}), Clear),
                ("SQS.1", queue(|q| edit(q, |a| a.sqs_managed_sse = false)), Risk),
                (
                    "SQS.1",
                    queue(|q| q.attributes = denied("sqs:GetQueueAttributes")),
                    NotEvaluated("denied"),
                ),
            ],
        );
    }
}
