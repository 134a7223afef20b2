//! Discovery sees exactly what a plain boto3 collector sees: resource by resource, field by field, in both
//! directions, on an account in which every collector finds something.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns};
use futures::future::try_join_all;
use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_platform::{Artifacts, SystemClock, TenantLedger, table::MemoryTable};
use miyabi_proxy::{Proxy, Rules, Upstreams, written};
use miyabi_types::{
    id::{Region, TenantId},
    phase::{DiscoveryRequest, DiscoveryResponse},
    resource::ResourceKind,
    settings::TenantSettings,
};
use serde_json::Value;
use xtask::{
    emulators::{Held, Options},
    parity::{Inventory, Unproven},
    place,
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};

const NAMES: (&str, &str) = ("discovery", "boto3");

/// Services that MiniStack serves, as variables name them and as requests are signed for them. It knows S3 of
/// today and CloudWatch's protocol; moto knows more of everything else.
const ON_MINISTACK: [(&str, &str); 2] = [("CLOUDWATCH", "monitoring"), ("S3", "s3")];

/// A tag that costs are split by.
const COST_TAG: &str = "team";

/// Types without a collector of their own: of a region, and of none.
const OTHER_TYPES: [&str; 4] = [
    "AWS::AppConfig::Application",
    "AWS::AppConfig::Environment",
    "AWS::Batch::JobQueue",
    "AWS::Route53::HostedZone",
];

struct Lab {
    workspace: Workspace,
    emulators: Held,
    proxy: Proxy,
    unproven: Unproven,
    _directory: tempfile::TempDir,
}

impl Lab {
    async fn start() -> Result<Self> {
        let workspace = Workspace::find()?;
        let directory = tempfile::tempdir()?;
        let emulators = Held::start(&workspace, directory.path(), &Options::default()).await?;
        let ministack = emulators.ministack.endpoint();
        let upstreams = Upstreams {
            rest: emulators.moto.endpoint(),
            services: ON_MINISTACK.map(|(_, name)| (name.to_owned(), ministack.clone())).into(),
            written: [
                written::read(&parity(&workspace).join("written/fuller"))?,
                written::read(&parity(&workspace).join("written"))?,
            ]
            .concat(),
        };
        let proxy = Proxy::start(upstreams).await?;
        let unproven = Unproven::read(&workspace)?;
        let lab = Self { workspace, emulators, proxy, unproven, _directory: directory };
        let mut variables = lab.variables(&lab.emulators.moto.endpoint());
        for (name, _) in ON_MINISTACK {
            variables.insert(format!("AWS_ENDPOINT_URL_{name}"), ministack.clone());
        }
        lab.python("seed_everything.py", &[], variables)?;
        Ok(lab)
    }

    /// What points an AWS client at one endpoint.
    fn variables(&self, endpoint: &str) -> BTreeMap<String, String> {
        let mut variables: BTreeMap<String, String> = self.emulators.variables();
        variables.retain(|name, _| !name.starts_with("AWS_ENDPOINT_URL"));
        variables.insert("AWS_ENDPOINT_URL".into(), endpoint.into());
        variables
    }

    fn python(
        &self,
        program: &str,
        arguments: &[&str],
        variables: BTreeMap<String, String>,
    ) -> Result<String> {
        let python = Environment::install(&self.workspace, Tools::Emulators)?;
        let mut command = shell::command(python.bin("python"));
        command.arg(parity(&self.workspace).join(program)).args(arguments).envs(variables);
        shell::capture(&mut command)
    }

    fn boto3(&self, arguments: &[&str]) -> Result<Inventory> {
        let mut variables = self.variables(self.proxy.endpoint());
        // S3 Control puts the account in front of its host name, which then no name server knows.
        for (name, value) in [
            ("AWS_ENDPOINT_URL_S3_CONTROL", "http://s3-control.emulated"),
            ("HTTP_PROXY", self.proxy.endpoint()),
            ("NO_PROXY", "127.0.0.1"),
        ] {
            variables.insert(name.into(), value.into());
        }
        let mut all = vec!["--tag", COST_TAG];
        all.extend(OTHER_TYPES.iter().flat_map(|name| ["--type", name]));
        all.extend(arguments);
        let output = self.python("collector.py", &all, variables)?;
        let lines = output.lines().map(serde_json::from_str::<Value>);
        Ok(Inventory::of_lines(lines.collect::<Result<Vec<_>, _>>()?))
    }

    async fn discovery(&self) -> Result<Inventory> {
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_with_resolver(Here);
        let sdk = place::emulated(self.proxy.endpoint(), place::REGION);
        let table = Arc::new(MemoryTable::default());
        let tenant = TenantId::parse("parity")?;
        let settings = TenantSettings {
            generic_types: OTHER_TYPES.map(str::to_owned).into(),
            every_bucket_setting: true,
            cost_allocation_tags: vec![COST_TAG.into()],
            ..TenantSettings::default()
        };
        TenantLedger::new(table.clone(), &tenant).put_settings(&settings).await?;
        let discovery = Discovery {
            sdk: sdk.into_builder().http_client(http).build(),
            artifacts: Artifacts::inline(),
            table: Some(table),
            clock: Arc::new(SystemClock),
            budget: Budget::Published,
        };
        let open = DiscoveryRequest::Open {
            tenant,
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

fn parity(workspace: &Workspace) -> PathBuf {
    workspace.root.join("tests/parity")
}

/// Finds every host on this machine.
#[derive(Debug, Clone)]
struct Here;

impl ResolveDns for Here {
    fn resolve_dns<'a>(&'a self, _: &'a str) -> DnsFuture<'a> {
        DnsFuture::ready(Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]))
    }
}

fn assert_same(discovery: &Inventory, boto3: &Inventory) {
    let differences = discovery.differences(boto3, NAMES);
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// Every kind and every field of it is compared with something in it, or is listed; nothing is both.
fn assert_proven(unproven: &Unproven, seen: &Inventory) {
    let told = seen.told();
    let (mut compared, mut untold) = (0, BTreeSet::new());
    for kind in ResourceKind::ALL {
        let listed = unproven.kinds.contains_key(kind.as_str());
        let fields = told.get(kind.as_str());
        assert_eq!(fields.is_none(), listed, "{kind} is seen or in unproven.json, never both");
        let Some(fields) = fields else { continue };
        let known: BTreeSet<&str> = kind.fields().iter().copied().collect();
        let there: BTreeSet<&str> = fields.keys().copied().collect();
        assert_eq!(known, there, "the fields of {kind}");
        compared += fields.len();
        untold
            .extend(fields.iter().filter(|(_, told)| !**told).map(|(f, _)| format!("{kind} {f}")));
    }
    let listed: BTreeSet<String> = unproven.fields.values().flatten().cloned().collect();
    assert_eq!(untold, listed, "fields in which nothing is, and those that unproven.json lists");
    println!(
        "{} resources of {} kinds with {compared} fields, {} of them empty throughout",
        seen.resources(),
        told.len(),
        untold.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_sees_what_plain_boto3_sees_and_loses_nothing_when_it_is_refused() {
    let lab = Box::pin(Lab::start()).await.unwrap();
    let boto3 = lab.boto3(&[]).unwrap();
    assert_same(&Box::pin(lab.discovery()).await.unwrap(), &boto3);
    assert_same(&lab.boto3(&["--threads", "16"]).unwrap(), &boto3);
    assert_proven(&lab.unproven, &boto3);

    lab.proxy.rule(Rules { delay_ms: 0, per_second: Some(15) });
    assert_same(&Box::pin(lab.discovery()).await.unwrap(), &boto3);
    let refused = lab.proxy.counts().refused;
    assert!(
        refused.contains_key("ec2"),
        "no call was refused, so this proved nothing: {refused:?}"
    );
}
