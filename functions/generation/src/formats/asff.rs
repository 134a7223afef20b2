//! AWS Security Finding Format: one request of `BatchImportFindings` a file.
//!
//! A request holds at most 100 findings, all of the account and the region that import them:
//! `aws securityhub batch-import-findings --cli-input-json file://asff/123456789012-us-east-1-001.json`.
//!
//! Source: AWS Security Hub User Guide, "ASFF syntax" and "Using `BatchImportFindings`"; lengths from the API
//! reference (read 2026-11).

use std::collections::BTreeMap;

use miyabi_types::{
    finding::{Category, Severity},
    id::{AccountId, Region},
    resource::ResourceKind,
    standard::Standard,
};
use serde::Serialize;

use super::{
    Export, Item, PRODUCT, certainty, cut, dollars, list, object::object, partition, plain,
    public_tags, to_text, type_of,
};

/// Most findings of one request.
const BATCH: usize = 100;
/// Where findings of global services are kept.
const HOME: &str = "us-east-1";
/// Most entries of `ProductFields`, `Tags` and `RelatedRequirements`, and most characters of texts.
const MOST_TAGS: usize = 50;
const MOST_REQUIREMENTS: usize = 32;
const LONGEST_TITLE: usize = 256;
const LONGEST_DESCRIPTION: usize = 1_024;
const LONGEST_RECOMMENDATION: usize = 512;
const LONGEST_FIELD: usize = 1_024;

pub(super) fn requests<'e>(export: &'e Export<'_>) -> impl Iterator<Item = (String, String)> {
    let mut places: BTreeMap<(&AccountId, &str), Vec<&'e Item<'_>>> = BTreeMap::new();
    for item in &export.items {
        let place = (&item.finding.account, home(&item.finding.region));
        places.entry(place).or_default().push(item);
    }
    let at = export.plan.created_at.to_string();
    places.into_iter().flat_map(move |((account, region), items)| {
        let batches: Vec<Vec<_>> = items.chunks(BATCH).map(<[_]>::to_vec).collect();
        let at = at.clone();
        batches.into_iter().enumerate().map(move |(index, batch)| {
            let path = format!("asff/{account}-{region}-{:03}.json", index + 1);
            let findings = list(&batch, |_, item| finding(export, item, &at));
            (path, to_text(&object! { "Findings": findings }))
        })
    })
}

fn home(region: &Region) -> &str {
    if region.is_global() { HOME } else { region.as_str() }
}

fn finding(export: &Export<'_>, item: &Item<'_>, at: &str) -> impl Serialize {
    let finding = item.finding;
    let (account, region) = (finding.account.as_str(), home(&finding.region));
    let partition = partition(&finding.resource);
    let severity = || {
        object! { "Label": label(finding.severity), "Original": finding.severity.as_str() }
    };
    let types = [types(item)];
    let described = format!("{}. {}", item.title, item.evidence);
    let requirements = || {
        let controls = finding.controls.iter().map(|id| format!("AWS Security Hub/{id}"));
        let standards = item.standards.iter().map(|standard| standard.name().to_owned());
        controls.chain(standards).take(MOST_REQUIREMENTS).collect::<Vec<_>>()
    };
    object! {
        "SchemaVersion": "2018-10-08",
        "Id": format!("miyabi/{}", finding.id),
        "ProductArn": format!("arn:{partition}:securityhub:{region}:{account}:product/{account}/default"),
        "ProductName": PRODUCT,
        "CompanyName": "Miyabi",
        "GeneratorId": format!("miyabi/{}", finding.check),
        "AwsAccountId": account,
        "Region": region,
        "Types": types,
        "CreatedAt": at,
        "UpdatedAt": at,
        "Severity": severity(),
        "Title": cut(&item.title, LONGEST_TITLE),
        "Description": cut(&described, LONGEST_DESCRIPTION).into_owned(),
        "Remediation": object! { "Recommendation": object! {
            "Text": cut(&item.remedy(), LONGEST_RECOMMENDATION).into_owned(),
        }},
        "ProductFields": product_fields(export, item),
        "Resources": [resource(item, partition, region)],
        "RecordState": "ACTIVE",
        "Workflow": object! {
            "Status": if item.exemption.is_some() { "SUPPRESSED" } else { "NEW" },
        },
        "FindingProviderFields": object! { "Severity": severity(), "Types": types },
        "Compliance"?: (!finding.controls.is_empty()).then(|| {
            object! { "Status": "FAILED", "RelatedRequirements": requirements() }
        }),
    }
}

fn product_fields(export: &Export<'_>, item: &Item<'_>) -> impl Serialize {
    let finding = item.finding;
    let field = |text: &str| (!text.is_empty()).then(|| plain(text, LONGEST_FIELD).into_owned());
    let saving = dollars(finding.saving).map(|usd| format!("{usd:.2}"));
    let actions: Vec<_> = item.proposals.iter().map(|p| p.action.id.as_str()).collect();
    let until = item.exemption.and_then(|exemption| exemption.until);
    object! {
        "miyabi/cycle": export.plan.cycle,
        "miyabi/check": finding.check.as_str(),
        "miyabi/category": finding.category.as_str(),
        "miyabi/resourceType": type_of(finding.kind),
        "miyabi/savingCertainty": certainty(finding.saving),
        "miyabi/savingUsdPerMonth"?: saving,
        "miyabi/actions"?: field(&actions.join(", ")),
        "miyabi/exemption/owner"?: item.exemption.and_then(|exemption| field(&exemption.owner)),
        "miyabi/exemption/reason"?: item.exemption.and_then(|exemption| field(&exemption.reason)),
        "miyabi/exemption/until"?: until.map(|day| day.to_string()),
    }
}

fn resource(item: &Item<'_>, partition: &str, region: &str) -> impl Serialize {
    let finding = item.finding;
    let tags = item.tags.into_iter().flat_map(public_tags).filter(|(_, value)| !value.is_empty());
    let tags: BTreeMap<_, _> = tags.take(MOST_TAGS).collect();
    object! {
        "Type": resource_type(finding.kind),
        "Id": finding.resource.as_str(),
        "Partition": partition,
        "Region": region,
        "Tags"?: (!tags.is_empty()).then_some(tags),
    }
}

/// Namespace, category and classifier, as the guide's taxonomy of finding types has them.
fn types(item: &Item<'_>) -> &'static str {
    match item.finding.category {
        Category::Cost => "Software and Configuration Checks/AWS Cost Optimization",
        Category::Security if item.standards.contains(&Standard::Fsbp) => {
            "Software and Configuration Checks/Industry and Regulatory Standards/\
             AWS-Foundational-Security-Best-Practices"
        }
        Category::Security if !item.standards.is_empty() => {
            "Software and Configuration Checks/Industry and Regulatory Standards/\
             CIS AWS Foundations Benchmark"
        }
        Category::Security => "Software and Configuration Checks/AWS Security Best Practices",
    }
}

const fn label(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "CRITICAL",
        Severity::High => "HIGH",
        Severity::Medium => "MEDIUM",
        Severity::Low => "LOW",
        Severity::Informational => "INFORMATIONAL",
    }
}

/// The name that the format has for a kind of resource; `Other` where it has none.
const fn resource_type(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Ec2Instance => "AwsEc2Instance",
        ResourceKind::Ec2Volume => "AwsEc2Volume",
        ResourceKind::Ec2Address => "AwsEc2Eip",
        ResourceKind::Ec2Vpc => "AwsEc2Vpc",
        ResourceKind::Ec2Subnet => "AwsEc2Subnet",
        ResourceKind::Ec2SecurityGroup => "AwsEc2SecurityGroup",
        ResourceKind::Ec2NetworkInterface => "AwsEc2NetworkInterface",
        ResourceKind::Ec2NetworkAcl => "AwsEc2NetworkAcl",
        ResourceKind::Ec2RouteTable => "AwsEc2RouteTable",
        ResourceKind::Ec2LaunchTemplate => "AwsEc2LaunchTemplate",
        ResourceKind::S3Bucket => "AwsS3Bucket",
        ResourceKind::S3AccountPublicAccessBlock => "AwsS3AccountPublicAccessBlock",
        ResourceKind::RdsDbInstance => "AwsRdsDbInstance",
        ResourceKind::RdsDbCluster => "AwsRdsDbCluster",
        ResourceKind::RdsDbSnapshot => "AwsRdsDbSnapshot",
        ResourceKind::RdsDbClusterSnapshot => "AwsRdsDbClusterSnapshot",
        ResourceKind::DynamoDbTable => "AwsDynamoDbTable",
        ResourceKind::RedshiftCluster => "AwsRedshiftCluster",
        ResourceKind::OpenSearchDomain => "AwsOpenSearchServiceDomain",
        ResourceKind::LambdaFunction => "AwsLambdaFunction",
        ResourceKind::LoadBalancer => "AwsElbv2LoadBalancer",
        ResourceKind::ClassicLoadBalancer => "AwsElbLoadBalancer",
        ResourceKind::AutoScalingGroup => "AwsAutoScalingAutoScalingGroup",
        ResourceKind::AutoScalingLaunchConfiguration => "AwsAutoScalingLaunchConfiguration",
        ResourceKind::IamUser => "AwsIamUser",
        ResourceKind::IamGroup => "AwsIamGroup",
        ResourceKind::IamRole => "AwsIamRole",
        ResourceKind::IamPolicy => "AwsIamPolicy",
        ResourceKind::Account | ResourceKind::IamPasswordPolicy | ResourceKind::IamRootAccount => {
            "AwsAccount"
        }
        ResourceKind::KmsKey => "AwsKmsKey",
        ResourceKind::SecretsManagerSecret => "AwsSecretsManagerSecret",
        ResourceKind::SnsTopic => "AwsSnsTopic",
        ResourceKind::SqsQueue => "AwsSqsQueue",
        ResourceKind::CloudFrontDistribution => "AwsCloudFrontDistribution",
        ResourceKind::CloudTrailTrail => "AwsCloudTrailTrail",
        ResourceKind::CloudWatchAlarm => "AwsCloudWatchAlarm",
        ResourceKind::AcmCertificate => "AwsCertificateManagerCertificate",
        ResourceKind::ApiGatewayRestApi => "AwsApiGatewayRestApi",
        ResourceKind::ApiGatewayStage => "AwsApiGatewayStage",
        ResourceKind::ApiGatewayV2Api => "AwsApiGatewayV2Api",
        ResourceKind::ApiGatewayV2Stage => "AwsApiGatewayV2Stage",
        ResourceKind::EcrRepository => "AwsEcrRepository",
        ResourceKind::EcsCluster => "AwsEcsCluster",
        ResourceKind::EcsService => "AwsEcsService",
        ResourceKind::EcsTaskDefinition => "AwsEcsTaskDefinition",
        ResourceKind::EksCluster => "AwsEksCluster",
        _ => "Other",
    }
}
