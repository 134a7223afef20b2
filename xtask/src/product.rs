//! The deployed product: put there by `sam deploy`, found by its stack's outputs.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, bail};
use aws_config::SdkConfig;

use crate::{
    emulators::Emulators,
    package::Package,
    place::REGION,
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};

/// The stack's name unless another is asked for.
pub const STACK: &str = "miyabi";

/// Deploys into the emulators, as anybody deploys it into an account.
pub fn deploy(
    workspace: &Workspace,
    emulators: &Emulators,
    package: &Package,
    parameters: &[(&str, &str)],
) -> Result<()> {
    let tools = Environment::install(workspace, Tools::Aws)?;
    let mut command = shell::command(tools.bin("sam"));
    command
        .arg("deploy")
        .arg("--template-file")
        .arg(&package.template)
        .args(["--stack-name", STACK, "--region", REGION, "--resolve-s3"])
        .args([
            "--capabilities",
            "CAPABILITY_IAM",
            "CAPABILITY_NAMED_IAM",
            "CAPABILITY_AUTO_EXPAND",
        ])
        .args(["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"])
        .current_dir(workspace.demo())
        .envs(emulators.variables())
        .env_remove("AWS_PROFILE")
        .env("SAM_CLI_TELEMETRY", "0")
        .env("SAM_CLI_POLL_DELAY", "0.3");
    if !parameters.is_empty() {
        command.arg("--parameter-overrides");
        command.args(parameters.iter().map(|(name, value)| format!("{name}={value}")));
    }
    shell::capture(&mut command).map(drop)
}

/// The outputs of the product's stack.
#[derive(Debug, Clone)]
pub struct Product {
    stack: String,
    outputs: BTreeMap<String, String>,
}

impl Product {
    /// Asks CloudFormation.
    pub async fn find(config: &SdkConfig, stack: &str) -> Result<Self> {
        let answer = aws_sdk_cloudformation::Client::new(config)
            .describe_stacks()
            .stack_name(stack)
            .send()
            .await
            .map_err(aws_sdk_cloudformation::Error::from)
            .with_context(|| {
                format!(
                    "no stack {stack} found: deploy the product, or point the AWS variables to where \
                     it is (for the emulators, `cargo xtask up` prints them)"
                )
            })?;
        let found = answer.stacks().first().ok_or_else(|| anyhow!("stack {stack} is not there"))?;
        let outputs = found
            .outputs()
            .iter()
            .filter_map(|output| {
                Some((output.output_key()?.to_owned(), output.output_value()?.to_owned()))
            })
            .collect();
        Ok(Self { stack: stack.to_owned(), outputs })
    }

    fn output(&self, name: &str) -> Result<&str> {
        match self.outputs.get(name) {
            Some(value) => Ok(value),
            None => bail!("stack {} has no output {name}", self.stack),
        }
    }

    /// The state machine.
    pub fn state_machine(&self) -> Result<&str> {
        self.output("StateMachineArn")
    }

    /// The bucket of artifacts.
    pub fn bucket(&self) -> Result<&str> {
        self.output("BucketName")
    }

    /// The ledger's table.
    pub fn table(&self) -> Result<&str> {
        self.output("TableName")
    }

    /// A phase's function, `Integration` for example.
    pub fn function(&self, phase: &str) -> Result<&str> {
        self.output(&format!("{phase}FunctionName"))
    }
}
