//! Discovery sees exactly what a plain boto3 collector sees, of everything that the latter reads:
//! resource by resource, field by field, in both directions.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_platform::{Artifacts, Clock, SystemClock};
use miyabi_proxy::{Proxy, Rules};
use miyabi_types::{
    id::{Region, TenantId},
    phase::{DiscoveryRequest, DiscoveryResponse},
};
use serde_json::Value;
use xtask::{
    emulators::{Emulators, Options},
    parity::Inventory,
    place, profile,
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};

const NAMES: (&str, &str) = ("discovery", "boto3");

struct Lab {
    workspace: Workspace,
    emulators: Emulators,
    proxy: Proxy,
    _directory: tempfile::TempDir,
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.emulators.stop();
    }
}

impl Lab {
    async fn start() -> Result<Self> {
        let workspace = Workspace::find()?;
        let directory = tempfile::tempdir()?;
        let emulators = Emulators::start(&workspace, directory.path(), &Options::default()).await?;
        let proxy = Proxy::start(emulators.upstreams()).await?;
        let lab = Self { workspace, emulators, proxy, _directory: directory };
        let sample = lab.workspace.root.join("tests/accounts/sample.yaml");
        Box::pin(profile::deploy(&lab.emulators, &sample, SystemClock.now())).await?;
        Ok(lab)
    }

    fn boto3(&self, arguments: &[&str]) -> Result<Inventory> {
        let python = Environment::install(&self.workspace, Tools::Emulators)?;
        let mut variables: BTreeMap<String, String> = self.emulators.variables();
        variables.retain(|name, _| !name.starts_with("AWS_ENDPOINT_URL"));
        variables.insert("AWS_ENDPOINT_URL".into(), self.proxy.endpoint().into());
        let collector = self.workspace.root.join("tests/parity/collector.py");
        let mut command = shell::command(python.bin("python"));
        let output = shell::capture(command.arg(collector).args(arguments).envs(variables))?;
        let lines = output.lines().map(serde_json::from_str::<Value>);
        Ok(Inventory::of_lines(lines.collect::<Result<Vec<_>, _>>()?))
    }

    async fn discovery(&self) -> Result<Inventory> {
        let discovery = Discovery {
            sdk: place::emulated(self.proxy.endpoint(), place::REGION),
            artifacts: Artifacts::inline(),
            table: None,
            clock: Arc::new(SystemClock),
            budget: Budget::Published,
        };
        let open = DiscoveryRequest::Open {
            tenant: TenantId::parse("parity")?,
            mode: None,
            regions: vec![Region::parse(place::REGION)?],
            execution: None,
        };
        let DiscoveryResponse::Cycle { cycle, scopes } = Box::pin(discovery.handle(open)).await?
        else {
            bail!("open answers a cycle");
        };
        let scans = scopes.into_iter().map(|scope| {
            let cycle = cycle.clone();
            Box::pin(discovery.handle(DiscoveryRequest::Scan { cycle, sequence: 0, scope }))
        });
        let mut lines = Vec::new();
        for answer in try_join_all(scans).await? {
            let DiscoveryResponse::Scanned(scanned) = answer else { bail!("scan answers a scope") };
            for line in scanned.lines.context("nothing is deployed to store lines")? {
                lines.push(serde_json::to_value(line)?);
            }
        }
        Ok(Inventory::of_lines(lines))
    }
}

fn assert_same(discovery: &Inventory, boto3: &Inventory) {
    let differences = discovery.clone().shared_with(boto3).differences(boto3, NAMES);
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_sees_what_plain_boto3_sees_and_loses_nothing_when_it_is_refused() {
    let lab = Box::pin(Lab::start()).await.unwrap();
    let boto3 = lab.boto3(&[]).unwrap();
    assert!(boto3.resources() > 50, "the sample account has more than {:?}", boto3.kinds());
    assert_same(&Box::pin(lab.discovery()).await.unwrap(), &boto3);
    assert_same(&lab.boto3(&["--threads", "16"]).unwrap(), &boto3);

    lab.proxy.rule(Rules { delay_ms: 0, per_second: Some(15) });
    assert_same(&Box::pin(lab.discovery()).await.unwrap(), &boto3);
    let refused = lab.proxy.counts().refused;
    assert!(refused.contains_key("s3"), "no call was refused, so this proved nothing: {refused:?}");
}
