//! What was compared, for people.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use super::{Account, Compared, Explained, Row};

/// What stands around the comparison.
#[derive(Debug)]
pub struct Frame {
    /// The day of the comparison.
    pub day: String,
    /// Cloud Custodian's version.
    pub custodian: String,
    /// Prowler's version.
    pub prowler: String,
    /// What each tool has that the others lack, as Markdown.
    pub beyond: String,
}

/// What the command prints of one account and tool: how many checks agree, and each that does not.
pub fn shown(one: &Compared, explained: &[Explained]) -> String {
    let agree = one.rows.iter().filter(|row| row.agrees()).count();
    let mut text = format!(
        "{} account, {}: {agree} of {} checks agree",
        one.account.title(),
        one.tool,
        one.rows.len()
    );
    for row in one.rows.iter().filter(|row| !row.agrees()) {
        let known = match row.explanation(one.tool, explained) {
            Some(_) => "explained",
            None => "NOT EXPLAINED",
        };
        let _ = write!(
            text,
            "\n  {} ({known}): both {}; only Miyabi {:?}; only {} {:?}{}",
            row.check,
            row.both,
            row.ours,
            one.tool,
            row.only_theirs,
            if row.not_evaluated { " (not evaluated)" } else { "" }
        );
    }
    text
}

/// Differences that nobody explained.
pub fn unexplained(compared: &[Compared], explained: &[Explained]) -> Vec<String> {
    let open = compared.iter().flat_map(|one| {
        one.rows
            .iter()
            .filter(|row| !row.agrees() && row.explanation(one.tool, explained).is_none())
            .map(|row| format!("{} {}", one.tool, row.check))
    });
    open.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Explanations of differences that are not there.
pub fn idle(compared: &[Compared], explained: &[Explained]) -> Vec<String> {
    explained
        .iter()
        .filter(|one| differing(compared, one).next().is_none())
        .map(|one| format!("{} {}", one.tool, one.check))
        .collect()
}

/// The accounts in which a difference is that an explanation is about.
fn differing<'a>(
    compared: &'a [Compared],
    explained: &'a Explained,
) -> impl Iterator<Item = (Account, &'a Row)> {
    compared.iter().filter(|one| one.tool == explained.tool).flat_map(|one| {
        let differs = |row: &&Row| row.check == explained.check && !row.agrees();
        one.rows.iter().filter(differs).map(|row| (one.account, row))
    })
}

/// docs/comparison.md.
pub fn markdown(frame: &Frame, compared: &[Compared], explained: &[Explained]) -> String {
    let mut text = format!(
        "# Beside Prowler and Cloud Custodian\n\n\
         Prowler {} and Cloud Custodian {} looked at the same two accounts as Miyabi, at the same moment, \
         before anything was changed. A check agrees when it fails for exactly the same resources. Every check \
         that two of them share is compared, and every difference is explained with what AWS says of it; the \
         command fails otherwise.\n\n\
         Compared on {} with `cargo xtask compare`, which writes this page. The accounts are emulated; both are \
         in the repository (`tests/accounts/sample.yaml`, `tests/accounts/larger`), and so is which check is \
         taken for which (`tests/compare`). Prowler's checks are its own, with its default configuration. Custodian has \
         none of its own: they are Miyabi's, said in its words and judged by its own reading of the account.\n\n",
        frame.prowler, frame.custodian, frame.day
    );
    text.push_str(&summary(compared));
    text.push_str("\n## Where they differ\n");
    for tool in ["prowler", "custodian"] {
        text.push_str(&differences(tool, compared, explained));
    }
    let _ = write!(text, "\n{}\n", frame.beyond.trim());
    text.push_str(&every_check(compared));
    text
}

fn summary(compared: &[Compared]) -> String {
    let mut text = String::from(
        "| account | tool | shared checks | agree | of these, fail somewhere | differ, explained | \
         findings of both | only Miyabi | only the tool |\n|--|--|--|--|--|--|--|--|--|\n",
    );
    for one in compared {
        let agree: Vec<&Row> = one.rows.iter().filter(|row| row.agrees()).collect();
        let sum = |count: fn(&Row) -> usize| one.rows.iter().map(count).sum::<usize>();
        let _ = writeln!(
            text,
            "| {}, {} resources of {} kinds | {} | {} | {} | {} | {} | {} | {} | {} |",
            one.account.title(),
            one.resources,
            one.kinds,
            name(one.tool),
            one.rows.len(),
            agree.len(),
            agree.iter().filter(|row| row.both > 0).count(),
            one.rows.len() - agree.len(),
            sum(|row| row.both),
            sum(|row| row.ours.len()),
            sum(|row| row.only_theirs.len()),
        );
    }
    text
}

fn differences(tool: &str, compared: &[Compared], explained: &[Explained]) -> String {
    let mut text = format!("\n### Miyabi and {}\n\n", name(tool));
    let begun = text.len();
    for one in explained.iter().filter(|one| one.tool == tool) {
        let counts: Vec<String> = differing(compared, one)
            .map(|(account, row)| {
                let each = [
                    (row.both, "both".to_owned()),
                    (row.ours.len(), "only Miyabi".to_owned()),
                    (row.only_theirs.len(), format!("only {}", name(tool))),
                ];
                let told = each.iter().filter(|(count, _)| *count > 0);
                let told: Vec<String> = told.map(|(count, who)| format!("{count} {who}")).collect();
                format!("{}: {}", account.title(), told.join(", "))
            })
            .collect();
        if counts.is_empty() {
            continue;
        }
        let _ = writeln!(
            text,
            "- **`{}`** ({}). {} *{}*",
            one.check,
            counts.join("; "),
            one.why.trim(),
            one.source.trim()
        );
    }
    if text.len() == begun {
        text.push_str("Nowhere.\n");
    }
    text
}

/// Every shared check, with what was found in each account.
fn every_check(compared: &[Compared]) -> String {
    let columns: Vec<(&str, Account)> =
        compared.iter().map(|one| (one.tool, one.account)).collect();
    let mut checks: BTreeMap<&str, BTreeMap<usize, &Row>> = BTreeMap::new();
    for (column, one) in compared.iter().enumerate() {
        for row in &one.rows {
            checks.entry(&row.check).or_default().insert(column, row);
        }
    }
    let mut text = String::from(
        "\n## Every shared check\n\n\
         How many resources both fail; `+n`: n more only the tool; `−n`: n more only Miyabi; –: not \
         shared, or nothing there to judge.\n\n\
         | Miyabi's check | Prowler's |",
    );
    for (tool, account) in &columns {
        let _ = write!(text, " {}, {} |", name(tool), account.title());
    }
    text.push_str("\n|--|--|");
    text.push_str(&"--|".repeat(columns.len()));
    text.push('\n');
    for (check, rows) in checks {
        let theirs = rows.iter().find(|(column, _)| columns[**column].0 == "prowler");
        let theirs = theirs.map_or_else(
            || "–".to_owned(),
            |(_, row)| {
                let names: Vec<String> =
                    row.theirs.iter().map(|name| format!("`{name}`")).collect();
                names.join(" ")
            },
        );
        let _ = write!(text, "| `{check}` | {theirs} |");
        for column in 0..columns.len() {
            let said = rows.get(&column).map_or_else(|| "–".to_owned(), |row| cell(row));
            let _ = write!(text, " {said} |");
        }
        text.push('\n');
    }
    text
}

fn cell(row: &Row) -> String {
    let mut text = row.both.to_string();
    if !row.only_theirs.is_empty() {
        let _ = write!(text, " +{}", row.only_theirs.len());
    }
    if !row.ours.is_empty() {
        let _ = write!(text, " −{}", row.ours.len());
    }
    text
}

fn name(tool: &str) -> &str {
    match tool {
        "custodian" => "Custodian",
        "prowler" => "Prowler",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::compare::Side;

    fn compared(account: Account, only_theirs: &[&str]) -> Compared {
        let row = Row {
            check: "ebs_volume_unencrypted".into(),
            theirs: vec!["ec2_ebs_volume_encryption".into()],
            both: 3,
            ours: BTreeSet::new(),
            only_theirs: only_theirs.iter().map(|&name| name.to_owned()).collect(),
            not_evaluated: false,
        };
        Compared { account, resources: 9, kinds: 2, tool: "prowler", rows: vec![row] }
    }

    fn explained() -> [Explained; 1] {
        [Explained {
            tool: "prowler".into(),
            check: "ebs_volume_unencrypted".into(),
            fails_more: Side::Peer,
            why: "Only attached volumes count.".into(),
            source: "EC2.3".into(),
        }]
    }

    #[test]
    fn a_difference_is_either_explained_or_told_by_name() {
        let differs = [compared(Account::Sample, &["vol-1"])];
        assert_eq!(unexplained(&differs, &[]), ["prowler ebs_volume_unencrypted"]);
        assert!(unexplained(&differs, &explained()).is_empty());
    }

    #[test]
    fn an_explanation_of_nothing_is_told_by_name() {
        let agrees = [compared(Account::Sample, &[])];
        assert_eq!(idle(&agrees, &explained()), ["prowler ebs_volume_unencrypted"]);
        assert!(idle(&[compared(Account::Large, &["vol-1"])], &explained()).is_empty());
    }

    #[test]
    fn the_page_tells_how_many_each_finds_and_why_they_differ() {
        let frame = Frame {
            day: "2026-11-22".into(),
            custodian: "1".into(),
            prowler: "2".into(),
            beyond: "## What each has that Miyabi lacks".into(),
        };
        let both = [compared(Account::Sample, &[]), compared(Account::Large, &["vol-1"])];
        let page = markdown(&frame, &both, &explained());
        assert!(
            page.contains(
                "| larger, 9 resources of 2 kinds | Prowler | 1 | 0 | 0 | 1 | 3 | 0 | 1 |"
            )
        );
        assert!(
            page.contains("(larger: 3 both, 1 only Prowler). Only attached volumes count. *EC2.3*")
        );
        assert!(
            page.contains("| `ebs_volume_unencrypted` | `ec2_ebs_volume_encryption` | 3 | 3 +1 |")
        );
    }
}
