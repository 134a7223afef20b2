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

/// What those begin with.
const SECRET_INITIALS: [u8; 6] = [b'A', b'g', b'x', b's', b'r', b'-'];

/// Words before a colon or an equals sign, after which a secret follows.
const SECRET_WORDS: [&str; 7] =
    ["password", "passwd", "passphrase", "secret", "token", "api key", "apikey"];

/// What ends a word of a text, and a part of a URL.
const WORD_ENDS: [u8; 8] = [b' ', b',', b';', b'=', b'"', b'\'', b':', b'/'];
const WORD_ENDS_OF_URL: [char; 7] = [' ', ',', ';', '=', '"', '\'', '/'];

/// Whether a tag must not appear in code.
pub fn is_secret(key: &str, value: &str) -> bool {
    if value.is_empty() {
        return false;
    }
    let key: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    SECRET_KEYS.iter().any(|word| key.contains(word)) || looks_secret(value)
}

/// Whether a text holds something with the shape of a credential. Every text that is written is asked this,
/// several times: so it is looked through once, and nothing is copied.
pub fn looks_secret(text: &str) -> bool {
    let mut starts_word = true;
    for (at, byte) in text.bytes().enumerate() {
        if starts_word && SECRET_INITIALS.contains(&byte) && begins_credential(&text[at..]) {
            return true;
        }
        starts_word = WORD_ENDS.contains(&byte);
        let tells = match byte {
            b'-' => text[at..].starts_with("-----BEGIN "),
            b':' | b'=' => {
                names_a_secret(&text[..at], &text[at + 1..])
                    || text[at..].strip_prefix("://").is_some_and(has_password)
            }
            _ => false,
        };
        if tells {
            return true;
        }
    }
    false
}

fn begins_credential(text: &str) -> bool {
    SECRET_PREFIXES.iter().any(|prefix| {
        // A lone prefix is a word, not a key.
        text.strip_prefix(prefix.trim_end()).is_some_and(|rest| {
            rest.bytes().take_while(|byte| !WORD_ENDS.contains(byte)).count() >= 12
        })
    })
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
fn names_a_secret(before: &str, after: &str) -> bool {
    let before = before.trim_end();
    SECRET_WORDS.iter().any(|word| {
        let Some(start) = before.len().checked_sub(word.len()) else { return false };
        let named = before.as_bytes()[start..].eq_ignore_ascii_case(word.as_bytes());
        // `secret:name-…` is the end of an ARN of Secrets Manager, not a secret.
        named && !after.trim_start().is_empty() && !before[..start].ends_with(':')
    })
}

/// `app:hunter2@db.internal/app`, what follows `://` in a URL.
fn has_password(rest: &str) -> bool {
    let host = rest.split(|c| WORD_ENDS_OF_URL.contains(&c)).next().unwrap_or_default();
    host.split_once('@')
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
            ("description", "API Key = x"),
            ("description", "Töken, TOKEN :\u{a0}x"),
            ("url", "see (https://x.example/y?to=ftp://a:b@c)"),
            ("path", "keys/ghp_0123456789ab"),
            ("blob", "x-----BEGIN "),
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
            ("description", "secret: "),
            ("description", "ö=ü:ä://@"),
            ("path", "ghp_012345/6789ab"),
            ("user", "ftp://me@host, ftp://me:@host"),
            ("blob", "xAKIAIOSFODNN7EXAMPLE"),
        ] {
            assert!(!is_secret(key, value), "{key}={value}");
        }
    }
}
