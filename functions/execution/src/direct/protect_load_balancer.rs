//! Refuses the deletion of a load balancer.

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::types::LoadBalancerAttribute;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct ProtectLoadBalancer;

const SETTING: &str = "deletion_protection";
/// AWS's name of the attribute.
const ATTRIBUTE: &str = "deletion_protection.enabled";

#[async_trait]
impl Setting for ProtectLoadBalancer {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let found = aws
            .elbv2
            .describe_load_balancer_attributes()
            .load_balancer_arn(action.target.as_str())
            .send()
            .await
            .map_err(failed("elasticloadbalancing:DescribeLoadBalancerAttributes"));
        let answer = match found {
            Err(error) if error.is(&["LoadBalancerNotFound"]) => return Ok(TargetState::Absent),
            other => other?,
        };
        let on = answer
            .attributes()
            .iter()
            .any(|it| it.key() == Some(ATTRIBUTE) && it.value() == Some("true"));
        Ok(TargetState::present([(SETTING, json!(on))]))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let on = wanted::<bool>(to, SETTING)?;
        aws.elbv2
            .modify_load_balancer_attributes()
            .load_balancer_arn(action.target.as_str())
            .attributes(
                LoadBalancerAttribute::builder().key(ATTRIBUTE).value(on.to_string()).build(),
            )
            .send()
            .await
            .map_err(failed("elasticloadbalancing:ModifyLoadBalancerAttributes"))?;
        Ok(Step::Done(()))
    }
}
