//! Answers: of an emulator, or the refusal that the service itself would give.

use anyhow::{Context, Result};
use http_body_util::Full;
use hyper::{
    HeaderMap, Response, StatusCode,
    body::Bytes,
    header::{self, HeaderName, HeaderValue},
    http::request::Parts,
};

/// An answer that can be given again.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// Headers that belong to one connection, or that are made anew.
const NOT_KEPT: [HeaderName; 5] = [
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::DATE,
    header::HOST,
];

fn strip(headers: &mut HeaderMap) {
    for name in NOT_KEPT {
        headers.remove(name);
    }
}

/// A request on its way to an emulator.
pub(crate) struct Forward {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
}

impl Forward {
    pub(crate) async fn send(self, http: &reqwest::Client, upstream: &str) -> Result<Answer> {
        let mut headers = self.parts.headers;
        strip(&mut headers);
        // Policies that ask for TLS are met, as by a proxy that terminates it.
        headers.insert("x-forwarded-proto", HeaderValue::from_static("https"));
        let path = self.parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let answer = http
            .request(self.parts.method, format!("{upstream}{path}"))
            .headers(headers)
            .body(self.body)
            .send()
            .await
            .with_context(|| format!("{upstream} does not answer"))?;
        let status = answer.status();
        let mut headers = answer.headers().clone();
        strip(&mut headers);
        Ok(Answer { status, headers, body: answer.bytes().await? })
    }
}

impl Answer {
    pub(crate) fn new(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { status, headers, body: body.into() }
    }

    /// An emulator's own failure is not what the account is like.
    pub(crate) fn is_kept(&self) -> bool {
        !self.status.is_server_error()
    }

    /// The service asks for fewer calls, in its own words and in the protocol of the request.
    pub(crate) fn throttled(service: &str, request: &HeaderMap) -> Self {
        let (status, code) = match service {
            "ec2" => (503, "RequestLimitExceeded"),
            "s3" => (503, "SlowDown"),
            "lambda" | "securityhub" => (429, "TooManyRequestsException"),
            "ce" | "states" | "dynamodb" => (400, "ThrottlingException"),
            _ => (400, "Throttling"),
        };
        let message = "Rate exceeded";
        let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let json = format!(r#"{{"__type":"{code}","message":"{message}"}}"#).into_bytes();
        let (kind, body) = match service {
            _ if request.get("smithy-protocol").is_some_and(|p| p == "rpc-v2-cbor") => {
                ("application/cbor", cbor(code))
            }
            "ec2" => (
                "text/xml",
                format!("<Response><Errors>{error}</Errors><RequestID>0</RequestID></Response>")
                    .into(),
            ),
            "s3" => ("application/xml", error.into_bytes()),
            _ if request.contains_key("x-amz-target") => ("application/x-amz-json-1.1", json),
            "lambda" | "securityhub" => ("application/json", json),
            _ => (
                "text/xml",
                format!("<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>").into(),
            ),
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        match kind {
            "application/json" => {
                headers.insert("x-amzn-errortype", HeaderValue::from_static(code));
            }
            "application/cbor" => {
                headers.insert("smithy-protocol", HeaderValue::from_static("rpc-v2-cbor"));
            }
            _ => {}
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        Self { status, headers, body: body.into() }
    }
}

/// CBOR: a map of one text to one short text.
fn cbor(code: &str) -> Vec<u8> {
    let mut body = b"\xa1\x66__type\x78".to_vec();
    body.push(u8::try_from(code.len()).unwrap_or(u8::MAX));
    body.extend(code.as_bytes());
    body
}

impl From<Answer> for Response<Full<Bytes>> {
    fn from(answer: Answer) -> Self {
        let mut response = Self::new(Full::new(answer.body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        response
    }
}
