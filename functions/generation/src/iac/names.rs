//! Names for code: readable, unique, and the same in every run.

use std::collections::BTreeMap;

/// One name per item, in the order given. `wanted` is what an item would like to be called, `id`
/// is unique among the items. Where several want the same name, all of them get their id appended, so
/// that no name depends on the order of discovery.
pub fn unique<I: AsRef<str>>(
    items: impl IntoIterator<Item = (String, I)>,
    join: &str,
) -> Vec<String> {
    let items: Vec<_> = items.into_iter().collect();
    let mut names: Vec<String> = items.iter().map(|(wanted, _)| wanted.clone()).collect();
    // A lengthened name may meet another one: lengthen again until all differ. Each round lengthens
    // every name that is not alone, so a handful of rounds suffices; the counter ends the rest.
    for round in 0.. {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for name in &names {
            *count.entry(name.clone()).or_default() += 1;
        }
        if count.values().all(|n| *n == 1) {
            break;
        }
        for (at, (name, (_, id))) in names.iter_mut().zip(&items).enumerate() {
            if count[name.as_str()] > 1 {
                let suffix = if round < 3 { id.as_ref().to_owned() } else { at.to_string() };
                *name = format!("{name}{join}{suffix}");
            }
        }
    }
    names
}

/// `Web Server (prod)` → `web_server_prod`; what is left of nothing is `fallback`.
pub fn snake(text: &str, fallback: &str) -> String {
    let words = words(text);
    let name = if words.is_empty() { self::words(fallback).join("_") } else { words.join("_") };
    let name = name.to_lowercase();
    // Identifiers begin with a letter.
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("n{name}") } else { name }
}

/// What tells equal names apart, as it may stand inside of a name: `0ab` → `0ab`, `shop/web` → `shop_web`.
pub fn suffix(text: &str) -> String {
    words(text).join("_").to_lowercase()
}

/// `Web Server (prod)` → `WebServerProd`.
pub fn pascal(text: &str) -> String {
    words(text)
        .iter()
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| {
                first.to_ascii_uppercase().to_string() + chars.as_str()
            })
        })
        .collect()
}

/// Longest part of a `Name` tag that goes into a name; CloudFormation allows 255 in all.
const LONGEST: usize = 64;

fn words(text: &str) -> Vec<&str> {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    text[..end].split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable_identifiers() {
        assert_eq!(snake("Web Server (prod)", "i-1"), "web_server_prod");
        assert_eq!(snake("本番", "i-0ab"), "i_0ab");
        assert_eq!(snake("3tier", "i-1"), "n3tier");
        assert_eq!(pascal("web-server_a"), "WebServerA");
    }

    #[test]
    fn equal_names_are_told_apart_whatever_the_order() {
        let of = |items: &[(&str, &'static str)]| {
            unique(items.iter().map(|(name, id)| ((*name).to_owned(), *id)), "_")
        };
        assert_eq!(of(&[("web", "1"), ("db", "2"), ("web", "3")]), ["web_1", "db", "web_3"]);
        // A name that another one would be lengthened to.
        assert_eq!(
            of(&[("web", "1"), ("web", "2"), ("web_1", "3")]),
            ["web_1_1", "web_2", "web_1_3"]
        );
    }
}
