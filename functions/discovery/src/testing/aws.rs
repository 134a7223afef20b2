//! AWS as a function of the request: below the SDK, so that its own parsing, paging and retrying
//! are part of what is tested.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_sts::config::{AsyncSleep, Sleep, StalledStreamProtectionConfig};
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime_api::{
    client::{
        http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;
use serde_json::Value;

/// A request, as far as a test tells them apart.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The first part of the host: `ec2`, `iam`, `s3`, `monitoring` (CloudWatch) …
    pub service: String,
    /// `DescribeVolumes` …; of REST services the method and the path, `GET /bucket?policy`.
    pub operation: String,
    /// The body, where it is text.
    pub body: String,
    /// The signature, which names the access key.
    pub authorization: String,
}

/// Status and body.
pub type Answer = (u16, Vec<u8>);

/// The status of no answer in time.
pub const TIMEOUT: u16 = 0;

/// The status of a host that has no address.
pub const UNKNOWN_HOST: u16 = 1;

/// The status of an answer that never comes.
pub const HANGS: u16 = 2;

/// The status of an answer that begins as one of 200, and of which nothing comes after this part of its body.
pub const STALLS: u16 = 3;

/// A configuration whose requests `answer` answers.
pub fn sdk(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> SdkConfig {
    let connector = SharedHttpConnector::new(Fake { answer: Arc::new(answer) });
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIATEST", "secret", None, None, "test",
        )))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .sleep_impl(NoSleep)
        .time_source(SystemTimeSource::new())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build()
}

/// Nothing exists, and everything may be read.
pub fn empty(asked: &Asked) -> Answer {
    let operation = &asked.operation;
    let body = match (asked.service.as_str(), operation.as_str()) {
        ("sts", _) => return caller("123456789012"),
        ("iam", "GetAccountPasswordPolicy") => return error(asked, 404, "NoSuchEntity"),
        ("iam", "GenerateCredentialReport") => format!(
            "<{operation}Response><{operation}Result><State>COMPLETE</State></{operation}Result>\
             </{operation}Response>"
        ),
        ("ec2", _) => format!("<{operation}Response/>"),
        ("s3-control", path) if path.contains("/accesspoint") => "<ListAccessPointsResult/>".into(),
        ("s3-control", path) if path.contains("/mrap") => {
            "<ListMultiRegionAccessPointsResult/>".into()
        }
        ("s3-control", _) => return error(asked, 404, "NoSuchPublicAccessBlockConfiguration"),
        (
            "autoscaling"
            | "cloudformation"
            | "elasticache"
            | "elasticloadbalancing"
            | "iam"
            | "rds"
            | "redshift"
            | "sns",
            _,
        ) => {
            format!("<{operation}Response><{operation}Result/></{operation}Response>")
        }
        ("s3", _) => "<ListAllMyBucketsResult/>".into(),
        ("cloudfront", path) if path.contains("/distribution") => "<DistributionList/>".into(),
        ("cloudfront", _) => "<FunctionList/>".into(),
        ("compute-optimizer" | "monitoring", _) => return (200, vec![0xa0]),
        _ => "{}".into(),
    };
    (200, body.into_bytes())
}

/// Everything is refused, but for the question who asks.
pub fn denied(asked: &Asked) -> Answer {
    match asked.service.as_str() {
        "sts" => caller("123456789012"),
        "ec2" => error(asked, 403, "UnauthorizedOperation"),
        "autoscaling"
        | "cloudfront"
        | "cloudformation"
        | "elasticache"
        | "elasticloadbalancing"
        | "iam"
        | "rds"
        | "redshift"
        | "s3"
        | "s3-control" => error(asked, 403, "AccessDenied"),
        "sns" => error(asked, 403, "AuthorizationError"),
        _ => error(asked, 403, "AccessDeniedException"),
    }
}

/// The caller is of this account.
pub fn caller(account: &str) -> Answer {
    let body = format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account>\
         </GetCallerIdentityResult></GetCallerIdentityResponse>"
    );
    (200, body.into_bytes())
}

/// A role assumed: from now on the access key is `ASIAASSUMED`.
pub fn assume_role() -> Answer {
    let body = "<AssumeRoleResponse><AssumeRoleResult><Credentials>\
        <AccessKeyId>ASIAASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
        <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
        </Credentials></AssumeRoleResult></AssumeRoleResponse>";
    (200, body.as_bytes().to_vec())
}

/// An error, in the protocol of the service asked.
pub fn error(asked: &Asked, status: u16, code: &str) -> Answer {
    let xml = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    let body = match asked.service.as_str() {
        "ec2" => format!("<Response><Errors>{xml}</Errors></Response>"),
        "autoscaling"
        | "cloudfront"
        | "sns"
        | "cloudformation"
        | "elasticache"
        | "elasticloadbalancing"
        | "iam"
        | "rds"
        | "redshift"
        | "s3-control"
        | "sts" => {
            format!("<ErrorResponse>{xml}</ErrorResponse>")
        }
        "s3" => xml,
        "compute-optimizer" | "monitoring" => {
            // CBOR: a map of one text to one text.
            let mut cbor = b"\xa1\x66__type\x78".to_vec();
            cbor.push(u8::try_from(code.len()).unwrap());
            cbor.extend(code.as_bytes());
            return (status, cbor);
        }
        _ => format!(r#"{{"__type":"{code}","message":"no"}}"#),
    };
    (status, body.into_bytes())
}

/// A JSON value in CBOR, which some services speak.
pub fn cbor(value: &Value) -> Vec<u8> {
    let head = |major: u8, number: usize| {
        let mut head = vec![major * 32 + 26];
        head.extend(u32::try_from(number).unwrap().to_be_bytes());
        head
    };
    match value {
        Value::Null => vec![0xf6],
        Value::Bool(is) => vec![0xf4 + u8::from(*is)],
        Value::Number(number) => match number.as_u64() {
            Some(whole) => head(0, usize::try_from(whole).unwrap()),
            None => [&[0xfb], &number.as_f64().unwrap().to_be_bytes()[..]].concat(),
        },
        Value::String(text) => [head(3, text.len()), text.as_bytes().to_vec()].concat(),
        Value::Array(items) => {
            [head(4, items.len()), items.iter().flat_map(cbor).collect()].concat()
        }
        Value::Object(fields) => {
            let fields_in_order = fields
                .iter()
                .flat_map(|(key, value)| [cbor(&Value::String(key.clone())), cbor(value)].concat());
            [head(5, fields.len()), fields_in_order.collect()].concat()
        }
    }
}

/// Answers true once.
pub fn once() -> impl Fn() -> bool + Send + Sync {
    let first = AtomicBool::new(true);
    move || first.swap(false, Ordering::SeqCst)
}

struct Fake<F> {
    answer: Arc<F>,
}

impl<F> std::fmt::Debug for Fake<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fake")
    }
}

impl<F: Fn(&Asked) -> Answer + Send + Sync> HttpConnector for Fake<F> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (status, body) = (self.answer)(&asked(&request));
        match status {
            TIMEOUT => {
                return HttpConnectorFuture::ready(Err(ConnectorError::timeout("too slow".into())));
            }
            UNKNOWN_HOST => {
                let error = "dns error: failed to lookup address information";
                return HttpConnectorFuture::ready(Err(ConnectorError::io(error.into())));
            }
            HANGS => return HttpConnectorFuture::new(pending()),
            STALLS => {
                let body = SdkBody::from_body_1_x(SdkBody::from(body).with_trailers(pending()));
                let status = StatusCode::try_from(200).unwrap();
                return HttpConnectorFuture::ready(Ok(HttpResponse::new(status, body)));
            }
            _ => {}
        }
        let status = StatusCode::try_from(status).unwrap();
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn asked(request: &HttpRequest) -> Asked {
    let (host, path) = request.uri().trim_start_matches("https://").split_once('/').unwrap();
    let body = request.body().bytes().unwrap_or_default();
    let body = String::from_utf8_lossy(body).into_owned();
    let action = body.strip_prefix("Action=").and_then(|rest| rest.split('&').next());
    let target = request.headers().get("x-amz-target").and_then(|t| t.rsplit('.').next());
    let operation = action
        .or(target)
        .or_else(|| path.split_once("/operation/").map(|(_, operation)| operation))
        .map_or_else(|| format!("{} /{path}", request.method()), str::to_owned);
    let authorization = request.headers().get("authorization").unwrap_or_default().to_owned();
    // S3 Control's hosts begin with the account.
    let mut host = host.split('.').filter(|part| !part.bytes().all(|b| b.is_ascii_digit()));
    Asked { service: host.next().unwrap().to_owned(), operation, body, authorization }
}

#[derive(Debug)]
struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}
