//! # What
//! A certificate that expires soon, or has expired.
//! # Why
//! On that day everything behind it stops.
//! # Evidence
//! `acm:DescribeCertificate`: when it expires, seen from the day the World was seen.
//! # Silent when
//! It lasts longer. Certificates that were never issued have no such day and are not judged.
//! # Remedy and risk
//! None proposed: Certificate Manager renews its own where their validation still stands; an imported one
//! must be imported again.
//! # References
//! Security Hub ACM.1 (parameter `daysToExpiration`, default 30).

use miyabi_types::resource::{Resource, ResourceConfig, ResourceKind};

use crate::check::{Check, Context, FSBP, Found, Judge, Limit, SECURITY, Verdict};

const LEFT: Limit = Limit {
    name: "certificate_days_left",
    what: "days until it expires, up to which a certificate is told of",
    unit: "days",
    default: 30.0,
    range: (14.0, 365.0),
    source: "Security Hub ACM.1 (daysToExpiration)",
};

/// See the module.
pub const CHECK: Check = Check {
    id: "acm_certificate_expiring",
    title: "Certificate expires soon",
    kinds: &[ResourceKind::AcmCertificate],
    controls: &["ACM.1"],
    limits: &[LEFT],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    let ResourceConfig::AcmCertificate(certificate) = &resource.config else {
        return Verdict::NotApplicable;
    };
    let Some(end) = certificate.not_after else { return Verdict::NotApplicable };
    let left = -context.days_since(end);
    if left as f64 > context.limit(&LEFT) {
        return Verdict::Clear;
    }
    let when = if end < context.now() { "expired" } else { "expires" };
    Found::risk(format!("{} {when} on {end}", certificate.domain), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, certificate, check, days_ago};

    #[test]
    fn judges() {
        let lasting = |days: i64| certificate(|c| c.not_after = Some(days_ago(-days)));
        check(&CHECK, "long", lasting(31), Expect::Clear);
        check(&CHECK, "on the day", lasting(30), Expect::Risk);
        check(&CHECK, "expired", lasting(-1), Expect::Risk);
        let pending = certificate(|c| c.not_after = None);
        check(&CHECK, "never issued", pending, Expect::NotApplicable);
    }
}
