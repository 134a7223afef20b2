//! The lists of IAM actions in the templates, which are written from what the code declares.
//!
//! A list stands between two comments, `# begin NAME, …` and `# end NAME`; whatever is around them is written by
//! hand.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::template;

/// The template of the product.
pub const PRODUCT: &str = "template.yaml";

/// The template of the role by which the product gets into another account.
pub const MEMBER: &str = "member-role.yaml";

/// Characters that IAM takes of a managed policy, without white space. Source: IAM User Guide, "IAM and AWS STS
/// quotas".
const LONGEST: usize = 6_144;

/// Characters of a managed policy around its actions, and some to spare.
const AROUND: usize = 200;

/// Actions on a line: several, because CloudFormation takes at most 51,200 bytes of a template that is in no bucket.
const ON_A_LINE: usize = 3;

/// What discovery declares, as its example `permissions` prints it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// What its own calls take.
    pub own: Vec<String>,
    /// What Cloud Control asks in its name on top of that.
    pub other_types: Vec<String>,
    /// What it asks as itself, whichever account it reads.
    pub as_itself: Vec<String>,
}

/// The product's template with its lists written anew.
///
/// # Errors
///
/// If a list has no place in it.
pub fn product(text: &str, declared: &Declared) -> Result<String> {
    let mut own: Vec<_> = declared.own.iter().chain(&declared.as_itself).collect();
    own.sort_unstable();
    let text = fill(text, "See", &actions(own))?;
    fill(&text, "SeeOtherTypes", &other_types(declared, "DiscoveryFunctionRole"))
}

/// The member accounts' template with its lists written anew; what changes resources it has of the product's.
///
/// # Errors
///
/// If a list has no place in it, or the product's template tells nothing of changes.
pub fn member(text: &str, declared: &Declared, product: &str) -> Result<String> {
    let text = fill(text, "See", &actions(&declared.own))?;
    let text = fill(&text, "SeeOtherTypes", &other_types(declared, "Role"))?;
    fill(&text, "Change", &changes(product)?)
}

fn actions<A: AsRef<str>>(actions: impl IntoIterator<Item = A>) -> Vec<String> {
    actions.into_iter().map(|action| format!("- {}", action.as_ref())).collect()
}

/// A managed policy for each part of them that fits into one.
fn other_types(declared: &Declared, role: &str) -> Vec<String> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut room = 0;
    for action in &declared.other_types {
        // Quotes and a comma.
        let length = action.len() + 3;
        if room < length {
            parts.push(Vec::new());
            room = LONGEST - AROUND;
        }
        room -= length;
        parts.last_mut().expect("there was room in it").push(action);
    }
    let count = parts.len();
    let mut lines = Vec::new();
    for (index, part) in parts.into_iter().enumerate() {
        let number = index + 1;
        if index > 0 {
            lines.push(String::new());
        }
        lines.extend([
            format!("SeeOtherTypes{number}:"),
            "  Type: AWS::IAM::ManagedPolicy".into(),
            "  Properties:".into(),
            format!("    Description: Lists resources that Miyabi reads by Cloud Control (part {number} of {count})."),
            format!("    Roles: [!Ref {role}]"),
            "    PolicyDocument:".into(),
            "      Version: \"2012-10-17\"".into(),
            "      Statement:".into(),
            "        - Sid: SeeOtherTypes".into(),
            "          Effect: Allow".into(),
            "          Action: [".into(),
        ]);
        let part: Vec<_> = part.chunks(ON_A_LINE).map(|some| some.join(", ")).collect();
        lines.extend(part.join(",\n").lines().map(|line| format!("            {line}")));
        lines.extend(["          ]".into(), "          Resource: \"*\"".into()]);
    }
    lines
}

/// Execution's statements but those about the product's own account.
fn changes(product: &str) -> Result<Vec<String>> {
    let product = template::parse(product)?;
    let policies = &product["Resources"]["ExecutionFunction"]["Properties"]["Policies"];
    let statements = policies.as_array().into_iter().flatten();
    let statements = statements.filter_map(|policy| policy["Statement"].as_array()).flatten();
    let mut lines = Vec::new();
    for statement in statements.filter(|statement| statement["Resource"] == "*") {
        let named = statement["Action"].as_array().context("a statement lists its actions")?;
        lines.push(format!("- Sid: {}", statement["Sid"].as_str().context("it has a name")?));
        lines.extend(["  Effect: Allow".into(), "  Action:".into()]);
        let named = actions(named.iter().filter_map(Value::as_str));
        lines.extend(named.into_iter().map(|line| format!("    {line}")));
        lines.push("  Resource: \"*\"".into());
    }
    ensure!(!lines.is_empty(), "{PRODUCT} tells nothing of changes");
    Ok(lines)
}

/// Puts lines between the comments of that name, as far from the margin as they are.
fn fill(text: &str, name: &str, lines: &[String]) -> Result<String> {
    let (begin, end) = (format!("# begin {name}, "), format!("# end {name}"));
    let mut filled = String::with_capacity(text.len());
    let (mut inside, mut found) = (false, 0);
    for line in text.lines() {
        let (told, margin) = (line.trim_start(), line.len() - line.trim_start().len());
        if told == end {
            inside = false;
        }
        if !inside {
            filled.push_str(line);
            filled.push('\n');
        }
        if told.starts_with(&begin) {
            (inside, found) = (true, found + 1);
            for line in lines {
                if !line.is_empty() {
                    filled.push_str(&" ".repeat(margin));
                    filled.push_str(line);
                }
                filled.push('\n');
            }
        }
    }
    ensure!(found == 1 && !inside, "no one place for the list {name}");
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_written_between_its_comments_and_nothing_else_is_touched() {
        let text = "A: # kept\n  # begin X, by a command\n  - old\n  # end X\n  # begin Y, by another\n  # end Y\n";
        let lines = ["- new:Action".to_owned(), String::new(), "- new:Other".to_owned()];
        let written = "A: # kept\n  # begin X, by a command\n  - new:Action\n\n  - new:Other\n  # end X\n  # begin Y, by another\n  # end Y\n";
        let filled = fill(text, "X", &lines).unwrap();
        assert_eq!(filled, written);
        assert_eq!(fill(&filled, "X", &lines).unwrap(), written, "the same again");
        assert!(fill(text, "Z", &lines).is_err());
        assert!(fill("# begin X, \n", "X", &lines).is_err(), "it never ends");
    }

    #[test]
    fn a_long_list_takes_several_policies_that_each_fit() {
        let many = (0..400).map(|number| format!("service:DescribeThings{number}")).collect();
        let declared = Declared { own: Vec::new(), other_types: many, as_itself: Vec::new() };
        let policies = template::parse(&other_types(&declared, "Role").join("\n")).unwrap();
        let policies = policies.as_object().unwrap();
        assert_eq!(policies.len(), 2);
        let mut listed = 0;
        for policy in policies.values() {
            let document = &policy["Properties"]["PolicyDocument"];
            assert!(document.to_string().len() <= LONGEST);
            listed += document["Statement"][0]["Action"].as_array().unwrap().len();
        }
        assert_eq!(listed, 400);
    }
}
