//! What was compared, for people.

use std::fmt::Write;

use super::{Account, Explained, Row};

type Compared = [(Account, &'static str, Vec<Row>)];

/// What the command prints of one account and tool: how many checks agree, and each that does not.
pub fn shown(title: &str, tool: &str, rows: &[Row], explained: &[Explained]) -> String {
    let agree = rows.iter().filter(|row| row.agrees()).count();
    let mut text = format!("{title}, {tool}: {agree} of {} checks agree", rows.len());
    for row in rows.iter().filter(|row| !row.agrees()) {
        let known =
            if explanation(tool, row, explained).is_some() { "explained" } else { "NOT EXPLAINED" };
        let _ = write!(
            text,
            "\n  {} ({known}): only Miyabi {:?}; only {tool} {:?}{}",
            row.check,
            row.ours,
            row.only_theirs,
            if row.not_evaluated { " (not evaluated)" } else { "" }
        );
    }
    text
}

/// Differences that nobody explained.
pub fn unexplained(compared: &Compared, explained: &[Explained]) -> Vec<String> {
    let mut open: Vec<String> = compared
        .iter()
        .flat_map(|(_, tool, rows)| rows.iter().map(move |row| (*tool, row)))
        .filter(|(tool, row)| !row.agrees() && explanation(tool, row, explained).is_none())
        .map(|(tool, row)| format!("{tool} {}", row.check))
        .collect();
    open.sort();
    open.dedup();
    open
}

/// docs/comparison.md.
pub fn markdown(compared: &Compared, explained: &[Explained]) -> String {
    let mut text = String::from(
        "# Beside Cloud Custodian and Prowler\n\n\
         `cargo xtask compare` lets all three look at the same accounts in the emulators and writes this page. \
         `tests/compare` says which of their checks mean the same as which of Miyabi's. A check agrees when it \
         fails for exactly the same resources.\n\n",
    );
    for (account, tool, rows) in compared {
        let agree = rows.iter().filter(|row| row.agrees()).count();
        let _ = write!(
            text,
            "## {}: {}\n\n{agree} of {} shared checks agree.\n\n\
             | check | {tool} | both fail | only Miyabi | only {tool} | |\n|--|--|--|--|--|--|\n",
            account.title(),
            name(tool),
            rows.len()
        );
        for row in rows {
            let verdict = match (row.agrees(), explanation(tool, row, explained)) {
                (true, _) => "✓",
                (false, Some(_)) => "see below",
                (false, None) => "**not explained**",
            };
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} | {} | {verdict} |",
                row.check,
                row.theirs
                    .split(", ")
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(" "),
                row.both,
                row.ours.len(),
                row.only_theirs.len()
            );
        }
        text.push('\n');
    }
    text.push_str("## Where they differ\n\n");
    for one in explained {
        let differs = compared.iter().any(|(_, tool, rows)| {
            *tool == one.tool && rows.iter().any(|row| row.check == one.check && !row.agrees())
        });
        if differs {
            let _ = writeln!(
                text,
                "- **`{}`, {}**: {} ({})",
                one.check,
                name(&one.tool),
                one.why.trim(),
                one.source.trim()
            );
        }
    }
    text
}

fn explanation<'a>(tool: &str, row: &Row, explained: &'a [Explained]) -> Option<&'a Explained> {
    explained.iter().find(|one| one.tool == tool && one.check == row.check)
}

fn name(tool: &str) -> &str {
    match tool {
        "custodian" => "Cloud Custodian",
        "prowler" => "Prowler",
        other => other,
    }
}
