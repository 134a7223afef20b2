//! Listeners of a load balancer, with their certificates and what they do.

use aws_sdk_elasticloadbalancingv2::{Client, types};
use miyabi_types::{
    evidence::Evidence,
    resource::elasticloadbalancing::{Listener, ListenerAction},
};

use super::{
    super::{CERTIFICATES, LISTENERS},
    Read,
};
use crate::{
    collect::{natural, owned, sorted, text},
    scope::Scan,
};

/// Reads those of the load balancer with this ARN, by their ports.
pub(super) async fn read(scan: &Scan, client: &Client, arn: &str) -> Read<Vec<Listener>> {
    let pages = client.describe_listeners().load_balancer_arn(arn).into_paginator().items().send();
    let listeners = scan.list(LISTENERS, pages.collect::<Result<Vec<_>, _>>()).await?;
    let listeners = scan.each(listeners, |told: types::Listener| async move {
        let certificates = sni_certificates(scan, client, &told).await;
        listener(&told, certificates)
    });
    let mut listeners: Vec<_> = listeners.await.into_iter().flatten().collect();
    listeners.sort_by(|a, b| (a.port, &a.arn).cmp(&(b.port, &b.arn)));
    Ok(listeners)
}

/// Its certificate list. The listener itself tells the default certificate alone, which may be in the list too.
/// Source: `DescribeListenerCertificates` in the API reference.
async fn sni_certificates(
    scan: &Scan,
    client: &Client,
    listener: &types::Listener,
) -> Read<Vec<String>> {
    let Some(types::ProtocolEnum::Https | types::ProtocolEnum::Tls) = listener.protocol() else {
        return Ok(Vec::new());
    };
    let call = client.describe_listener_certificates().listener_arn(text(listener.listener_arn()));
    let pages = call.into_paginator().items().send();
    let told = scan.list(CERTIFICATES, pages.collect::<Result<Vec<_>, _>>()).await?;
    let list = told.iter().filter(|certificate| certificate.is_default() != Some(true));
    Ok(sorted(list.filter_map(|certificate| owned(certificate.certificate_arn()))))
}

pub(super) fn listener(
    listener: &types::Listener,
    sni_certificates: Read<Vec<String>>,
) -> Option<Listener> {
    let certificates = listener.certificates().iter();
    Some(Listener {
        arn: owned(listener.listener_arn())?,
        port: listener.port().map(natural),
        protocol: owned(listener.protocol().map(types::ProtocolEnum::as_str)),
        ssl_policy: owned(listener.ssl_policy()),
        certificate_arns: sorted(certificates.filter_map(|c| owned(c.certificate_arn()))),
        sni_certificate_arns: Evidence::from(sni_certificates),
        default_actions: listener.default_actions().iter().filter_map(action).collect(),
    })
}

fn action(action: &types::Action) -> Option<ListenerAction> {
    Some(match action.r#type()? {
        types::ActionTypeEnum::Forward => {
            let groups = action.forward_config().map(types::ForwardActionConfig::target_groups);
            let groups = groups.unwrap_or_default().iter().filter_map(|g| g.target_group_arn());
            let groups = groups.chain(action.target_group_arn());
            ListenerAction::Forward { target_group_arns: sorted(groups.map(str::to_owned)) }
        }
        types::ActionTypeEnum::Redirect => {
            let to = action.redirect_config();
            let or_same = |told: Option<&str>, same: &str| told.unwrap_or(same).to_owned();
            ListenerAction::Redirect {
                protocol: or_same(to.and_then(|to| to.protocol()), "#{protocol}"),
                port: or_same(to.and_then(|to| to.port()), "#{port}"),
                host: Some(or_same(to.and_then(|to| to.host()), "#{host}")),
                path: Some(or_same(to.and_then(|to| to.path()), "/#{path}")),
                query: Some(or_same(to.and_then(|to| to.query()), "#{query}")),
                status_code: owned(
                    to.and_then(|to| to.status_code())
                        .map(types::RedirectActionStatusCodeEnum::as_str),
                ),
            }
        }
        types::ActionTypeEnum::FixedResponse => ListenerAction::FixedResponse,
        other => ListenerAction::Other { action: other.as_str().to_owned() },
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_elasticloadbalancingv2::types::{ActionTypeEnum, RedirectActionConfig};
    use miyabi_types::{
        evidence::Unavailable,
        id::IamAction,
        resource::{ResourceConfig, ResourceKind},
    };

    use super::{
        super::tests::{BALANCER, CERTIFICATE, SNI_CERTIFICATE, needs},
        *,
    };
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, scan,
    };

    /// An account with a load balancer that listens with TLS and without, and this to tell of the former's
    /// certificates.
    fn listening(asked: &Asked, certificates: impl Fn(&Asked) -> Answer) -> Answer {
        let found = match asked.operation.as_str() {
            // The classic API calls it the same.
            "DescribeLoadBalancers" if asked.body.contains("Version=2015-12-01") => format!(
                "<LoadBalancers><member><LoadBalancerArn>{BALANCER}</LoadBalancerArn></member>\
                 </LoadBalancers>"
            ),
            "DescribeListeners" => format!(
                "<Listeners><member><ListenerArn>secure</ListenerArn><Protocol>HTTPS</Protocol>\
                 <Port>443</Port><Certificates><member><CertificateArn>{CERTIFICATE}</CertificateArn>\
                 </member></Certificates></member><member><ListenerArn>plain</ListenerArn>\
                 <Protocol>HTTP</Protocol><Port>80</Port></member></Listeners>"
            ),
            "DescribeListenerCertificates" => {
                assert!(asked.body.contains("ListenerArn=secure"), "{}", asked.body);
                return certificates(asked);
            }
            _ => return empty(asked),
        };
        answer(asked, &found)
    }

    fn answer(asked: &Asked, found: &str) -> Answer {
        let name = &asked.operation;
        let body = format!("<{name}Response><{name}Result>{found}</{name}Result></{name}Response>");
        (200, body.into_bytes())
    }

    #[tokio::test]
    async fn a_listener_tells_every_page_of_its_certificates() {
        let certificate = |arn: &str, is_default: bool| {
            format!(
                "<member><CertificateArn>{arn}</CertificateArn><IsDefault>{is_default}</IsDefault></member>"
            )
        };
        let (first, second) = (
            certificate(CERTIFICATE, true) + &certificate("arn:aws:acm:x:1:certificate/9", false),
            certificate(SNI_CERTIFICATE, false),
        );
        let certificates = move |asked: &Asked| {
            let further = asked.body.contains("Marker=further");
            let (page, next) =
                if further { (&second, "") } else { (&first, "<NextMarker>further</NextMarker>") };
            answer(asked, &format!("<Certificates>{page}</Certificates>{next}"))
        };
        let scanned = scan(sdk(move |asked| listening(asked, &certificates)), "us-east-1").await;
        let resource = of_kind(&scanned, ResourceKind::LoadBalancer)[0];
        let ResourceConfig::LoadBalancer(config) = &resource.config else { panic!() };
        let [plain, secure] = &config.listeners.known().unwrap()[..] else { panic!() };
        assert_eq!(plain.sni_certificate_arns, Evidence::Known(Vec::new()));
        assert_eq!(secure.certificate_arns, [CERTIFICATE]);
        let list = [SNI_CERTIFICATE, "arn:aws:acm:x:1:certificate/9"];
        assert_eq!(secure.sni_certificate_arns, Evidence::Known(list.map(str::to_owned).into()));
        assert_eq!(needs(resource), ["certificate/1", "certificate/2", "certificate/9"]);
        assert_eq!(coverage(&scanned, CERTIFICATES.action), &Evidence::Known(3));
    }

    #[tokio::test]
    async fn certificates_that_may_not_be_read_are_not_known_to_be_none() {
        let denied = |asked: &Asked| error(asked, 403, "AccessDenied");
        let scanned = scan(sdk(move |asked| listening(asked, denied)), "us-east-1").await;
        let why = Unavailable::denied(IamAction::parse(CERTIFICATES.action).unwrap());
        assert_eq!(coverage(&scanned, CERTIFICATES.action).get().unwrap_err(), &why);
        let resource = of_kind(&scanned, ResourceKind::LoadBalancer)[0];
        let ResourceConfig::LoadBalancer(config) = &resource.config else { panic!() };
        let [plain, secure] = &config.listeners.known().unwrap()[..] else { panic!() };
        assert_eq!(plain.sni_certificate_arns, Evidence::Known(Vec::new()));
        assert_eq!(secure.sni_certificate_arns, Evidence::Unavailable(why));
        assert_eq!(needs(resource), ["certificate/1"], "the default one is known all the same");
    }

    #[test]
    fn a_redirect_tells_where_to() {
        let redirect = |to: RedirectActionConfig| {
            let sdk = types::Action::builder()
                .r#type(ActionTypeEnum::Redirect)
                .redirect_config(to)
                .build();
            match action(&sdk) {
                Some(ListenerAction::Redirect { protocol, port, .. }) => (protocol, port),
                other => panic!("{other:?}"),
            }
        };
        let https = redirect(RedirectActionConfig::builder().protocol("HTTPS").port("443").build());
        assert_eq!(https, ("HTTPS".into(), "443".into()));
        let same = redirect(RedirectActionConfig::builder().host("example.com").build());
        assert_eq!(same, ("#{protocol}".into(), "#{port}".into()));
    }
}
