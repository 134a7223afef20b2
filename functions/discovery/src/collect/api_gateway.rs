//! API Gateway: REST APIs (v1), HTTP and WebSocket APIs (v2), with their stages and routes.
//!
//! IAM knows one action for all reading: `apigateway:GET`.

use aws_sdk_apigateway::{
    Client as RestClient,
    types::{EndpointConfiguration, RestApi as SdkRestApi, Stage as SdkStage},
};
use aws_sdk_apigatewayv2::{
    Client,
    operation::{
        get_apis::GetApisOutput, get_routes::GetRoutesOutput, get_stages::GetStagesOutput,
    },
    types::{Api as SdkApi, Cors, Route as SdkRoute, Stage as SdkApiStage},
};
use futures::FutureExt;
use miyabi_types::{
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::{
            ApiGatewayRestApi, ApiGatewayStage, ApiGatewayV2Api, ApiGatewayV2Route,
            ApiGatewayV2Stage,
        },
        Tags,
        api_gateway::{Api, ApiStage, MethodSettings, RestApi, Route, Stage},
    },
};
use serde_json::Value;

use super::{
    Collected, Collector, Reach,
    cloudwatch::{self, Metric},
    or_none, owned,
    pages::pages,
    sorted, tag_map, text, timestamp,
};
use crate::{call::Call, lists::Known, place::Place, scope::Scan};

const GET: &str = "apigateway:GET";
const REST_APIS: Call =
    Call::lists(GET, &[ApiGatewayRestApi, ApiGatewayStage]).named("GetRestApis");
const REST_STAGES: Call = Call::lists(GET, &[ApiGatewayStage]).named("GetStages");
const APIS: Call = Call::lists(GET, &[ApiGatewayV2Api, ApiGatewayV2Route, ApiGatewayV2Stage])
    .named("GetApis (v2)");
const STAGES: Call = Call::lists(GET, &[ApiGatewayV2Stage]).named("GetStages (v2)");
const ROUTES: Call = Call::lists(GET, &[ApiGatewayV2Route]).named("GetRoutes (v2)");

/// How a stage's cache is used; reported while there are requests.
/// Source: Amazon API Gateway Developer Guide, Amazon API Gateway dimensions and metrics.
const CACHE: &[Metric] =
    &Metric::all("AWS/ApiGateway", "Stage", ["CacheHitCount", "CacheMissCount"]);

/// Reads API Gateway.
pub const COLLECTOR: Collector = Collector {
    service: "apigateway",
    reach: Reach::Regional,
    calls: &[REST_APIS, REST_STAGES, APIS, STAGES, ROUTES, cloudwatch::GET_METRIC_DATA],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    tokio::join!(rest_apis(scan), apis(scan));
    Collected::default()
}

async fn rest_apis(scan: &Scan) {
    let client = &RestClient::new(scan.sdk());
    let pages = client.get_rest_apis().limit(500).into_paginator().items().send();
    let apis = or_none(scan.list(REST_APIS, pages.collect::<Result<Vec<_>, _>>()).await);
    let is_known = |known: &Known, api: &SdkRestApi| {
        known.has(rest_api_arn(&scan.place, api.id().unwrap_or_default()).as_str())
    };
    let one = |api: SdkRestApi| async move {
        let id = text(api.id());
        let stages = async {
            Ok(client.get_stages().rest_api_id(&id).send().await?.item.unwrap_or_default())
        };
        let stages = or_none(
            scan.list::<_, aws_sdk_apigateway::error::SdkError<_, _>>(REST_STAGES, stages).await,
        );
        let stages = stages.iter().filter_map(|stage| rest_stage(&scan.place, &id, stage));
        let (mut resources, cached): (Vec<_>, Vec<_>) = stages.partition(|stage| !has_cache(stage));
        resources.extend(measured(scan, text(api.name()), cached).await);
        resources.push(rest_api(&scan.place, &id, &api));
        resources
    };
    scan.each_on(REST_APIS, apis, is_known, one).await;
}

fn has_cache(stage: &Resource) -> bool {
    matches!(&stage.config, ResourceConfig::ApiGatewayStage(stage) if stage.cache_enabled)
}

/// Stages with how their caches were used: by the API's name, which a stage does not know.
async fn measured(scan: &Scan, api: String, mut stages: Vec<Resource>) -> Vec<Resource> {
    cloudwatch::fill_utilization_with(scan, CACHE, &[("ApiName", api)], &mut stages).await;
    stages
}

fn rest_api_arn(place: &Place, id: &str) -> Arn {
    place.unowned_arn("apigateway", &format!("/restapis/{id}"))
}

fn rest_api(place: &Place, id: &str, api: &SdkRestApi) -> Resource {
    let endpoints =
        api.endpoint_configuration().map(EndpointConfiguration::types).unwrap_or_default();
    let config = RestApi {
        endpoint_types: sorted(endpoints.iter().map(|kind| kind.as_str().to_owned())),
        policy: policy(api.policy()),
        execute_api_endpoint_disabled: api.disable_execute_api_endpoint(),
        description: owned(api.description()),
    };
    let tags = tag_map(api.tags());
    let config = ResourceConfig::ApiGatewayRestApi(config);
    let resource = place.resource(rest_api_arn(place, id), id, tags, config);
    Resource { name: owned(api.name()), created_at: timestamp(api.created_date()), ..resource }
}

/// A resource policy. API Gateway answers it with the quotes escaped, as if within a text.
fn policy(text: Option<&str>) -> Option<Value> {
    let text = text.filter(|text| !text.is_empty())?;
    let plain = text.replace("\\\"", "\"");
    super::policy(Some(if serde_json::from_str::<Value>(text).is_ok() { text } else { &plain }))
}

fn rest_stage(place: &Place, api: &str, stage: &SdkStage) -> Option<Resource> {
    let name = stage.stage_name()?;
    let methods = stage.method_settings().into_iter().flatten();
    let methods = methods.map(|(path, settings)| MethodSettings {
        path: path.clone(),
        logging_level: owned(settings.logging_level()),
        caching: settings.caching_enabled(),
        cache_encrypted: settings.cache_data_encrypted(),
    });
    let variables = stage.variables().into_iter().flatten();
    let config = Stage {
        api_id: api.to_owned(),
        deployment_id: owned(stage.deployment_id()),
        tracing: stage.tracing_enabled(),
        web_acl_arn: owned(stage.web_acl_arn()),
        client_certificate_id: owned(stage.client_certificate_id()),
        access_log_arn: owned(stage.access_log_settings().and_then(|log| log.destination_arn())),
        cache_enabled: stage.cache_cluster_enabled(),
        cache_size_gb: stage.cache_cluster_size().map(|size| size.as_str().to_owned()),
        methods: sorted(methods),
        variable_names: sorted(variables.map(|(name, _)| name.clone())),
    };
    let arn = place.unowned_arn("apigateway", &format!("/restapis/{api}/stages/{name}"));
    let needs = [&config.web_acl_arn, &config.access_log_arn].into_iter().flatten();
    let mut depends_on: Vec<_> = needs.filter_map(|arn| Arn::parse(arn).ok()).collect();
    depends_on.push(rest_api_arn(place, api));
    let tags = tag_map(stage.tags());
    let resource = place.resource(arn, name, tags, ResourceConfig::ApiGatewayStage(config));
    let created_at = timestamp(stage.created_date());
    Some(Resource { name: Some(name.to_owned()), depends_on, created_at, ..resource })
}

async fn apis(scan: &Scan) {
    let client = &Client::new(scan.sdk());
    let list = pages(
        |token| client.get_apis().max_results("500").set_next_token(token).send(),
        |page: GetApisOutput| (page.items.unwrap_or_default(), page.next_token),
    );
    let apis = or_none(scan.list(APIS, list).await);
    let is_known = |known: &Known, api: &SdkApi| {
        known.has(api_arn(&scan.place, api.api_id().unwrap_or_default()).as_str())
    };
    let one = |api: SdkApi| async move {
        let id = text(api.api_id());
        let (stages, routes) = tokio::join!(stages(scan, client, &id), routes(scan, client, &id));
        let mut resources = vec![self::api(&scan.place, &id, &api)];
        resources.extend(stages);
        resources.extend(routes);
        resources
    };
    scan.each_on(APIS, apis, is_known, one).await;
}

async fn stages(scan: &Scan, client: &Client, api: &str) -> Vec<Resource> {
    let list = pages(
        |token| client.get_stages().api_id(api).max_results("500").set_next_token(token).send(),
        |page: GetStagesOutput| (page.items.unwrap_or_default(), page.next_token),
    );
    let stages = or_none(scan.list(STAGES, list).await);
    stages.iter().filter_map(|stage| self::stage(&scan.place, api, stage)).collect()
}

async fn routes(scan: &Scan, client: &Client, api: &str) -> Vec<Resource> {
    let list = pages(
        |token| client.get_routes().api_id(api).max_results("500").set_next_token(token).send(),
        |page: GetRoutesOutput| (page.items.unwrap_or_default(), page.next_token),
    );
    let routes = or_none(scan.list(ROUTES, list).await);
    routes.iter().filter_map(|route| self::route(&scan.place, api, route)).collect()
}

fn api_arn(place: &Place, id: &str) -> Arn {
    place.unowned_arn("apigateway", &format!("/apis/{id}"))
}

fn api(place: &Place, id: &str, api: &SdkApi) -> Resource {
    let origins = api.cors_configuration().map(Cors::allow_origins).unwrap_or_default();
    let config = Api {
        protocol: api.protocol_type().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        endpoint: owned(api.api_endpoint()),
        execute_api_endpoint_disabled: api.disable_execute_api_endpoint().unwrap_or(false),
        description: owned(api.description()),
        cors_origins: sorted(origins.iter().cloned()),
    };
    let tags = tag_map(api.tags());
    let resource =
        place.resource(api_arn(place, id), id, tags, ResourceConfig::ApiGatewayV2Api(config));
    Resource { name: owned(api.name()), created_at: timestamp(api.created_date()), ..resource }
}

fn stage(place: &Place, api: &str, stage: &SdkApiStage) -> Option<Resource> {
    let name = stage.stage_name()?;
    let defaults = stage.default_route_settings();
    let variables = stage.stage_variables().into_iter().flatten();
    let config = ApiStage {
        api_id: api.to_owned(),
        auto_deploy: stage.auto_deploy().unwrap_or(false),
        access_log_arn: owned(stage.access_log_settings().and_then(|log| log.destination_arn())),
        logging_level: defaults.and_then(|d| d.logging_level()).map(|l| l.as_str().to_owned()),
        variable_names: sorted(variables.map(|(name, _)| name.clone())),
    };
    let arn = place.unowned_arn("apigateway", &format!("/apis/{api}/stages/{name}"));
    let mut depends_on = vec![api_arn(place, api)];
    depends_on.extend(config.access_log_arn.as_ref().and_then(|arn| Arn::parse(arn).ok()));
    let tags = tag_map(stage.tags());
    let resource = place.resource(arn, name, tags, ResourceConfig::ApiGatewayV2Stage(config));
    let created_at = timestamp(stage.created_date());
    Some(Resource { name: Some(name.to_owned()), depends_on, created_at, ..resource })
}

fn route(place: &Place, api: &str, route: &SdkRoute) -> Option<Resource> {
    let id = route.route_id()?;
    let config = Route {
        api_id: api.to_owned(),
        key: text(route.route_key()),
        authorization_type: route
            .authorization_type()
            .map_or("NONE", |kind| kind.as_str())
            .to_owned(),
        authorizer_id: owned(route.authorizer_id()),
        api_key_required: route.api_key_required().unwrap_or(false),
        target: owned(route.target()),
    };
    let arn = place.unowned_arn("apigateway", &format!("/apis/{api}/routes/{id}"));
    let name = Some(config.key.clone());
    let depends_on = vec![api_arn(place, api)];
    let config = ResourceConfig::ApiGatewayV2Route(config);
    Some(Resource { name, depends_on, ..place.resource(arn, id, Tags::new(), config) })
}

#[cfg(test)]
mod tests {
    use aws_sdk_apigateway::types::{AccessLogSettings, EndpointType, MethodSetting};
    use aws_sdk_apigatewayv2::types::{AuthorizationType, ProtocolType};

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_rest_api_tells_its_policy_however_it_is_escaped() {
        let api = SdkRestApi::builder()
            .id("a1")
            .name("shop")
            .policy(r#"{\"Statement\":[]}"#)
            .endpoint_configuration(
                EndpointConfiguration::builder().types(EndpointType::Edge).build(),
            )
            .tags("env", "prod")
            .build();
        let resource = rest_api(&place(), "a1", &api);
        assert_eq!(resource.arn.as_str(), "arn:aws:apigateway:us-east-1::/restapis/a1");
        assert_eq!((resource.name.as_deref(), &*resource.tags["env"]), (Some("shop"), "prod"));
        let ResourceConfig::ApiGatewayRestApi(config) = resource.config else { panic!() };
        assert_eq!(config.policy, Some(serde_json::json!({ "Statement": [] })));
        assert_eq!(config.endpoint_types, ["EDGE"]);
        assert!(!config.execute_api_endpoint_disabled);
    }

    #[test]
    fn a_stage_tells_its_logging_and_keeps_no_value_of_a_variable() {
        let log = "arn:aws:logs:us-east-1:123456789012:log-group:api";
        let stage = SdkStage::builder()
            .stage_name("prod")
            .method_settings("*/*", MethodSetting::builder().logging_level("INFO").build())
            .access_log_settings(AccessLogSettings::builder().destination_arn(log).build())
            .variables("TOKEN", "s3cret")
            .tracing_enabled(true)
            .build();
        let resource = rest_stage(&place(), "a1", &stage).unwrap();
        assert!(!serde_json::to_string(&resource).unwrap().contains("s3cret"));
        let needs: Vec<_> = resource.depends_on.iter().map(Arn::as_str).collect();
        assert_eq!(needs, [log, "arn:aws:apigateway:us-east-1::/restapis/a1"]);
        let ResourceConfig::ApiGatewayStage(config) = resource.config else { panic!() };
        assert_eq!(config.methods[0].logging_level.as_deref(), Some("INFO"));
        assert_eq!((config.variable_names, config.tracing), (vec!["TOKEN".to_owned()], true));
        assert_eq!((config.web_acl_arn, config.cache_enabled), (None, false));
    }

    #[test]
    fn a_route_without_an_authorizer_says_so() {
        let open = SdkRoute::builder().route_id("r1").route_key("GET /pets").build();
        let resource = route(&place(), "a2", &open).unwrap();
        assert_eq!(resource.arn.as_str(), "arn:aws:apigateway:us-east-1::/apis/a2/routes/r1");
        assert_eq!(resource.depends_on[0].resource(), "/apis/a2");
        let ResourceConfig::ApiGatewayV2Route(config) = resource.config else { panic!() };
        assert_eq!((&*config.key, &*config.authorization_type), ("GET /pets", "NONE"));
        let closed = SdkRoute::builder()
            .route_id("r2")
            .authorization_type(AuthorizationType::Jwt)
            .authorizer_id("j1")
            .build();
        let resource = route(&place(), "a2", &closed).unwrap();
        let ResourceConfig::ApiGatewayV2Route(config) = resource.config else { panic!() };
        assert_eq!(
            (&*config.authorization_type, config.authorizer_id.as_deref()),
            ("JWT", Some("j1"))
        );
    }

    #[test]
    fn an_http_api_tells_who_may_call_it_from_a_browser() {
        let sdk = SdkApi::builder()
            .api_id("a2")
            .name("pets")
            .protocol_type(ProtocolType::Http)
            .cors_configuration(Cors::builder().allow_origins("*").build())
            .build();
        let resource = api(&place(), "a2", &sdk);
        assert_eq!(resource.name.as_deref(), Some("pets"));
        let ResourceConfig::ApiGatewayV2Api(config) = resource.config else { panic!() };
        assert_eq!((&*config.protocol, config.cors_origins), ("HTTP", vec!["*".to_owned()]));
        let sdk = SdkApiStage::builder().stage_name("$default").auto_deploy(true).build();
        let resource = stage(&place(), "a2", &sdk).unwrap();
        let ResourceConfig::ApiGatewayV2Stage(config) = resource.config else { panic!() };
        assert_eq!((config.auto_deploy, config.access_log_arn), (true, None));
    }
}
