//! A reverse proxy between the functions and an emulator that answers chosen requests with a fault.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use anyhow::{Context, Result};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// How a request goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The service asks for fewer calls.
    Throttled,
    /// A permission is missing.
    Denied,
    /// A policy of the organization denies it.
    DeniedByOrganization,
    /// The credentials are not valid any more.
    Expired,
    /// The request's time is not AWS's.
    Skewed,
    /// The service is broken.
    Broken,
    /// There is no answer at all.
    Silent,
    /// The request takes effect, but the connection ends in the middle of its answer.
    CutOff,
    /// Something that is no answer of AWS: the page of a proxy on the way.
    Garbled,
    /// The request takes effect, but its answer is lost and the function dies of it. The text is part of
    /// the function's name.
    Crash(String),
}

/// A fault for requests of one kind.
#[derive(Debug, Clone)]
struct Rule {
    service: String,
    operation: String,
    fault: Fault,
    left: u32,
}

#[derive(Debug, Default)]
struct Inner {
    endpoint: String,
    upstream: Mutex<String>,
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<String>>,
}

/// A running proxy. It stops with the test's runtime.
#[derive(Debug, Clone)]
pub struct FaultProxy {
    inner: Arc<Inner>,
    endpoint: String,
}

impl FaultProxy {
    /// Starts one on a free port; it forwards nothing until it knows where to.
    pub async fn start() -> Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let inner = Arc::new(Inner { endpoint: endpoint.clone(), ..Inner::default() });
        let router = Router::new().fallback(forward).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { inner, endpoint })
    }

    /// Where it answers.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Forwards to this endpoint from now on.
    pub fn forward_to(&self, upstream: &str) {
        upstream.clone_into(&mut lock(&self.inner.upstream));
    }

    /// Answers the next `times` requests for `operation` of `service` with a fault.
    ///
    /// An operation is named as the API names it, or, where the API is REST, by method, path and query:
    /// any part of `PUT /bucket?encryption` will do. The service `*` is every one but STS.
    pub fn inject(&self, service: &str, operation: &str, fault: Fault, times: u32) {
        lock(&self.inner.rules).push(Rule {
            service: service.into(),
            operation: operation.into(),
            fault,
            left: times,
        });
    }

    /// Requests that took effect, as `service operation`, in order.
    pub fn seen(&self) -> Vec<String> {
        lock(&self.inner.seen).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn forward(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    match answer(&inner, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

async fn answer(inner: &Inner, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let service = service(&parts.headers);
    let operation = operation(&parts.headers, parts.method.as_str(), path, &body);
    let fault = next_fault(inner, &service, &operation);
    match &fault {
        None | Some(Fault::CutOff | Fault::Crash(_)) => {}
        Some(Fault::Silent) => std::future::pending().await,
        Some(Fault::Garbled) => return Ok("<html>down for maintenance</html>".into_response()),
        Some(fault) => return Ok(faulty(&service, fault)),
    }
    let upstream = lock(&inner.upstream).clone();
    let mut headers = parts.headers;
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::TRANSFER_ENCODING);
    // Policies that ask for TLS are met, as by a proxy that terminates it.
    headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
    let answer = xtask::emulators::http()
        .request(parts.method, format!("{upstream}{path}"))
        .headers(headers)
        .body(body)
        .send()
        .await?;
    if answer.status().is_success() {
        lock(&inner.seen).push(format!("{service} {operation}"));
    }
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != header::TRANSFER_ENCODING && name != header::CONTENT_LENGTH {
            response = response.header(name, value);
        }
    }
    let bytes = answer.bytes().await?;
    if fault == Some(Fault::CutOff) {
        let half = Ok(bytes.slice(..bytes.len() / 2));
        let lost = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
        let response = response.header(header::CONTENT_LENGTH, bytes.len());
        return Ok(response.body(Body::from_stream(futures::stream::iter([half, lost])))?);
    }
    if let Some(Fault::Crash(function)) = fault {
        kill(&function, &inner.endpoint)?;
    }
    Ok(response.body(Body::from(bytes))?)
}

fn next_fault(inner: &Inner, service: &str, operation: &str) -> Option<Fault> {
    let mut rules = lock(&inner.rules);
    let rule = rules.iter_mut().find(|rule| {
        let asked = rule.service == service || rule.service == "*" && service != "sts";
        rule.left > 0 && asked && operation.contains(&rule.operation)
    })?;
    rule.left -= 1;
    Some(rule.fault.clone())
}

/// The service that the request is signed for.
fn service(headers: &HeaderMap) -> String {
    let signed = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    signed.and_then(|text| text.split('/').nth(3)).unwrap_or("unknown").to_owned()
}

/// The operation: by target header, by `Action`, by the path of an RPC, or by the request line.
fn operation(headers: &HeaderMap, method: &str, path: &str, body: &[u8]) -> String {
    if let Some(target) = headers.get("x-amz-target").and_then(|value| value.to_str().ok()) {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    let text = String::from_utf8_lossy(body);
    if let Some(action) = text.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
        return action.to_owned();
    }
    match path.split_once("/operation/") {
        Some((_, operation)) => operation.to_owned(),
        None => format!("{method} {path}"),
    }
}

/// An error in the words of the service's own protocol.
fn faulty(service: &str, fault: &Fault) -> Response {
    let (status, code) = match (fault, service) {
        (Fault::Throttled, "ec2") => (StatusCode::SERVICE_UNAVAILABLE, "RequestLimitExceeded"),
        (Fault::Throttled, "s3") => (StatusCode::SERVICE_UNAVAILABLE, "SlowDown"),
        (Fault::Throttled, "dynamodb" | "states" | "lambda") => {
            (StatusCode::BAD_REQUEST, "ThrottlingException")
        }
        (Fault::Throttled, _) => (StatusCode::BAD_REQUEST, "Throttling"),
        (Fault::Denied | Fault::DeniedByOrganization, "ec2") => {
            (StatusCode::FORBIDDEN, "UnauthorizedOperation")
        }
        (Fault::Denied | Fault::DeniedByOrganization, service) if in_xml(service) => {
            (StatusCode::FORBIDDEN, "AccessDenied")
        }
        (Fault::Denied | Fault::DeniedByOrganization, _) => {
            (StatusCode::BAD_REQUEST, "AccessDeniedException")
        }
        (Fault::Expired, "ec2") => (StatusCode::BAD_REQUEST, "RequestExpired"),
        (Fault::Expired, service) if in_xml(service) => (StatusCode::FORBIDDEN, "ExpiredToken"),
        (Fault::Expired, _) => (StatusCode::BAD_REQUEST, "ExpiredTokenException"),
        (Fault::Skewed, "s3") => (StatusCode::FORBIDDEN, "RequestTimeTooSkewed"),
        (Fault::Skewed, service) if in_xml(service) => {
            (StatusCode::FORBIDDEN, "SignatureDoesNotMatch")
        }
        (Fault::Skewed, _) => (StatusCode::FORBIDDEN, "InvalidSignatureException"),
        (Fault::Broken | Fault::Crash(_) | Fault::Silent | Fault::CutOff | Fault::Garbled, _) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure")
        }
    };
    let message = match fault {
        Fault::DeniedByOrganization => "with an explicit deny in a service control policy",
        _ => "injected by the test",
    };
    if ["compute-optimizer", "monitoring"].contains(&service) {
        // CBOR: a map of two texts to one text each.
        let text = |text: &str| [&[0x78, text.len() as u8], text.as_bytes()].concat();
        let body = [vec![0xa2], text("__type"), text(code), text("message"), text(message)];
        let body = body.concat();
        return (status, [("smithy-protocol", "rpc-v2-cbor")], Bytes::from(body)).into_response();
    }
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    let (kind, body) = match service {
        "ec2" => (
            "text/xml",
            format!("<Response><Errors>{error}</Errors><RequestID>fault</RequestID></Response>"),
        ),
        "s3" => ("application/xml", error),
        service if in_xml(service) => (
            "text/xml",
            format!("<ErrorResponse>{error}<RequestId>fault</RequestId></ErrorResponse>"),
        ),
        _ => ("application/json", format!(r#"{{"__type":"{code}","message":"{message}"}}"#)),
    };
    (status, [("content-type", kind), ("x-amzn-errortype", code)], Bytes::from(body))
        .into_response()
}

/// Whether the service tells errors in the XML of the query protocol, or one like it.
fn in_xml(service: &str) -> bool {
    [
        "autoscaling",
        "cloudformation",
        "cloudfront",
        "ec2",
        "elasticache",
        "elasticloadbalancing",
        "iam",
        "rds",
        "redshift",
        "s3",
        "sns",
        "sts",
    ]
    .contains(&service)
}

/// Kills the processes of a function that ask this proxy: by the name that the Lambda runtime gave them,
/// and by the endpoint that they were given.
fn kill(function: &str, endpoint: &str) -> Result<()> {
    for process in fs::read_dir("/proc")? {
        let process = process?;
        let Ok(environment) = fs::read(process.path().join("environ")) else { continue };
        let environment = String::from_utf8_lossy(&environment);
        let named = environment.split('\0').any(|pair| {
            pair.strip_prefix("AWS_LAMBDA_FUNCTION_NAME=")
                .is_some_and(|name| name.contains(function))
        });
        let ours = environment.split('\0').any(|pair| pair.ends_with(endpoint));
        let pid = process.file_name().to_string_lossy().into_owned();
        if named && ours && pid.bytes().all(|byte| byte.is_ascii_digit()) {
            xtask::shell::command("kill").args(["-KILL", &pid]).status().context("cannot kill")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_read_from_every_protocol() {
        let mut headers = HeaderMap::new();
        assert_eq!(
            operation(&headers, "POST", "/", b"Version=1&Action=StopInstances"),
            "StopInstances"
        );
        assert_eq!(operation(&headers, "PUT", "/b?encryption=", b"<x/>"), "PUT /b?encryption=");
        assert_eq!(
            operation(&headers, "POST", "/service/x/operation/PutMetricData", b""),
            "PutMetricData"
        );
        headers.insert("x-amz-target", "DynamoDB_20120810.PutItem".parse().unwrap());
        assert_eq!(operation(&headers, "POST", "/", b"{}"), "PutItem");
    }
}
