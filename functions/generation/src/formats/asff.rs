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
use serde_json::{Map, Value, json};

use super::{
    Export, Item, PRODUCT, certainty, dollars, partition, plain, public_tags, to_text, type_of,
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
    places.into_iter().flat_map(move |((account, region), items)| {
        let batches: Vec<Vec<_>> = items.chunks(BATCH).map(<[_]>::to_vec).collect();
        batches.into_iter().enumerate().map(move |(index, batch)| {
            let path = format!("asff/{account}-{region}-{:03}.json", index + 1);
            let findings: Vec<Value> = batch.iter().map(|item| finding(export, item)).collect();
            (path, to_text(&json!({ "Findings": findings })))
        })
    })
}

fn home(region: &Region) -> &str {
    if region.is_global() { HOME } else { region.as_str() }
}

fn finding(export: &Export<'_>, item: &Item<'_>) -> Value {
    let finding = item.finding;
    let (account, region) = (&finding.account, home(&finding.region));
    let partition = partition(&finding.resource);
    let at = export.plan.created_at.to_string();
    let severity =
        json!({ "Label": label(finding.severity), "Original": finding.severity.as_str() });
    let types = [types(item)];
    let mut value = json!({
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
        "Severity": severity,
        "Title": plain(&finding.title, LONGEST_TITLE),
        "Description": plain(&format!("{}. {}", finding.title, finding.evidence), LONGEST_DESCRIPTION),
        "Remediation": { "Recommendation": { "Text": plain(&item.remedy(), LONGEST_RECOMMENDATION) } },
        "ProductFields": product_fields(export, item),
        "Resources": [resource(item, partition, region)],
        "RecordState": "ACTIVE",
        "Workflow": { "Status": if item.exemption.is_some() { "SUPPRESSED" } else { "NEW" } },
        "FindingProviderFields": { "Severity": severity, "Types": types },
    });
    if !finding.controls.is_empty() {
        let requirements: Vec<String> = finding
            .controls
            .iter()
            .map(|control| format!("AWS Security Hub/{control}"))
            .chain(item.standards.iter().map(|standard| standard.name().to_owned()))
            .take(MOST_REQUIREMENTS)
            .collect();
        value["Compliance"] = json!({ "Status": "FAILED", "RelatedRequirements": requirements });
    }
    value
}

fn product_fields(export: &Export<'_>, item: &Item<'_>) -> Value {
    let finding = item.finding;
    let mut fields = Map::new();
    let mut field = |name: &str, text: String| {
        if !text.is_empty() {
            fields.insert(format!("miyabi/{name}"), plain(&text, LONGEST_FIELD).into());
        }
    };
    field("cycle", export.plan.cycle.to_string());
    field("check", finding.check.to_string());
    field("category", finding.category.as_str().to_owned());
    field("resourceType", type_of(finding.kind).to_owned());
    field("savingCertainty", certainty(finding.saving).to_owned());
    field(
        "savingUsdPerMonth",
        dollars(finding.saving).map(|usd| format!("{usd:.2}")).unwrap_or_default(),
    );
    let actions: Vec<_> = item.proposals.iter().map(|p| p.action.id.to_string()).collect();
    field("actions", actions.join(", "));
    if let Some(exemption) = item.exemption {
        field("exemption/owner", exemption.owner.clone());
        field("exemption/reason", exemption.reason.clone());
        field("exemption/until", exemption.until.map(|day| day.to_string()).unwrap_or_default());
    }
    fields.into()
}

fn resource(item: &Item<'_>, partition: &str, region: &str) -> Value {
    let finding = item.finding;
    let mut resource = json!({
        "Type": resource_type(finding.kind),
        "Id": finding.resource,
        "Partition": partition,
        "Region": region,
    });
    let tags: BTreeMap<_, _> = item
        .tags
        .into_iter()
        .flat_map(public_tags)
        .filter(|(_, value)| !value.is_empty())
        .take(MOST_TAGS)
        .collect();
    if !tags.is_empty() {
        resource["Tags"] = json!(tags);
    }
    resource
}

/// Namespace, category and classifier, as the guide's taxonomy of finding types has them.
fn types(item: &Item<'_>) -> String {
    let configuration = "Software and Configuration Checks";
    match item.finding.category {
        Category::Cost => format!("{configuration}/AWS Cost Optimization"),
        Category::Security if item.standards.contains(&Standard::Fsbp) => format!(
            "{configuration}/Industry and Regulatory Standards/AWS-Foundational-Security-Best-Practices"
        ),
        Category::Security if !item.standards.is_empty() => format!(
            "{configuration}/Industry and Regulatory Standards/CIS AWS Foundations Benchmark"
        ),
        Category::Security => format!("{configuration}/AWS Security Best Practices"),
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
