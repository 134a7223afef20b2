//! Application, network and gateway load balancers with their listeners, and target groups.

use miyabi_types::resource::{ResourceConfig, ResourceKind};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Compute, Declaration, Expr},
};

const VPC: What = What::Itself(ResourceKind::Ec2Vpc);
const SUBNET: What = What::Itself(ResourceKind::Ec2Subnet);
const GROUP: What = What::Itself(ResourceKind::Ec2SecurityGroup);
const TARGET_GROUP: What = What::Itself(ResourceKind::TargetGroup);
const INSTANCE: What = What::Itself(ResourceKind::Ec2Instance);

pub mod balancer {
    use std::collections::BTreeMap;

    use miyabi_types::resource::elasticloadbalancing::{Listener, ListenerAction};

    use super::*;

    /// Attributes that Terraform has arguments for, in AWS's words. Source: the provider's documentation
    /// of `aws_lb` and the Elastic Load Balancing API reference, `LoadBalancerAttribute`.
    const ARGUMENTS: [(&str, &str); 12] = [
        ("client_keep_alive", "client_keep_alive.seconds"),
        ("desync_mitigation_mode", "routing.http.desync_mitigation_mode"),
        ("drop_invalid_header_fields", "routing.http.drop_invalid_header_fields.enabled"),
        ("enable_cross_zone_load_balancing", "load_balancing.cross_zone.enabled"),
        ("enable_deletion_protection", "deletion_protection.enabled"),
        ("enable_http2", "routing.http2.enabled"),
        (
            "enable_tls_version_and_cipher_suite_headers",
            "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
        ),
        ("enable_waf_fail_open", "waf.fail_open.enabled"),
        ("enable_xff_client_port", "routing.http.xff_client_port.enabled"),
        ("idle_timeout", "idle_timeout.timeout_seconds"),
        ("preserve_host_header", "routing.http.preserve_host_header.enabled"),
        ("xff_header_processing_mode", "routing.http.xff_header_processing.mode"),
    ];

    fn typed(value: &str) -> Expr {
        match value {
            "true" => true.into(),
            "false" => false.into(),
            number => number.parse::<i64>().map_or_else(|_| number.into(), Expr::from),
        }
    }

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::LoadBalancer(balancer) = &place.resource().config else {
            return Vec::new();
        };
        let empty = BTreeMap::new();
        let attributes = balancer.attributes.known().unwrap_or(&empty);
        let application = balancer.load_balancer_type == "application";
        let mut body = Body::new()
            .set("name", &place.resource().id)
            .set("internal", balancer.scheme.as_deref() == Some("internal"))
            .set("load_balancer_type", &balancer.load_balancer_type)
            .some("security_groups", place.links(GROUP, &balancer.security_group_ids))
            .some("subnets", place.links(SUBNET, &balancer.subnet_ids));
        let mut unread = Vec::new();
        for (argument, attribute) in ARGUMENTS {
            // Application load balancers always share load between zones.
            let fixed = application && argument == "enable_cross_zone_load_balancing";
            match attributes.get(attribute) {
                Some(value) if !fixed => body = body.set(argument, typed(value)),
                _ => unread.push(argument),
            }
        }
        if let Some(bucket) = attributes.get("access_logs.s3.bucket").filter(|b| !b.is_empty()) {
            let logs = Body::new()
                .set("bucket", place.link(What::Itself(ResourceKind::S3Bucket), bucket))
                .maybe("prefix", attributes.get("access_logs.s3.prefix").filter(|p| !p.is_empty()))
                .maybe("enabled", attributes.get("access_logs.s3.enabled").map(|on| typed(on)));
            body = body.block("access_logs", logs);
        } else {
            unread.push("access_logs");
        }
        let arn = place.resource().arn.as_str();
        let mut declarations = vec![
            Declaration::new("aws_lb", Compute, body)
                .ignoring(unread)
                .ignoring(["connection_logs", "timeouts"])
                .id(arn)
                .tagged("tags"),
        ];
        let listeners = balancer.listeners.known().into_iter().flatten();
        declarations.extend(listeners.filter_map(|listener| {
            let action = listener_action(place, listener, &TERRAFORM)?;
            let body = Body::new()
                .set("load_balancer_arn", place.own("arn", arn))
                .maybe("port", listener.port)
                .maybe("protocol", listener.protocol.as_deref())
                .maybe("ssl_policy", listener.ssl_policy.as_deref())
                .maybe("certificate_arn", listener.certificate_arns.first())
                .block("default_action", action);
            Some(
                Declaration::new("aws_lb_listener", Compute, body)
                    .part(listener.port.map(|port| port.to_string()).unwrap_or_default())
                    .ignoring([
                        "alpn_policy",
                        "mutual_authentication",
                        "tags",
                        "tags_all",
                        "timeouts",
                    ])
                    .id(&listener.arn),
            )
        }));
        declarations
    }

    /// The words of a language for an action.
    struct Words {
        kind: &'static str,
        forward: &'static str,
        redirect: &'static str,
        to: [&'static str; 6],
    }

    const TERRAFORM: Words = Words {
        kind: "type",
        forward: "target_group_arn",
        redirect: "redirect",
        to: ["protocol", "port", "host", "path", "query", "status_code"],
    };

    const CLOUDFORMATION: Words = Words {
        kind: "Type",
        forward: "TargetGroupArn",
        redirect: "RedirectConfig",
        to: ["Protocol", "Port", "Host", "Path", "Query", "StatusCode"],
    };

    /// What the listener does, if a World holds all of it: one target group, or a redirect.
    fn listener_action(place: &Place<'_, '_>, listener: &Listener, words: &Words) -> Option<Body> {
        match listener.default_actions.as_slice() {
            [ListenerAction::Forward { target_group_arns }] => match target_group_arns.as_slice() {
                [group] => Some(
                    Body::new()
                        .set(words.kind, "forward")
                        .set(words.forward, place.link(TARGET_GROUP, group)),
                ),
                _ => None,
            },
            [ListenerAction::Redirect { protocol, port, host, path, query, status_code }] => {
                let to = Body::new()
                    .set(words.to[0], protocol)
                    .set(words.to[1], port)
                    .maybe(words.to[2], host.as_deref())
                    .maybe(words.to[3], path.as_deref())
                    .maybe(words.to[4], query.as_deref())
                    .set(words.to[5], status_code.as_deref()?);
                Some(Body::new().set(words.kind, "redirect").block(words.redirect, to))
            }
            _ => None,
        }
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::LoadBalancer(balancer) = &place.resource().config else {
            return Vec::new();
        };
        // An attribute with nothing in it is refused when it is set.
        let attributes = balancer.attributes.known().into_iter().flatten();
        let attributes = attributes.filter(|(_, value)| !value.is_empty()).map(|(key, value)| {
            let value = match key.as_str() {
                "access_logs.s3.bucket" => place.link(What::Itself(ResourceKind::S3Bucket), value),
                _ => value.into(),
            };
            Expr::Body(Body::new().set("Key", key).set("Value", value))
        });
        let body = Body::new()
            .set("Name", &place.resource().id)
            .set("Type", &balancer.load_balancer_type)
            .maybe("Scheme", balancer.scheme.as_deref())
            .maybe("IpAddressType", balancer.ip_address_type.as_deref())
            .some("SecurityGroups", place.links(GROUP, &balancer.security_group_ids))
            .some("Subnets", place.links(SUBNET, &balancer.subnet_ids))
            .some("LoadBalancerAttributes", attributes.collect::<Vec<_>>());
        let arn = place.resource().arn.as_str();
        let mut declarations = vec![
            Declaration::new("AWS::ElasticLoadBalancingV2::LoadBalancer", Compute, body)
                .found_by([("LoadBalancerArn", arn.to_owned())])
                .tagged("Tags")
                .stateful(),
        ];
        let listeners = balancer.listeners.known().into_iter().flatten();
        declarations.extend(listeners.filter_map(|listener| {
            let action = listener_action(place, listener, &CLOUDFORMATION)?;
            let certificates = listener.certificate_arns.first();
            let certificates =
                certificates.map(|arn| vec![Expr::Body(Body::new().set("CertificateArn", arn))]);
            let body = Body::new()
                .set("LoadBalancerArn", place.own("Ref", arn))
                .maybe("Port", listener.port)
                .maybe("Protocol", listener.protocol.as_deref())
                .maybe("SslPolicy", listener.ssl_policy.as_deref())
                .maybe("Certificates", certificates)
                .set("DefaultActions", vec![Expr::Body(action)]);
            Some(
                Declaration::new("AWS::ElasticLoadBalancingV2::Listener", Compute, body)
                    .part(listener.port.map(|port| port.to_string()).unwrap_or_default())
                    .found_by([("ListenerArn", listener.arn.clone())]),
            )
        }));
        declarations
    }
}

pub mod target_group {
    use super::*;

    /// What a World does not hold of it.
    const NOT_DISCOVERED: [&str; 14] = [
        "connection_termination",
        "deregistration_delay",
        "health_check",
        "lambda_multi_value_headers_enabled",
        "load_balancing_algorithm_type",
        "load_balancing_anomaly_mitigation",
        "load_balancing_cross_zone_enabled",
        "preserve_client_ip",
        "protocol_version",
        "proxy_protocol_v2",
        "slow_start",
        "stickiness",
        "target_failover",
        "target_health_state",
    ];

    pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::TargetGroup(group) = &place.resource().config else {
            return Vec::new();
        };
        // Not all of it is discovered: it is for a new group, and not compared with an old one.
        let health = group.health_check_protocol.as_deref().map(|protocol| {
            Body::new().maybe("path", group.health_check_path.as_deref()).set("protocol", protocol)
        });
        let body = Body::new()
            .set("name", &place.resource().id)
            .maybe("port", group.port)
            .maybe("protocol", group.protocol.as_deref())
            .set("target_type", &group.target_type)
            .maybe("vpc_id", group.vpc_id.as_deref().map(|id| place.link(VPC, id)))
            .maybe_block("health_check", health);
        vec![
            Declaration::new("aws_lb_target_group", Compute, body)
                .ignoring(NOT_DISCOVERED)
                .id(place.resource().arn.as_str())
                .tagged("tags"),
        ]
    }

    pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
        let ResourceConfig::TargetGroup(group) = &place.resource().config else {
            return Vec::new();
        };
        // What an Auto Scaling group put in is that group's business.
        let targets = group.targets.known().into_iter().flatten().filter(|target| {
            place.estate.find(place.at, INSTANCE, &target.id).is_some() || group.target_type == "ip"
        });
        let targets = targets.map(|target| {
            let id = match group.target_type.as_str() {
                "instance" => place.link(INSTANCE, &target.id),
                _ => (&target.id).into(),
            };
            Expr::Body(Body::new().set("Id", id).maybe("Port", target.port))
        });
        let body = Body::new()
            .set("Name", &place.resource().id)
            .maybe("Port", group.port)
            .maybe("Protocol", group.protocol.as_deref())
            .set("TargetType", &group.target_type)
            .maybe("VpcId", group.vpc_id.as_deref().map(|id| place.link(VPC, id)))
            .maybe("HealthCheckProtocol", group.health_check_protocol.as_deref())
            .maybe("HealthCheckPath", group.health_check_path.as_deref())
            .some("Targets", targets.collect::<Vec<_>>());
        vec![
            Declaration::new("AWS::ElasticLoadBalancingV2::TargetGroup", Compute, body)
                .found_by([("TargetGroupArn", place.resource().arn.to_string())])
                .tagged("Tags"),
        ]
    }
}
