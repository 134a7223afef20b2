//! With IAM enforced: every role is sufficient, and discovery's cannot write.

use anyhow::Result;
use miyabi_tests::emulator::{Lab, Setup};
use miyabi_types::{report::CycleEnd, task::TaskStatus};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn every_role_is_sufficient() -> Result<()> {
    let lab = Lab::sample(Setup { auth: true, ..Setup::default() }).await?;
    let ended = lab.approved_cycle().await?;
    let report = ended.report();
    assert_eq!(report.end, CycleEnd::Acted, "{:?}", ended.standing);
    assert!(ended.unseen().is_empty(), "discovery's role reads everything: {:#?}", ended.unseen());
    let failed: Vec<_> =
        report.actions.iter().filter(|action| action.status != TaskStatus::Completed).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let undone = lab.roll_back(ended.cycle).await?;
    assert_eq!(undone["failed"], 0, "{undone}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn discoverys_role_cannot_write() -> Result<()> {
    let lab = Lab::sample(Setup { auth: true, ..Setup::default() }).await?;
    let lambda = aws_sdk_lambda::Client::new(&lab.config());
    let role = |phase: &str| {
        let name = lab.product.function(phase).map(str::to_owned);
        let lambda = lambda.clone();
        async move {
            let function = lambda.get_function_configuration().function_name(name?).send().await?;
            anyhow::Ok(function.role().unwrap_or_default().to_owned())
        }
    };
    // The same attempt with the role of discovery and with that of execution, which may.
    let uploads = lab.id("UploadBucket");
    let code = r#"
import os, boto3
from botocore.config import Config
from botocore.exceptions import ClientError

def handler(event, context):
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    answers = {}
    for name, attempt in {
        "read": lambda: s3.get_public_access_block(Bucket=event["bucket"]),
        "write": lambda: s3.put_public_access_block(
            Bucket=event["bucket"],
            PublicAccessBlockConfiguration={"BlockPublicAcls": True},
        ),
        "database": lambda: boto3.client("rds").stop_db_instance(DBInstanceIdentifier="kumo-staging"),
    }.items():
        try:
            attempt()
            answers[name] = "done"
        except ClientError as error:
            answers[name] = error.response["Error"]["Code"]
    return answers
"#;
    let mut answers = Vec::new();
    for phase in ["Discovery", "Execution"] {
        let template = json!({ "Resources": { "Probe": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": format!("probe-{phase}"), "Runtime": "python3.12",
                "Handler": "index.handler", "Timeout": 30,
                "Role": role(phase).await?, "Code": { "ZipFile": code },
            },
        }}});
        xtask::account::deploy(&lab.emulators, &format!("probe-{phase}"), &template).await?;
        let answer = lambda
            .invoke()
            .function_name(format!("probe-{phase}"))
            .payload(serde_json::to_vec(&json!({ "bucket": uploads }))?.into())
            .send()
            .await?;
        answers.push(serde_json::from_slice::<serde_json::Value>(
            answer.payload().map_or(b"null".as_slice(), AsRef::as_ref),
        )?);
    }
    assert_eq!(
        answers[0],
        json!({ "read": "done", "write": "AccessDenied", "database": "AccessDenied" })
    );
    assert_eq!(answers[1], json!({ "read": "done", "write": "done", "database": "done" }));
    Ok(())
}
