//! An emulated AWS of a test's own: emulators on free ports, the product deployed, an account in it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use aws_config::SdkConfig;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use miyabi_platform::{Clock, SystemClock, TenantLedger, aws::s3_client};
use miyabi_types::{
    approval::Verdict,
    artifact::{ArtifactKey, Versioned},
    evidence::Unavailable,
    id::{ActionId, CycleId, TenantId},
    report::CycleReport,
    settings::{Mode, TenantSettings},
};
use serde_json::{Value, json};
use xtask::{
    account::Account,
    cycle::{self, Artifacts, Decided, Execution, Standing},
    emulators::{Emulators, Held, Options},
    package::{self, Package},
    place,
    product::{self, Product, STACK},
    profile::{self, Profile},
    workspace::Workspace,
};

use crate::fault_proxy::FaultProxy;

/// Longer than any execution takes here.
const PATIENCE: Duration = Duration::from_mins(5);

/// What a lab is like.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Whether IAM is enforced.
    pub auth: bool,
    /// Share of its real length that an approval's patience lasts; absent means all of it.
    pub approval_scale: Option<f64>,
    /// Whether EC2 is MiniStack's too, which keeps accounts apart.
    pub one_emulator: bool,
}

/// Emulators with the product and an account; if a test fails, it shows what they logged.
#[derive(Debug)]
pub struct Lab {
    /// The emulators.
    pub emulators: Held,
    /// Between the functions and both emulators.
    pub faults: Faults,
    /// The deployed product.
    pub product: Product,
    /// The account that cycles run on.
    pub account: Account,
    /// What is known of that account.
    pub profile: Profile,
    directory: tempfile::TempDir,
}

/// The proxies that every call of a function passes.
#[derive(Debug, Clone)]
pub struct Faults {
    /// Before MiniStack.
    pub ministack: FaultProxy,
    /// Before moto: EC2, Cost Explorer, Security Hub.
    pub moto: FaultProxy,
    /// Before MiniStack, for the test itself: buckets may refuse whoever comes without TLS.
    front: FaultProxy,
}

impl Faults {
    /// Everything that functions asked of AWS and that took effect, as `service operation`.
    pub fn seen(&self) -> Vec<String> {
        let mut seen = self.ministack.seen();
        seen.extend(self.moto.seen());
        seen
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for log in ["ministack.log", "moto.log"] {
                let text = std::fs::read_to_string(self.directory.path().join(log));
                let text = text.unwrap_or_default();
                let lines: Vec<&str> =
                    text.lines().filter(|line| !line.contains("\" 200 ")).collect();
                eprintln!(
                    "── end of {log} ──\n{}",
                    lines[lines.len().saturating_sub(30)..].join("\n")
                );
            }
        }
    }
}

/// The product's package, made once in a process.
fn package(workspace: &Workspace) -> Result<Package> {
    static PACKAGE: OnceLock<Package> = OnceLock::new();
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(package) = PACKAGE.get() {
        return Ok(package.clone());
    }
    let package = package::prepare(workspace)?;
    Ok(PACKAGE.get_or_init(|| package).clone())
}

impl Lab {
    /// A lab with the sample account.
    pub async fn sample(setup: Setup) -> Result<Self> {
        Self::start(setup, "tests/accounts/sample.yaml").await
    }

    /// A lab with an account that holds nothing but the product.
    pub async fn bare(setup: Setup) -> Result<Self> {
        Self::with(setup, None).await
    }

    /// A lab with the account of a template of this repository.
    pub async fn start(setup: Setup, template: &str) -> Result<Self> {
        Self::with(setup, Some(template)).await
    }

    async fn with(setup: Setup, template: Option<&str>) -> Result<Self> {
        let workspace = Workspace::find()?;
        let directory = tempfile::tempdir()?;
        let faults = Faults {
            ministack: FaultProxy::start().await?,
            moto: FaultProxy::start().await?,
            front: FaultProxy::start().await?,
        };
        let moto = faults.moto.endpoint().to_owned();
        let ec2 = if setup.one_emulator { faults.ministack.endpoint() } else { &moto };
        let mut environment: BTreeMap<String, String> = [
            ("AWS_ENDPOINT_URL", faults.ministack.endpoint()),
            ("AWS_ENDPOINT_URL_EC2", ec2),
            ("AWS_ENDPOINT_URL_COST_EXPLORER", &moto),
            ("AWS_ENDPOINT_URL_SECURITYHUB", &moto),
            ("AUTH", if setup.auth { "true" } else { "false" }),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        if setup.one_emulator {
            // Many scopes are many calls: those of other services go to MiniStack without a proxy.
            environment.remove("AWS_ENDPOINT_URL");
        }
        if let Some(scale) = setup.approval_scale {
            environment.insert("APPROVAL_TIMEOUT_SCALE".into(), scale.to_string());
        }
        let prepared = package(&workspace)?;
        let emulators = Held::start(&workspace, directory.path(), &Options { environment }).await?;
        faults.ministack.forward_to(&emulators.ministack.endpoint());
        faults.front.forward_to(&emulators.ministack.endpoint());
        faults.moto.forward_to(&emulators.moto.endpoint());
        let (product, account, profile) =
            Self::deploy(&workspace, &emulators, &prepared, template).await?;
        Ok(Self { emulators, faults, product, account, profile, directory })
    }

    async fn deploy(
        workspace: &Workspace,
        emulators: &Emulators,
        package: &Package,
        template: Option<&str>,
    ) -> Result<(Product, Account, Profile)> {
        let parameters = [("TargetRolePattern", "arn:aws:iam::*:role/Miyabi")];
        product::deploy(workspace, emulators, package, &parameters)?;
        let (account, profile) = match template {
            Some(template) => {
                let template = workspace.root.join(template);
                profile::deploy(emulators, &template, SystemClock.now()).await?
            }
            None => Default::default(),
        };
        let product = Product::find(&emulators.sdk_config(), STACK).await?;
        Ok((product, account, profile))
    }

    /// The SDK configuration for everything but EC2, Cost Explorer and Security Hub.
    pub fn config(&self) -> SdkConfig {
        place::emulated(self.faults.front.endpoint(), place::REGION)
    }

    /// The same for another account: MiniStack takes an access key of twelve digits for the account.
    pub fn config_of(&self, account: &str, region: &str) -> SdkConfig {
        let own = Credentials::new(account, "emulated", None, None, "emulator");
        place::emulated(self.faults.front.endpoint(), region)
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(own))
            .build()
    }

    /// An EC2 client.
    pub fn ec2(&self) -> aws_sdk_ec2::Client {
        aws_sdk_ec2::Client::new(&self.emulators.moto_config())
    }

    /// An S3 client.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        s3_client(&self.config())
    }

    /// An RDS client.
    pub fn rds(&self) -> aws_sdk_rds::Client {
        aws_sdk_rds::Client::new(&self.config())
    }

    /// The id that AWS's API takes for a resource of the account's template.
    pub fn id(&self, logical_id: &str) -> &str {
        self.account
            .ids
            .get(logical_id)
            .map_or_else(|| panic!("the account has no {logical_id}"), String::as_str)
    }

    /// The ledger of a tenant.
    pub fn ledger(&self, tenant: &TenantId) -> Result<TenantLedger> {
        let table = self.product.table()?.to_owned();
        let table = TenantLedger::table(&self.config(), Some(table)).context("no table")?;
        Ok(TenantLedger::new(table, tenant))
    }

    /// Writes a tenant's settings.
    pub async fn put_settings(&self, settings: &TenantSettings) -> Result<()> {
        Ok(self.ledger(&tenant())?.put_settings(settings).await?)
    }

    /// An artifact of a cycle.
    pub async fn artifact<T: Versioned>(&self, cycle: CycleId, path: &str) -> Result<T> {
        let artifacts = Artifacts::of(&self.config(), &self.product)?;
        artifacts.get(&tenant(), cycle, path).await
    }

    /// Whether a cycle left something at this path.
    pub async fn has_artifact(&self, cycle: CycleId, path: &str) -> Result<bool> {
        let key = ArtifactKey::of_cycle(&tenant(), cycle, path);
        let listed = self.s3().list_objects_v2().bucket(self.product.bucket()?);
        let listed = listed.prefix(key.as_str()).send().await?;
        Ok(listed.contents().iter().any(|object| object.key() == Some(key.as_str())))
    }

    /// Lets a phase's function run no longer than this.
    pub async fn limit(&self, phase: &str, seconds: i32) -> Result<()> {
        aws_sdk_lambda::Client::new(&self.config())
            .update_function_configuration()
            .function_name(self.product.function(phase)?)
            .timeout(seconds)
            .send()
            .await?;
        Ok(())
    }

    /// Starts a cycle.
    pub async fn begin(&self, mode: Mode) -> Result<Running<'_>> {
        let mode = serde_json::to_value(mode)?;
        let input = cycle::cycle_input(&tenant(), mode.as_str(), &[]);
        self.execute(&input).await
    }

    /// Starts an execution.
    pub async fn execute(&self, input: &Value) -> Result<Running<'_>> {
        let execution = Execution::start(&self.config(), &self.product, input).await?;
        Ok(Running { lab: self, execution })
    }

    /// Runs a cycle to its end, approving everything that it asks for.
    pub async fn approved_cycle(&self) -> Result<Ended> {
        let mut running = self.begin(Mode::Approve).await?;
        if running.until_question().await? == Standing::AwaitingApproval {
            running.decide(Verdict::Approve, &[]).await?;
        }
        running.until_end().await
    }

    /// Undoes a cycle.
    pub async fn roll_back(&self, cycle: CycleId) -> Result<Value> {
        let mut running = self.execute(&cycle::rollback_input(&tenant(), cycle)).await?;
        match running.stand(true).await? {
            Standing::Succeeded(report) => Ok(report),
            other => bail!("the rollback did not succeed: {other:?}"),
        }
    }

    /// Calls a function, as an operator might.
    pub async fn invoke(&self, phase: &str, event: &Value) -> Result<Value> {
        let answer = aws_sdk_lambda::Client::new(&self.config())
            .invoke()
            .function_name(self.product.function(phase)?)
            .payload(serde_json::to_vec(event)?.into())
            .send()
            .await?;
        let payload = answer.payload().map_or(b"null".as_slice(), AsRef::as_ref);
        Ok(json!({
            "failed": answer.function_error().is_some(),
            "payload": serde_json::from_slice::<Value>(payload)?,
        }))
    }
}

/// The tenant of every test.
pub fn tenant() -> TenantId {
    TenantId::parse("default").expect("a valid tenant id")
}

/// An execution on its way.
#[derive(Debug)]
pub struct Running<'a> {
    lab: &'a Lab,
    execution: Execution,
}

/// How an execution ended.
#[derive(Debug)]
pub struct Ended {
    /// Its cycle.
    pub cycle: CycleId,
    /// Well or badly.
    pub standing: Standing,
    /// Its report; absent if it failed before there could be one.
    pub report: Option<CycleReport>,
}

/// Calls that MiniStack answers, but it asks roles for other actions than AWS does.
const ASKED_FOR_OTHERS: &[&str] = &[
    "lambda:GetFunctionConcurrency",
    "lambda:ListFunctionUrlConfigs",
    "lambda:ListProvisionedConcurrencyConfigs",
];

/// Calls that neither emulator answers, or not as AWS does.
const NOT_EMULATED: &[&str] = &[
    "access-analyzer:ListFindings",
    "compute-optimizer:GetAutoScalingGroupRecommendations",
    "compute-optimizer:GetEBSVolumeRecommendations",
    "compute-optimizer:GetEC2InstanceRecommendations",
    "compute-optimizer:GetECSServiceRecommendations",
    "compute-optimizer:GetEnrollmentStatus",
    "compute-optimizer:GetIdleRecommendations",
    "compute-optimizer:GetLambdaFunctionRecommendations",
    "compute-optimizer:GetRDSDatabaseRecommendations",
    "cost-optimization-hub:ListEnrollmentStatuses",
    "cost-optimization-hub:ListRecommendations",
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeClientVpnEndpoints",
    "ec2:DescribeReservedInstances",
    "ec2:DescribeVpcBlockPublicAccessOptions",
    "ec2:GetInstanceMetadataDefaults",
    "ec2:GetSnapshotBlockPublicAccessState",
    "pricing:GetProducts",
    "rds:DescribeEventSubscriptions",
    "rds:DescribeReservedDBInstances",
    "s3:GetAccountPublicAccessBlock",
    "s3:GetBucketPolicyStatus",
    "s3:ListAccessPoints",
    "s3:ListMultiRegionAccessPoints",
];

impl Ended {
    /// The report of a cycle that must have one.
    pub fn report(&self) -> &CycleReport {
        self.report.as_ref().unwrap_or_else(|| panic!("no report: {:?}", self.standing))
    }

    /// What was not seen although the emulators have it, or because it was denied.
    pub fn unseen(&self) -> Vec<&(String, Unavailable)> {
        let unseen = self.report().unseen.iter();
        let excused = |api: &str, why: &Unavailable| match why.missing_permission {
            None => NOT_EMULATED.contains(&api),
            Some(_) => ASKED_FOR_OTHERS.contains(&api),
        };
        unseen.filter(|(api, why)| !excused(api, why)).collect()
    }
}

impl Running<'_> {
    /// The cycle.
    pub fn cycle(&self) -> Result<CycleId> {
        self.execution.cycle.context("the cycle never opened")
    }

    async fn stand(&mut self, to_the_end: bool) -> Result<Standing> {
        let looking = async {
            loop {
                match self.execution.look(|_, _| {}).await? {
                    Standing::Running => {}
                    Standing::AwaitingApproval if to_the_end => {}
                    other => return Ok(other),
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking).await.context("the execution takes too long")?
    }

    /// Waits until it asks a person, or ends.
    pub async fn until_question(&mut self) -> Result<Standing> {
        self.stand(false).await
    }

    /// Decides on it: on some actions, or on all of them.
    pub async fn decide(&self, verdict: Verdict, only: &[ActionId]) -> Result<Value> {
        let decided = Decided {
            verdict,
            only: only.to_vec(),
            by: "tests".into(),
            reason: Some("tests decide".into()),
        };
        let lab = self.lab;
        cycle::decide_soon(&lab.config(), &lab.product, &tenant(), self.cycle()?, decided).await
    }

    /// Waits for the end of one that may have no cycle of its own.
    pub async fn until_over(mut self) -> Result<Standing> {
        self.stand(true).await
    }

    /// Waits for its end.
    pub async fn until_end(mut self) -> Result<Ended> {
        let standing = self.stand(true).await?;
        let cycle = match self.cycle() {
            Ok(cycle) => cycle,
            Err(error) => bail!("{error}: {standing:?}"),
        };
        let report = self.lab.artifact(cycle, "report.json").await.ok();
        Ok(Ended { cycle, standing, report })
    }
}
