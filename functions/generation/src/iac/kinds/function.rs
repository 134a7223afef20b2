//! Lambda functions. Their code and the values of their environment variables are never read.

use miyabi_types::resource::{ResourceConfig, ResourceKind, lambda::Function};

use crate::iac::{
    code::Place,
    estate::What,
    expr::{Body, Concern::Compute, Declaration, Expr},
    names,
};

const ROLE: What = What::Itself(ResourceKind::IamRole);
const SUBNET: What = What::Itself(ResourceKind::Ec2Subnet);
const GROUP: What = What::Itself(ResourceKind::Ec2SecurityGroup);
const KEY: What = What::Itself(ResourceKind::KmsKey);

/// What is not read of a function, or must not be written down.
const NOT_DISCOVERED: [&str; 11] = [
    "description",
    "environment",
    "file_system_config",
    "filename",
    "image_config",
    "image_uri",
    "logging_config",
    "publish",
    "snap_start",
    "source_code_hash",
    "timeouts",
];

pub fn terraform(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::LambdaFunction(function) = &place.resource().config else {
        return Vec::new();
    };
    let name = &place.resource().id;
    // The argument is needed; what is there is not compared with it.
    let code = match function.package_type.as_str() {
        "Image" => ("image_uri", "of the existing function"),
        _ => ("filename", "of-the-existing-function.zip"),
    };
    let reserved = function.reserved_concurrency.known().copied();
    let body = Body::new()
        .set("function_name", name)
        .set("role", place.link(ROLE, &function.role_arn))
        .set("package_type", &function.package_type)
        .set(code.0, code.1)
        .maybe("handler", function.handler.as_deref().filter(|_| is_zip(function)))
        .maybe("runtime", function.runtime.as_deref())
        .set("architectures", vec![Expr::from(&function.architecture)])
        .set("memory_size", function.memory_mib)
        .set("timeout", function.timeout_seconds)
        .some("layers", &function.layers)
        .maybe("kms_key_arn", function.kms_key_arn.as_deref().map(|key| place.link(KEY, key)))
        .maybe("reserved_concurrent_executions", reserved.flatten())
        .maybe_block(
            "dead_letter_config",
            function.dead_letter_arn.as_deref().map(|arn| Body::new().set("target_arn", arn)),
        )
        .block("ephemeral_storage", Body::new().set("size", function.ephemeral_storage_mib))
        .maybe_block(
            "tracing_config",
            function.tracing.as_deref().map(|mode| Body::new().set("mode", mode)),
        )
        .maybe_block("vpc_config", network(place, function, ["subnet_ids", "security_group_ids"]));
    vec![
        Declaration::new("aws_lambda_function", Compute, body)
            .ignoring(NOT_DISCOVERED)
            .ignoring(reserved.is_none().then_some("reserved_concurrent_executions"))
            .id(name)
            .tagged("tags"),
    ]
}

fn is_zip(function: &Function) -> bool {
    function.package_type != "Image"
}

fn network(
    place: &Place<'_, '_>,
    function: &Function,
    [subnets, groups]: [&str; 2],
) -> Option<Body> {
    (!function.subnet_ids.is_empty()).then(|| {
        Body::new()
            .set(subnets, place.links(SUBNET, &function.subnet_ids))
            .set(groups, place.links(GROUP, &function.security_group_ids))
    })
}

pub fn cloudformation(place: &Place<'_, '_>) -> Vec<Declaration> {
    let ResourceConfig::LambdaFunction(function) = &place.resource().config else {
        return Vec::new();
    };
    let name = &place.resource().id;
    let prefix = names::pascal(name);
    let input = |what: &str, told: &str| {
        Expr::asked(format!("{prefix}{what}"), format!("{told} of the function {name}"))
    };
    let code = if is_zip(function) {
        Body::new()
            .set("S3Bucket", input("CodeBucket", "Bucket of the code"))
            .set("S3Key", input("CodeKey", "Key of the code's zip file"))
    } else {
        Body::new().set("ImageUri", input("Image", "Image"))
    };
    let variables = function.environment_keys.iter().fold(Body::new(), |body, key| {
        let told = format!("Environment variable {key} of the function {name}, never read");
        body.set(key, Expr::secret(format!("{prefix}Env{}", names::pascal(key)), told))
    });
    let reserved = function.reserved_concurrency.known().copied().flatten();
    let body = Body::new()
        .set("FunctionName", name)
        .set("Role", place.link(ROLE, &function.role_arn))
        .set("PackageType", &function.package_type)
        .set("Code", code)
        .maybe("Handler", function.handler.as_deref().filter(|_| is_zip(function)))
        .maybe("Runtime", function.runtime.as_deref())
        .set("Architectures", vec![Expr::from(&function.architecture)])
        .set("MemorySize", function.memory_mib)
        .set("Timeout", function.timeout_seconds)
        .some("Layers", &function.layers)
        .maybe("KmsKeyArn", function.kms_key_arn.as_deref().map(|key| place.link(KEY, key)))
        .maybe("ReservedConcurrentExecutions", reserved)
        .maybe(
            "DeadLetterConfig",
            function.dead_letter_arn.as_deref().map(|arn| Body::new().set("TargetArn", arn)),
        )
        .set("EphemeralStorage", Body::new().set("Size", function.ephemeral_storage_mib))
        .maybe(
            "TracingConfig",
            function.tracing.as_deref().map(|mode| Body::new().set("Mode", mode)),
        )
        .maybe("VpcConfig", network(place, function, ["SubnetIds", "SecurityGroupIds"]))
        .maybe(
            "Environment",
            (!variables.0.is_empty()).then(|| Body::new().set("Variables", variables)),
        );
    vec![
        Declaration::new("AWS::Lambda::Function", Compute, body)
            .found_by([("FunctionName", name.clone())])
            .tagged("Tags"),
    ]
}
