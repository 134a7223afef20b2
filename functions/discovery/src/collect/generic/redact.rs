//! Keeps secrets out of properties: lists tell none by their schemas, but not every schema is right.

use serde_json::Value;

/// What stands in a secret's place.
const BLOT: &str = "(redacted)";

/// Parts of keys whose texts may be secrets, in lower case without separators.
const SECRET: &[&str] = &[
    "accesskey",
    "apikey",
    "authkey",
    "authtoken",
    "connectionstring",
    "credential",
    "environment",
    "passphrase",
    "password",
    "presharedkey",
    "privatekey",
    "secret",
    "token",
    "userdata",
];

/// Blots out every text below a key that may hold a secret, and each `Value`. What names a secret
/// (an ARN, an id) and not the secret itself stays.
pub fn redact(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(map) => {
            for (key, value) in map {
                if may_be_secret(key) { blot(value) } else { redact(value) }
            }
        }
        _ => {}
    }
}

fn may_be_secret(key: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    let key = key.to_ascii_lowercase();
    if ["arn", "id", "name", "type"].iter().any(|end| key.ends_with(end)) {
        return false;
    }
    key == "value" || SECRET.iter().any(|secret| key.contains(secret))
}

fn blot(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(blot),
        Value::Object(map) => map.values_mut().for_each(blot),
        Value::Null | Value::Bool(_) => {}
        Value::String(text) if text.starts_with("arn:") => {}
        secret => *secret = Value::String(BLOT.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_blotted_out_and_their_names_stay() {
        let mut properties = json!({
            "Name": "shop",
            "MasterUserPassword": "s3cret",
            "SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop",
            "AuthParameters": { "ApiKeyAuthParameters": { "ApiKeyName": "x", "ApiKeyValue": "s3cret" } },
            "EnvironmentVariables": [{ "Key": "A", "Value": "s3cret" }],
            "Parameters": [{ "Name": "a", "Value": "s3cret" }],
            "TokenEnabled": true,
            "Size": 3,
        });
        redact(&mut properties);
        assert!(!properties.to_string().contains("s3cret"), "{properties}");
        assert_eq!(properties["Name"], "shop");
        assert_eq!(properties["Parameters"][0]["Name"], "a");
        assert!(properties["SecretArn"].as_str().unwrap().starts_with("arn:"));
        assert_eq!((&properties["TokenEnabled"], &properties["Size"]), (&json!(true), &json!(3)));
    }
}
