//! What goes wrong with AWS, with the account, and with the functions themselves.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, bail};
use aws_config::{retry::RetryConfig, timeout::TimeoutConfig};
use miyabi_discovery::{Discovery, pace::Budget};
use miyabi_platform::{Artifacts, SystemClock, new_cycle_id};
use miyabi_tests::{
    emulator::{Lab, Setup, tenant},
    fault_proxy::{Fault, FaultProxy},
};
use miyabi_types::{
    allocation::Allocation,
    approval::Verdict,
    cycle::CycleState,
    error::ErrorName,
    evidence::Evidence,
    id::{AccountId, Region},
    outcome::Outcome,
    phase::{DiscoveryRequest, DiscoveryResponse},
    report::CycleEnd,
    settings::Mode,
    task::TaskStatus,
    world::{Coverage, Scope},
};
use serde_json::json;
use xtask::{
    cycle::Standing,
    emulators::{Held, Options},
    place::{self, ACCOUNT},
    workspace::Workspace,
};

use crate::estate;

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_service_is_told_by_the_missing_permission_and_the_rest_goes_on() -> Result<()> {
    let lab = Lab::sample(Setup::default()).await?;
    lab.faults.moto.inject("ec2", "DescribeVolumes", Fault::Denied, u32::MAX);
    let ended = lab.begin(Mode::Observe).await?.until_end().await?;
    let report = ended.report();
    let unseen: Vec<_> = report
        .unseen
        .iter()
        .filter_map(|(_, why)| why.missing_permission.as_ref())
        .map(ToString::to_string)
        .collect();
    assert_eq!(unseen, ["ec2:DescribeVolumes"], "{:?}", report.unseen);
    assert!(!report.actions.is_empty(), "what could be seen is planned for");
    let volumes: Vec<_> =
        report.actions.iter().filter(|action| action.operation.contains("volume")).collect();
    assert!(volumes.is_empty(), "nothing is proposed for what was not seen: {volumes:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_only_slows_a_cycle_down() -> Result<()> {
    let lab = Lab::sample(Setup::default()).await?;
    lab.faults.moto.inject("ec2", "DescribeInstances", Fault::Throttled, 3);
    lab.faults.ministack.inject("rds", "DescribeDBInstances", Fault::Throttled, 2);
    lab.faults.ministack.inject("dynamodb", "Item", Fault::Throttled, 2);
    lab.faults.moto.inject("ec2", "RevokeSecurityGroupIngress", Fault::Throttled, 3);
    let ended = lab.approved_cycle().await?;
    assert_eq!(ended.report().end, CycleEnd::Acted, "{:?}", ended.standing);
    assert!(ended.unseen().is_empty(), "{:#?}", ended.unseen());
    let failed: Vec<_> = ended
        .report()
        .actions
        .iter()
        .filter(|action| action.status != TaskStatus::Completed)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_that_meets_a_waiting_one_ends_quietly_and_says_which() -> Result<()> {
    let lab = Lab::sample(Setup::default()).await?;
    let mut waiting = lab.begin(Mode::Approve).await?;
    assert_eq!(waiting.until_question().await?, Standing::AwaitingApproval);

    let second = lab.execute(&json!({ "operation": "cycle" })).await?.until_over().await?;
    let Standing::Succeeded(output) = second else { panic!("an alarm would ring: {second:?}") };
    assert_eq!(output["end"]["status"], "skipped", "{output}");
    let reason = output["end"]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains(&waiting.cycle()?.to_string()), "{output}");

    // It took nothing from the one that waits.
    waiting.decide(Verdict::Reject, &[]).await?;
    let ended = waiting.until_end().await?;
    assert_eq!(ended.report().end, CycleEnd::Rejected, "{:?}", ended.standing);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_changed_after_planning_is_left_alone() -> Result<()> {
    let lab = Lab::sample(Setup::default()).await?;
    let mut running = lab.begin(Mode::Approve).await?;
    assert_eq!(running.until_question().await?, Standing::AwaitingApproval);
    // Somebody finds a use for the address while the plan lies on the table.
    let ec2 = lab.ec2();
    let answer = ec2.describe_addresses().public_ips(lab.id("AgencyAddress")).send().await?;
    let allocation_id = answer.addresses()[0].allocation_id().unwrap_or_default();
    ec2.associate_address()
        .allocation_id(allocation_id)
        .instance_id(lab.id("Worker"))
        .send()
        .await?;
    let allocation: Allocation = lab.artifact(running.cycle()?, "allocation.json").await?;
    let only: Vec<_> = allocation
        .tasks()
        .filter(|task| task.action.resource_id == allocation_id)
        .map(|task| task.action.id.clone())
        .collect();
    assert_eq!(only.len(), 1, "the address is to be released");
    running.decide(Verdict::Approve, &only).await?;
    let ended = running.until_end().await?;
    let outcome: Outcome = lab.artifact(ended.cycle, "outcome.json").await?;
    let record = outcome
        .tasks
        .iter()
        .find(|record| record.task.action.id == only[0])
        .expect("the task is in the outcome");
    assert_eq!(record.status, TaskStatus::Failed);
    assert_eq!(record.error.as_ref().map(|error| error.name), Some(ErrorName::StalePlan));
    let answer = ec2.describe_addresses().allocation_ids(allocation_id).send().await?;
    assert!(answer.addresses()[0].association_id().is_some(), "it is still in use");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_in_the_middle_of_a_wave_does_nothing_twice() -> Result<()> {
    let lab = Lab::sample(Setup::default()).await?;
    // Each time the change itself takes effect, and then the function dies before it can note it.
    for operation in ["CreateSnapshot", "ReleaseAddress"] {
        lab.faults.moto.inject("ec2", operation, Fault::Crash("Execution".into()), 1);
    }
    let ended = lab.approved_cycle().await?;
    assert_eq!(ended.report().end, CycleEnd::Acted, "{:?}", ended.standing);
    let failed: Vec<_> = ended
        .report()
        .actions
        .iter()
        .filter(|action| action.status != TaskStatus::Completed)
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let seen = lab.faults.moto.seen();
    let count = |operation: &str| seen.iter().filter(|call| *call == operation).count();
    // A call whose function died meanwhile may have taken effect without being told of.
    let snapshots = lab.ec2().describe_snapshots().owner_ids("self");
    let kept = snapshots.filters(filter("tag-key", "miyabi:action")).send().await?;
    assert_eq!(kept.snapshots().len(), 2, "one for each of two volumes");
    assert!(count("ec2 DeleteVolume") <= 2);
    assert!(count("ec2 ReleaseAddress") <= 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wave_that_fails_its_health_gate_is_rolled_back() -> Result<()> {
    let lab = Lab::sample(Setup::default()).await?;
    let mut running = lab.begin(Mode::Approve).await?;
    assert_eq!(running.until_question().await?, Standing::AwaitingApproval);
    let before = estate::settings(&lab).await?;
    // The shop goes down just when the first wave is through.
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&lab.config());
    cloudwatch
        .put_metric_alarm()
        .alarm_name("shop-is-down")
        .namespace("Kumo")
        .metric_name("Errors")
        .statistic(aws_sdk_cloudwatch::types::Statistic::Sum)
        .period(60)
        .evaluation_periods(1)
        .threshold(1.0)
        .comparison_operator(
            aws_sdk_cloudwatch::types::ComparisonOperator::GreaterThanOrEqualToThreshold,
        )
        .send()
        .await?;
    cloudwatch
        .set_alarm_state()
        .alarm_name("shop-is-down")
        .state_value(aws_sdk_cloudwatch::types::StateValue::Alarm)
        .state_reason("the test says so")
        .send()
        .await?;
    running.decide(Verdict::Approve, &[]).await?;
    let ended = running.until_end().await?;
    let outcome: Outcome = lab.artifact(ended.cycle, "outcome.json").await?;
    let canary = &outcome.waves[0];
    assert!(canary.rolled_back, "{canary:?}");
    let health = canary.health.as_ref().expect("the gate looked");
    assert!(
        !health.healthy && health.problems.iter().any(|p| p.contains("shop-is-down")),
        "{health:?}"
    );
    assert_eq!(outcome.count(TaskStatus::Completed), 0, "no later wave began");
    assert_eq!(estate::settings(&lab).await?, before);
    Ok(())
}

fn filter(name: &str, value: &str) -> aws_sdk_ec2::types::Filter {
    aws_sdk_ec2::types::Filter::builder().name(name).values(value).build()
}

/// Discovery alone, behind a proxy that breaks what MiniStack answers.
struct Broken {
    _emulators: Held,
    faults: FaultProxy,
    _directory: tempfile::TempDir,
}

impl Broken {
    async fn start() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let (workspace, options) = (Workspace::find()?, Options::default());
        let emulators = Held::start(&workspace, directory.path(), &options).await?;
        let faults = FaultProxy::start().await?;
        faults.forward_to(&emulators.ministack.endpoint());
        Ok(Self { _emulators: emulators, faults, _directory: directory })
    }

    /// What came of each call of a scope.
    async fn coverage(&self, region: &str) -> Result<Vec<Coverage>> {
        // An answer that never comes is not waited for as long as AWS's are.
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(8));
        let discovery = Discovery {
            sdk: place::emulated(self.faults.endpoint(), place::REGION)
                .into_builder()
                .retry_config(RetryConfig::standard().with_max_attempts(3))
                .timeout_config(timeouts.build())
                .build(),
            artifacts: Artifacts::inline(),
            table: None,
            clock: Arc::new(SystemClock),
            budget: Budget::Published,
        };
        let cycle = CycleState::new(tenant(), new_cycle_id(), Mode::Observe);
        let scope = Scope { account: AccountId::parse(ACCOUNT)?, region: Region::parse(region)? };
        let scan = DiscoveryRequest::Scan { cycle: Box::new(cycle), sequence: 0, scope };
        match discovery.handle(scan).await? {
            DiscoveryResponse::Scanned(scanned) => Ok(scanned.manifest.coverage),
            DiscoveryResponse::Cycle { .. } => bail!("scan answers a scope"),
        }
    }
}

fn of<'a>(coverage: &'a [Coverage], api: &str) -> &'a Evidence<u64> {
    let entry = coverage.iter().find(|entry| entry.api.as_str() == api);
    &entry.unwrap_or_else(|| panic!("{api} was not asked")).result
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_fail_has_its_words_and_harms_no_other_call() -> Result<()> {
    let cloud = Broken::start().await?;
    let sound = cloud.coverage("us-east-1").await?;
    let cases = [
        ("ec2", "DescribeVolumes", Fault::Denied, "ec2:DescribeVolumes", "access denied"),
        ("ec2", "DescribeVpcs", Fault::CutOff, "ec2:DescribeVpcs", "failed"),
        ("rds", "DescribeDBInstances", Fault::Expired, "rds:DescribeDBInstances", "expired"),
        ("logs", "DescribeLogGroups", Fault::Garbled, "logs:DescribeLogGroups", "failed"),
        ("lambda", "/functions", Fault::Broken, "lambda:ListFunctions", "failed"),
        ("sqs", "ListQueues", Fault::Expired, "sqs:ListQueues", "expired"),
        ("kms", "ListKeys", Fault::Skewed, "kms:ListKeys", "is the clock right?"),
        ("secretsmanager", "ListSecrets", Fault::CutOff, "secretsmanager:ListSecrets", "failed"),
        ("dynamodb", "ListTables", Fault::Silent, "dynamodb:ListTables", "failed"),
    ];
    for (service, operation, fault, ..) in &cases {
        cloud.faults.inject(service, operation, fault.clone(), u32::MAX);
    }
    // These end by themselves, so that nothing is lost.
    cloud.faults.inject("ec2", "DescribeSubnets", Fault::Throttled, 2);
    cloud.faults.inject("sns", "ListTopics", Fault::CutOff, 1);
    cloud.faults.inject("elasticloadbalancing", "DescribeLoadBalancers", Fault::Silent, 1);

    let coverage = cloud.coverage("us-east-1").await?;
    for (_, _, fault, api, words) in &cases {
        let why = of(&coverage, api).get().expect_err(api);
        assert!(why.reason.contains(words), "{fault:?}: {why:?}");
        let permission = why.missing_permission.as_ref().map(ToString::to_string);
        assert_eq!(permission.is_some(), *fault == Fault::Denied, "{api}: {permission:?}");
    }
    let broken = |api: &str| cases.iter().any(|(_, _, _, broken, _)| *broken == api);
    for entry in coverage.iter().filter(|entry| !broken(entry.api.as_str())) {
        // The emulator does not know every service.
        let (before, now) = (of(&sound, entry.api.as_str()).known(), entry.result.known());
        assert_eq!(before, now, "{}: {:?}", entry.api, entry.result);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_an_organization_denies_everything_names_every_action() -> Result<()> {
    let cloud = Broken::start().await?;
    cloud.faults.inject("*", "", Fault::DeniedByOrganization, u32::MAX);
    for region in ["us-east-1", "aws-global"] {
        let coverage = cloud.coverage(region).await?;
        assert!(coverage.len() > 5, "{coverage:?}");
        // Everyone may ask who he is, and the others have hosts that are not the proxy's.
        let others = [
            "sts:GetCallerIdentity",
            "s3:GetAccountPublicAccessBlock",
            "s3:ListAccessPoints",
            "s3:ListMultiRegionAccessPoints",
        ];
        for entry in coverage.iter().filter(|entry| !others.contains(&entry.api.as_str())) {
            let why = entry.result.get().expect_err(entry.api.as_str());
            let missing =
                why.missing_permission.as_ref().unwrap_or_else(|| panic!("{}: {why:?}", entry.api));
            // What is asked of an enrolled account alone tells of the question whether it is.
            let (service, operation) = missing.as_str().split_once(':').expect("service:operation");
            let asks = entry.api.as_str() == missing.as_str()
                || operation.contains("Enrollment") && entry.api.as_str().starts_with(service);
            assert!(asks, "{}: {why:?}", entry.api);
            let policy = "access denied: explicit deny in a service control policy";
            assert!(why.reason.starts_with(policy), "{}: {why:?}", entry.api);
        }
    }
    Ok(())
}
