//! Tokens of pages, as the protocols of AWS's services write them.
//!
//! A service that answers with the very token that it was asked with would be asked for one page for ever. The
//! SDK's paginators take it for the end of the list, so that whatever comes behind that page is lost without
//! a word. So it is looked for where answers come in, for every list alike.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use memchr::memmem;
use percent_encoding::percent_decode_str;

/// Names of the token that a request comes with.
const ASKED: [&str; 10] = [
    "ExclusiveStartTableName",
    "Marker",
    "NextPageToken",
    "NextToken",
    "PaginationToken",
    "continuation-token",
    "marker",
    "nextToken",
    "pageToken",
    "position",
];

/// Names of the next page's token in an answer.
const NEXT: [&str; 9] = [
    "LastEvaluatedTableName",
    "NextContinuationToken",
    "NextMarker",
    "NextPageToken",
    "NextToken",
    "PaginationToken",
    "nextPageToken",
    "nextToken",
    "position",
];

/// The next page's token in answers to forms; elsewhere the one that was asked with, told again.
const MARKER: &str = "Marker";

/// The next page's token in a list of buckets; in lists of a bucket's settings the one that was asked with.
/// Source: Amazon S3 API Reference, `ListBuckets` and `ListBucketInventoryConfigurations`.
const CONTINUATION: &str = "ContinuationToken";

/// What holds a list of buckets.
const BUCKETS: &str = "<ListAllMyBucketsResult";

/// Whether a request is a form, as those of EC2, RDS, IAM … are.
pub(crate) fn is_form(request: &HttpRequest) -> bool {
    request.body().bytes().is_some_and(|body| body.starts_with(b"Action="))
}

/// The token that a request comes with, if it is for a further page.
pub(crate) fn of(request: &HttpRequest) -> Option<String> {
    let body = request.body().bytes().unwrap_or_default();
    let token = if is_form(request) {
        parameter(std::str::from_utf8(body).ok()?)
    } else {
        let query = request.uri().split_once('?').and_then(|(_, query)| parameter(query));
        query.or_else(|| ASKED.iter().find_map(|name| told(body, name).pop()))
    };
    token.filter(|token| !token.is_empty())
}

/// Whether the next page is the one that was asked for by `token`.
pub(crate) fn repeats(form: bool, token: &str, answer: &[u8]) -> bool {
    let marker = form.then_some(MARKER);
    let continuation = memmem::find(answer, BUCKETS.as_bytes()).map(|_| CONTINUATION);
    let mut names = NEXT.into_iter().chain(marker).chain(continuation);
    names.any(|name| told(answer, name).iter().any(|next| next == token))
}

/// The token among the parameters of a form or of a URI.
fn parameter(parameters: &str) -> Option<String> {
    let mut pairs = parameters.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| ASKED.contains(name))?;
    Some(percent_decode_str(value).decode_utf8().ok()?.into_owned())
}

/// The texts that a body in XML, JSON or CBOR has under a name.
fn told(body: &[u8], name: &str) -> Vec<String> {
    match (body.first(), std::str::from_utf8(body)) {
        (Some(b'<'), Ok(xml)) => {
            let (open, close) = (format!("<{name}>"), format!("</{name}>"));
            let texts = xml.split(&*open).skip(1).filter_map(|rest| rest.split_once(&*close));
            texts.map(|(text, _)| unescaped(text)).collect()
        }
        (Some(b'{'), Ok(json)) => {
            let key = format!("\"{name}\"");
            let rest = json.split(&*key).skip(1);
            let values = rest.filter_map(|rest| rest.trim_start().strip_prefix(':'));
            values.filter_map(json_text).collect()
        }
        _ => {
            let names = memmem::find_iter(body, name);
            names.filter_map(|at| cbor_text(&body[at + name.len()..])).collect()
        }
    }
}

fn unescaped(xml: &str) -> String {
    let plain = xml.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    plain.replace("&apos;", "'").replace("&amp;", "&")
}

/// The text that JSON begins with.
fn json_text(json: &str) -> Option<String> {
    serde_json::Deserializer::from_str(json).into_iter().next()?.ok()
}

/// The text that CBOR begins with (RFC 8949, section 3.1).
fn cbor_text(cbor: &[u8]) -> Option<String> {
    let (head, rest) = cbor.split_first()?;
    let wide = match head {
        0x60..=0x77 => 0,
        0x78 => 1,
        0x79 => 2,
        0x7a => 4,
        _ => return None,
    };
    let (length, text) = rest.split_at_checked(wide)?;
    let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    let length = if wide == 0 { usize::from(head - 0x60) } else { length };
    String::from_utf8(text.get(..length)?.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;
    use serde_json::json;

    use super::*;
    use crate::testing::aws::cbor;

    fn request(uri: &str, body: impl Into<Vec<u8>>) -> HttpRequest {
        let mut request = HttpRequest::get(format!("https://aws/{uri}")).unwrap();
        *request.body_mut() = SdkBody::from(body.into());
        request
    }

    #[test]
    fn a_request_tells_its_token_in_every_protocol() {
        let token = |uri, body: &[u8]| of(&request(uri, body));
        assert_eq!(token("", b"Action=A&Version=1&NextToken=a%2Bb%3D").as_deref(), Some("a+b="));
        assert_eq!(token("", b"Action=A&Version=1&MaxResults=5"), None);
        assert_eq!(token("b?continuation-token=a%2Fb&max-buckets=5", b"").as_deref(), Some("a/b"));
        assert_eq!(
            token("", br#"{"Limit":5,"NextToken" : "a\/b\u003d"}"#).as_deref(),
            Some("a/b=")
        );
        assert_eq!(token("", br#"{"Limit":5,"NextToken":null}"#), None);
        assert_eq!(token("", &cbor(&json!({ "NextToken": "a" }))).as_deref(), Some("a"));
        assert_eq!(token("", b"\xa1\x69NextToken\x61a").as_deref(), Some("a"));
    }

    #[test]
    fn an_answer_repeats_a_token_if_its_next_page_has_it() {
        let xml = b"<R><Marker>a</Marker><items>1</items></R>";
        assert!(repeats(true, "a", xml));
        assert!(!repeats(false, "a", xml), "CloudFront tells again what it was asked for");
        assert!(repeats(
            false,
            "a&b",
            b"<R><Marker>a</Marker><NextMarker>a&amp;b</NextMarker></R>"
        ));
        let inside = "<ContinuationToken>a</ContinuationToken>";
        let buckets =
            format!("<ListAllMyBucketsResult xmlns=\"s3\">{inside}</ListAllMyBucketsResult>");
        assert!(repeats(false, "a", buckets.as_bytes()));
        let next = |token: &str| {
            format!(
                "<ListMetricsConfigurationsResult>{inside}<NextContinuationToken>{token}\
                 </NextContinuationToken></ListMetricsConfigurationsResult>"
            )
        };
        assert!(
            !repeats(false, "a", next("b").as_bytes()),
            "and so do lists of a bucket's settings"
        );
        assert!(repeats(false, "a", next("a").as_bytes()));
        assert!(repeats(false, "a=", br#"{"Keys":[],"NextMarker":"a\u003d"}"#));
        assert!(!repeats(false, "a", br#"{"Marker":"a","FileSystems":[]}"#), "EFS does so too");
        assert!(!repeats(false, "a", br#"{"Text":"\"NextToken\":\"a\"","NextToken":"b"}"#));
        assert!(repeats(false, "a", &cbor(&json!({ "Metrics": [], "NextToken": "a" }))));
        assert!(!repeats(false, "a", &cbor(&json!({ "Metrics": [], "NextToken": "b" }))));
    }
}
