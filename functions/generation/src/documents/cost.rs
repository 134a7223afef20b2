//! `cost-plan.md`: what the account costs, what would be saved, and how sure that is.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use miyabi_types::{
    action::SafetyClass,
    finding::{Category, Saving},
    money::{HOURS_PER_MONTH, MonthlyUsd},
    plan::{Plan, Proposal, best_savings},
    resource::{Resource, ResourceKind},
    world::World,
};

use super::{
    markdown::{Document, code, inline, lines, text},
    reach, sections,
};

pub fn render(world: &World, plan: &Plan) -> String {
    let mut document = Document::new("Cost plan");
    sections::heading(&mut document, world, plan);
    headline(&mut document, world, plan);
    by_kind(&mut document, world);
    bill_by_service(&mut document, world);
    proposals(&mut document, plan);
    alternatives(&mut document, plan);
    findings(&mut document, plan);
    sections::not_judged(&mut document, world, plan, |gap| gap.controls.is_empty());
    sections::next_steps(&mut document, plan);
    document.finish()
}

/// Proposals with money in them, in the plan's order.
fn saving(plan: &Plan) -> Vec<&Proposal> {
    plan.proposals
        .iter()
        .filter(|p| p.category == Category::Cost || p.saving != Saving::None)
        .collect()
}

fn headline(document: &mut Document, world: &World, plan: &Plan) {
    let (now, saved) = (plan.assessment.monthly_cost, plan.saving());
    let proposals = saving(plan);
    let of_class = |wanted: &[SafetyClass]| {
        best_savings(plan.proposals.iter().filter(|p| wanted.contains(&p.action.safety)))
    };
    let exact =
        best_savings(plan.proposals.iter().filter(|p| matches!(p.saving, Saving::Exact(_))));
    let unknown = proposals.iter().filter(|p| p.saving == Saving::Unknown).count();
    let bill = Bill::of(world);

    document.section("In short");
    let mut rows = vec![
        vec![text("List price of what exists, a month"), text(now)],
        vec![
            text("Saved a month if all of this plan is done"),
            text(format!("{saved} ({:.1} %)", saved.percent_of(now))),
        ],
        vec![text("List price afterwards"), text(now - saved)],
        vec![text("… of the saving, safe without asking"), text(of_class(&[SafetyClass::Auto]))],
        vec![text("… from unit prices and known quantities alone"), text(exact)],
        vec![
            text("Proposals that save money"),
            text(format!("{} ({unknown} of them by an amount that is not known)", proposals.len())),
        ],
        vec![
            text("Resources seen"),
            text(format!(
                "{} ({} without a known price, not counted above)",
                plan.assessment.resources.values().sum::<u64>(),
                plan.assessment.unpriced
            )),
        ],
        vec![
            text("Reads that failed / checks that stayed silent"),
            text(format!(
                "{} / {}",
                sections::unseen_count(world),
                plan.assessment.not_evaluated.len()
            )),
        ],
    ];
    if let Some(bill) = &bill {
        rows.insert(
            1,
            vec![
                text(format!("Bill of the last {} days, scaled to a month", bill.days.len())),
                text(bill.monthly_total()),
            ],
        );
    }
    document.table(&["", ">"], rows);
    document.paragraph(format!(
        "A month is {HOURS_PER_MONTH} hours. {} A price that is not known is never counted as nothing. \
         Where several proposals save the same money, only the best one is counted.",
        sections::prices_note(world)
    ));
}

fn by_kind(document: &mut Document, world: &World) {
    #[derive(Default)]
    struct Row<'w> {
        priced: u64,
        cost: MonthlyUsd,
        unpriced: u64,
        reasons: BTreeSet<&'w str>,
    }
    let mut kinds: BTreeMap<ResourceKind, Row<'_>> = BTreeMap::new();
    for resource in &world.resources {
        let row = kinds.entry(resource.kind()).or_default();
        match resource.monthly_cost.get() {
            Ok(cost) => {
                row.priced += 1;
                row.cost += *cost;
            }
            Err(why) => {
                row.unpriced += 1;
                row.reasons.insert(&why.reason);
            }
        }
    }
    let total = world.monthly_cost();
    let mut rows: Vec<_> =
        kinds.iter().filter(|(_, row)| row.cost != MonthlyUsd::ZERO || row.unpriced > 0).collect();
    rows.sort_by_key(|(kind, row)| (std::cmp::Reverse(row.cost), **kind));
    let free: u64 = kinds
        .values()
        .filter(|row| row.cost == MonthlyUsd::ZERO && row.unpriced == 0)
        .map(|row| row.priced)
        .sum();

    document.section("What it costs now");
    if rows.is_empty() {
        document.paragraph("Nothing that was seen has a price.");
    } else {
        let rows = rows
            .into_iter()
            .map(|(kind, row)| {
                vec![
                    text(kind),
                    text(row.priced + row.unpriced),
                    if row.priced == 0 { text("not known") } else { text(row.cost) },
                    if row.priced == 0 {
                        text("–")
                    } else {
                        text(format!("{:.1} %", row.cost.percent_of(total)))
                    },
                    if row.unpriced == 0 {
                        text("–")
                    } else {
                        sections::few(
                            std::iter::once(text(format!("{} of them:", row.unpriced)))
                                .chain(row.reasons.iter().map(text)),
                        )
                    },
                ]
            })
            .collect();
        document
            .table(&["Kind", ">Count", ">List price a month", ">Share", "Price not known"], rows);
    }
    if free > 0 {
        document.paragraph(format!("{free} more resources cost nothing by themselves."));
    }
}

/// Days of a bill that are shown; Cost Explorer's usual window.
const BILL_DAYS: usize = 30;

/// What Cost Explorer says of the accounts it could be asked for.
struct Bill<'w> {
    days: BTreeSet<Date>,
    services: BTreeMap<&'w str, i64>,
}

impl<'w> Bill<'w> {
    fn of(world: &'w World) -> Option<Self> {
        let daily: Vec<_> =
            world.costs.values().filter_map(|costs| costs.known()).flat_map(|c| &c.daily).collect();
        let all: BTreeSet<Date> = daily.iter().map(|cost| cost.date).collect();
        let days: BTreeSet<Date> = all.into_iter().rev().take(BILL_DAYS).collect();
        let mut services: BTreeMap<&str, i64> = BTreeMap::new();
        for cost in daily.into_iter().filter(|cost| days.contains(&cost.date)) {
            *services.entry(&cost.service).or_default() += cost.micros;
        }
        (!days.is_empty()).then_some(Self { days, services })
    }

    fn monthly(&self, micros: i64) -> MonthlyUsd {
        let hours = 24.0 * self.days.len() as f64;
        MonthlyUsd::from_units(micros, HOURS_PER_MONTH as f64 / hours)
    }

    fn total(&self) -> i64 {
        self.services.values().sum()
    }

    fn monthly_total(&self) -> MonthlyUsd {
        self.monthly(self.total())
    }
}

fn bill_by_service(document: &mut Document, world: &World) {
    document.section("The bill, service by service");
    for (account, costs) in &world.costs {
        if let Err(why) = costs.get() {
            let grant = why
                .missing_permission
                .as_ref()
                .map(|action| format!(" Grant `{action}` to see it."))
                .unwrap_or_default();
            document.paragraph(format!(
                "The bill of account `{account}` is not known: {}.{grant}",
                inline(&why.reason)
            ));
        }
    }
    let Some(bill) = Bill::of(world) else {
        if world.costs.is_empty() {
            document.paragraph("Cost Explorer was not asked.");
        } else {
            document.paragraph("There is no bill to compare list prices with.");
        }
        return;
    };
    let mut listed: BTreeMap<&str, MonthlyUsd> = BTreeMap::new();
    for resource in &world.resources {
        if let (Some(service), Some(cost)) =
            (service_of(resource), resource.monthly_cost.known().copied())
            && cost != MonthlyUsd::ZERO
        {
            *listed.entry(service).or_default() += cost;
        }
    }
    let mut services: Vec<&str> = bill
        .services
        .keys()
        .chain(listed.keys())
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    services.sort_by_key(|service| std::cmp::Reverse(bill.services.get(service).copied()));
    let row = |name, billed: Option<i64>, list: Option<MonthlyUsd>| {
        let monthly = bill.monthly(billed.unwrap_or_default());
        let or_dash = |amount: Option<MonthlyUsd>| amount.map_or_else(|| text("–"), text);
        vec![
            name,
            or_dash(billed.map(MonthlyUsd::from_micros)),
            or_dash(billed.map(|_| monthly)),
            or_dash(list),
            text(monthly - list.unwrap_or_default()),
        ]
    };
    let mut rows: Vec<_> = services
        .iter()
        .map(|service| {
            row(text(service), bill.services.get(service).copied(), listed.get(service).copied())
        })
        .collect();
    rows.push(row(text("Total"), Some(bill.total()), Some(listed.values().copied().sum())));
    document.table(
        &[
            "Service",
            &format!(">Billed in {} days", bill.days.len()),
            ">As a month",
            ">List price of what was found",
            ">Difference",
        ],
        rows,
    );
    document.paragraph(
        "The difference is what list prices of resources do not explain. Above zero: usage (requests, data transfer, \
         snapshots), services that are not read, resources that are gone. Below zero: discounts, Reserved \
         Instances, Savings Plans, free tier, resources younger than the bill.",
    );
}

/// The service under which Cost Explorer bills a resource; nothing for what is free.
/// Source: Cost Explorer's `SERVICE` dimension; public IPv4 addresses are billed with VPC since February 2024.
const fn service_of(resource: &Resource) -> Option<&'static str> {
    match resource.kind() {
        ResourceKind::Ec2Instance | ResourceKind::Ec2CapacityReservation => {
            Some("Amazon Elastic Compute Cloud - Compute")
        }
        ResourceKind::Ec2Volume
        | ResourceKind::Ec2Snapshot
        | ResourceKind::Ec2Image
        | ResourceKind::Ec2NatGateway => Some("EC2 - Other"),
        ResourceKind::Ec2Address
        | ResourceKind::Ec2NetworkInterface
        | ResourceKind::Ec2VpcEndpoint => Some("Amazon Virtual Private Cloud"),
        ResourceKind::LoadBalancer | ResourceKind::ClassicLoadBalancer => {
            Some("Amazon Elastic Load Balancing")
        }
        ResourceKind::S3Bucket => Some("Amazon Simple Storage Service"),
        ResourceKind::EfsFileSystem => Some("Amazon Elastic File System"),
        ResourceKind::RdsDbInstance
        | ResourceKind::RdsDbCluster
        | ResourceKind::RdsDbSnapshot
        | ResourceKind::RdsDbClusterSnapshot
        | ResourceKind::RdsReservedDbInstance => Some("Amazon Relational Database Service"),
        ResourceKind::DynamoDbTable => Some("Amazon DynamoDB"),
        ResourceKind::ElastiCacheCluster | ResourceKind::ElastiCacheReplicationGroup => {
            Some("Amazon ElastiCache")
        }
        ResourceKind::OpenSearchDomain => Some("Amazon OpenSearch Service"),
        ResourceKind::RedshiftCluster => Some("Amazon Redshift"),
        ResourceKind::LambdaFunction => Some("AWS Lambda"),
        ResourceKind::SnsTopic => Some("Amazon Simple Notification Service"),
        ResourceKind::SqsQueue => Some("Amazon Simple Queue Service"),
        ResourceKind::CloudFrontDistribution | ResourceKind::CloudFrontFunction => {
            Some("Amazon CloudFront")
        }
        ResourceKind::ApiGatewayRestApi
        | ResourceKind::ApiGatewayStage
        | ResourceKind::ApiGatewayV2Api => Some("Amazon API Gateway"),
        ResourceKind::EcrRepository => Some("Amazon EC2 Container Registry (ECR)"),
        ResourceKind::EcsService => Some("Amazon Elastic Container Service"),
        ResourceKind::EksCluster => Some("Amazon Elastic Container Service for Kubernetes"),
        ResourceKind::Ec2Vpc
        | ResourceKind::Ec2Subnet
        | ResourceKind::Ec2SecurityGroup
        | ResourceKind::Ec2RouteTable
        | ResourceKind::Ec2InternetGateway
        | ResourceKind::Ec2NetworkAcl
        | ResourceKind::Ec2LaunchTemplate
        | ResourceKind::Ec2ReservedInstances
        | ResourceKind::Ec2SpotRequest
        | ResourceKind::Ec2RegionDefaults
        | ResourceKind::AutoScalingGroup
        | ResourceKind::AutoScalingLaunchConfiguration
        | ResourceKind::TargetGroup
        | ResourceKind::IamUser
        | ResourceKind::IamGroup
        | ResourceKind::IamRole
        | ResourceKind::IamPolicy
        | ResourceKind::IamPasswordPolicy
        | ResourceKind::ApiGatewayV2Stage
        | ResourceKind::ApiGatewayV2Route
        | ResourceKind::EcsCluster
        | ResourceKind::EcsTaskDefinition
        | ResourceKind::Generic
        | ResourceKind::IamRootAccount
        | ResourceKind::IamServerCertificate
        | ResourceKind::AccountContacts
        | ResourceKind::CloudTrailRegion
        | ResourceKind::ConfigDeliveryChannel
        | ResourceKind::OrganizationsMembership
        | ResourceKind::OrganizationsAccount
        | ResourceKind::S3AccountPublicAccessBlock => None,
        ResourceKind::AccessAnalyzer => Some("AWS IAM Access Analyzer"),
        ResourceKind::AcmCertificate => Some("AWS Certificate Manager"),
        ResourceKind::CloudTrailTrail => Some("AWS CloudTrail"),
        ResourceKind::CloudWatchAlarm
        | ResourceKind::CloudWatchCompositeAlarm
        | ResourceKind::CloudWatchDashboard
        | ResourceKind::LogGroup => Some("AmazonCloudWatch"),
        ResourceKind::ConfigRecorder => Some("AWS Config"),
        ResourceKind::GuardDutyDetector => Some("Amazon GuardDuty"),
        ResourceKind::KmsKey => Some("AWS Key Management Service"),
        ResourceKind::SecretsManagerSecret => Some("AWS Secrets Manager"),
        ResourceKind::SecurityHub => Some("AWS Security Hub"),
    }
}

fn proposals(document: &mut Document, plan: &Plan) {
    document.section("What is proposed");
    let proposals = saving(plan);
    if proposals.is_empty() {
        document.paragraph("Nothing: no waste was found that a change would mend.");
        return;
    }
    let rows = proposals
        .into_iter()
        .enumerate()
        .map(|(index, proposal)| {
            vec![
                text(index + 1),
                sections::what(proposal),
                sections::why(plan, proposal),
                sections::saving(proposal.saving),
                text(&proposal.risk),
                sections::decides(proposal),
                sections::undo(proposal),
                sections::signed(proposal),
                sections::id(proposal),
            ]
        })
        .collect();
    document.table(
        &[
            ">#",
            "What",
            "Why",
            ">Saves a month",
            "Risk",
            "Who decides",
            "Undo",
            "Signed by",
            "Action",
        ],
        rows,
    );
}

fn alternatives(document: &mut Document, plan: &Plan) {
    let groups = plan.alternatives();
    if groups.is_empty() {
        return;
    }
    document.section("Alternatives");
    document.paragraph(
        "These save the same money in different ways. At most one of each row is done, and only the best one is counted above.",
    );
    let rows = groups
        .into_values()
        .filter_map(|group| {
            let best = reach::best(&group)?;
            let options = group.iter().map(|proposal| {
                text(format!(
                    "{}: {}",
                    sections::in_words(proposal.action.operation),
                    proposal.saving.amount()
                ))
            });
            Some(vec![
                text(&best.action.label),
                lines(options),
                text(sections::in_words(best.action.operation)),
                code(&best.action.id),
            ])
        })
        .collect();
    document.table(&["Resource", "Options", "Counted", "Action"], rows);
}

fn findings(document: &mut Document, plan: &Plan) {
    document.section("What was found");
    let of_cost = || plan.assessment.findings.iter().filter(|f| f.category == Category::Cost);
    sections::by_severity(document, of_cost());
    let proposed: BTreeSet<_> = plan.proposals.iter().flat_map(|p| &p.findings).collect();
    let mut open: Vec<_> = of_cost().filter(|finding| !proposed.contains(&finding.id)).collect();
    if open.is_empty() {
        return;
    }
    open.sort_by_key(|f| {
        (std::cmp::Reverse(f.saving.amount()), std::cmp::Reverse(f.severity), &f.id)
    });
    document.paragraph("Found, without a change in this plan. Allocation may still choose another size for some; the rest is for a person:",
    );
    let rows = open
        .into_iter()
        .map(|finding| {
            let mut row = sections::finding_row(finding);
            row.push(sections::saving(finding.saving));
            row
        })
        .collect();
    document.table(&["Severity", "Finding", "Resource", "Evidence", ">Worth a month"], rows);
}
