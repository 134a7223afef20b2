//! # What
//! A topic that everybody may use.
//! # Why
//! Strangers read or send what it carries.
//! # Evidence
//! `sns:GetTopicAttributes`: a statement of its policy that allows everybody, under no condition that narrows them to somebody.
//! # Silent when
//! Every such statement is narrowed to an account, an organization, a source …
//! # Remedy and risk
//! None proposed: only its owner knows who is meant to use it.
//! # References
//! Security Hub SNS.4.

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
    id: "sns_topic_public",
    title: "Everybody may use the topic",
    severity: Severity::High,
    kinds: &[ResourceKind::SnsTopic],
    controls: &["SNS.4"],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::SnsTopic(topic) = &resource.config else { return Verdict::NotApplicable };
    match topic.attributes.get() {
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
    use crate::fixture::{Expect, allow_everybody, check, denied, topic};
    use miyabi_types::evidence::Evidence;

    #[test]
    fn judges() {
        check(&CHECK, "own account", topic(|_| {}), Expect::Clear);
        let open = topic(|it| {
            let Evidence::Known(attributes) = &mut it.attributes else { panic!("known") };
            attributes.policy = Some(allow_everybody("sns:*"));
        });
        check(&CHECK, "everybody", open, Expect::Risk);
        let unread = topic(|it| it.attributes = denied("sns:GetTopicAttributes"));
        check(&CHECK, "denied", unread, Expect::NotEvaluated("denied"));
    }
}
