use serde_json::{Value, json};

use super::*;
use crate::testing::{
    aws::{Answer, Asked, cbor, empty, error, sdk},
    coverage, scan,
};

fn ok(body: &Value) -> Answer {
    (200, cbor(body))
}

fn saving(usd: f64) -> Value {
    json!({ "savingsOpportunityPercentage": 30.0,
            "estimatedMonthlySavings": { "currency": "USD", "value": usd } })
}

/// An enrolled account, in the shapes of the API reference.
fn enrolled_account(asked: &Asked) -> Answer {
    let arn = |service: &str, resource: &str| {
        format!("arn:aws:{service}:us-east-1:123456789012:{resource}")
    };
    let body = match asked.operation.as_str() {
        "GetEnrollmentStatus" => json!({ "status": "Active" }),
        "GetEC2InstanceRecommendations" => json!({ "instanceRecommendations": [{
            "instanceArn": arn("ec2", "instance/i-1"), "currentInstanceType": "m5.2xlarge",
            "finding": "OVER_PROVISIONED", "lookBackPeriodInDays": 14.0,
            "recommendationOptions": [
                { "instanceType": "r6g.large", "rank": 2, "performanceRisk": 1.0,
                  "migrationEffort": "Medium", "savingsOpportunity": saving(201.5) },
                { "instanceType": "m5.large", "rank": 1, "performanceRisk": 3.0,
                  "migrationEffort": "VeryLow", "savingsOpportunity": saving(210.24) },
            ],
        }]}),
        "GetEBSVolumeRecommendations" => json!({ "volumeRecommendations": [{
            "volumeArn": arn("ec2", "volume/vol-1"), "finding": "NotOptimized",
            "currentConfiguration": { "volumeType": "gp2", "volumeSize": 100,
                "volumeBaselineIOPS": 300, "volumeBaselineThroughput": 128 },
            "volumeRecommendationOptions": [{ "rank": 1, "performanceRisk": 1.0,
                "configuration": { "volumeType": "gp3", "volumeSize": 100,
                    "volumeBaselineIOPS": 3000, "volumeBaselineThroughput": 125 },
                "savingsOpportunity": saving(2.0) }],
        }]}),
        "GetLambdaFunctionRecommendations" => json!({ "lambdaFunctionRecommendations": [{
            "functionArn": arn("lambda", "function:thumbs:$LATEST"), "currentMemorySize": 1024,
            "finding": "NotOptimized", "memorySizeRecommendationOptions": [
                { "rank": 1, "memorySize": 512, "savingsOpportunity": saving(3.0) }],
        }]}),
        "GetRDSDatabaseRecommendations" => json!({ "rdsDBRecommendations": [{
            "resourceArn": arn("rds", "db:shop"), "currentDBInstanceClass": "db.m5.large",
            "instanceFinding": "Optimized", "storageFinding": "NotOptimized",
            "currentStorageConfiguration":
                { "storageType": "io1", "allocatedStorage": 100, "iops": 3000 },
            "storageRecommendationOptions": [{ "rank": 1, "storageConfiguration":
                { "storageType": "gp3", "allocatedStorage": 100 } }],
        }]}),
        "GetAutoScalingGroupRecommendations" => json!({ "autoScalingGroupRecommendations": [{
            "autoScalingGroupArn":
                arn("autoscaling", "autoScalingGroup:1:autoScalingGroupName/web"),
            "finding": "NotOptimized", "currentConfiguration": { "instanceType": "m5.large" },
            "recommendationOptions": [{ "rank": 1, "performanceRisk": 1.0,
                "configuration": { "instanceType": "m7i.large" },
                "savingsOpportunity": saving(5.0) }],
        }]}),
        "GetECSServiceRecommendations" => json!({ "ecsServiceRecommendations": [{
            "serviceArn": arn("ecs", "service/main/api"), "finding": "Overprovisioned",
            "currentServiceConfiguration": { "cpu": 1024, "memory": 2048 },
            "serviceRecommendationOptions":
                [{ "cpu": 256, "memory": 512, "savingsOpportunity": saving(20.0) }],
        }]}),
        "GetIdleRecommendations" if asked.body.contains("more") => json!({
            "idleRecommendations": [{
                "resourceArn": arn("ec2", "volume/vol-2"), "resourceId": "vol-2",
                "resourceType": "EBSVolume", "finding": "Unattached",
                "savingsOpportunity": { "savingsOpportunityPercentage": 100.0,
                    "estimatedMonthlySavings": { "currency": "CNY", "value": 8.0 } } }],
        }),
        "GetIdleRecommendations" => json!({ "nextToken": "more", "idleRecommendations": [{
            "resourceArn": arn("ec2", "instance/i-2"), "resourceId": "i-2",
            "resourceType": "EC2Instance", "finding": "Idle", "savingsOpportunity": saving(70.08),
        }]}),
        _ => return empty(asked),
    };
    ok(&body)
}

async fn advice(
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Vec<(String, Evidence<Vec<Recommendation>>)> {
    let scanned = scan(sdk(answer), "us-east-1").await;
    let lines = scanned.lines.into_iter().flatten();
    let advice = lines.filter_map(|line| match line {
        ChunkLine::Advice { source, recommendations } => Some((source, recommendations)),
        _ => None,
    });
    advice
        .map(|(source, told)| (source.as_str().replace("compute-optimizer:Get", ""), told))
        .collect()
}

#[tokio::test]
async fn every_kind_of_recommendation_is_read_in_one_shape() {
    let all = advice(enrolled_account).await;
    let known = all.iter().flat_map(|(_, told)| told.known().unwrap());
    let lines: Vec<_> = known
        .map(|one| {
            let options: Vec<_> = one
                .options
                .iter()
                .map(|o| {
                    format!("{:?} {}", o.target, o.saving.map_or("?".into(), |s| s.to_string()))
                })
                .collect();
            let now = one.current.as_deref().unwrap_or("-");
            format!("{} {} {}: {now} → {}", one.kind, one.id, one.finding, options.join(" or "))
        })
        .collect();
    assert_eq!(
        lines,
        [
            r#"AutoScalingGroup web NotOptimized: m5.large → "m7i.large" $5.00"#,
            r#"EbsVolume vol-1 NotOptimized: gp2 100 GiB, 300 IOPS, 128 MiB/s → "gp3 100 GiB, 3000 IOPS, 125 MiB/s" $2.00"#,
            r#"Ec2Instance i-1 OVER_PROVISIONED: m5.2xlarge → "m5.large" $210.24 or "r6g.large" $201.50"#,
            r#"EcsService api Overprovisioned: 1024 CPU units, 2048 MiB → "256 CPU units, 512 MiB" $20.00"#,
            r#"EC2Instance i-2 Idle: - → "" $70.08"#,
            r#"EBSVolume vol-2 Unattached: - → "" ?"#,
            r#"LambdaFunction thumbs NotOptimized: 1024 MB → "512 MB" $3.00"#,
            "RdsDbInstance shop Optimized: db.m5.large → ",
            r#"RdsDbInstanceStorage shop NotOptimized: io1 100 GiB, 3000 IOPS → "gp3 100 GiB" ?"#,
        ]
    );
}

#[tokio::test]
async fn an_account_that_is_not_enrolled_is_told_nothing_and_says_so() {
    let inactive = |asked: &Asked| match asked.operation.as_str() {
        "GetEnrollmentStatus" => ok(&json!({ "status": "Inactive" })),
        call if call.ends_with("Recommendations") => panic!("{call} is not asked in vain"),
        _ => empty(asked),
    };
    for (source, told) in advice(inactive).await {
        let why = told.get().unwrap_err();
        assert!(why.reason.contains("not enrolled in Compute Optimizer"), "{source}: {why:?}");
    }
    let scanned = scan(sdk(inactive), "us-east-1").await;
    let why = coverage(&scanned, "compute-optimizer:GetIdleRecommendations").get().unwrap_err();
    assert!(why.reason.contains("not enrolled"), "{why:?}");
}

#[tokio::test]
async fn one_denied_kind_leaves_the_others() {
    let all = advice(|asked| match asked.operation.as_str() {
        "GetEBSVolumeRecommendations" | "GetEnrollmentStatus" => {
            error(asked, 400, "AccessDeniedException")
        }
        _ => enrolled_account(asked),
    })
    .await;
    let unknown: Vec<_> =
        all.iter().filter(|(_, told)| told.known().is_none()).map(|(source, _)| source).collect();
    assert_eq!(unknown, ["EBSVolumeRecommendations"]);
    let why = all.iter().find_map(|(_, told)| told.get().err()).unwrap();
    let missing = why.missing_permission.as_ref().unwrap().as_str();
    assert_eq!(missing, "compute-optimizer:GetEBSVolumeRecommendations");
}
