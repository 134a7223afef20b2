//! A declaration as a block of HCL.

use hcl::{
    Block,
    expr::{Expression, TemplateExpr, Traversal},
    structure::{Attribute, BlockBuilder},
};

use super::{Modules, hcl_file, variable};
use crate::iac::{
    code,
    estate::Member,
    expr::{Body, Declaration, Entry, Expr, Link},
    secret,
};

/// The whole resource: settings, tags, blocks, and at the end its life cycle.
pub fn resource(modules: &Modules<'_>, at: usize) -> Block {
    let name = modules.code.declared[at].name.as_str();
    let (member, declaration) = (modules.code.member(at), modules.code.declaration(at));
    let Declaration { head, body, .. } = &declaration;
    let mut block = Block::builder("resource").add_label(head.kind).add_label(name);
    block = settings(modules, at, block, body);
    if let Some((name, tags)) = code::with_tags(member, head) {
        block = block.add_attribute((name, value(modules, at, &Expr::Body(tags))));
    }
    let after = head.after.iter().filter_map(|m| modules.code.neighbour(at, *m));
    let after: Vec<Expression> = after.map(|to| modules.address(to).build().into()).collect();
    if !after.is_empty() {
        block = block.add_attribute(("depends_on", after));
    }
    block = blocks(modules, at, block, body);
    block.add_block(lifecycle(member, &declaration)).build()
}

fn lifecycle(member: &Member<'_>, declaration: &Declaration) -> Block {
    let mut names: Vec<&str> = declaration.ignored.iter().map(String::as_str).collect();
    // What cannot be written as it is must not be compared with what is there.
    names.extend(declaration.body.secrets());
    let tagged = declaration.head.tags.is_some();
    if tagged && member.resource.tags_unavailable.is_some() {
        names.extend(["tags", "tags_all"]);
    }
    names.sort_unstable();
    names.dedup();
    let mut ignored: Vec<Expression> = names.iter().map(|name| variable(name).into()).collect();
    if tagged {
        for key in member.secret_tag_keys() {
            ignored.push(Traversal::builder(variable("tags")).index(key).build().into());
        }
    }
    let mut block = Block::builder("lifecycle").add_attribute(("prevent_destroy", true));
    if !ignored.is_empty() {
        block = block.add_attribute(("ignore_changes", Expression::from(ignored)));
    }
    block.build()
}

fn settings(
    modules: &Modules<'_>,
    at: usize,
    mut block: BlockBuilder,
    body: &Body,
) -> BlockBuilder {
    for entry in &body.0 {
        block = match entry {
            Entry::Set(name, Expr::Document(document, links)) if document.is_object() => {
                let name = hcl::Identifier::sanitized(format!("{}{name}", hcl_file::DOCUMENT));
                let document = json(document, &|text| begun(modules, at, links, text));
                block.add_attribute(Attribute::new(name, document))
            }
            Entry::Set(name, expr) => block.add_attribute(Attribute::new(
                hcl::Identifier::sanitized(name),
                value(modules, at, expr),
            )),
            Entry::Block(..) => block,
        };
    }
    block
}

fn blocks(modules: &Modules<'_>, at: usize, mut block: BlockBuilder, body: &Body) -> BlockBuilder {
    for entry in &body.0 {
        if let Entry::Block(name, body) = entry {
            let inner = Block::builder(name.as_str());
            let inner = settings(modules, at, inner, body);
            block = block.add_block(blocks(modules, at, inner, body).build());
        }
    }
    block
}

fn value(modules: &Modules<'_>, at: usize, expr: &Expr) -> Expression {
    match expr {
        Expr::Bool(on) => (*on).into(),
        Expr::Int(number) => (*number).into(),
        Expr::Float(number) => (*number).into(),
        Expr::Text(text) => shown(text).into(),
        Expr::List(items) => {
            Expression::Array(items.iter().map(|item| value(modules, at, item)).collect())
        }
        Expr::Body(body) => body
            .0
            .iter()
            .filter_map(|entry| match entry {
                Entry::Set(name, expr) => Some((name.clone(), value(modules, at, expr))),
                Entry::Block(..) => None,
            })
            .collect(),
        // What is no object is text that AWS takes for a document.
        Expr::Document(document, _) => match document {
            serde_json::Value::String(text) => shown(text).into(),
            other => other.to_string().into(),
        },
        Expr::Link(link) => modules.refer(at, link),
        Expr::Tied(tied, _) => value(modules, at, tied),
        Expr::Input(_) => Expression::Null,
    }
}

/// The document, with references where its texts are or begin with what `refer` knows.
fn json(document: &serde_json::Value, refer: &impl Fn(&str) -> Option<Expression>) -> Expression {
    match document {
        serde_json::Value::Null => Expression::Null,
        serde_json::Value::Bool(on) => (*on).into(),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
        serde_json::Value::String(text) => refer(text).unwrap_or_else(|| shown(text).into()),
        serde_json::Value::Array(items) => {
            Expression::Array(items.iter().map(|item| json(item, refer)).collect())
        }
        serde_json::Value::Object(fields) => {
            fields.iter().map(|(key, value)| (key.clone(), json(value, refer))).collect()
        }
    }
}

/// A text that begins with what a link leads to; nothing where it begins with none or must not be shown.
fn begun(modules: &Modules<'_>, at: usize, links: &[Link], text: &str) -> Option<Expression> {
    let (link, rest) = Link::leading(links, text)?;
    modules.code.resolve(at, link).filter(|_| !secret::looks_secret(text))?;
    let begin = modules.refer(at, link);
    if rest.is_empty() {
        return Some(begin);
    }
    let quoted = Expression::from(rest).to_string();
    let rest = quoted.strip_prefix('"')?.strip_suffix('"')?;
    Some(TemplateExpr::QuotedString(format!("${{{begin}}}{rest}")).into())
}

/// A text, unless it looks like a secret.
fn shown(text: &str) -> &str {
    if secret::looks_secret(text) { "(hidden: looks like a secret)" } else { text }
}
