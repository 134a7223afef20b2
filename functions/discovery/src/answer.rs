//! What comes back from a service, looked at before the SDK reads it: what the SDK would take for less than
//! it is, or would ask for again in vain.

use std::error::Error;

use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

use crate::token;

/// What a request tells of its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// It is a form, whose answer is XML and never empty: EC2, RDS, IAM …
    form: bool,
    /// The token of the page that it asks for, if that is not a list's first.
    token: Option<String>,
}

impl Asked {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self { form: token::is_form(request), token: token::of(request) }
    }
}

/// The answer, read to its end, if it is whole and its list goes on.
pub(crate) async fn sound(
    asked: Asked,
    answer: Result<HttpResponse, ConnectorError>,
) -> Result<HttpResponse, ConnectorError> {
    let mut response = answer.map_err(without_retry)?;
    let body = std::mem::replace(response.body_mut(), SdkBody::taken());
    let body = ByteStream::new(body).collect().await;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    if !response.status().is_success() {
        *response.body_mut() = SdkBody::from(body);
        return Ok(response);
    }
    // The SDK takes XML that ends too early for a shorter list.
    let missing = asked.form && body.is_empty();
    if missing || body.starts_with(b"<") && !is_closed(&body) {
        return Err(ConnectorError::io("the answer ends too early".into()));
    }
    // And a page that leads to itself for the list's last.
    if asked.token.is_some_and(|token| token::repeats(asked.form, &token, &body)) {
        let why = "the service gave the same page token twice, so that the list has no end";
        return Err(ConnectorError::other(why.into(), None));
    }
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

/// Whether the XML's last tag closes its first.
fn is_closed(xml: &[u8]) -> bool {
    let mut rest = xml;
    // Past the declaration and comments.
    while rest.starts_with(b"<?") || rest.starts_with(b"<!") {
        let Some(end) = rest.iter().position(|byte| *byte == b'>') else { return false };
        rest = rest[end + 1..].trim_ascii_start();
    }
    let Some(tag) = rest.strip_prefix(b"<") else { return false };
    let Some(end) = tag.iter().position(|byte| *byte == b'>') else { return false };
    if tag[..end].ends_with(b"/") {
        return tag[end + 1..].trim_ascii().is_empty();
    }
    let name = tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'>').next();
    let closing = xml.trim_ascii_end().strip_suffix(b">").map(<[u8]>::trim_ascii_end);
    match (closing, name) {
        (Some(closing), Some(name)) => {
            closing.strip_suffix(name).is_some_and(|before| before.ends_with(b"</"))
        }
        _ => false,
    }
}

/// A host without an address will not get one by being asked again: the service is not offered there.
fn without_retry(error: ConnectorError) -> ConnectorError {
    if error.is_io() && is_unknown_host(&error) {
        return ConnectorError::other(error.into(), None);
    }
    error
}

/// Whether the cause is that the host's name does not resolve; hyper says so only in words.
pub(crate) fn is_unknown_host(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("dns error") {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xml_is_whole_when_its_last_tag_closes_its_first() {
        for whole in [
            "<A/>",
            "<A x=\"1\" />\n",
            "<?xml version=\"1.0\"?>\n<A xmlns=\"u\"><B>1</B></A>\n",
            "<A><A></A></A >",
        ] {
            assert!(is_closed(whole.as_bytes()), "{whole}");
        }
        for cut in ["<", "<A", "<A>", "<A><B>1</B>", "<A><B/>", "<A><BA></BA>", "<?xml?>", "<A></A"]
        {
            assert!(!is_closed(cut.as_bytes()), "{cut}");
        }
    }
}
