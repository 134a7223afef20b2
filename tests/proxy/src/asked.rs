//! What a request asks for.

use axum::{
    body::Bytes,
    http::{header, request::Parts},
};

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
            line: format!("{} {}", parts.method, parts.uri),
            target: text(header::HeaderName::from_static("x-amz-target")).to_owned(),
            body: body.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

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
}
