//! Controls of Certificate Manager that compare one setting.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{ResourceKind, acm::Certificate},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 1] = [Row {
    id: "acm_certificate_weak_key",
    title: "Certificate has an RSA key shorter than 2,048 bits",
    control: &["ACM.2"],
    severity: Severity::High,
    kinds: &[ResourceKind::AcmCertificate],
    must: &[Threshold { what: "KeyAlgorithm", value: "RSA_2048 or longer, where it is RSA" }],
    read: of!(AcmCertificate, |certificate| rsa_key(certificate)),
    ..ROW
}
.check()];

/// Shortest RSA key in bits. Source: Security Hub ACM.2.
const MIN_RSA_BITS: u32 = 2048;

fn rsa_key(certificate: &Certificate) -> Reading {
    match certificate.key_algorithm.as_deref() {
        None => Reading::Unknown(Unavailable::because("AWS did not say what the key is")),
        Some(algorithm) => match algorithm.strip_prefix("RSA_").map(str::parse::<u32>) {
            None => Reading::NotApplicable,
            Some(bits) => Reading::must(bits.is_ok_and(|bits| bits >= MIN_RSA_BITS), algorithm),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        certificate, check_table,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("ACM.2", certificate(|_| {}), Clear),
                ("ACM.2", certificate(|c| c.key_algorithm = Some("RSA_1024".into())), Risk),
                (
                    "ACM.2",
                    certificate(|c| c.key_algorithm = Some("EC_prime256v1".into())),
                    NotApplicable,
                ),
                ("ACM.2", certificate(|c| c.key_algorithm = None), NotEvaluated("did not say")),
            ],
        );
    }
}
