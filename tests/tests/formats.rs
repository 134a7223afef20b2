//! What a plan writes for other people's tools, read by those tools: schemas, AWS's own definition of
//! `BatchImportFindings` and a Security Hub to import into, OCSF's and SARIF's readers, a spreadsheet's CSV.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow};
use miyabi_generation::handler::Handler;
use miyabi_platform::{Artifacts, FixedClock};
use miyabi_tests::contract::events;
use miyabi_types::{
    artifact::ArtifactRef,
    cycle::{CycleState, WorldRef},
    phase::GenerationRequest,
    plan::Plan,
    settings::TenantSettings,
    world::World,
};
use serde_json::{Value, json};
use xtask::{
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};

/// More unattached volumes in one region than one request of `BatchImportFindings` holds.
const VOLUMES: usize = 120;

#[tokio::test]
async fn other_peoples_tools_read_what_is_written() -> Result<()> {
    let plan = plan(estate()?, &settings()?).await?;
    let read = read(&plan)?;
    let assessment = &plan.assessment;
    assert!(assessment.findings.len() > VOLUMES, "{} findings", assessment.findings.len());
    assert!(!assessment.exempted.is_empty());
    assert_eq!(read["findings"], assessment.findings.len() + assessment.exempted.len());
    assert_eq!(read["exempt"], assessment.exempted.len());
    assert_eq!(read["actions"], plan.proposals.len());
    assert_eq!(read["charts"], 4);

    let paths: BTreeSet<&str> = plan.documents.iter().map(|d| d.path.as_str()).collect();
    for path in [
        "asff/111122223333-eu-west-1-001.json",
        "asff/111122223333-us-east-1-001.json",
        "asff/111122223333-us-east-1-002.json",
        "asff/444455556666-us-east-1-001.json",
    ] {
        assert!(paths.contains(path), "{path} is not among {paths:?}");
    }
    Ok(())
}

#[tokio::test]
async fn an_account_without_findings_is_read_too() -> Result<()> {
    let mut empty = World { resources: Vec::new(), ..estate()? };
    empty.costs.clear();
    empty.security_hub.clear();
    for scope in &mut empty.manifest.scopes {
        scope.coverage.clear();
    }
    let read = read(&plan(empty, &TenantSettings::default()).await?)?;
    assert_eq!(read, json!({"findings": 0, "exempt": 0, "actions": 0, "charts": 2}));
    Ok(())
}

#[tokio::test]
async fn neither_secrets_nor_foreign_markup_get_into_anything() -> Result<()> {
    let plan = plan(estate()?, &settings()?).await?;
    for document in &plan.documents {
        let ArtifactRef::Inline(text) = &document.content else { continue };
        for secret in ["hunter2", "AKIAIOSFODNN7EXAMPLE"] {
            assert!(!text.contains(secret), "{} holds {secret}", document.path);
        }
        if document.path == "report.html" {
            assert!(!text.contains("<script"), "{} holds a script", document.path);
            assert!(text.contains("&lt;script&gt;"), "{} shows the name as it is", document.path);
        }
    }
    Ok(())
}

/// Has every format read and answers what the readers counted.
fn read(plan: &Plan) -> Result<Value> {
    let workspace = Workspace::find()?;
    let python = Environment::install(&workspace, Tools::Readers)?;
    let directory = tempfile::tempdir()?;
    for document in &plan.documents {
        let ArtifactRef::Inline(text) = &document.content else {
            return Err(anyhow!("{} is stored, with nothing to store it", document.path));
        };
        let file = directory.path().join(&document.path);
        fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        fs::write(file, text.as_bytes())?;
    }
    fs::create_dir_all(directory.path().join("asff"))?;
    let output = shell::capture(
        shell::command(python.bin("python"))
            .arg(workspace.root.join("tests/readers/read.py"))
            .arg(directory.path())
            .arg(workspace.root.join("docs/findings.schema.json")),
    )?;
    serde_json::from_str(&output).with_context(|| format!("no counts: {output}"))
}

async fn plan(world: World, settings: &TenantSettings) -> Result<Plan> {
    let GenerationRequest::Plan { mut cycle } = request()? else {
        return Err(anyhow!("the event does not ask for a plan"));
    };
    cycle.world0 = Some(WorldRef::Inline(Box::new(world)));
    cycle.settings = Some(ArtifactRef::inline(settings.clone()));
    let clock = Arc::new(FixedClock("2026-09-15T06:10:00Z".parse()?));
    let handler = Handler { artifacts: Artifacts::inline(), clock };
    let answer: Box<CycleState> = handler.handle(GenerationRequest::Plan { cycle }).await?.cycle;
    match answer.plan {
        Some(ArtifactRef::Inline(plan)) => Ok(*plan),
        _ => Err(anyhow!("no plan")),
    }
}

fn request() -> Result<GenerationRequest> {
    Ok(serde_json::from_value(events::load("generation-plan"))?)
}

/// One exemption that is used, one that is not, and one that has expired.
fn settings() -> Result<TenantSettings> {
    Ok(serde_json::from_value(json!({"exemptions": [
        {
            "checks": ["S3\\..*"], "accounts": ["4444.*"], "owner": "=web team",
            "reason": "public on purpose <b>", "until": "2026-12-31",
        },
        {"tags": {"never": "x"}, "owner": "nobody", "reason": "left over", "until": "2026-12-31"},
        {"regions": ["eu-.*"], "owner": "platform", "reason": "a sandbox", "until": "2026-01-31"},
    ]}))?)
}

/// The World of the sample event in two accounts and two regions, with many volumes and with names that
/// people should not give.
fn estate() -> Result<World> {
    let GenerationRequest::Plan { cycle } = request()? else {
        return Err(anyhow!("the event does not ask for a plan"));
    };
    let Some(WorldRef::Inline(world)) = cycle.world0 else { return Err(anyhow!("no World")) };
    let sample = serde_json::to_string(&world.resources)?;
    let mut resources: Vec<Value> = Vec::new();
    for (account, region) in [
        ("111122223333", "us-east-1"),
        ("111122223333", "eu-west-1"),
        ("444455556666", "us-east-1"),
        ("444455556666", "eu-west-1"),
    ] {
        let copy = sample.replace("111122223333", account).replace("us-east-1", region);
        resources.extend(serde_json::from_str::<Vec<Value>>(&copy)?);
    }
    let is_volume = |resource: &&Value| resource["kind"] == "AWS::EC2::Volume";
    let volume = resources.iter().find(is_volume).context("no volume")?.clone();
    let id = volume["id"].as_str().context("no id")?.to_owned();
    for n in 0..VOLUMES {
        let copy = volume.to_string().replace(&id, &format!("vol-{n:017x}"));
        let mut copy: Value = serde_json::from_str(&copy)?;
        copy["config"]["state"] = "available".into();
        copy["config"]["attached_to"] = json!([]);
        copy["name"] = "=HYPERLINK(\"x\")</td><script>alert(1)</script> | `x`".into();
        copy["tags"] = json!({
            "password": "hunter2", "note": "AKIAIOSFODNN7EXAMPLE", "@team": "-1+1", "empty": "",
        });
        resources.push(copy);
    }
    let mut seen = BTreeSet::new();
    resources.retain(|resource| seen.insert(resource["arn"].to_string()));
    let mut world = *world;
    world.resources = serde_json::from_value(Value::Array(resources))?;
    world.resources.sort_by(|a, b| a.arn.cmp(&b.arn));
    Ok(world)
}
