//! Controls of CloudFront that compare one setting.

use miyabi_types::{
    evidence::Unavailable,
    finding::Severity,
    resource::{
        ResourceKind,
        cloudfront::{Distribution, Origin},
    },
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, FSBP_QUOTED, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 12] = [
    Row {
        id: "cloudfront_no_default_root_object",
        title: "Distribution answers / with whatever its origin lists",
        control: &["CloudFront.1"],
        severity: Severity::High,
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold { what: "DefaultRootObject", value: "set, where an origin is a bucket" }],
        read: of!(CloudFrontDistribution, |it| root_object(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_allows_http",
        title: "Distribution answers over plain HTTP",
        control: &["CloudFront.3"],
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold { what: "ViewerProtocolPolicy", value: "other than allow-all" }],
        read: of!(CloudFrontDistribution, |it| plain_http(it)
            .map_or(Reading::Good, |path| Reading::Bad(format!("allow-all for {path}")))),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_no_origin_failover",
        title: "Distribution has no second origin to turn to",
        control: &["CloudFront.4"],
        references: &[FSBP_QUOTED],
        severity: Severity::Low,
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold { what: "OriginGroups", value: "one with at least 2 origins" }],
        read: of!(CloudFrontDistribution, |it| failover(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_not_logged",
        title: "Distribution logs no requests",
        control: &["CloudFront.5"],
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold {
            what: "standard logging",
            value: "on (version 2 as well, which Security Hub itself does not see)",
        }],
        read: of!(CloudFrontDistribution, |it| logging(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_no_web_acl",
        title: "Distribution has no web ACL in front of it",
        control: &["CloudFront.6"],
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold { what: "WebACLId", value: "set" }],
        read: of!(CloudFrontDistribution, |it| Reading::set(it.web_acl_id.as_ref())),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_default_certificate",
        title: "Distribution shows the certificate of cloudfront.net",
        control: &["CloudFront.7"],
        severity: Severity::Low,
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold { what: "CloudFrontDefaultCertificate", value: "false" }],
        read: of!(CloudFrontDistribution, |it| Reading::off(it.certificate.cloudfront_default)),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_dedicated_ip",
        title: "Distribution pays for addresses of its own instead of using SNI",
        control: &["CloudFront.8"],
        severity: Severity::Low,
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold {
            what: "SSLSupportMethod",
            value: "sni-only, with a certificate of its own",
        }],
        read: of!(CloudFrontDistribution, |it| sni(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_origin_plain_http",
        title: "Distribution fetches from its origin over plain HTTP",
        control: &["CloudFront.9"],
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold {
            what: "OriginProtocolPolicy",
            value: "https-only, or match-viewer where viewers must use HTTPS",
        }],
        read: of!(CloudFrontDistribution, |it| origin_protocol(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_origin_sslv3",
        title: "Distribution speaks SSLv3 with its origin",
        control: &["CloudFront.10"],
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold { what: "OriginSslProtocols", value: "without SSLv3" }],
        read: of!(CloudFrontDistribution, |it| origins(
            it,
            |origin| origin.ssl_protocols.iter().any(|protocol| protocol == "SSLv3"),
            "SSLv3"
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_s3_origin_open",
        title: "Distribution does not sign its requests to a bucket",
        control: &["CloudFront.13"],
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold { what: "OriginAccessControlId", value: "set for every bucket" }],
        read: of!(CloudFrontDistribution, |it| access_control(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_old_tls",
        title: "Distribution accepts TLS that is no longer recommended",
        control: &["CloudFront.15"],
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold {
            what: "MinimumProtocolVersion",
            value: "TLSv1.2_2021, TLSv1.2_2025 or TLSv1.3_2025, with a certificate of its own and SNI",
        }],
        read: of!(CloudFrontDistribution, |it| tls(it)),
        ..ROW
    }
    .check(),
    Row {
        id: "cloudfront_function_origin_open",
        title: "Distribution does not sign its requests to a function's URL",
        control: &["CloudFront.16"],
        kinds: &[ResourceKind::CloudFrontDistribution],
        must: &[Threshold { what: "OriginAccessControlId", value: "set for every function URL" }],
        read: of!(CloudFrontDistribution, |it| function_access_control(it)),
        ..ROW
    }
    .check(),
];

/// Recommended policies. Source: Security Hub CloudFront.15 (parameter `securityPolicies`).
const TLS_POLICIES: [&str; 3] = ["TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"];

/// The path of the first behaviour that answers over plain HTTP.
fn plain_http(distribution: &Distribution) -> Option<&str> {
    let open = distribution.behaviors.iter().find(|b| b.viewer_protocol_policy == "allow-all")?;
    Some(open.path_pattern.as_deref().unwrap_or("every other path"))
}

/// Only buckets list what they hold; distributions of other origins are not judged.
fn root_object(distribution: &Distribution) -> Reading {
    if distribution.origins.iter().all(|origin| origin.s3_bucket.is_none()) {
        return Reading::NotApplicable;
    }
    Reading::of(&distribution.settings, |settings| {
        Reading::set(settings.default_root_object.as_ref())
    })
}

fn logging(distribution: &Distribution) -> Reading {
    Reading::of(&distribution.settings, |settings| {
        if settings.log_bucket.is_some() {
            return Reading::Good;
        }
        Reading::of(&distribution.delivers_logs, |delivers| Reading::must(*delivers, "off"))
    })
}

fn sni(distribution: &Distribution) -> Reading {
    let certificate = &distribution.certificate;
    // The control fails only where "a custom SSL/TLS certificate is associated"; CloudFront.7 asks for one.
    if certificate.cloudfront_default {
        return Reading::NotApplicable;
    }
    let method = certificate.ssl_support_method.as_deref().unwrap_or("not set");
    Reading::must(method == "sni-only", method)
}

fn tls(distribution: &Distribution) -> Reading {
    let certificate = &distribution.certificate;
    // Addresses of its own (`vip`) are for clients that know no SNI; they are not judged.
    if certificate.cloudfront_default || certificate.ssl_support_method.as_deref() == Some("vip") {
        return Reading::NotApplicable;
    }
    let version = certificate.minimum_protocol_version.as_deref().unwrap_or("not set");
    Reading::must(TLS_POLICIES.contains(&version), version)
}

/// Bad where an origin is `wrong`: names the first such.
fn origins(distribution: &Distribution, wrong: fn(&Origin) -> bool, what: &str) -> Reading {
    let first = distribution.origins.iter().find(|origin| wrong(origin));
    first
        .map_or(Reading::Good, |origin| Reading::Bad(format!("{what} with {}", origin.domain_name)))
}

fn origin_protocol(distribution: &Distribution) -> Reading {
    let is = |origin: &Origin, policy: &str| origin.protocol_policy.as_deref() == Some(policy);
    let wrong = distribution.origins.iter().find(|origin| {
        is(origin, "http-only") || is(origin, "match-viewer") && plain_http(distribution).is_some()
    });
    wrong.map_or(Reading::Good, |origin| {
        let policy = origin.protocol_policy.as_deref().unwrap_or_default();
        Reading::Bad(format!("{policy} with {}", origin.domain_name))
    })
}

fn failover(distribution: &Distribution) -> Reading {
    match &distribution.origin_groups {
        None => Reading::Unknown(Unavailable::because("not read when this World was made")),
        Some(groups) => Reading::must(groups.iter().any(|origins| *origins >= 2), "none"),
    }
}

/// The host of a function's URL: `<url-id>.lambda-url.<region>.on.aws` (AWS Lambda Developer Guide, Creating and
/// managing Lambda function URLs; read in November 2026).
fn is_function(origin: &Origin) -> bool {
    origin.domain_name.contains(".lambda-url.") && origin.domain_name.ends_with(".on.aws")
}

fn function_access_control(distribution: &Distribution) -> Reading {
    if !distribution.origins.iter().any(is_function) {
        return Reading::NotApplicable;
    }
    origins(
        distribution,
        |origin| is_function(origin) && origin.access_control_id.is_none(),
        "not set",
    )
}

fn access_control(distribution: &Distribution) -> Reading {
    if distribution.origins.iter().all(|origin| origin.s3_bucket.is_none()) {
        return Reading::NotApplicable;
    }
    origins(
        distribution,
        |origin| origin.s3_bucket.is_some() && origin.access_control_id.is_none(),
        "not set",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{
        Expect::{Clear, NotApplicable, NotEvaluated, Risk},
        check_table, denied, distribution,
    };
    use miyabi_types::{evidence::Evidence, resource::cloudfront::DistributionSettings};

    fn edit_settings(distribution: &mut Distribution, edit: fn(&mut DistributionSettings)) {
        let Evidence::Known(settings) = &mut distribution.settings else { panic!("known") };
        edit(settings);
    }

    fn function_url(distribution: &mut Distribution, access_control: Option<&str>) {
        distribution.origins[1].domain_name = "abc.lambda-url.us-east-1.on.aws".into();
        distribution.origins[1].access_control_id = access_control.map(str::to_owned);
    }

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("CloudFront.1", distribution(|_| {}), Clear),
                (
                    "CloudFront.1",
                    distribution(|d| edit_settings(d, |s| s.default_root_object = None)),
                    Risk,
                ),
                (
                    "CloudFront.1",
                    distribution(|d| d.settings = denied("cloudfront:GetDistributionConfig")),
                    NotEvaluated("denied"),
                ),
                (
                    "CloudFront.1",
                    distribution(|d| {
                        d.origins.iter_mut().for_each(|origin| origin.s3_bucket = None);
                        edit_settings(d, |s| s.default_root_object = None);
                    }),
                    NotApplicable,
                ),
                ("CloudFront.3", distribution(|_| {}), Clear),
                (
                    "CloudFront.3",
                    distribution(|d| d.behaviors[0].viewer_protocol_policy = "allow-all".into()),
                    Risk,
                ),
                ("CloudFront.4", distribution(|_| {}), Clear),
                ("CloudFront.4", distribution(|d| d.origin_groups = Some(vec![1])), Risk),
                (
                    "CloudFront.4",
                    distribution(|d| d.origin_groups = None),
                    NotEvaluated("not read"),
                ),
                ("CloudFront.5", distribution(|_| {}), Clear),
                ("CloudFront.5", distribution(|d| edit_settings(d, |s| s.log_bucket = None)), Risk),
                (
                    "CloudFront.5",
                    distribution(|d| {
                        edit_settings(d, |s| s.log_bucket = None);
                        d.delivers_logs = Evidence::Known(true);
                    }),
                    Clear,
                ),
                (
                    "CloudFront.5",
                    distribution(|d| {
                        edit_settings(d, |s| s.log_bucket = None);
                        d.delivers_logs = denied("logs:DescribeDeliverySources");
                    }),
                    NotEvaluated("denied"),
                ),
                ("CloudFront.6", distribution(|_| {}), Clear),
                ("CloudFront.6", distribution(|d| d.web_acl_id = None), Risk),
                ("CloudFront.7", distribution(|_| {}), Clear),
                ("CloudFront.7", distribution(|d| d.certificate.cloudfront_default = true), Risk),
                ("CloudFront.8", distribution(|_| {}), Clear),
                (
                    "CloudFront.8",
                    distribution(|d| d.certificate.ssl_support_method = Some("vip".into())),
                    Risk,
                ),
                (
                    "CloudFront.8",
                    distribution(|d| d.certificate.cloudfront_default = true),
                    NotApplicable,
                ),
                ("CloudFront.9", distribution(|_| {}), Clear),
                (
                    "CloudFront.9",
                    distribution(|d| d.origins[1].protocol_policy = Some("http-only".into())),
                    Risk,
                ),
                (
                    "CloudFront.9",
                    distribution(|d| d.origins[1].protocol_policy = Some("match-viewer".into())),
                    Clear,
                ),
                (
                    "CloudFront.9",
                    distribution(|d| {
                        d.origins[1].protocol_policy = Some("match-viewer".into());
                        d.behaviors[0].viewer_protocol_policy = "allow-all".into();
                    }),
                    Risk,
                ),
                ("CloudFront.10", distribution(|_| {}), Clear),
                (
                    "CloudFront.10",
                    distribution(|d| d.origins[1].ssl_protocols.push("SSLv3".into())),
                    Risk,
                ),
                ("CloudFront.13", distribution(|_| {}), Clear),
                ("CloudFront.13", distribution(|d| d.origins[0].access_control_id = None), Risk),
                ("CloudFront.13", distribution(|d| d.origins.truncate(0)), NotApplicable),
                ("CloudFront.16", distribution(|_| {}), NotApplicable),
                ("CloudFront.16", distribution(|d| function_url(d, None)), Risk),
                ("CloudFront.16", distribution(|d| function_url(d, Some("E2"))), Clear),
                ("CloudFront.15", distribution(|_| {}), Clear),
                (
                    "CloudFront.15",
                    distribution(|d| d.certificate.minimum_protocol_version = Some("TLSv1".into())),
                    Risk,
                ),
                (
                    "CloudFront.15",
                    distribution(|d| {
                        d.certificate.cloudfront_default = true;
                        d.certificate.minimum_protocol_version = Some("TLSv1".into());
                    }),
                    NotApplicable,
                ),
            ],
        );
    }
}
