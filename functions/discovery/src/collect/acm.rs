//! Certificates of Certificate Manager.

use aws_sdk_acm::{
    Client,
    types::{
        CertificateExport, CertificateStatus, CertificateSummary, CertificateType, Filters,
        KeyAlgorithm, RenewalEligibility,
    },
};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{Resource, ResourceConfig, ResourceKind::AcmCertificate, Tags, acm::Certificate},
};

use super::{Collected, Collector, Reach, owned, sorted, text, timestamp};
use crate::{
    call::Call,
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

const CERTIFICATES: Call = Call::lists("acm:ListCertificates", &[AcmCertificate]);
const CERTIFICATE: Call = Call::details("acm:DescribeCertificate");
const TAGS: Call = Call::details("acm:ListTagsForCertificate");

/// Without them, AWS lists certificates with two kinds of RSA key alone.
/// Source: `ListCertificates` in the API reference.
const KEY_TYPES: [KeyAlgorithm; 7] = [
    KeyAlgorithm::Rsa1024,
    KeyAlgorithm::Rsa2048,
    KeyAlgorithm::Rsa3072,
    KeyAlgorithm::Rsa4096,
    KeyAlgorithm::EcPrime256v1,
    KeyAlgorithm::EcSecp384r1,
    KeyAlgorithm::EcSecp521r1,
];

/// Reads Certificate Manager.
pub const COLLECTOR: Collector = Collector {
    service: "acm",
    reach: Reach::Regional,
    calls: &[CERTIFICATES, CERTIFICATE, TAGS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let paginator = client
        .list_certificates()
        .includes(Filters::builder().set_key_types(Some(KEY_TYPES.into())).build())
        .max_items(1000)
        .into_paginator()
        .send();
    let one = |certificate: CertificateSummary| async move {
        let arn = certificate.certificate_arn()?;
        let (detail, tags) = tokio::join!(detail(scan, client, arn), tags(scan, client, arn));
        resource(&scan.place, &certificate, detail, tags)
    };
    let certificates = pages(paginator, |page| page.certificate_summary_list);
    let is_known = |known: &Known, certificate: &CertificateSummary| {
        known.has(certificate.certificate_arn().unwrap_or_default())
    };
    scan.stream_each(CERTIFICATES, certificates, is_known, one).await;
    Collected::default()
}

/// What only a certificate's own description tells.
#[derive(Debug, Clone, Default)]
struct Detail {
    in_use_by: Vec<String>,
    key_algorithm: Option<String>,
    not_before: Option<jiff::Timestamp>,
    not_after: Option<jiff::Timestamp>,
}

async fn detail(scan: &Scan, client: &Client, arn: &str) -> Result<Detail, Unavailable> {
    let call = client.describe_certificate().certificate_arn(arn).send();
    let answer = scan.read(CERTIFICATE, call).await?;
    let Some(detail) = answer.certificate else { return Ok(Detail::default()) };
    Ok(Detail {
        in_use_by: sorted(detail.in_use_by().iter().cloned()),
        key_algorithm: owned(detail.key_algorithm().map(KeyAlgorithm::as_str)),
        not_before: timestamp(detail.not_before()),
        not_after: timestamp(detail.not_after()),
    })
}

async fn tags(scan: &Scan, client: &Client, arn: &str) -> Result<Tags, Unavailable> {
    let call = client.list_tags_for_certificate().certificate_arn(arn).send();
    let answer = scan.read(TAGS, call).await?;
    Ok(super::tags(answer.tags().iter().map(|tag| (Some(tag.key()), tag.value()))))
}

fn resource(
    place: &Place,
    certificate: &CertificateSummary,
    detail: Result<Detail, Unavailable>,
    tags: Result<Tags, Unavailable>,
) -> Option<Resource> {
    let arn = Arn::parse(certificate.certificate_arn()?).ok()?;
    let known = detail.clone().unwrap_or_default();
    // The two calls write a key's kind differently: `RSA-2048`, `RSA_2048`.
    let key = owned(certificate.key_algorithm().map(KeyAlgorithm::as_str)).or(known.key_algorithm);
    let config = Certificate {
        domain: text(certificate.domain_name()),
        other_names: sorted(certificate.subject_alternative_name_summaries().iter().cloned()),
        status: text(certificate.status().map(CertificateStatus::as_str)),
        certificate_type: text(certificate.r#type().map(CertificateType::as_str)),
        key_algorithm: key.map(|key| key.replace('-', "_")),
        not_before: timestamp(certificate.not_before()).or(known.not_before),
        not_after: timestamp(certificate.not_after()).or(known.not_after),
        renewal_eligibility: owned(
            certificate.renewal_eligibility().map(RenewalEligibility::as_str),
        ),
        exportable: certificate.export_option() == Some(&CertificateExport::Enabled),
        in_use_by: Evidence::from(detail.map(|detail| detail.in_use_by)),
    };
    let (tags, tags_unavailable) = super::tags_or_why(tags);
    let name = Some(config.domain.clone());
    let created = certificate.created_at().or(certificate.imported_at());
    let id = arn.to_string();
    let resource = place.resource(arn, id, tags, ResourceConfig::AcmCertificate(config));
    Some(Resource { name, tags_unavailable, created_at: timestamp(created), ..resource })
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_certificate_tells_its_key_and_expiry_even_where_it_is_not_known_what_uses_it() {
        let sdk = CertificateSummary::builder()
            .certificate_arn("arn:aws:acm:us-east-1:123456789012:certificate/1")
            .domain_name("example.com")
            .subject_alternative_name_summaries("www.example.com")
            .subject_alternative_name_summaries("example.com")
            .status(CertificateStatus::Issued)
            .r#type(CertificateType::AmazonIssued)
            .key_algorithm(KeyAlgorithm::from("RSA-2048"))
            .not_after(DateTime::from_secs(1_800_000_000))
            .renewal_eligibility(RenewalEligibility::Eligible)
            .build();
        let denied = Unavailable::denied(IamAction::parse("acm:DescribeCertificate").unwrap());
        let resource = resource(&place(), &sdk, Err(denied.clone()), Err(denied.clone())).unwrap();
        assert_eq!(resource.name.as_deref(), Some("example.com"));
        assert_eq!(resource.tags_unavailable.as_ref(), Some(&denied));
        let cost = crate::prices::snapshot::of_regions([&place().region]).monthly_cost(&resource);
        assert_eq!(cost.known().unwrap().to_string(), "$0.00");
        let ResourceConfig::AcmCertificate(certificate) = resource.config else { panic!() };
        assert_eq!(certificate.in_use_by, Evidence::Unavailable(denied));
        assert_eq!(certificate.key_algorithm.as_deref(), Some("RSA_2048"));
        assert_eq!(certificate.not_after.unwrap().as_second(), 1_800_000_000);
        assert_eq!(certificate.other_names, ["example.com", "www.example.com"]);
    }

    #[test]
    fn what_the_list_does_not_tell_comes_from_the_description() {
        let sdk = CertificateSummary::builder()
            .certificate_arn("arn:aws:acm:us-east-1:123456789012:certificate/1")
            .build();
        let detail = Detail {
            in_use_by: vec!["arn:aws:elasticloadbalancing:us-east-1:123456789012:x".into()],
            key_algorithm: Some("EC_prime256v1".into()),
            ..Detail::default()
        };
        let resource = resource(&place(), &sdk, Ok(detail.clone()), Ok(Tags::new())).unwrap();
        let ResourceConfig::AcmCertificate(certificate) = resource.config else { panic!() };
        assert_eq!(certificate.key_algorithm.as_deref(), Some("EC_prime256v1"));
        assert_eq!(certificate.in_use_by, Evidence::Known(detail.in_use_by));
    }
}
