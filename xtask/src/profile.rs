//! What a template cannot say of an account: how busy things are, what they cost, what Security Hub found,
//! which of them are in use.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Dimension, MetricDatum},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    account::{self, Account, ec2_query},
    emulators::{Emulator, Emulators},
    place::{ACCOUNT, REGION},
};

/// Days of metrics.
const DAYS: i64 = 14;
/// Seconds between datapoints: what CloudWatch keeps for longer than two months.
const PERIOD_SECONDS: i64 = 3600;
/// Answers of Cost Explorer that are kept ready: moto gives each to one kind of request.
const COST_ANSWERS: usize = 40;

/// An account's profile.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Logical ids that serve somebody and must not be changed.
    pub in_use: BTreeSet<String>,
    /// Metrics by logical id and by name, a namespace of its own written before a colon.
    pub metrics: BTreeMap<String, BTreeMap<String, Shape>>,
    /// Dollars a month by service, as Cost Explorer names it.
    pub costs: BTreeMap<String, f64>,
    /// Findings of Security Hub.
    pub security_hub: Vec<HubFinding>,
    /// Snapshots that were taken some time.
    pub snapshots: Vec<Snapshot>,
    /// Whether AWS knows whom to tell of security.
    pub security_contact: bool,
}

/// How a metric runs through the day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// At the quietest.
    pub low: f64,
    /// At the busiest; absent means always the same.
    #[serde(default)]
    pub high: Option<f64>,
    /// When it is busiest.
    #[serde(default)]
    pub busy: Busy,
}

/// When something is busiest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Busy {
    /// From morning to evening, most at 14 o'clock UTC.
    #[default]
    Day,
    /// From 2 to 5 o'clock UTC.
    Night,
}

/// A finding of Security Hub.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubFinding {
    /// The control.
    pub control: String,
    /// Logical id of the resource.
    pub resource: String,
    /// `PASSED` or `FAILED`.
    pub status: String,
    /// `CRITICAL` to `INFORMATIONAL`.
    pub severity: String,
    /// What is wrong.
    pub title: String,
}

/// A snapshot of a volume.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Logical id of the volume.
    pub volume: String,
    /// Its description.
    pub description: String,
}

impl Profile {
    /// Reads a profile.
    pub fn parse(text: &str) -> Result<Self> {
        serde_yaml_ng::from_str(text).context("the account's profile is not valid")
    }

    /// Gives the account this profile, as of `now`.
    pub async fn apply(
        &self,
        emulators: &Emulators,
        account: &Account,
        now: Timestamp,
    ) -> Result<()> {
        self.put_metrics(emulators, account, now).await?;
        self.put_costs(emulators, now).await?;
        self.put_findings(emulators, account, now).await?;
        if self.security_contact {
            let contact = json!({
                "AlternateContactType": "SECURITY",
                "Name": "Chief",
                "Title": "Security",
                "EmailAddress": "security@example.com",
                "PhoneNumber": "+81 3 0000 0000",
            });
            post(&emulators.ministack, "/putAlternateContact", "account", &contact).await?;
        }
        for snapshot in &self.snapshots {
            let volume = physical(account, &snapshot.volume)?;
            ec2_query(
                emulators,
                &[
                    ("Action", "CreateSnapshot"),
                    ("VolumeId", volume),
                    ("Description", &snapshot.description),
                ],
            )
            .await?;
        }
        Ok(())
    }

    async fn put_metrics(
        &self,
        emulators: &Emulators,
        account: &Account,
        now: Timestamp,
    ) -> Result<()> {
        let client = aws_sdk_cloudwatch::Client::new(&emulators.sdk_config());
        let mut data: BTreeMap<&str, Vec<MetricDatum>> = BTreeMap::new();
        for (logical_id, metrics) in &self.metrics {
            let id = physical(account, logical_id)?;
            let kind = account.types.get(logical_id).map_or("", String::as_str);
            for (name, shape) in metrics {
                let (namespace, name, dimensions, period) = metric(kind, id, name)?;
                data.entry(namespace).or_default().extend(shape.datapoints(now, period).map(
                    |(at, value)| {
                        MetricDatum::builder()
                            .metric_name(name)
                            .set_dimensions(Some(dimensions.clone()))
                            .timestamp(DateTime::from_secs(at.as_second()))
                            .value(value)
                            .build()
                    },
                ));
            }
        }
        for (namespace, data) in data {
            // As many as one request may hold.
            for chunk in data.chunks(1000) {
                client
                    .put_metric_data()
                    .namespace(namespace)
                    .set_metric_data(Some(chunk.to_vec()))
                    .send()
                    .await
                    .map_err(aws_sdk_cloudwatch::Error::from)?;
            }
        }
        Ok(())
    }

    async fn put_costs(&self, emulators: &Emulators, now: Timestamp) -> Result<()> {
        if self.costs.is_empty() {
            return Ok(());
        }
        let today = now.to_zoned(TimeZone::UTC).date();
        let mut days = Vec::new();
        let mut day = today.checked_sub(jiff::Span::new().days(31))?;
        while day < today {
            let next = day.tomorrow()?;
            let groups: Vec<Value> = self
                .costs
                .iter()
                .map(|(service, monthly)| {
                    let amount = format!("{:.6}", monthly * 12.0 / 365.0);
                    json!({
                        "Keys": [service],
                        "Metrics": {
                            "UnblendedCost": { "Amount": amount, "Unit": "USD" },
                            "AmortizedCost": { "Amount": amount, "Unit": "USD" },
                        },
                    })
                })
                .collect();
            days.push(json!({
                "TimePeriod": { "Start": day.to_string(), "End": next.to_string() },
                "Total": {}, "Groups": groups, "Estimated": false,
            }));
            day = next;
        }
        let answer = json!({
            "GroupDefinitions": [{ "Type": "DIMENSION", "Key": "SERVICE" }],
            "ResultsByTime": days,
            "DimensionValueAttributes": [],
        });
        post(
            &emulators.moto,
            "/moto-api/static/ce/cost-and-usage-results",
            "ce",
            &json!({ "account_id": ACCOUNT, "results": vec![answer; COST_ANSWERS] }),
        )
        .await
    }

    async fn put_findings(
        &self,
        emulators: &Emulators,
        account: &Account,
        now: Timestamp,
    ) -> Result<()> {
        if self.security_hub.is_empty() {
            return Ok(());
        }
        let findings = self
            .security_hub
            .iter()
            .map(|finding| {
                let id = physical(account, &finding.resource)?;
                let kind = account.types.get(&finding.resource).map_or("", String::as_str);
                let standard = "aws-foundational-security-best-practices/v/1.0.0";
                Ok(json!({
                    "SchemaVersion": "2018-10-08",
                    "Id": format!("arn:aws:securityhub:{REGION}:{ACCOUNT}:subscription/{standard}/{}/finding/{id}", finding.control),
                    "ProductArn": format!("arn:aws:securityhub:{REGION}::product/aws/securityhub"),
                    "GeneratorId": format!("{standard}/{}", finding.control),
                    "AwsAccountId": ACCOUNT,
                    "Types": ["Software and Configuration Checks/Industry and Regulatory Standards"],
                    "CreatedAt": now.to_string(),
                    "UpdatedAt": now.to_string(),
                    "Severity": { "Label": finding.severity },
                    "Title": finding.title,
                    "Description": finding.title,
                    "Resources": [{ "Type": kind.replace("AWS::", "Aws").replace("::", ""), "Id": arn(kind, id), "Region": REGION }],
                    "Compliance": { "Status": finding.status, "SecurityControlId": finding.control },
                    "Workflow": { "Status": "NEW" },
                    "RecordState": "ACTIVE",
                }))
            })
            .collect::<Result<Vec<Value>>>()?;
        post(&emulators.moto, "/findings/import", "securityhub", &json!({ "Findings": findings }))
            .await
    }
}

impl Shape {
    /// Datapoints of the last two weeks, oldest first.
    fn datapoints(
        &self,
        now: Timestamp,
        period: i64,
    ) -> impl Iterator<Item = (Timestamp, f64)> + use<'_> {
        let end = now.as_second() / period * period;
        let begin = end - SignedDuration::from_hours(DAYS * 24).as_secs();
        (begin..end).step_by(usize::try_from(period).unwrap_or(1)).filter_map(move |second| {
            let at = Timestamp::from_second(second).ok()?;
            Some((at, self.value(second)))
        })
    }

    /// The value at a second of Unix time: never above `high`, never below 0.
    fn value(&self, second: i64) -> f64 {
        let high = self.high.unwrap_or(self.low);
        let hour = (second % 86_400) as f64 / 3600.0;
        let weekend = matches!(second / 86_400 % 7, 2 | 3);
        let share = match self.busy {
            Busy::Day => {
                let wave = ((hour - 8.0) / 12.0 * std::f64::consts::PI).sin().max(0.0);
                if weekend { wave * 0.4 } else { wave }
            }
            Busy::Night => f64::from(u8::from((2.0..5.0).contains(&hour))),
        };
        // A little unrest that is the same every time.
        let unrest = 1.0 - ((second / 3600 * 7919) % 97) as f64 / 97.0 * 0.12;
        (self.low + (high - self.low) * share) * unrest
    }
}

fn physical<'a>(account: &'a Account, logical_id: &str) -> Result<&'a str> {
    let id = account.ids.get(logical_id);
    id.map(String::as_str).with_context(|| format!("the account has no {logical_id}"))
}

/// Namespace, name, dimensions and period of a metric.
fn metric<'a>(
    kind: &str,
    id: &str,
    name: &'a str,
) -> Result<(&'a str, &'a str, Vec<Dimension>, i64)> {
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let (own, name) = name.split_once(':').map_or((None, name), |(own, name)| (Some(own), name));
    let (namespace, key) = match kind {
        "AWS::EC2::Instance" => ("AWS/EC2", "InstanceId"),
        "AWS::EC2::Volume" => ("AWS/EBS", "VolumeId"),
        "AWS::RDS::DBInstance" => ("AWS/RDS", "DBInstanceIdentifier"),
        "AWS::Lambda::Function" => ("AWS/Lambda", "FunctionName"),
        "AWS::S3::Bucket" => ("AWS/S3", "BucketName"),
        other => bail!("metrics of {other} are not known"),
    };
    let mut dimensions = vec![dimension(key, id)];
    let mut period = PERIOD_SECONDS;
    if kind == "AWS::S3::Bucket" {
        let storage = if name == "NumberOfObjects" { "AllStorageTypes" } else { "StandardStorage" };
        dimensions.push(dimension("StorageType", storage));
        period = 86_400;
    }
    Ok((own.unwrap_or(namespace), name, dimensions, period))
}

fn arn(kind: &str, id: &str) -> String {
    match kind {
        "AWS::S3::Bucket" => format!("arn:aws:s3:::{id}"),
        "AWS::RDS::DBInstance" => format!("arn:aws:rds:{REGION}:{ACCOUNT}:db:{id}"),
        "AWS::EC2::SecurityGroup" => {
            format!("arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/{id}")
        }
        _ => {
            let name = kind.rsplit("::").next().unwrap_or_default().to_lowercase();
            format!("arn:aws:ec2:{REGION}:{ACCOUNT}:{name}/{id}")
        }
    }
}

/// An authorization header that names account, region and service, which is all that the emulators read of it.
pub fn unsigned(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    )
}

async fn post(emulator: &Emulator, path: &str, service: &str, body: &Value) -> Result<()> {
    let answer = crate::emulators::http()
        .post(format!("{}{path}", emulator.endpoint()))
        .header("authorization", unsigned(service))
        .json(body)
        .timeout(Duration::from_secs(20))
        .send()
        .await?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    bail!("{path} answers {status}: {}", answer.text().await?)
}

/// An account template with its profile, from a file and the `*.profile.yaml` beside it.
pub fn read(path: &std::path::Path) -> Result<(Value, Profile)> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let template = crate::template::parse(&text)
        .with_context(|| format!("{} is no CloudFormation template", path.display()))?;
    let beside = path.with_extension("profile.yaml");
    let profile = match std::fs::read_to_string(&beside) {
        Ok(text) => Profile::parse(&text)?,
        Err(_) => Profile::default(),
    };
    Ok((template, profile))
}

/// Deploys a template as a stack and gives it its profile.
pub async fn deploy(
    emulators: &Emulators,
    path: &std::path::Path,
    now: Timestamp,
) -> Result<(Account, Profile)> {
    let (template, profile) = read(path)?;
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("account");
    let account = account::deploy(emulators, stem, &template).await?;
    profile.apply(emulators, &account, now).await?;
    Ok((account, profile))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_stays_between_its_limits_and_covers_two_weeks() {
        let shape = Shape { low: 10.0, high: Some(60.0), busy: Busy::Day };
        let now: Timestamp = "2026-11-22T10:17:00Z".parse().unwrap();
        let points: Vec<_> = shape.datapoints(now, 3600).collect();
        assert_eq!(points.len(), 14 * 24);
        assert!(points.iter().all(|(at, value)| *at < now && (0.0..=60.0).contains(value)));
        assert!(points.iter().any(|(_, value)| *value > 50.0));
    }
}
