//! Certificates kept in IAM, from before there was Certificate Manager.

use aws_sdk_iam::{Client, types::ServerCertificateMetadata};
use miyabi_types::{
    evidence::Unavailable,
    resource::{
        Resource, ResourceConfig, ResourceKind::IamServerCertificate, Tags, iam::ServerCertificate,
    },
};

use crate::{
    call::Call,
    collect::{or_none, tags_or_why, timestamp},
    place::Place,
    scope::Scan,
};

pub const CERTIFICATES: Call = Call::lists("iam:ListServerCertificates", &[IamServerCertificate]);
pub const TAGS: Call = Call::details("iam:ListServerCertificateTags");

/// Reads them.
pub async fn read(scan: &Scan, client: &Client) -> Vec<Resource> {
    let pages = client.list_server_certificates().into_paginator().items().send();
    let listed = or_none(scan.list(CERTIFICATES, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = scan.each(listed, |certificate: ServerCertificateMetadata| async move {
        let tags = tags(scan, client, certificate.server_certificate_name()).await;
        resource(&scan.place, &certificate, tags)
    });
    resources.await
}

async fn tags(scan: &Scan, client: &Client, name: &str) -> Result<Tags, Unavailable> {
    let call = client.list_server_certificate_tags().server_certificate_name(name).send();
    Ok(super::tags(scan.read(TAGS, call).await?.tags()))
}

fn resource(
    place: &Place,
    certificate: &ServerCertificateMetadata,
    tags: Result<Tags, Unavailable>,
) -> Resource {
    let name = certificate.server_certificate_name();
    let config = ServerCertificate {
        path: certificate.path().to_owned(),
        expires_at: timestamp(certificate.expiration()),
    };
    let arn = Place::told(Some(certificate.arn()), || {
        place.global_arn("iam", &format!("server-certificate/{name}"))
    });
    let (tags, tags_unavailable) = tags_or_why(tags);
    let config = ResourceConfig::IamServerCertificate(config);
    let resource = place.resource(arn, name, tags, config);
    Resource {
        name: Some(name.to_owned()),
        tags_unavailable,
        created_at: timestamp(certificate.upload_date()),
        ..resource
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_server_certificate_tells_when_it_expires() {
        let sdk = ServerCertificateMetadata::builder()
            .server_certificate_name("shop")
            .server_certificate_id("ASCA1")
            .path("/cloudfront/")
            .arn("arn:aws:iam::123456789012:server-certificate/cloudfront/shop")
            .expiration(DateTime::from_secs(1_700_000_000))
            .build()
            .unwrap();
        let resource = resource(&place(), &sdk, Ok(Tags::new()));
        assert_eq!(resource.arn.resource(), "server-certificate/cloudfront/shop");
        let ResourceConfig::IamServerCertificate(config) = resource.config else { panic!() };
        assert_eq!(config.expires_at.unwrap().as_second(), 1_700_000_000);
        assert_eq!(config.path, "/cloudfront/");
    }
}
