//! How much memory a large account takes.

use std::{
    process::Command,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use miyabi_platform::{Artifacts, store::MemoryStore};
use miyabi_types::{
    artifact::ArtifactRef,
    phase::{DiscoveryRequest, DiscoveryResponse},
    resource::ResourceKind,
    settings::{ReadingBudget, TenantSettings},
};

use super::*;
use crate::testing::{
    aws::{Answer, Asked, empty, sdk},
    coverage, cycle, discovery, scope,
};

/// A long list as a service answers it.
struct List {
    /// Absent for what is no resource.
    kind: Option<ResourceKind>,
    /// Of the account.
    total: u64,
    /// Of an answer.
    page: u64,
    /// What its requests are told by: service, and part of the operation.
    asked: (&'static str, &'static str),
    item: fn(u64) -> String,
    /// The answer of these items, and of the next page's token if there is one.
    answer: fn(&str, Option<u64>) -> String,
}

/// A region with 100,000 resources and 20,000 findings, each with what real ones have.
const REGION: [List; 8] = [
    List {
        kind: Some(ResourceKind::Ec2Volume),
        total: 20_000,
        page: 500,
        asked: ("ec2", "DescribeVolumes"),
        item: |n| {
            format!(
                "<item><volumeId>vol-{n:017x}</volumeId><size>{}</size><iops>3000</iops>\
                 <snapshotId>snap-{n:017x}</snapshotId><availabilityZone>us-east-1a</availabilityZone>\
                 <status>in-use</status><createTime>2025-01-01T00:00:00.000Z</createTime>\
                 <volumeType>gp3</volumeType><throughput>125</throughput><encrypted>true</encrypted>\
                 <kmsKeyId>arn:aws:kms:us-east-1:123456789012:key/{n:032x}</kmsKeyId>\
                 <attachmentSet><item><instanceId>i-{n:017x}</instanceId><device>/dev/xvda</device>\
                 </item></attachmentSet>{}</item>",
                8 + n % 1000,
                tags(n)
            )
        },
        answer: |items, next| ec2("DescribeVolumes", "volumeSet", items, next),
    },
    List {
        kind: Some(ResourceKind::Ec2Instance),
        total: 5_000,
        page: 1000,
        asked: ("ec2", "DescribeInstances"),
        item: |n| {
            format!(
                "<item><instancesSet><item><instanceId>i-{n:017x}</instanceId><imageId>ami-1</imageId>\
                 <instanceState><name>running</name></instanceState><instanceType>m5.large</instanceType>\
                 <subnetId>subnet-{}</subnetId><vpcId>vpc-1</vpcId><groupSet><item>\
                 <groupId>sg-{}</groupId></item></groupSet><blockDeviceMapping><item><ebs>\
                 <volumeId>vol-{n:017x}</volumeId></ebs></item></blockDeviceMapping>{}</item>\
                 </instancesSet></item>",
                n % 100,
                n % 500,
                tags(n)
            )
        },
        answer: |items, next| ec2("DescribeInstances", "reservationSet", items, next),
    },
    List {
        kind: Some(ResourceKind::Ec2Snapshot),
        total: 40_000,
        page: 1000,
        asked: ("ec2", "DescribeSnapshots"),
        item: |n| {
            format!(
                "<item><snapshotId>snap-{n:017x}</snapshotId><volumeId>vol-{n:017x}</volumeId>\
                 <status>completed</status><startTime>2025-01-01T00:00:00.000Z</startTime>\
                 <volumeSize>{}</volumeSize><description>before release {n}</description>{}</item>",
                8 + n % 1000,
                tags(n)
            )
        },
        answer: |items, next| ec2("DescribeSnapshots", "snapshotSet", items, next),
    },
    List {
        kind: Some(ResourceKind::Ec2NetworkInterface),
        total: 33_000,
        page: 1000,
        asked: ("ec2", "DescribeNetworkInterfaces"),
        item: |n| {
            format!(
                "<item><networkInterfaceId>eni-{n:017x}</networkInterfaceId><subnetId>subnet-{}</subnetId>\
                 <vpcId>vpc-1</vpcId><status>in-use</status><interfaceType>interface</interfaceType>\
                 <groupSet><item><groupId>sg-{}</groupId></item></groupSet>\
                 <attachment><instanceId>i-{n:017x}</instanceId></attachment>{}</item>",
                n % 100,
                n % 500,
                tags(n)
            )
        },
        answer: |items, next| ec2("DescribeNetworkInterfaces", "networkInterfaceSet", items, next),
    },
    List {
        kind: Some(ResourceKind::LogGroup),
        total: 1_500,
        page: 50,
        asked: ("logs", "DescribeLogGroups"),
        item: |n| {
            format!(
                r#"{{"logGroupName":"/aws/lambda/f-{n}","metricFilterCount":0,"storedBytes":{n}}}"#
            )
        },
        answer: |items, next| json("logGroups", items, "nextToken", next),
    },
    List {
        kind: Some(ResourceKind::S3Bucket),
        total: 450,
        page: 100,
        asked: ("s3", "GET /?"),
        item: |n| {
            format!("<Bucket><Name>b-{n}</Name><BucketRegion>us-east-1</BucketRegion></Bucket>")
        },
        answer: |items, next| {
            let next = next.map(|n| format!("<ContinuationToken>{n}</ContinuationToken>"));
            let next = next.unwrap_or_default();
            format!(
                "<ListAllMyBucketsResult><Buckets>{items}</Buckets>{next}</ListAllMyBucketsResult>"
            )
        },
    },
    List {
        kind: Some(ResourceKind::LambdaFunction),
        total: 50,
        page: 50,
        asked: ("lambda", "/functions?"),
        item: |n| {
            let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:f-{n}");
            format!(r#"{{"FunctionName":"f-{n}","FunctionArn":"{arn}","MemorySize":128}}"#)
        },
        answer: |items, next| json("Functions", items, "NextMarker", next),
    },
    List {
        kind: None,
        total: 20_000,
        page: 100,
        asked: ("securityhub", "POST /findings"),
        item: |n| {
            let standard = "aws-foundational-security-best-practices/v/1.0.0/EC2.19";
            let id = format!(
                "arn:aws:securityhub:us-east-1:123456789012:subscription/{standard}/finding/{n}"
            );
            let group = format!("arn:aws:ec2:us-east-1:123456789012:security-group/sg-{n}");
            let rules = "{\"FromPort\":22,\"ToPort\":22,\"IpProtocol\":\"tcp\"}";
            format!(
                r#"{{"Id":"{id}","GeneratorId":"{standard}","Title":"no ports are open to everyone",
                "Description":"{}","Severity":{{"Label":"HIGH"}},"Workflow":{{"Status":"NEW"}},
                "Compliance":{{"Status":"FAILED","SecurityControlId":"EC2.19"}},"Resources":[{{"Id":"{group}",
                "Type":"AwsEc2SecurityGroup","Details":{{"AwsEc2SecurityGroup":{{"GroupId":"sg-{n}",
                "IpPermissions":[{rules}]}}}}}}]}}"#,
                "what it is about ".repeat(20)
            )
        },
        answer: |items, next| json("Findings", items, "NextToken", next),
    },
];

/// The account's global services.
const GLOBAL: [List; 1] = [List {
    kind: Some(ResourceKind::IamRole),
    total: 20_000,
    page: 1000,
    asked: ("iam", "GetAccountAuthorizationDetails"),
    item: |n| {
        let policy = "%7B%22Statement%22%3A%5B%7B%22Action%22%3A%22s3%3A%2A%22%7D%5D%7D".repeat(4);
        format!(
            "<member><RoleName>role-{n}</RoleName><Arn>arn:aws:iam::123456789012:role/role-{n}</Arn>\
             <AssumeRolePolicyDocument>{policy}</AssumeRolePolicyDocument></member>"
        )
    },
    answer: |items, next| {
        let next = next.map(|n| format!("<IsTruncated>true</IsTruncated><Marker>{n}</Marker>"));
        let (next, name) = (next.unwrap_or_default(), "GetAccountAuthorizationDetails");
        format!(
            "<{name}Response><{name}Result><RoleDetailList>{items}</RoleDetailList>{next}</{name}Result>\
             </{name}Response>"
        )
    },
}];

fn tags(n: u64) -> String {
    format!(
        "<tagSet><item><key>Name</key><value>worker-{n}</value></item><item><key>team</key>\
         <value>team-{}</value></item><item><key>environment</key><value>production</value></item></tagSet>",
        n % 40
    )
}

fn ec2(operation: &str, set: &str, items: &str, next: Option<u64>) -> String {
    let next = next.map(|next| format!("<nextToken>{next}</nextToken>")).unwrap_or_default();
    format!("<{operation}Response><{set}>{items}</{set}>{next}</{operation}Response>")
}

fn json(list: &str, items: &str, token: &str, next: Option<u64>) -> String {
    let next = next.map(|next| format!(r#","{token}":"{next}""#)).unwrap_or_default();
    format!(r#"{{"{list}":[{}]{next}}}"#, items.replace("}{", "},{"))
}

impl List {
    fn answer(&self, asked: &Asked) -> Option<Answer> {
        let (service, operation) = self.asked;
        // Which snapshots everyone may restore is another question.
        let another = asked.body.contains("RestorableBy");
        if asked.service != service || !asked.operation.contains(operation) || another {
            return None;
        }
        let first = token(asked);
        let items: String = (first..self.total.min(first + self.page)).map(self.item).collect();
        let next = Some(first + self.page).filter(|next| *next < self.total);
        Some((200, (self.answer)(&items, next).into_bytes()))
    }
}

/// The place in the list that the request names by its token, wherever the protocol has it.
fn token(asked: &Asked) -> u64 {
    let text = format!("{}&{}", asked.operation, asked.body);
    let names = ["oken=", "oken\":\"", "-token=", "Marker="];
    let rest = names.iter().find_map(|name| Some(text.split_once(name)?.1)).unwrap_or_default();
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

/// An answer as full of datapoints as CloudWatch gives: 300 series of the hours of two weeks, in CBOR.
static DATAPOINTS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut cbor = Vec::new();
    head(&mut cbor, 5, 1);
    text(&mut cbor, "MetricDataResults");
    head(&mut cbor, 4, 300);
    for series in 0..300 {
        head(&mut cbor, 5, 3);
        text(&mut cbor, "Id");
        text(&mut cbor, &format!("q{series}"));
        text(&mut cbor, "Timestamps");
        head(&mut cbor, 4, 336);
        for hour in 0..336 {
            head(&mut cbor, 6, 1);
            head(&mut cbor, 0, 1_770_000_000 + hour * 3600);
        }
        text(&mut cbor, "Values");
        head(&mut cbor, 4, 336);
        for _ in 0..336 {
            cbor.push(0xfb);
            cbor.extend(12.5_f64.to_be_bytes());
        }
    }
    cbor
});

fn head(cbor: &mut Vec<u8>, major: u8, number: u32) {
    cbor.push(major * 32 + 26);
    cbor.extend(number.to_be_bytes());
}

fn text(cbor: &mut Vec<u8>, text: &str) {
    head(cbor, 3, u32::try_from(text.len()).unwrap());
    cbor.extend(text.as_bytes());
}

/// How many of `GetMetricData`'s answers are full. The others are empty, for parsing all takes minutes.
const FULL: u32 = 12;

/// The most memory that this process ever had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

async fn scan_all(region: &str, lists: &'static [List]) {
    let asked_for_metrics = AtomicU32::new(0);
    let sdk = sdk(move |asked| {
        let full = || asked_for_metrics.fetch_add(1, Ordering::SeqCst) < FULL;
        if asked.operation == "GetMetricData" && full() {
            return (200, DATAPOINTS.clone());
        }
        lists.iter().find_map(|list| list.answer(asked)).unwrap_or_else(|| empty(asked))
    });
    let artifacts = Artifacts::stored(Arc::new(MemoryStore::default()));
    let discovery = Discovery { artifacts, ..discovery(sdk) };
    let scope = scope(region);
    let reading_budget = ReadingBudget { metrics: u32::MAX, ..ReadingBudget::default() };
    let settings = TenantSettings { reading_budget, ..TenantSettings::default() };
    let cycle = CycleState { settings: Some(ArtifactRef::inline(settings)), ..cycle() };
    let request = DiscoveryRequest::Scan { cycle: Box::new(cycle), sequence: 0, scope };
    let DiscoveryResponse::Scanned(scanned) = discovery.handle(request).await.unwrap() else {
        panic!("scan answers a scope")
    };
    for list in lists {
        let count = match list.kind {
            Some(kind) => scanned.manifest.resources[&kind],
            None => *coverage(&scanned, "securityhub:GetFindings").known().unwrap(),
        };
        assert_eq!(count, list.total, "{:?}", list.asked);
    }
}

#[tokio::test]
#[ignore = "runs in a process of its own, started by the test below"]
async fn alone() {
    scan_all("us-east-1", &REGION).await;
    scan_all("aws-global", &GLOBAL).await;
    println!("peak {} MiB", peak());
}

#[test]
#[cfg(target_os = "linux")]
fn a_hundred_thousand_resources_take_less_than_256_mib() {
    let resources: u64 =
        REGION.iter().filter(|list| list.kind.is_some()).map(|list| list.total).sum();
    assert_eq!(resources, 100_000);
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "scan::size::alone", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let peak = text.split("peak ").nth(1).and_then(|rest| rest.split(' ').next());
    let peak: u64 = peak.unwrap_or_else(|| panic!("{text}")).parse().unwrap();
    println!("{resources} resources: {peak} MiB");
    assert!(peak < 256, "{peak} MiB");
}
