//! # What
//! A certificate kept in IAM that has expired.
//! # Why
//! One day somebody puts it on a load balancer again.
//! # Evidence
//! `iam:ListServerCertificates`.
//! # Silent when
//! It is still valid.
//! # Remedy and risk
//! None proposed: IAM does not give the private key back once it is deleted.
//! # References
//! Security Hub IAM.26.

use miyabi_types::{
    evidence::Unavailable,
    resource::{Resource, ResourceConfig, ResourceKind},
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "iam_certificate_expired",
    title: "Certificate in IAM has expired",
    kinds: &[ResourceKind::IamServerCertificate],
    controls: &["IAM.26"],
    thresholds: &[Threshold { what: "Expiration", value: "in the future" }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::IamServerCertificate(certificate) = &resource.config else {
        return Verdict::NotApplicable;
    };
    match certificate.expires_at {
        None => Verdict::NotEvaluated(Unavailable::because("AWS did not say when it expires")),
        Some(at) if at <= context.now() => Found::risk(format!("expired on {at}"), None),
        Some(_) => Verdict::Clear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, check, days_ago, server_certificate};

    #[test]
    fn judges() {
        let until = |days: i64| server_certificate(|c| c.expires_at = Some(days_ago(-days)));
        check(&CHECK, "valid", until(1), Expect::Clear);
        check(&CHECK, "just now", until(0), Expect::Risk);
        let untold = server_certificate(|c| c.expires_at = None);
        check(&CHECK, "not told", untold, Expect::NotEvaluated("did not say"));
    }
}
