//! Text from an account as it may be shown: on one line, without control characters and without secrets.

use crate::iac::secret;

/// What stands where a secret would.
const HIDDEN: &str = "(hidden: looks like a secret)";

/// `text` as it may be shown, of at most `most` characters.
pub fn plain(text: &str, most: usize) -> String {
    if secret::looks_secret(text) {
        return HIDDEN.into();
    }
    let text: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    if text.chars().count() <= most {
        return text;
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// `text` as it may be shown, whole.
pub fn whole(text: &str) -> String {
    plain(text, usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_line_without_secrets_and_not_too_long() {
        assert_eq!(whole("a\r\n b\u{7}\tc"), "a b c");
        assert_eq!(plain("äöü", 3), "äöü");
        assert_eq!(plain("äöüß", 3), "äö…");
        assert_eq!(whole("postgres://app:hunter2@db/app"), HIDDEN);
    }
}
