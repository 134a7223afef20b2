//! What both languages are written in: values, references and declarations.

use std::collections::BTreeSet;

use serde_json::Value;

use super::secret;

/// A value in code.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Self>),
    Body(Body),
    /// A JSON document, for example a policy, and what its texts name by their ARNs.
    Document(Value, Vec<Link>),
    /// Another resource.
    Link(Link),
    /// A value with this link in it; where the link closes a circle, only what exists can have it so.
    Tied(Box<Self>, Link),
    /// Something that is not written down but asked of whoever uses the code.
    Input(Input),
}

/// Something that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The parameter's name.
    pub name: String,
    pub description: String,
    /// Whether it must not be shown.
    pub secret: bool,
}

/// A reference to another resource, and what stands in its place where there can be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The member of the estate.
    pub to: usize,
    /// The attribute as the language names it; `Ref` in CloudFormation is the resource itself.
    pub attribute: &'static str,
    /// What the reference stands for.
    pub literal: String,
    /// Whether the literal does as well should the reference close a circle: what a document names need not
    /// be there before it.
    pub weak: bool,
}

impl Link {
    /// What follows the link in a text that begins with it: the path of an object below the ARN of its bucket.
    fn rest<'t>(&self, text: &'t str) -> Option<&'t str> {
        let rest = text.strip_prefix(&self.literal)?;
        (rest.is_empty() || rest.starts_with(['/', ':'])).then_some(rest)
    }

    /// The link that a text of a document begins with, and what follows it there.
    pub fn leading<'l, 't>(links: &'l [Self], text: &'t str) -> Option<(&'l Self, &'t str)> {
        links
            .iter()
            .filter_map(|link| Some((link, link.rest(text)?)))
            .min_by_key(|(_, rest)| rest.len())
    }
}

macro_rules! from {
    ($($type:ty => $make:expr),* $(,)?) => {
        $(impl From<$type> for Expr {
            fn from(value: $type) -> Self {
                ($make)(value)
            }
        })*
    };
}

from! {
    bool => Self::Bool,
    u32 => |n| Self::Int(i64::from(n)),
    i32 => |n| Self::Int(i64::from(n)),
    i64 => Self::Int,
    u64 => |n| Self::Int(i64::try_from(n).unwrap_or(i64::MAX)),
    f64 => Self::Float,
    &str => |text: &str| Self::Text(text.to_owned()),
    String => Self::Text,
    &String => |text: &String| Self::Text(text.clone()),
    &Value => |document: &Value| Self::Document(document.clone(), Vec::new()),
    Body => Self::Body,
    Vec<Self> => Self::List,
    &[String] => |items: &[String]| Self::List(items.iter().map(Self::from).collect()),
    &Vec<String> => |items: &Vec<String>| Self::from(items.as_slice()),
}

/// Attributes and blocks in order. CloudFormation knows no blocks: there they are objects.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body(pub Vec<Entry>);

/// One entry of a body.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    Set(String, Expr),
    Block(String, Body),
}

impl Body {
    pub fn new() -> Self {
        Self::default()
    }

    /// An attribute.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Expr>) -> Self {
        self.0.push(Entry::Set(name.to_owned(), value.into()));
        self
    }

    /// An attribute that may be absent.
    #[must_use]
    pub fn maybe(self, name: &str, value: Option<impl Into<Expr>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// An attribute, left out where there is nothing in it.
    #[must_use]
    pub fn some(self, name: &str, value: impl Into<Expr>) -> Self {
        match value.into() {
            Expr::List(items) if items.is_empty() => self,
            Expr::Body(body) if body.0.is_empty() => self,
            value => self.set(name, value),
        }
    }

    /// A block.
    #[must_use]
    pub fn block(mut self, name: &str, body: Self) -> Self {
        self.0.push(Entry::Block(name.to_owned(), body));
        self
    }

    /// Several blocks of one name.
    #[must_use]
    pub fn blocks(mut self, name: &str, bodies: impl IntoIterator<Item = Self>) -> Self {
        self.0.extend(bodies.into_iter().map(|body| Entry::Block(name.to_owned(), body)));
        self
    }

    /// A block that may be absent.
    #[must_use]
    pub fn maybe_block(self, name: &str, body: Option<Self>) -> Self {
        match body {
            Some(body) => self.block(name, body),
            None => self,
        }
    }

    /// Every link in it.
    pub fn links(&self) -> Vec<&Link> {
        let mut links = Vec::new();
        self.each(&mut |expr| match expr {
            Expr::Link(link) => links.push(link),
            Expr::Document(_, named) => links.extend(named),
            _ => {}
        });
        links
    }

    /// Lets `find` tell what each document names.
    pub fn link_documents(&mut self, find: &impl Fn(&Value) -> Vec<Link>) {
        for entry in &mut self.0 {
            match entry {
                Entry::Set(_, value) => value.link_documents(find),
                Entry::Block(_, body) => body.link_documents(find),
            }
        }
    }

    fn each<'b>(&'b self, visit: &mut impl FnMut(&'b Expr)) {
        for entry in &self.0 {
            match entry {
                Entry::Set(_, value) => value.each(visit),
                Entry::Block(_, body) => body.each(visit),
            }
        }
    }

    /// Names of entries that hold something with the shape of a secret.
    pub fn secrets(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        for entry in &self.0 {
            let (name, hides) = match entry {
                Entry::Set(name, value) => (name, value.hides_a_secret()),
                Entry::Block(name, body) => (name, !body.secrets().is_empty()),
            };
            if hides {
                names.insert(name.as_str());
            }
        }
        names
    }
}

impl Expr {
    /// Something that is asked for.
    pub fn asked(name: String, description: String) -> Self {
        Self::Input(Input { name, description, secret: false })
    }

    /// Something that is asked for and must not be shown.
    pub fn secret(name: String, description: String) -> Self {
        Self::Input(Input { name, description, secret: true })
    }

    fn each<'b>(&'b self, visit: &mut impl FnMut(&'b Self)) {
        visit(self);
        match self {
            Self::List(items) => items.iter().for_each(|item| item.each(visit)),
            Self::Body(body) => body.each(visit),
            Self::Tied(value, _) => value.each(visit),
            _ => {}
        }
    }

    fn link_documents(&mut self, find: &impl Fn(&Value) -> Vec<Link>) {
        match self {
            Self::Document(document, links) => *links = find(document),
            Self::List(items) => items.iter_mut().for_each(|item| item.link_documents(find)),
            Self::Body(body) => body.link_documents(find),
            Self::Tied(value, _) => value.link_documents(find),
            _ => {}
        }
    }

    fn hides_a_secret(&self) -> bool {
        let mut hides = false;
        self.each(&mut |expr| {
            hides |= match expr {
                Self::Text(text) => secret::looks_secret(text),
                Self::Document(document, _) => secret::in_document(document),
                Self::Body(body) => !body.secrets().is_empty(),
                _ => false,
            };
        });
        hides
    }
}

/// What a stack or a module is about. Ordered: each may refer to itself and to earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    Network,
    Security,
    Data,
    Compute,
}

impl Concern {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Security => "security",
            Self::Data => "data",
            Self::Compute => "compute",
        }
    }
}

/// One resource of a language; a resource of AWS may take several, of which the first is itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    pub head: Head,
    pub body: Body,
    /// Arguments that Terraform must not compare, because a World does not hold them.
    pub ignored: Vec<String>,
}

/// What others need to know of a declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// `aws_vpc`, `AWS::EC2::VPC`.
    pub kind: &'static str,
    pub concern: Concern,
    /// Which part of the resource it is; empty for itself.
    pub part: String,
    /// What the tool finds the existing one by: `id` alone in Terraform, the identifier's properties
    /// in CloudFormation; empty where the tool cannot adopt it.
    pub identity: Vec<(&'static str, String)>,
    /// Whether it takes tags, and under which name.
    pub tags: Option<&'static str>,
    /// Whether it holds data, so that it must not be replaced.
    pub stateful: bool,
    /// Whether it is there only to take the place of this link, which closes a circle in the resource itself.
    pub unties: Option<Link>,
    /// Resources of the same template that must be there before it, as members of the estate.
    pub after: Vec<usize>,
}

impl Declaration {
    pub const fn new(kind: &'static str, concern: Concern, body: Body) -> Self {
        let head = Head {
            kind,
            concern,
            part: String::new(),
            identity: Vec::new(),
            tags: None,
            stateful: false,
            unties: None,
            after: Vec::new(),
        };
        Self { head, body, ignored: Vec::new() }
    }

    #[must_use]
    pub fn part(mut self, part: impl Into<String>) -> Self {
        self.head.part = part.into();
        self
    }

    /// Terraform's id of the existing one.
    #[must_use]
    pub fn id(self, id: impl Into<String>) -> Self {
        self.found_by([("id", id.into())])
    }

    #[must_use]
    pub fn found_by(mut self, identity: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.head.identity = identity.into_iter().collect();
        self
    }

    #[must_use]
    pub fn ignoring<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.ignored.extend(names.into_iter().map(str::to_owned));
        self
    }

    #[must_use]
    pub const fn tagged(mut self, name: &'static str) -> Self {
        self.head.tags = Some(name);
        self
    }

    #[must_use]
    pub const fn stateful(mut self) -> Self {
        self.head.stateful = true;
        self
    }

    #[must_use]
    pub fn unties(mut self, link: Link) -> Self {
        self.head.unties = Some(link);
        self
    }

    #[must_use]
    pub fn after(mut self, members: impl IntoIterator<Item = usize>) -> Self {
        self.head.after.extend(members);
        self
    }
}
