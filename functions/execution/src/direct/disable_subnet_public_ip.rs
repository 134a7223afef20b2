//! Stops giving public addresses to new instances of a subnet.

use async_trait::async_trait;
use aws_sdk_ec2::types::AttributeBooleanValue;
use miyabi_types::action::{Action, Settings, TargetState};
use serde_json::json;

use super::{Setting, wanted};
use crate::{
    accounts::Clients,
    error::{Result, failed},
    step::Step,
};

pub struct DisableSubnetPublicIp;

#[async_trait]
impl Setting for DisableSubnetPublicIp {
    async fn read(&self, aws: &Clients, action: &Action) -> Result<TargetState> {
        let found = aws
            .ec2
            .describe_subnets()
            .subnet_ids(&action.resource_id)
            .send()
            .await
            .map_err(failed("ec2:DescribeSubnets"));
        let subnet = match found {
            Err(error) if error.is(&["InvalidSubnetID.NotFound"]) => None,
            other => other?.subnets.unwrap_or_default().into_iter().next(),
        };
        Ok(subnet.map_or(TargetState::Absent, |subnet| {
            let given = subnet.map_public_ip_on_launch().unwrap_or(false);
            TargetState::present([("map_public_ip_on_launch", json!(given))])
        }))
    }

    async fn set(&self, aws: &Clients, action: &Action, to: &Settings) -> Result<Step<()>> {
        let given = wanted::<bool>(to, "map_public_ip_on_launch")?;
        aws.ec2
            .modify_subnet_attribute()
            .subnet_id(&action.resource_id)
            .map_public_ip_on_launch(AttributeBooleanValue::builder().value(given).build())
            .send()
            .await
            .map_err(failed("ec2:ModifySubnetAttribute"))?;
        Ok(Step::Done(()))
    }
}
