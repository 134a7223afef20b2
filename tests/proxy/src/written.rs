//! Answers that are written down, for what no emulator answers.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result};
use aws_smithy_cbor::Encoder;
use aws_smithy_types::DateTime;
use hyper::{
    HeaderMap, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    answer::Answer,
    asked::{Asked, CBOR},
};

/// An answer to some requests, in the place of an emulator's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// Where AWS says that it looks like that.
    #[serde(rename = "source")]
    _source: String,
    /// The service, as requests are signed for it.
    service: String,
    /// What a request has that it answers: parts of its method and URI (`GET /analyzer`), of its
    /// `X-Amz-Target`, or of its body (`Action=DescribeVpcs&`). Where some SDKs speak CBOR, parts that are in both:
    /// the operation's name, and plain texts of the body.
    asked: Vec<String>,
    /// The status.
    #[serde(default = "ok")]
    status: u16,
    /// Headers beside the content's type, which follows from the body.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// The body: a text is XML, all else JSON.
    body: Value,
}

const fn ok() -> u16 {
    200
}

/// All of a directory's, in the order of its files and in the files' own.
///
/// # Errors
///
/// If a file cannot be read or holds something else.
pub fn read(directory: &Path) -> Result<Vec<Written>> {
    let files = fs::read_dir(directory)
        .with_context(|| format!("cannot list {}", directory.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    let mut files: Vec<_> =
        files.into_iter().filter(|file| file.extension().is_some_and(|e| e == "json")).collect();
    files.sort();
    let mut written = Vec::new();
    for file in files {
        let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let answers: Vec<Written> = serde_json::from_slice(&text)
            .with_context(|| format!("{} holds no answers", file.display()))?;
        written.extend(answers);
    }
    Ok(written)
}

impl Written {
    /// Whether it answers the request.
    pub(crate) fn answers(&self, asked: &Asked) -> bool {
        self.service == asked.service && self.asked.iter().all(|part| asked.has(part))
    }

    /// It, in the protocol of the request.
    pub(crate) fn answer(&self, asked: &Asked) -> Result<Answer> {
        let mut headers = HeaderMap::new();
        let (kind, body) = match &self.body {
            Value::String(text) => ("text/xml", text.clone().into_bytes()),
            json if asked.in_cbor => {
                headers.insert("smithy-protocol", HeaderValue::from_static(CBOR));
                let mut encoder = Encoder::new(Vec::new());
                encode("", json, &mut encoder)?;
                ("application/cbor", encoder.into_writer())
            }
            json => ("application/json", serde_json::to_vec(json)?),
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        for (name, value) in &self.headers {
            headers.insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
        }
        Ok(Answer::new(StatusCode::from_u16(self.status)?, headers, body))
    }
}

/// JSON as CBOR. What is written with a fraction is a double, and a number that is called a timestamp is one.
fn encode(name: &str, json: &Value, encoder: &mut Encoder) -> Result<()> {
    match json {
        Value::Null => encoder.null(),
        Value::Bool(is) => encoder.boolean(*is),
        Value::String(text) => encoder.str(text),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (_, Some(seconds)) if name.ends_with("Timestamp") => {
                encoder.timestamp(&DateTime::from_secs_f64(seconds))
            }
            (Some(whole), _) => encoder.long(whole),
            (None, number) => encoder.double(number.context("a number")?),
        },
        Value::Array(items) => {
            encoder.array(items.len());
            for item in items {
                encode(name, item, encoder)?;
            }
            encoder
        }
        Value::Object(fields) => {
            encoder.map(fields.len());
            for (name, value) in fields {
                encode(name, value, encoder.str(name))?;
            }
            encoder
        }
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    #[test]
    fn it_answers_what_has_every_part_and_is_for_its_service() {
        let written: Written = serde_json::from_str(
            r#"{"source": "a reference", "service": "ec2", "asked": ["Action=A&", "Name=x"], "body": {}}"#,
        )
        .unwrap();
        let asked = |service: &str, body: &'static str| {
            let signed =
                format!("AWS4-HMAC-SHA256 Credential=AK/20260101/r/{service}/aws4_request");
            let request = Request::post("/").header("authorization", signed).body(()).unwrap();
            Asked::read(&request.into_parts().0, &body.into())
        };
        assert!(written.answers(&asked("ec2", "Action=A&Name=x")));
        assert!(!written.answers(&asked("ec2", "Action=A&Name=y")));
        assert!(!written.answers(&asked("rds", "Action=A&Name=x")));
    }

    #[test]
    fn what_is_written_in_json_is_told_in_cbor_too() {
        let json =
            serde_json::json!({ "at": [1.5, -2, null, true, "x"], "lastTimestamp": 1_795_240_800 });
        let mut encoder = Encoder::new(Vec::new());
        encode("", &json, &mut encoder).unwrap();
        let bytes = encoder.into_writer();
        let mut decoder = aws_smithy_cbor::Decoder::new(&bytes);
        assert_eq!(decoder.map().unwrap(), Some(2));
        assert_eq!((&*decoder.str().unwrap(), decoder.list().unwrap()), ("at", Some(5)));
        assert!((decoder.double().unwrap() - 1.5).abs() < f64::EPSILON);
        assert_eq!(decoder.long().unwrap(), -2);
        decoder.null().unwrap();
        assert_eq!((decoder.boolean().unwrap(), &*decoder.str().unwrap()), (true, "x"));
        assert_eq!(&*decoder.str().unwrap(), "lastTimestamp");
        assert_eq!(decoder.timestamp().unwrap().secs(), 1_795_240_800);
    }
}
