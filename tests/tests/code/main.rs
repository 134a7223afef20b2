//! The code of an account, proven with real tools: linters, Terraform's core with a real provider, and two
//! ways round: what the code builds in an empty account is discovered as the same World again.

mod lab;
mod tools;

use anyhow::{Result, ensure};
use lab::Lab;

/// What the emulator drops on the way from a stack to its answers.
const STACK: &[&str] = &[
    // It gives an instance of a stack a root volume beside the one that the stack maps.
    "AWS::EC2::Volume/web",
    "AWS::EC2::VPCEndpoint/*/policy",
    "AWS::ECR::Repository/*/encryption_type",
];

/// The same for the old provider.
const PROVIDER: &[&str] = &[
    // The emulator reads a group of an interface, the provider gives it with the instance.
    "AWS::EC2::Instance/*/security_group_ids",
    "AWS::EC2::LaunchTemplate/*/default",
    "AWS::EC2::LaunchTemplate/*/latest",
    // Rules of groups that name each other: Terraform knows them by the ids of what exists only.
    "AWS::EC2::SecurityGroup/app|app|application/ingress",
    "AWS::EC2::SecurityGroup/web|web|web servers/ingress",
    // The provider writes out what is the default.
    "AWS::EFS::FileSystem/*/provisioned_mibps",
    "AWS::ElasticLoadBalancingV2::LoadBalancer/*/attributes",
    "AWS::ElasticLoadBalancingV2::LoadBalancer/*/listeners",
    "AWS::ElasticLoadBalancingV2::LoadBalancer/*/scheme",
    "AWS::RDS::DBInstance/*/kms_key_id",
    // It knows no runtime of today, and values of variables are not in the code.
    "AWS::Lambda::Function/*/environment_keys",
    "AWS::Lambda::Function/*/runtime",
    // It has other arguments for it.
    "AWS::S3::Bucket/*/encryption",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_code_of_an_account_is_taken_by_real_tools_and_builds_it_again() -> Result<()> {
    let lab = Lab::start().await?;
    lab.fill().await?;
    let before = Box::pin(lab.discover()).await?;
    let code = lab.write(&before)?;

    let secrets = ["hunter2", "AKIAIOSFODNN7EXAMPLE"];
    let told: Vec<_> =
        code.texts.iter().filter(|t| secrets.iter().any(|s| t.contains(s))).collect();
    ensure!(told.is_empty(), "a secret got into the code: {told:#?}");

    tools::cloudformation_lints(&lab.workspace, &code)?;
    tools::checkov(&lab.workspace, &code)?;

    // What exists is taken over without a change.
    let terraform = tools::Terraform::install(&lab.workspace);
    if let Some(terraform) = &terraform {
        terraform.formatted_and_known(&code)?;
        terraform.plans_nothing(&code, &lab)?;
    }

    lab.empty().await?;
    lab.deploy_stacks(&code).await?;
    let again = Box::pin(lab.discover()).await?;
    lab.assert_same(&before, &again, STACK)?;

    if let Some(terraform) = &terraform {
        lab.empty().await?;
        terraform.applies(&code, &lab)?;
        let again = Box::pin(lab.discover()).await?;
        lab.assert_same(&before, &again, PROVIDER)?;
    }
    Ok(())
}
