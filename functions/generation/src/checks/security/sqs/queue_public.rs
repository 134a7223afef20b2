//! # What
//! A queue that everybody may use.
//! # Why
//! Strangers read, send or delete messages.
//! # Evidence
//! `sqs:GetQueueAttributes`: a statement of its policy that allows everybody, under no condition that narrows them to somebody.
//! # Silent when
//! Every such statement is narrowed to an account, an organization, a source …
//! # Remedy and risk
//! None proposed: only its owner knows who is meant to use it.
//! # References
//! Security Hub SQS.3.

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
    id: "sqs_queue_public",
    title: "Everybody may use the queue",
    severity: Severity::High,
    kinds: &[ResourceKind::SqsQueue],
    controls: &["SQS.3"],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::SqsQueue(queue) = &resource.config else { return Verdict::NotApplicable };
    match queue.attributes.get() {
        Err(why) => Verdict::NotEvaluated(why.clone()),
        Ok(attributes) => {
            let mut all = attributes.policy.iter().flat_map(statements);
            if all.any(Statement::is_public) {
                Found::risk("its policy allows everybody", None)
            } else {
                Verdict::Clear
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, allow_everybody, check, denied, queue};
    use miyabi_types::evidence::Evidence;

    #[test]
    fn judges() {
        check(&CHECK, "own account", queue(|_| {}), Expect::Clear);
        let open = queue(|it| {
            let Evidence::Known(attributes) = &mut it.attributes else { panic!("known") };
            attributes.policy = Some(allow_everybody("sqs:*"));
        });
        check(&CHECK, "everybody", open, Expect::Risk);
        let unread = queue(|it| it.attributes = denied("sqs:GetQueueAttributes"));
        check(&CHECK, "denied", unread, Expect::NotEvaluated("denied"));
    }
}
