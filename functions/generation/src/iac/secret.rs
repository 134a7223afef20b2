//! Texts that look like secrets. People put passwords into tags; code is committed and shared.

/// Words in a tag's key that say that its value is a secret.
const SECRET_KEYS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
];

/// Beginnings of well-known credentials. Source: the token formats that AWS, GitHub, Slack, Stripe
/// and OpenSSH document.
const SECRET_PREFIXES: [&str; 9] = [
    "AKIA",
    "ASIA",
    "ghp_",
    "github_pat_",
    "xoxb-",
    "xoxp-",
    "sk_live_",
    "rk_live_",
    "-----BEGIN ",
];

/// Whether a tag must not appear in code.
pub fn is_secret(key: &str, value: &str) -> bool {
    if value.is_empty() {
        return false;
    }
    let key: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    SECRET_KEYS.iter().any(|word| key.contains(word)) || looks_secret(value)
}

/// Whether a text holds something with the shape of a credential.
pub fn looks_secret(text: &str) -> bool {
    let words = || text.split([' ', ',', ';', '=', '"', '\'']);
    words().flat_map(|word| word.split([':', '/'])).any(|word| {
        SECRET_PREFIXES.iter().any(|prefix| {
            // A lone prefix is a word, not a key.
            word.strip_prefix(prefix.trim_end()).is_some_and(|rest| rest.len() >= 12)
        })
    }) || words().any(has_password_in_url)
        || text.contains("-----BEGIN ")
        || names_a_secret(text)
}

/// Whether a JSON document holds such a text. Its keys are words of a language, not names of secrets.
pub fn in_document(document: &serde_json::Value) -> bool {
    match document {
        serde_json::Value::String(text) => looks_secret(text),
        serde_json::Value::Array(items) => items.iter().any(in_document),
        serde_json::Value::Object(fields) => fields.values().any(in_document),
        _ => false,
    }
}

/// `password: hunter2`, `token=abc`: people write such things into descriptions.
fn names_a_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["password", "passwd", "passphrase", "secret", "token", "api key", "apikey"].iter().any(
        |word| {
            lower.match_indices(word).any(|(at, _)| {
                let rest = lower[at + word.len()..].trim_start();
                rest.strip_prefix([':', '=']).is_some_and(|value| {
                    let value = value.trim_start();
                    // `secret:name-…` is the end of an ARN of Secrets Manager, not a secret.
                    !value.is_empty()
                        && !lower[..at].ends_with("arn:")
                        && !lower[..at].ends_with(':')
                })
            })
        },
    )
}

fn has_password_in_url(word: &str) -> bool {
    word.split_once("://")
        .and_then(|(_, rest)| rest.split('/').next()?.split_once('@'))
        .is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, pass)| !pass.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_seen_by_key_and_by_shape() {
        for (key, value) in [
            ("DB_PASSWORD", "hunter2"),
            ("api-key", "x"),
            ("note", "use AKIAIOSFODNN7EXAMPLE"),
            ("dsn", "postgres://app:hunter2@db.internal/app"),
            ("key", "-----BEGIN RSA PRIVATE KEY-----"),
            ("description", "old box, password: hunter2"),
        ] {
            assert!(is_secret(key, value), "{key}={value}");
        }
        for (key, value) in [
            ("Name", "web-1"),
            ("Owner", "team@example.com"),
            ("url", "https://example.com:8443/a@b"),
            ("password", ""),
            ("Project", "AKIA"),
            ("needs", "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop-AbCdEf"),
            ("description", "rotates the token of the shop"),
        ] {
            assert!(!is_secret(key, value), "{key}={value}");
        }
    }
}
