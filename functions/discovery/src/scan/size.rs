//! How much memory a large scope takes.

use std::process::Command;

use miyabi_platform::{Artifacts, store::MemoryStore};
use miyabi_types::{
    phase::{DiscoveryRequest, DiscoveryResponse},
    resource::ResourceKind,
};

use super::*;
use crate::testing::{
    aws::{Answer, Asked, empty, sdk},
    cycle, discovery, scope,
};

const RESOURCES: u64 = 100_000;

/// What EC2 answers at once.
const PAGE: u64 = 500;

/// A page of the account's volumes, each with what real ones have: tags, an attachment, a key.
fn volumes(asked: &Asked) -> Answer {
    use std::fmt::Write;
    let token = asked.body.split("NextToken=").nth(1).and_then(|rest| rest.split('&').next());
    let first: u64 = token.map_or(0, |token| token.parse().unwrap());
    let mut items = String::new();
    for number in first..first + PAGE {
        write!(
            items,
            "<item><volumeId>vol-{number:017x}</volumeId><size>{}</size><iops>3000</iops>\
             <snapshotId>snap-{number:017x}</snapshotId><availabilityZone>us-east-1a</availabilityZone>\
             <status>in-use</status><createTime>2025-01-01T00:00:00.000Z</createTime>\
             <volumeType>gp3</volumeType><throughput>125</throughput><encrypted>true</encrypted>\
             <kmsKeyId>arn:aws:kms:us-east-1:123456789012:key/{number:032x}</kmsKeyId>\
             <attachmentSet><item><instanceId>i-{number:017x}</instanceId><device>/dev/xvda</device>\
             <deleteOnTermination>true</deleteOnTermination></item></attachmentSet><tagSet>\
             <item><key>Name</key><value>worker-{number}</value></item>\
             <item><key>team</key><value>team-{}</value></item>\
             <item><key>environment</key><value>production</value></item></tagSet></item>",
            8 + number % 1000,
            number % 40,
        )
        .unwrap();
    }
    let next = first + PAGE;
    let next =
        if next < RESOURCES { format!("<nextToken>{next}</nextToken>") } else { String::new() };
    let body = format!(
        "<DescribeVolumesResponse><volumeSet>{items}</volumeSet>{next}</DescribeVolumesResponse>"
    );
    (200, body.into_bytes())
}

/// The most memory that this process ever had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::test]
#[ignore = "runs in a process of its own, started by the test below"]
async fn alone() {
    let sdk = sdk(|asked| match asked.operation.as_str() {
        "DescribeVolumes" => volumes(asked),
        _ => empty(asked),
    });
    let artifacts = Artifacts::stored(std::sync::Arc::new(MemoryStore::default()));
    let discovery = Discovery { artifacts, budget: crate::pace::Budget::Lifted, ..discovery(sdk) };
    let scope = scope("us-east-1");
    let request = DiscoveryRequest::Scan { cycle: Box::new(cycle()), sequence: 0, scope };
    let DiscoveryResponse::Scanned(scanned) = discovery.handle(request).await.unwrap() else {
        panic!("scan answers a scope")
    };
    assert_eq!(scanned.manifest.resources[&ResourceKind::Ec2Volume], RESOURCES);
    println!("peak {} MiB", peak());
}

#[test]
#[cfg(target_os = "linux")]
fn a_hundred_thousand_resources_take_less_than_256_mib() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "scan::size::alone", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let peak = text.split("peak ").nth(1).and_then(|rest| rest.split(' ').next());
    let peak: u64 = peak.unwrap_or_else(|| panic!("{text}")).parse().unwrap();
    println!("{RESOURCES} resources: {peak} MiB");
    assert!(peak < 256, "{peak} MiB");
}
