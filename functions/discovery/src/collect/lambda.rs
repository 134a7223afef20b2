//! Lambda functions.

use aws_sdk_lambda::{
    Client,
    types::{self, FunctionConfiguration, Runtime, VpcConfigResponse},
};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{
        Resource, ResourceConfig,
        ResourceKind::LambdaFunction,
        Tags,
        lambda::{BASE_STORAGE_MIB, Function, FunctionUrl, ProvisionedConcurrency},
    },
};
use serde_json::Value;

use super::{
    Collected, Collector, Reach,
    cloudwatch::{self, Source},
    ec2::{security_group_arn, subnet_arn},
    logs::log_group_arn,
    natural, owned, sorted,
    tagging::{self, Tagged},
    text,
};
use crate::{
    call::Call,
    lists::{Known, pages},
    place::Place,
    scope::Scan,
};

const FUNCTIONS: Call = Call::lists("lambda:ListFunctions", &[LambdaFunction]);
const POLICY: Call = Call::details("lambda:GetPolicy");
const URLS: Call = Call::details("lambda:ListFunctionUrlConfigs");
const CONCURRENCY: Call = Call::details("lambda:GetFunctionConcurrency");
const PROVISIONED: Call = Call::details("lambda:ListProvisionedConcurrencyConfigs");

/// Of a function that is gone since it was listed.
const GONE: &[&str] =
    &["ProvisionedConcurrencyConfigNotFoundException", "ResourceNotFoundException"];

/// Those that use, failures and size are judged by. The sum of `Duration` is all the time it ran, in
/// milliseconds. A function that is not invoked reports none of them.
fn metrics(resource: &Resource) -> Vec<Source> {
    let metric = |name| Source {
        namespace: "AWS/Lambda",
        name,
        dimensions: vec![("FunctionName", resource.id.clone())],
    };
    let mut metrics: Vec<_> = ["Invocations", "Errors", "Duration"].map(metric).into();
    // Each alias reports its own; which one a figure is of could not be told of several.
    if let ResourceConfig::LambdaFunction(function) = &resource.config
        && let Some([kept]) = function.provisioned_concurrency.known().map(Vec::as_slice)
    {
        let mut warm = metric("ProvisionedConcurrencyUtilization");
        warm.dimensions.push(("Resource", format!("{}:{}", resource.id, kept.qualifier)));
        metrics.push(warm);
    }
    metrics
}

/// Reads Lambda.
pub const COLLECTOR: Collector = Collector {
    service: "lambda",
    reach: Reach::Regional,
    calls: &[
        FUNCTIONS,
        POLICY,
        URLS,
        CONCURRENCY,
        PROVISIONED,
        tagging::GET_RESOURCES,
        cloudwatch::GET_METRIC_DATA,
    ],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    // All of the control plane has 15 calls a second: what can be read for all functions at once is.
    let tagged = &Tagged::of("lambda:function");
    let one = |function: FunctionConfiguration| async move {
        let arn = function.function_arn().unwrap_or_default();
        let (policy, urls, reserved, provisioned) = tokio::join!(
            policy(scan, client, arn),
            urls(scan, client, arn),
            reserved(scan, client, arn),
            provisioned(scan, client, arn),
        );
        resource(&scan.place, &function, Settings { policy, urls, reserved, provisioned })
    };
    let work = |functions| async move {
        let (resources, _) = tokio::join!(scan.each(functions, one), tagged.read(scan));
        let mut resources: Vec<_> = resources.into_iter().flatten().collect();
        tagged.fill(scan, &mut resources).await;
        cloudwatch::fill_utilization_from(scan, metrics, &mut resources).await;
        resources
    };
    let paginator = client.list_functions().max_items(50).into_paginator().send();
    let functions = pages(paginator, |page| page.functions);
    let is_known = |known: &Known, function: &FunctionConfiguration| {
        known.has(function.function_arn().unwrap_or_default())
    };
    scan.stream_on(FUNCTIONS, functions, is_known, work).await;
    Collected::default()
}

/// What calls of their own tell.
struct Settings {
    policy: Result<Option<Value>, Unavailable>,
    urls: Result<Vec<FunctionUrl>, Unavailable>,
    reserved: Result<Option<u32>, Unavailable>,
    provisioned: Result<Vec<ProvisionedConcurrency>, Unavailable>,
}

async fn policy(scan: &Scan, client: &Client, arn: &str) -> Result<Option<Value>, Unavailable> {
    let call = client.get_policy().function_name(arn).send();
    let answer = scan.find(POLICY, GONE, call).await?;
    let Some(policy) = answer.and_then(|answer| answer.policy) else { return Ok(None) };
    serde_json::from_str(&policy).map(Some).map_err(super::not_json)
}

async fn urls(scan: &Scan, client: &Client, arn: &str) -> Result<Vec<FunctionUrl>, Unavailable> {
    let pages = client.list_function_url_configs().function_name(arn).into_paginator();
    let pages = pages.items().send().collect::<Result<Vec<_>, _>>();
    let urls = scan.find(URLS, GONE, pages).await?.unwrap_or_default();
    Ok(sorted(urls.iter().map(url)))
}

async fn reserved(scan: &Scan, client: &Client, arn: &str) -> Result<Option<u32>, Unavailable> {
    let call = client.get_function_concurrency().function_name(arn).send();
    let answer = scan.find(CONCURRENCY, GONE, call).await?;
    Ok(answer.and_then(|answer| answer.reserved_concurrent_executions).map(natural))
}

async fn provisioned(
    scan: &Scan,
    client: &Client,
    arn: &str,
) -> Result<Vec<ProvisionedConcurrency>, Unavailable> {
    let pages = client.list_provisioned_concurrency_configs().function_name(arn).into_paginator();
    let pages = pages.items().send().collect::<Result<Vec<_>, _>>();
    let kept = scan.find(PROVISIONED, GONE, pages).await?.unwrap_or_default();
    Ok(sorted(kept.iter().map(|kept| ProvisionedConcurrency {
        qualifier: qualifier(kept.function_arn()).unwrap_or_default(),
        requested: natural(kept.requested_provisioned_concurrent_executions().unwrap_or(0)),
        status: text(kept.status().map(types::ProvisionedConcurrencyStatusEnum::as_str)),
    })))
}

fn url(url: &types::FunctionUrlConfig) -> FunctionUrl {
    let origins = url.cors().map(types::Cors::allow_origins).unwrap_or_default();
    FunctionUrl {
        qualifier: qualifier(Some(url.function_arn())),
        auth_type: url.auth_type().as_str().to_owned(),
        cors_origins: sorted(origins.iter().cloned()),
    }
}

/// The alias or version in a function's ARN, after its name.
fn qualifier(arn: Option<&str>) -> Option<String> {
    owned(arn?.splitn(8, ':').nth(7))
}

fn resource(
    place: &Place,
    function: &FunctionConfiguration,
    settings: Settings,
) -> Option<Resource> {
    let name = function.function_name()?;
    let vpc = function.vpc_config();
    let subnets = vpc.map(VpcConfigResponse::subnet_ids).unwrap_or_default();
    let groups = vpc.map(VpcConfigResponse::security_group_ids).unwrap_or_default();
    let variables = function.environment().and_then(|environment| environment.variables());
    let config = Function {
        runtime: owned(function.runtime().map(Runtime::as_str)),
        architecture: function
            .architectures()
            .first()
            .map_or("x86_64", |architecture| architecture.as_str())
            .to_owned(),
        memory_mib: natural(function.memory_size().unwrap_or(128)),
        timeout_seconds: natural(function.timeout().unwrap_or(3)),
        package_type: function.package_type().map_or("Zip", |kind| kind.as_str()).to_owned(),
        role_arn: text(function.role()),
        subnet_ids: sorted(subnets.iter().cloned()),
        // Names only: values are often secrets.
        environment_keys: sorted(variables.into_iter().flat_map(|map| map.keys().cloned())),
        policy: Evidence::from(settings.policy),
        handler: owned(function.handler()),
        state: owned(function.state().map(types::State::as_str)),
        code_bytes: u64::try_from(function.code_size()).unwrap_or(0),
        ephemeral_storage_mib: function
            .ephemeral_storage()
            .map_or(BASE_STORAGE_MIB, |storage| natural(storage.size())),
        security_group_ids: sorted(groups.iter().cloned()),
        layers: sorted(function.layers().iter().filter_map(|layer| owned(layer.arn()))),
        kms_key_arn: owned(function.kms_key_arn()),
        tracing: owned(
            function.tracing_config().and_then(|t| t.mode()).map(types::TracingMode::as_str),
        ),
        dead_letter_arn: owned(function.dead_letter_config().and_then(|dead| dead.target_arn())),
        log_group: owned(function.logging_config().and_then(|logging| logging.log_group())),
        urls: Evidence::from(settings.urls),
        reserved_concurrency: Evidence::from(settings.reserved),
        provisioned_concurrency: Evidence::from(settings.provisioned),
    };
    let arns = [&config.role_arn].into_iter().chain(&config.dead_letter_arn).chain(&config.layers);
    let arns = arns.filter_map(|arn| Arn::parse(arn).ok());
    let log_group = config.log_group.iter().map(|name| log_group_arn(place, name));
    let key = config.kms_key_arn.iter().map(|key| place.key_arn(key));
    let groups = config.security_group_ids.iter().map(|id| security_group_arn(place, id));
    let subnets = config.subnet_ids.iter().map(|id| subnet_arn(place, id));
    let depends_on = arns.chain(key).chain(log_group).chain(groups).chain(subnets).collect();
    let arn =
        Place::told(function.function_arn(), || place.arn("lambda", &format!("function:{name}")));
    let resource = place.resource(arn, name, Tags::new(), ResourceConfig::LambdaFunction(config));
    Some(Resource { name: Some(name.to_owned()), depends_on, ..resource })
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::{
        Cors, DeadLetterConfig, EnvironmentResponse, FunctionUrlAuthType, FunctionUrlConfig, Layer,
        LoggingConfig, TracingConfigResponse, TracingMode,
    };
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::{
        aws::{Answer, Asked, empty, error, sdk},
        coverage, of_kind, place, scan,
    };

    const LAYER: &str = "arn:aws:lambda:us-east-1:123456789012:layer:tools:3";

    fn settings() -> Settings {
        Settings {
            policy: Ok(None),
            urls: Ok(Vec::new()),
            reserved: Ok(None),
            provisioned: Ok(Vec::new()),
        }
    }

    #[test]
    fn a_function_needs_its_role_and_keeps_no_secret() {
        let sdk = FunctionConfiguration::builder()
            .function_name("checkout")
            .role("arn:aws:iam::123456789012:role/checkout")
            .memory_size(512)
            .environment(EnvironmentResponse::builder().variables("TOKEN", "s3cret").build())
            .build();
        let resource = resource(&place(), &sdk, settings()).unwrap();
        assert_eq!(resource.depends_on[0].as_str(), "arn:aws:iam::123456789012:role/checkout");
        assert!(!serde_json::to_string(&resource).unwrap().contains("s3cret"));
        let ResourceConfig::LambdaFunction(function) = resource.config else { panic!() };
        assert_eq!(function.environment_keys, ["TOKEN"]);
        assert_eq!(function.policy, Evidence::Known(None));
        assert_eq!((&*function.architecture, function.memory_mib), ("x86_64", 512));
        assert_eq!(function.ephemeral_storage_mib, 512);
    }

    #[test]
    fn a_function_in_a_vpc_needs_more() {
        let vpc = VpcConfigResponse::builder().subnet_ids("subnet-1").security_group_ids("sg-1");
        let dead =
            DeadLetterConfig::builder().target_arn("arn:aws:sqs:us-east-1:123456789012:dead");
        let sdk = FunctionConfiguration::builder()
            .function_name("checkout")
            .vpc_config(vpc.build())
            .dead_letter_config(dead.build())
            .layers(Layer::builder().arn(LAYER).build())
            .logging_config(LoggingConfig::builder().log_group("/shop/checkout").build())
            .tracing_config(TracingConfigResponse::builder().mode(TracingMode::Active).build())
            .build();
        let resource = resource(&place(), &sdk, settings()).unwrap();
        let needed: Vec<_> = resource.depends_on.iter().map(Arn::resource).collect();
        assert_eq!(
            needed,
            [
                "dead",
                "layer:tools:3",
                "log-group:/shop/checkout",
                "security-group/sg-1",
                "subnet/subnet-1"
            ]
        );
        let ResourceConfig::LambdaFunction(function) = resource.config else { panic!() };
        assert_eq!(function.tracing.as_deref(), Some("Active"));
    }

    #[test]
    fn a_url_tells_whose_it_is_and_whom_it_lets_in() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:checkout";
        let config = |arn: &str| {
            FunctionUrlConfig::builder()
                .function_url("https://x.lambda-url.us-east-1.on.aws/")
                .function_arn(arn)
                .creation_time("")
                .last_modified_time("")
                .auth_type(FunctionUrlAuthType::None)
                .cors(Cors::builder().allow_origins("*").build())
                .build()
                .unwrap()
        };
        let own = url(&config(arn));
        assert_eq!((own.qualifier, &*own.auth_type), (None, "NONE"));
        assert_eq!(own.cors_origins, ["*"]);
        let alias = url(&config(&format!("{arn}:live")));
        assert_eq!(alias.qualifier.as_deref(), Some("live"));
    }

    fn one_function(asked: &Asked) -> Answer {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:checkout";
        let body = match asked.operation.as_str() {
            "GetResources" if asked.body.contains("lambda:function") => {
                let tags = r#"[{"Key":"env","Value":"prod"}]"#;
                format!(r#"{{"ResourceTagMappingList":[{{"ResourceARN":"{arn}","Tags":{tags}}}]}}"#)
            }
            _ if asked.service != "lambda" => return empty(asked),
            path if path.contains("/policy") => {
                return error(asked, 404, "ResourceNotFoundException");
            }
            path if path.contains("/urls") => return error(asked, 403, "AccessDeniedException"),
            path if path.contains("/provisioned-concurrency") => format!(
                r#"{{"ProvisionedConcurrencyConfigs":[{{"FunctionArn":"{arn}:live","RequestedProvisionedConcurrentExecutions":5,"Status":"READY"}}]}}"#
            ),
            path if path.contains("/concurrency") => {
                r#"{"ReservedConcurrentExecutions":0}"#.to_owned()
            }
            _ => format!(
                r#"{{"Functions":[{{"FunctionName":"checkout","FunctionArn":"{arn}","CodeSize":7}}]}}"#
            ),
        };
        (200, body.into_bytes())
    }

    #[tokio::test]
    async fn each_setting_is_known_or_not_by_itself() {
        let scanned = scan(sdk(one_function), "us-east-1").await;
        let found = of_kind(&scanned, LambdaFunction);
        assert_eq!(found[0].tags["env"], "prod");
        let ResourceConfig::LambdaFunction(function) = &found[0].config else { panic!() };
        assert_eq!(function.policy, Evidence::Known(None));
        assert_eq!(
            function.reserved_concurrency,
            Evidence::Known(Some(0)),
            "zero means that it never runs"
        );
        let kept = &function.provisioned_concurrency.known().unwrap()[0];
        assert_eq!((&*kept.qualifier, kept.requested), ("live", 5));
        let action = "lambda:ListFunctionUrlConfigs";
        let denied = Unavailable::denied(IamAction::parse(action).unwrap());
        assert_eq!(function.urls, Evidence::Unavailable(denied));
        assert!(coverage(&scanned, action).known().is_none());
    }
}
