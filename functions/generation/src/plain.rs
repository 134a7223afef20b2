//! Text from an account as it may be shown: on one line, without control characters and without secrets.

use std::borrow::Cow;

use crate::iac::secret;

/// What stands where a secret would.
const HIDDEN: &str = "(hidden: looks like a secret)";

/// `text` as it may be shown, of at most `most` characters.
pub fn plain(text: &str, most: usize) -> Cow<'_, str> {
    if secret::looks_secret(text) {
        return HIDDEN.into();
    }
    if is_plain(text) { cut(text, most) } else { cut(&one_line(text), most).into_owned().into() }
}

/// `text`, of at most `most` characters.
pub fn cut(text: &str, most: usize) -> Cow<'_, str> {
    // No character takes less than a byte.
    if text.len() <= most || text.chars().nth(most).is_none() {
        return text.into();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// `text` as it may be shown, whole.
pub fn whole(text: &str) -> Cow<'_, str> {
    plain(text, usize::MAX)
}

/// Whether a text is as [`one_line`] would make it; most are. Asked of ASCII alone.
fn is_plain(text: &str) -> bool {
    let graphic = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    graphic && !text.contains("  ") && !text.starts_with(' ') && !text.ends_with(' ')
}

fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_one_line_without_secrets_and_not_too_long() {
        assert_eq!(whole("a\r\n b\u{7}\tc"), "a b c");
        assert_eq!(whole(" a  b "), "a b");
        assert_eq!(plain("äöü", 3), "äöü");
        assert_eq!(plain("äöüß", 3), "äö…");
        assert_eq!(whole("postgres://app:hunter2@db/app"), HIDDEN);
    }
}
