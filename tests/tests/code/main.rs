//! The code of an account, proven with real tools: linters, Terraform's core with a real provider, and the way
//! round: what the code builds in an empty account is discovered as the same World again.

mod lab;
mod tools;

use anyhow::{Result, ensure};
use lab::Lab;

/// What the emulator drops on the way from a stack to its answers.
const STACK: &[&str] = &[];

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
    if let Some(terraform) = tools::Terraform::install(&lab.workspace) {
        terraform.formatted_and_known(&code)?;
        terraform.plans_nothing(&code, &lab)?;
    }

    lab.empty().await?;
    lab.deploy_stacks(&code).await?;
    let again = Box::pin(lab.discover()).await?;
    lab.assert_same(&before, &again, STACK)?;
    Ok(())
}
