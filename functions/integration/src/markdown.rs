//! Words from an account (names, tags, error texts) made safe to put between our own.

/// `text` on one line, with everything escaped that Markdown, HTML or Discord would act on:
/// a resource's name must not become a link, a mention or a table cell.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\\' | '`' | '*' | '_' | '~' | '|' | '[' | ']' | '<' | '>' | '#' | '@' => {
                safe.push('\\');
                safe.push(c);
            }
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

/// The length of a text as services count it: in UTF-16 units, never fewer than its characters.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// `text`, cut to at most `limit` UTF-16 units with an ellipsis where something was cut.
pub fn shorten(text: &str, limit: usize) -> String {
    if length(text) <= limit {
        return text.into();
    }
    let mut short = String::new();
    let mut left = limit.saturating_sub(1);
    for c in text.chars() {
        if c.len_utf16() > left {
            break;
        }
        left -= c.len_utf16();
        short.push(c);
    }
    // A cut must not leave half of an escape behind.
    while short.ends_with('\\') {
        short.pop();
    }
    if limit > 0 {
        short.push('…');
    }
    short
}

/// As many of the lines as fit into `limit` UTF-16 units, then how many more there are.
pub fn list(lines: &[String], limit: usize) -> String {
    let whole = lines.join("\n");
    if length(&whole) <= limit {
        return whole;
    }
    let (mut text, mut shown) = (String::new(), 0);
    for line in lines {
        let rest = more(lines.len() - shown - 1);
        if length(&text) + length(line) + 1 + length(&rest) > limit {
            break;
        }
        text.push_str(line);
        text.push('\n');
        shown += 1;
    }
    if shown == 0 {
        // Not even the first line fits beside the count: show what there is of it.
        let rest = more(lines.len() - 1);
        let first = shorten(&lines[0], limit.saturating_sub(length(&rest) + 1));
        return if lines.len() == 1 {
            shorten(&lines[0], limit)
        } else {
            shorten(&format!("{first}\n{rest}"), limit)
        };
    }
    text + &more(lines.len() - shown)
}

fn more(count: usize) -> String {
    format!("… and {count} more")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_cannot_become_links_mentions_or_cells() {
        assert_eq!(
            escape("[pay](https://x) @everyone <@1> a|b\n# c"),
            r"\[pay\](https://x) \@everyone \<\@1\> a\|b \# c"
        );
    }

    #[test]
    fn a_list_that_does_not_fit_says_how_much_is_missing() {
        let lines: Vec<_> = (1..=9).map(|n| format!("line {n}")).collect();
        assert_eq!(list(&lines, 1024), lines.join("\n"));
        assert_eq!(list(&lines, 30), "line 1\nline 2\n… and 7 more");
        assert_eq!(list(&["x".repeat(20)], 5), "xxxx…");
    }

    proptest! {
        #[test]
        fn cut_texts_keep_their_limit(lines in prop::collection::vec(".{0,60}", 1..20), limit in 0_usize..200) {
            prop_assert!(length(&list(&lines, limit)) <= limit);
            prop_assert!(length(&shorten(&escape(&lines[0]), limit)) <= limit);
        }
    }
}
