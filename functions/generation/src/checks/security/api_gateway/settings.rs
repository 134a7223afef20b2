//! Controls of API Gateway that compare one setting.

use miyabi_types::{
    finding::Severity,
    resource::{ResourceKind, api_gateway::Stage},
};

use super::super::row::{ROW, Row, of};
use crate::check::{Check, Reading, Threshold};

/// The table.
pub const CHECKS: [Check; 6] = [
    Row {
        id: "apigateway_stage_no_client_certificate",
        title: "Stage shows its backends no certificate",
        control: &["APIGateway.2"],
        kinds: &[ResourceKind::ApiGatewayStage],
        must: &[Threshold { what: "clientCertificateId", value: "set" }],
        read: of!(ApiGatewayStage, |stage| Reading::set(stage.client_certificate_id.as_ref())),
        ..ROW
    }
    .check(),
    Row {
        id: "apigateway_stage_not_traced",
        title: "Requests to the stage are not traced",
        control: &["APIGateway.3"],
        severity: Severity::Low,
        kinds: &[ResourceKind::ApiGatewayStage],
        must: &[Threshold { what: "tracingEnabled", value: "true" }],
        read: of!(ApiGatewayStage, |stage| Reading::on(stage.tracing)),
        ..ROW
    }
    .check(),
    Row {
        id: "apigateway_stage_no_web_acl",
        title: "Stage has no web ACL in front of it",
        control: &["APIGateway.4"],
        kinds: &[ResourceKind::ApiGatewayStage],
        must: &[Threshold { what: "webAclArn", value: "set" }],
        read: of!(ApiGatewayStage, |stage| Reading::set(stage.web_acl_arn.as_ref())),
        ..ROW
    }
    .check(),
    Row {
        id: "apigateway_stage_cache_unencrypted",
        title: "Cached responses of the stage are not encrypted",
        control: &["APIGateway.5"],
        kinds: &[ResourceKind::ApiGatewayStage],
        must: &[Threshold {
            what: "cacheDataEncrypted",
            value: "true for every method that is cached",
        }],
        read: of!(ApiGatewayStage, |stage| cache(stage)),
        ..ROW
    }
    .check(),
    Row {
        id: "apigateway_route_open",
        title: "Route answers anyone",
        control: &["APIGateway.8"],
        kinds: &[ResourceKind::ApiGatewayV2Route],
        must: &[Threshold { what: "authorizationType", value: "other than NONE" }],
        read: of!(ApiGatewayV2Route, |route| Reading::must(
            route.authorization_type != "NONE",
            &route.authorization_type
        )),
        ..ROW
    }
    .check(),
    Row {
        id: "apigateway_v2_stage_no_access_log",
        title: "Stage logs no access",
        control: &["APIGateway.9"],
        kinds: &[ResourceKind::ApiGatewayV2Stage],
        must: &[Threshold { what: "accessLogSettings", value: "set" }],
        read: of!(ApiGatewayV2Stage, |stage| Reading::set(stage.access_log_arn.as_ref())),
        ..ROW
    }
    .check(),
];

fn cache(stage: &Stage) -> Reading {
    if !stage.cache_enabled {
        return Reading::NotApplicable;
    }
    let open = stage.methods.iter().find(|method| method.caching && !method.cache_encrypted);
    open.map_or(Reading::Good, |method| Reading::Bad(format!("not for {}", method.path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::fixture::{
        Expect::{Clear, NotApplicable, Risk},
        api_stage, check_table, route, stage,
    };

    #[test]
    fn every_row_judges() {
        check_table(
            &CHECKS,
            vec![
                ("APIGateway.2", stage(|_| {}), Clear),
                ("APIGateway.2", stage(|s| s.client_certificate_id = None), Risk),
                ("APIGateway.3", stage(|_| {}), Clear),
                ("APIGateway.3", stage(|s| s.tracing = false), Risk),
                ("APIGateway.4", stage(|_| {}), Clear),
                ("APIGateway.4", stage(|s| s.web_acl_arn = None), Risk),
                ("APIGateway.5", stage(|s| s.cache_enabled = true), Clear),
                (
                    "APIGateway.5",
                    stage(|s| {
                        s.cache_enabled = true;
                        s.methods[0].caching = true;
                    }),
                    Risk,
                ),
                ("APIGateway.5", stage(|_| {}), NotApplicable),
                ("APIGateway.8", route(|_| {}), Clear),
                ("APIGateway.8", route(|r| r.authorization_type = "NONE".into()), Risk),
                ("APIGateway.9", api_stage(|_| {}), Clear),
                ("APIGateway.9", api_stage(|s| s.access_log_arn = None), Risk),
            ],
        );
    }
}
