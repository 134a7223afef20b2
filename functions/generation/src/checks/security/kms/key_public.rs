//! # What
//! A key that everybody may use.
//! # Why
//! Strangers decrypt what it protects.
//! # Evidence
//! `kms:GetKeyPolicy`: a statement of its policy that allows everybody, under no condition that narrows them to somebody.
//! # Silent when
//! Every such statement is narrowed to an account, an organization, a source …
//! # Remedy and risk
//! None proposed: only its owner knows who is meant to use it.
//! # References
//! Security Hub KMS.5.

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
    id: "kms_key_public",
    title: "Everybody may use the key",
    severity: Severity::Critical,
    kinds: &[ResourceKind::KmsKey],
    controls: &["KMS.5"],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, _: &Context<'_>) -> Verdict {
    let ResourceConfig::KmsKey(key) = &resource.config else { return Verdict::NotApplicable };
    match key.policy.get() {
        Err(why) => Verdict::NotEvaluated(why.clone()),
        Ok(policy) if policy.iter().flat_map(statements).any(Statement::is_public) => {
            Found::risk("its policy allows everybody", None)
        }
        Ok(_) => Verdict::Clear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, allow_everybody, check, denied, key};
    use miyabi_types::evidence::Evidence;

    #[test]
    fn judges() {
        check(&CHECK, "own account", key(|_| {}), Expect::Clear);
        let open = key(|k| k.policy = Evidence::Known(Some(allow_everybody("kms:*"))));
        check(&CHECK, "everybody", open, Expect::Risk);
        let unread = key(|k| k.policy = denied("kms:GetKeyPolicy"));
        check(&CHECK, "denied", unread, Expect::NotEvaluated("denied"));
    }
}
