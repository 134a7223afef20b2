//! A Discord embed that keeps Discord's limits, whatever is put into it.
//!
//! Source: Discord developer documentation, Message resource, "Embed Limits": 6000 characters over
//! all texts of a message's embeds, title 256, description 4096, 25 fields with names up to 256 and
//! values up to 1024, footer 2048. Discord refuses a message that breaks any of them.

use serde::Serialize;

use crate::markdown::{length, list, shorten};

const TOTAL: usize = 6_000;
const TITLE: usize = 256;
const DESCRIPTION: usize = 4_096;
const FIELDS: usize = 25;
const NAME: usize = 256;
const VALUE: usize = 1_024;
const FOOTER: usize = 2_048;

/// What is posted to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payload {
    username: &'static str,
    embeds: [Embed; 1],
    allowed_mentions: AllowedMentions,
}

/// Nobody is ever pinged: names of resources are other people's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct AllowedMentions {
    parse: [&'static str; 0],
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Embed {
    title: String,
    description: String,
    color: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    fields: Vec<Field>,
    footer: Footer,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Field {
    name: String,
    value: String,
    inline: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Footer {
    text: String,
}

/// The parts of an embed, of any length. The texts come first when room is short, then the fixed
/// fields; the lists share what is left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// The title.
    pub title: String,
    /// The text below it.
    pub description: String,
    /// The colour of the bar, 0xRRGGBB.
    pub colour: u32,
    /// ISO 8601.
    pub timestamp: Option<String>,
    /// Short facts, side by side.
    pub facts: Vec<(String, String)>,
    /// Lists: a name and lines, which are cut where there is no room, saying how many are left out.
    pub lists: Vec<(String, Vec<String>)>,
    /// Texts below the lists.
    pub notes: Vec<(String, String)>,
    /// The last line.
    pub footer: String,
}

impl Draft {
    /// The payload, within the limits.
    pub fn fit(self) -> Payload {
        let title = shorten(&self.title, TITLE);
        let mut room = TOTAL - length(&title);
        let mut take = |text: &str, limit: usize| {
            let text = shorten(text, limit.min(room));
            room -= length(&text);
            text
        };
        let footer = take(&self.footer, FOOTER / 4);
        let description = take(&self.description, DESCRIPTION / 2);
        let mut fixed = |(name, value): (String, String), inline: bool| {
            let name = take(&name, NAME);
            let value = take(&value, VALUE);
            field(name, value, inline)
        };
        let facts: Vec<_> = self.facts.into_iter().filter_map(|fact| fixed(fact, true)).collect();
        let notes: Vec<_> = self.notes.into_iter().filter_map(|note| fixed(note, false)).collect();

        let mut fields = facts;
        let mut waiting = self.lists.len().min(FIELDS.saturating_sub(fields.len() + notes.len()));
        for (name, lines) in self.lists.into_iter().take(waiting) {
            let share = room / waiting;
            waiting -= 1;
            let name = shorten(&name, NAME.min(share));
            let value = list(&lines, VALUE.min(share - length(&name)));
            room -= length(&name) + length(&value);
            fields.extend(field(name, value, false));
        }
        fields.extend(notes);
        fields.truncate(FIELDS);
        let embed = Embed {
            title,
            description,
            color: self.colour,
            timestamp: self.timestamp,
            fields,
            footer: Footer { text: footer },
        };
        Payload {
            username: "Miyabi",
            embeds: [embed],
            allowed_mentions: AllowedMentions { parse: [] },
        }
    }
}

/// A field; Discord refuses one without a name or a value.
fn field(name: String, value: String, inline: bool) -> Option<Field> {
    let blank = name.trim().is_empty() || value.trim().is_empty();
    (!blank).then_some(Field { name, value, inline })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(payload: &Payload) -> usize {
        let embed = &payload.embeds[0];
        let fields: usize =
            embed.fields.iter().map(|field| length(&field.name) + length(&field.value)).sum();
        length(&embed.title) + length(&embed.description) + length(&embed.footer.text) + fields
    }

    fn keeps_the_limits(payload: &Payload) {
        let embed = &payload.embeds[0];
        assert!(texts(payload) <= 6_000, "{} characters", texts(payload));
        assert!(length(&embed.title) <= 256 && length(&embed.description) <= 4_096);
        assert!(length(&embed.footer.text) <= 2_048 && embed.fields.len() <= 25);
        for field in &embed.fields {
            assert!((1..=256).contains(&length(field.name.trim())), "{field:?}");
            assert!((1..=1_024).contains(&length(field.value.trim())), "{field:?}");
        }
    }

    #[test]
    fn lists_share_the_room_and_say_what_is_missing() {
        let lines: Vec<_> = (0..200).map(|n| format!("{n}: {}", "x".repeat(80))).collect();
        let lists: Vec<_> = (0..7).map(|n| (format!("agent {n}"), lines.clone())).collect();
        let payload = Draft {
            title: "t".repeat(300),
            description: "d".repeat(9_000),
            lists,
            notes: vec![("how".into(), "n".repeat(2_000))],
            ..Draft::default()
        }
        .fit();
        keeps_the_limits(&payload);
        assert_eq!(payload.embeds[0].fields.len(), 8, "no list is dropped");
        for field in &payload.embeds[0].fields[..7] {
            assert!(field.value.contains("… and 19"), "{}", field.value);
        }
    }

    prop_compose! {
        fn draft()(
            title in ".{0,400}",
            description in ".{0,6000}",
            footer in ".{0,3000}",
            facts in prop::collection::vec((".{0,300}", ".{0,1500}"), 0..30),
            lists in prop::collection::vec((".{0,300}", prop::collection::vec(".{0,400}", 0..20)), 0..12),
            notes in prop::collection::vec((".{0,300}", ".{0,1500}"), 0..4),
        ) -> Draft {
            Draft { title, description, facts, lists, notes, footer, ..Draft::default() }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_draft_keeps_the_limits(draft in draft()) {
            keeps_the_limits(&draft.fit());
        }
    }
}
