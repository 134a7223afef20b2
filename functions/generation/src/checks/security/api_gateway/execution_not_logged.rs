//! # What
//! A stage of a REST or WebSocket API that does not log how requests are carried out.
//! # Why
//! Without it nobody can tell afterwards what a caller did.
//! # Evidence
//! `apigateway:GET` on stages: the logging level of all methods (`*/*`) and of single ones.
//! # Silent when
//! Every level is `ERROR` or `INFO`. HTTP APIs have no such log and are not judged.
//! # Remedy and risk
//! None proposed: the account needs a role for it first, and the log group costs by volume.
//! # References
//! Security Hub APIGateway.1.

use miyabi_types::{
    evidence::Unavailable,
    resource::{
        Resource, ResourceConfig, ResourceKind,
        api_gateway::{ApiStage, Stage},
    },
};

use crate::check::{Check, Context, FSBP, Found, Judge, SECURITY, Threshold, Verdict};

/// See the module.
pub const CHECK: Check = Check {
    id: "apigateway_execution_not_logged",
    title: "Stage does not log how requests are carried out",
    kinds: &[ResourceKind::ApiGatewayStage, ResourceKind::ApiGatewayV2Stage],
    controls: &["APIGateway.1"],
    thresholds: &[Threshold { what: "loggingLevel", value: "ERROR or INFO for every method" }],
    references: &[FSBP],
    judge: Judge::Logic(judge),
    ..SECURITY
};

fn judge(resource: &Resource, context: &Context<'_>) -> Verdict {
    match &resource.config {
        ResourceConfig::ApiGatewayStage(stage) => verdict(&rest(stage)),
        ResourceConfig::ApiGatewayV2Stage(stage) => web_socket(resource, stage, context),
        _ => Verdict::NotApplicable,
    }
}

/// Methods that are not logged.
fn rest(stage: &Stage) -> Vec<String> {
    let mut quiet: Vec<String> = stage
        .methods
        .iter()
        .filter(|method| !is_logged(method.logging_level.as_deref()))
        .map(|method| method.path.clone())
        .collect();
    if !stage.methods.iter().any(|method| method.path == "*/*") {
        quiet.push("every other method".into());
    }
    quiet
}

fn web_socket(resource: &Resource, stage: &ApiStage, context: &Context<'_>) -> Verdict {
    let api = context.find(ResourceKind::ApiGatewayV2Api, &stage.api_id, resource);
    match api.map(|api| &api.config) {
        Some(ResourceConfig::ApiGatewayV2Api(api)) if api.protocol == "WEBSOCKET" => {
            let logged = is_logged(stage.logging_level.as_deref());
            verdict(&if logged { Vec::new() } else { vec!["every route".into()] })
        }
        Some(_) => Verdict::NotApplicable,
        None => {
            let why = context.unseen(ResourceKind::ApiGatewayV2Api, resource).cloned();
            Verdict::NotEvaluated(why.unwrap_or_else(|| {
                Unavailable::because(format!("its API {} was not seen", stage.api_id))
            }))
        }
    }
}

fn verdict(quiet: &[String]) -> Verdict {
    if quiet.is_empty() {
        Verdict::Clear
    } else {
        Found::risk(format!("no log of {}", quiet.join(", ")), None)
    }
}

/// Source: Security Hub APIGateway.1.
fn is_logged(level: Option<&str>) -> bool {
    matches!(level, Some("ERROR" | "INFO"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Expect, api, api_stage, check, check_in, stage, world};

    #[test]
    fn rest_stages() {
        check(&CHECK, "all", stage(|_| {}), Expect::Clear);
        check(&CHECK, "none", stage(|s| s.methods.clear()), Expect::Risk);
        let off = stage(|s| s.methods[0].logging_level = Some("OFF".into()));
        check(&CHECK, "off", off, Expect::Risk);
        let one = stage(|s| s.methods[0].path = "pets/GET".into());
        check(&CHECK, "one method only", one, Expect::Risk);
    }

    #[test]
    fn stages_of_other_apis() {
        let quiet = || api_stage(|s| s.logging_level = None);
        for (protocol, expect) in [("WEBSOCKET", Expect::Risk), ("HTTP", Expect::NotApplicable)] {
            let world = world([quiet(), api(|a| a.protocol = protocol.into())]);
            check_in(&CHECK, protocol, world, &quiet(), expect);
        }
        check(&CHECK, "alone", quiet(), Expect::NotEvaluated("was not seen"));
    }
}
