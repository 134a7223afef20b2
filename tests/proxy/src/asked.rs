//! What a request asks for.

use std::fmt;

use hyper::{body::Bytes, header, http::request::Parts};
use serde_json::Value;

/// What the header `smithy-protocol` says of a protocol that some SDKs speak where others speak JSON.
pub(crate) const CBOR: &str = "rpc-v2-cbor";

/// What a request asks for, whenever it is sent and however it is signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Asked {
    /// The service that it is signed for.
    pub service: String,
    /// Whose credentials it is signed with, and for which region.
    scope: String,
    /// Method, path and query.
    line: String,
    /// The operation, where a header names it.
    target: String,
    /// Whether it is asked, and wants to be answered, in Smithy's RPC v2 CBOR.
    pub in_cbor: bool,
    body: Bytes,
}

impl Asked {
    pub(crate) fn read(parts: &Parts, body: &Bytes) -> Self {
        let text = |name: header::HeaderName| {
            parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        // `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`
        let signed = text(header::AUTHORIZATION);
        let scope = signed.split("Credential=").nth(1).unwrap_or_default();
        let mut scope = scope.split('/');
        let (key, _date) = (scope.next().unwrap_or_default(), scope.next());
        let region = scope.next().unwrap_or_default();
        Self {
            service: scope.next().unwrap_or("unknown").to_owned(),
            scope: format!("{key}/{region}"),
            line: line(parts),
            target: text(header::HeaderName::from_static("x-amz-target")).to_owned(),
            in_cbor: text(header::HeaderName::from_static("smithy-protocol")) == CBOR,
            body: canonical(body),
        }
    }

    /// Whether its method and URI, the operation in its header, or its body has this part.
    pub(crate) fn has(&self, part: &str) -> bool {
        self.line.contains(part)
            || self.target.contains(part)
            || String::from_utf8_lossy(&self.body).contains(part)
    }
}

impl fmt::Display for Asked {
    /// The service and what names the operation: its target, its form's action or its URI.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let action = body.split('&').next().filter(|part| part.starts_with("Action="));
        let target = Some(self.target.as_str()).filter(|target| !target.is_empty());
        write!(f, "{} {}", self.service, action.or(target).unwrap_or(&self.line))
    }
}

/// Method, path and query, the latter's parts in order.
fn line(parts: &Parts) -> String {
    let query = parts.uri.query().map(|query| format!("?{}", in_order(query)));
    format!("{} {}{}", parts.method, parts.uri.path(), query.unwrap_or_default())
}

/// The body as every client would write it: JSON without white space and with its keys in order, and so the
/// parameters of a form.
fn canonical(body: &Bytes) -> Bytes {
    if let Ok(mut json) = serde_json::from_slice::<Value>(body) {
        json.sort_all_objects();
        return json.to_string().into();
    }
    match std::str::from_utf8(body) {
        Ok(form) if form.starts_with("Action=") => in_order(form).into(),
        _ => body.clone(),
    }
}

fn in_order(parameters: &str) -> String {
    let mut parts: Vec<_> = parameters.split('&').collect();
    // The operation stays in front.
    parts.sort_by_key(|part| (!part.starts_with("Action="), *part));
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn asked(region: &str, date: &str, body: &'static str) -> Asked {
        let signed =
            format!("AWS4-HMAC-SHA256 Credential=AK/{date}/{region}/ec2/aws4_request, Sig");
        let request = Request::post("/").header("authorization", signed).body(()).unwrap();
        Asked::read(&request.into_parts().0, &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn the_same_question_is_the_same_whenever_it_is_asked() {
        let question = asked("us-east-1", "20260101", "Action=DescribeVolumes");
        assert_eq!(question.service, "ec2");
        assert_eq!(question, asked("us-east-1", "20260102", "Action=DescribeVolumes"));
        assert_ne!(question, asked("eu-west-1", "20260101", "Action=DescribeVolumes"));
        assert_ne!(question, asked("us-east-1", "20260101", "Action=DescribeVpcs"));
    }

    #[test]
    fn the_same_question_is_the_same_however_it_is_written() {
        let ask = |body| asked("us-east-1", "20260101", body);
        assert_eq!(ask("Action=X&A=1&B=2"), ask("Action=X&B=2&A=1"));
        assert_eq!(ask(r#"{"a": 1, "b": 2}"#), ask(r#"{"b":2,"a":1}"#));
        assert_ne!(ask(r#"{"a":1}"#), ask(r#"{"a":2}"#));
    }
}
