//! How often a service is asked: below its published rate, and as often as it answers.
//!
//! A token bucket per service, where requests leave. A refusal lowers its rate, and the request waits for
//! its next turn; answers raise the rate again. So an account's own programs keep their share of its rates,
//! and nothing is lost when they need more of it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream, retry::ErrorKind};
use memchr::memmem;
use miyabi_platform::error::throttling_codes;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

/// Requests of one scope that are under way at once, whatever their services' rates allow: each holds a
/// connection with its buffers.
const UNDER_WAY: usize = 64;

/// Times that one request is sent before its refusal is an answer; the SDK's own tries come on top.
const TURNS: u32 = 8;

/// Share of the rate that is left after a refusal: that of TCP CUBIC (RFC 9438, section 4.6) and of the AWS
/// SDKs' own adaptive mode. Halving gets below a service's rate in fewer steps, but then stays further below
/// it. With 0.7, a service that refuses above 40 calls a second and has 1,926 to answer is done within a sixth
/// of the least time that takes, and about one call in ten is refused (`docs/benchmarks.md`).
const BACK_OFF: f64 = 0.7;

/// Requests per second that a rate grows by in each second of answers.
const RECOVERY: f64 = 5.0;

/// The most that one answer lets a rate grow by, as a share of it: at some requests a second, where answers are
/// few, the rate would jump to many times what the service allows, and most requests would be refused.
const GROWTH: f64 = 0.1;

/// How long a request may wait for its turns. AWS takes none that was signed more than five minutes ago, so that
/// it is signed again. Source: IAM User Guide, "Elements of an AWS API request signature".
const SIGNED: Duration = Duration::from_mins(4);

/// The slowest rate, per second.
const SLOWEST: f64 = 0.5;

/// How much may be asked at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Budget {
    /// What the services publish, and less where they refuse.
    #[default]
    Published,
    /// Everything at once: to measure what is left when nothing is waited for.
    Lifted,
}

impl Budget {
    /// Items of one list that are looked at at once.
    pub(crate) const fn lanes(self) -> usize {
        match self {
            // Each takes several calls: those of two lists of buckets keep `UNDER_WAY` requests under way.
            Self::Published => 12,
            Self::Lifted => 10_000,
        }
    }

    /// Calls of a scope about single buckets, which take the most of them, that are under way at once where no pace
    /// keeps them back: each that waits for an answer opens a connection. More than these took no less time behind the
    /// proxy of `cargo xtask bench discovery` on two cores, fewer than 600 took more.
    pub(crate) const fn calls(self) -> Option<usize> {
        match self {
            Self::Published => None,
            Self::Lifted => Some(650),
        }
    }

    /// How much sooner than the others the collector with the most calls about each item begins, where no pace keeps
    /// those back: so its list is answered before the others' are parsed, and its calls leave meanwhile. Tried by hand
    /// behind the proxy of `cargo xtask bench discovery` on two cores: 5 to 40 ms took less time than none, those from
    /// 15 rather less than the others, and 60 more.
    pub(crate) const fn head_start(self) -> Option<Duration> {
        match self {
            Self::Published => None,
            Self::Lifted => Some(Duration::from_millis(30)),
        }
    }

    /// Answers of `GetMetricData` that are in memory at once: each is 10 MiB when it is full with its 100,800
    /// datapoints, and CloudWatch gives out no more than 396,000 of those a second.
    pub(crate) const fn metrics(self) -> usize {
        match self {
            Self::Published => 6,
            Self::Lifted => 10_000,
        }
    }
}

/// Requests at once, and per second.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rate {
    burst: f64,
    per_second: f64,
}

/// The rate of a service per account and region.
///
/// Sources, all read in November 2026:
/// - "Request throttling for the Amazon EC2 API": each non-mutating action 100 at once and 20 a second; here all
///   of them together, so that the account's own programs keep the larger part.
/// - "Request throttling for the Elastic Load Balancing API": what describes 40 at once and 10 a second.
/// - "Lambda quotas": 15 a second for `GetPolicy` and 15 for the rest of the control plane together.
/// - "CloudWatch service quotas": 500 `GetMetricData`, of which a tenth is taken, since what comes back is limited
///   too (see [`Budget::metrics`]); 9 `DescribeAlarms`, 10 of `ListDashboards` and of `ListTagsForResource`.
/// - "CloudWatch Logs quotas": 10 `DescribeLogGroups`, 5 `DescribeMetricFilters`.
/// - "Quotas for AWS Account Management": 15 `GetAlternateContact` at once and 10 a second.
/// - Amazon DynamoDB API Reference: 10 `DescribeContinuousBackups` and 10 `ListTagsOfResource`, which each table
///   takes one of, beside a call without a published rate.
/// - Amazon SNS API Reference: 30 `ListTopics`, 10 of what tags; each topic takes two calls.
/// - AWS Security Hub API Reference, "Welcome": 6 `GetFindings` at once and 3 a second; of others 30 and 10.
/// - "Using the AWS Price List Query API": 10 of each at once and 5 a second.
/// - AWS Certificate Manager, "Quotas": 8 `ListCertificates`, 10 `DescribeCertificate` and as many
///   `ListTagsForCertificate`.
/// - "AWS CloudTrail endpoints and quotas": 10 of each that reads.
/// - "Amazon API Gateway quotas": 40 at once and 10 a second, of all calls together.
/// - AWS Organizations, "Quotas and service limits": 1 `DescribeOrganization` and 8 `ListAccounts` a second, 5
///   `ListParents`.
/// - AWS KMS, "Request quotas": 500 to 2,000 of each that reads; a tenth of it is taken.
/// - "Best practices design patterns: optimizing Amazon S3 performance": 5,500 reads a second per prefix, of
///   objects; none is published for buckets' settings, nor for what S3 Control tells.
///
/// What publishes none is asked modestly. Where only a rate is published, some seconds of it may leave at once,
/// so that small accounts do not wait; a refusal ends that.
fn published(rate: &str) -> Rate {
    let (burst, per_second) = match rate {
        "account" => (15.0, 10.0),
        "acm" => (8.0, 8.0),
        "apigateway" | "elasticloadbalancing" => (40.0, 10.0),
        "cloudtrail" => (10.0, 10.0),
        "dynamodb" => (30.0, 20.0),
        "ec2" => (100.0, 20.0),
        "kms" => (50.0, 50.0),
        "lambda" => (60.0, 15.0),
        LAMBDA_POLICY => (30.0, 15.0),
        "logs" => (5.0, 5.0),
        METRIC_DATA => (50.0, 50.0),
        "monitoring" => (9.0, 9.0),
        "organizations" => (5.0, 5.0),
        "pricing" => (10.0, 5.0),
        "s3" => (1000.0, 1000.0),
        "securityhub" => (30.0, 10.0),
        SECURITY_FINDINGS => (6.0, 3.0),
        "sns" => (20.0, 18.0),
        _ => (50.0, 20.0),
    };
    Rate { burst, per_second }
}

/// The pace of each service of one scope.
#[derive(Debug, Clone)]
pub(crate) struct Pacer {
    budget: Budget,
    under_way: Arc<Semaphore>,
    services: Arc<Mutex<HashMap<String, Arc<Service>>>>,
}

impl Pacer {
    pub(crate) fn new(budget: Budget) -> Self {
        let under_way = Arc::new(Semaphore::new(UNDER_WAY));
        Self { budget, under_way, services: Arc::default() }
    }

    /// A configuration whose clients keep this pace.
    pub(crate) fn on(&self, config: &SdkConfig) -> SdkConfig {
        let Some(inner) = config.http_client().filter(|_| self.budget == Budget::Published) else {
            return config.clone();
        };
        config.to_builder().http_client(Paced { inner, pacer: self.clone() }).build()
    }

    fn of(&self, request: &HttpRequest) -> Arc<Service> {
        let name = rated(request);
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = services.get(name) {
            return Arc::clone(service);
        }
        let service = Arc::new(Service::new(name, Instant::now()));
        services.insert(name.to_owned(), Arc::clone(&service));
        service
    }
}

/// The one call of Lambda that has a rate of its own.
const LAMBDA_POLICY: &str = "lambda GetPolicy";
/// The one call of `CloudWatch` that may be made often.
const METRIC_DATA: &str = "monitoring GetMetricData";

/// S3 Control, which signs as S3 does.
const S3_CONTROL: &str = "s3 control";
/// The one call of Security Hub that may be made less often than others.
const SECURITY_FINDINGS: &str = "securityhub GetFindings";

/// What the request's rate goes by: the service, or a call of it that has its own.
fn rated(request: &HttpRequest) -> &str {
    match signed_for(request) {
        "lambda" if request.uri().contains("/policy") => LAMBDA_POLICY,
        "monitoring" if request.uri().ends_with("/GetMetricData") => METRIC_DATA,
        "s3" if request.uri().contains("s3-control") => S3_CONTROL,
        "securityhub" if request.uri().ends_with("/findings") => SECURITY_FINDINGS,
        service => service,
    }
}

/// `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`
fn signed_for(request: &HttpRequest) -> &str {
    let signed = request.headers().get("authorization").unwrap_or_default();
    signed.split('/').nth(3).unwrap_or("unknown")
}

#[derive(Debug)]
struct Service {
    /// The codes by which it says that it is asked too often.
    refusals: Vec<&'static str>,
    /// Held by the request whose turn is next, so that they leave in order.
    queue: tokio::sync::Mutex<()>,
    pace: Mutex<Pace>,
}

impl Service {
    /// What is rated by this name.
    fn new(name: &str, now: Instant) -> Self {
        let signed_for = name.split(' ').next().unwrap_or_default();
        Self {
            refusals: throttling_codes(signed_for).collect(),
            queue: tokio::sync::Mutex::default(),
            pace: Mutex::new(Pace::new(published(name), now)),
        }
    }

    fn pace<T>(&self, act: impl FnOnce(&mut Pace) -> T) -> T {
        act(&mut self.pace.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn turn(&self) {
        let _turn = self.queue.lock().await;
        while let Some(wait) = self.pace(|pace| pace.take(Instant::now())) {
            tokio::time::sleep(wait).await;
        }
    }

    /// Waits for the next turn, but no longer than the request's signature holds.
    async fn turn_until(&self, end: Instant) -> Result<(), ConnectorError> {
        timeout_at(end, self.turn()).await.map_err(|_| {
            let why = "the service is asked so seldom that the request's signature would expire";
            ConnectorError::other(why.into(), Some(ErrorKind::ThrottlingError))
        })
    }
}

/// A token bucket whose rate follows the answers.
#[derive(Debug)]
struct Pace {
    most: Rate,
    per_second: f64,
    tokens: f64,
    filled: Instant,
    lowered: Instant,
}

impl Pace {
    fn new(most: Rate, now: Instant) -> Self {
        Self { most, per_second: most.per_second, tokens: most.burst, filled: now, lowered: now }
    }

    /// Takes a token, or says how long to wait for one.
    fn take(&mut self, now: Instant) -> Option<Duration> {
        let earned = now.duration_since(self.filled).as_secs_f64() * self.per_second;
        self.tokens = (self.tokens + earned).min(self.most.burst);
        self.filled = now;
        if self.tokens < 1.0 {
            return Some(Duration::from_secs_f64((1.0 - self.tokens) / self.per_second));
        }
        self.tokens -= 1.0;
        None
    }

    /// A request was answered.
    fn answered(&mut self) {
        let growth = (RECOVERY / self.per_second).min(GROWTH * self.per_second);
        self.per_second = (self.per_second + growth).min(self.most.per_second);
    }

    /// A request that left at `sent` was refused. Those that left before the rate was lowered say nothing
    /// of the lower rate.
    fn refused(&mut self, sent: Instant, now: Instant) {
        if sent >= self.lowered {
            self.per_second = (self.per_second * BACK_OFF).max(SLOWEST);
            self.tokens = 0.0;
            self.filled = now;
            self.lowered = now;
        }
    }
}

#[derive(Debug)]
struct Paced<T> {
    inner: T,
    pacer: Pacer,
}

impl HttpClient for Paced<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Paced {
            inner: self.inner.http_connector(settings, components),
            pacer: self.pacer.clone(),
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

impl HttpConnector for Paced<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (service, inner) = (self.pacer.of(&request), self.inner.clone());
        let under_way = Arc::clone(&self.pacer.under_way);
        HttpConnectorFuture::new(async move { send(&service, &under_way, &inner, request).await })
    }
}

async fn send(
    service: &Service,
    under_way: &Semaphore,
    inner: &SharedHttpConnector,
    mut request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    let mut turns = 1;
    let end = Instant::now() + SIGNED;
    loop {
        service.turn_until(end).await?;
        let _under_way = under_way.acquire().await;
        let again = request.try_clone();
        let sent = Instant::now();
        let response = inner.call(request).await?;
        if response.status().is_success() {
            service.pace(Pace::answered);
            return Ok(response);
        }
        let (response, refused) = read_refusal(&service.refusals, response).await?;
        if !refused {
            service.pace(Pace::answered);
            return Ok(response);
        }
        service.pace(|pace| pace.refused(sent, Instant::now()));
        match again {
            Some(again) if turns < TURNS => request = again,
            _ => return Ok(response),
        }
        turns += 1;
    }
}

/// Whether an error says by one of `codes` that the service is asked too often. Each protocol writes its code
/// elsewhere, so the short text is searched as a whole.
async fn read_refusal(
    codes: &[&str],
    mut response: HttpResponse,
) -> Result<(HttpResponse, bool), ConnectorError> {
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let body = ByteStream::new(body).collect().await;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let header = response.headers().get("x-amzn-errortype").unwrap_or_default();
    let says =
        |code: &&str| header.contains(code) || memmem::find(&body, code.as_bytes()).is_some();
    let refused = response.status().as_u16() == 429 || codes.iter().any(says);
    *response.body_mut() = SdkBody::from(body);
    Ok((response, refused))
}

#[cfg(test)]
mod tests;
