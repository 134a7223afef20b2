//! Lambda functions.

use aws_sdk_lambda::{
    Client,
    types::{FunctionConfiguration, Runtime, VpcConfigResponse},
};
use futures::FutureExt;
use miyabi_types::{
    evidence::{Evidence, Unavailable},
    id::Arn,
    resource::{Resource, ResourceConfig, ResourceKind::LambdaFunction, Tags, lambda::Function},
};
use serde_json::Value;

use super::{Collected, Collector, Reach, natural, or_none, owned, sorted, text};
use crate::{call::Call, place::Place, scope::Scan};

const FUNCTIONS: Call = Call::lists("lambda:ListFunctions", &[LambdaFunction]);
const POLICY: Call = Call::details("lambda:GetPolicy");
const TAGS: Call = Call::details("lambda:ListTags");

/// Reads Lambda.
pub const COLLECTOR: Collector = Collector {
    service: "lambda",
    reach: Reach::Regional,
    calls: &[FUNCTIONS, POLICY, TAGS],
    collect: |scan| collect(scan).boxed(),
};

async fn collect(scan: &Scan) -> Collected {
    let client = &Client::new(scan.sdk());
    let pages = client.list_functions().max_items(50).into_paginator().items().send();
    let functions = or_none(scan.list(FUNCTIONS, pages.collect::<Result<Vec<_>, _>>()).await);
    let resources = scan.each(functions, |function: FunctionConfiguration| async move {
        let arn = function.function_arn().unwrap_or_default();
        let (policy, tags) = tokio::join!(policy(scan, client, arn), tags(scan, client, arn));
        resource(&scan.place, &function, policy, tags)
    });
    resources.await.into_iter().flatten().collect::<Vec<_>>().into()
}

async fn policy(scan: &Scan, client: &Client, arn: &str) -> Result<Option<Value>, Unavailable> {
    let call = client.get_policy().function_name(arn).send();
    let answer = scan.find(POLICY, &["ResourceNotFoundException"], call).await?;
    let Some(policy) = answer.and_then(|answer| answer.policy) else { return Ok(None) };
    serde_json::from_str(&policy).map(Some).map_err(super::not_json)
}

async fn tags(scan: &Scan, client: &Client, arn: &str) -> Result<Tags, Unavailable> {
    let answer = scan.read(TAGS, client.list_tags().resource(arn).send()).await?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}

fn resource(
    place: &Place,
    function: &FunctionConfiguration,
    policy: Result<Option<Value>, Unavailable>,
    tags: Result<Tags, Unavailable>,
) -> Option<Resource> {
    let name = function.function_name()?;
    let subnets = function.vpc_config().map(VpcConfigResponse::subnet_ids).unwrap_or_default();
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
        policy: Evidence::from(policy),
    };
    let depends_on = Arn::parse(&config.role_arn).into_iter().collect();
    let arn =
        Place::told(function.function_arn(), || place.arn("lambda", &format!("function:{name}")));
    let (tags, tags_unavailable) = super::tags_or_why(tags);
    let resource = place.resource(arn, name, tags, ResourceConfig::LambdaFunction(config));
    Some(Resource {
        name: Some(name.to_owned()),
        depends_on,
        tags_unavailable,
        utilization: Evidence::unavailable("invocations are not read yet"),
        ..resource
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::EnvironmentResponse;
    use miyabi_types::id::IamAction;

    use super::*;
    use crate::testing::place;

    #[test]
    fn a_function_needs_its_role_and_keeps_no_secret() {
        let sdk = FunctionConfiguration::builder()
            .function_name("checkout")
            .role("arn:aws:iam::123456789012:role/checkout")
            .memory_size(512)
            .environment(EnvironmentResponse::builder().variables("TOKEN", "s3cret").build())
            .build();
        let denied = Unavailable::denied(IamAction::parse("lambda:ListTags").unwrap());
        let resource = resource(&place(), &sdk, Ok(None), Err(denied.clone())).unwrap();
        assert_eq!(resource.depends_on[0].as_str(), "arn:aws:iam::123456789012:role/checkout");
        assert_eq!(resource.tags_unavailable, Some(denied));
        assert!(!serde_json::to_string(&resource).unwrap().contains("s3cret"));
        let ResourceConfig::LambdaFunction(function) = resource.config else { panic!() };
        assert_eq!(function.environment_keys, ["TOKEN"]);
        assert_eq!(function.policy, Evidence::Known(None));
        assert_eq!((&*function.architecture, function.memory_mib), ("x86_64", 512));
    }
}
