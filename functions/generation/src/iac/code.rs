//! An estate in one language: every declaration with its name, and what each may refer to.

use std::collections::BTreeMap;

use miyabi_types::{resource::Resource, world::Scope};

use super::{
    estate::{Estate, Member, What},
    expr::{Body, Concern, Declaration, Expr, Head, Link},
    kinds, names,
};

/// The two languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// HCL.
    Terraform,
    /// YAML.
    CloudFormation,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Terraform, Self::CloudFormation];

    /// What its folder is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Terraform => "terraform",
            Self::CloudFormation => "cloudformation",
        }
    }
}

/// Where a declaration is written: what it may know of others.
#[derive(Debug, Clone, Copy)]
pub struct Place<'e, 'w> {
    pub estate: &'e Estate<'w>,
    pub at: usize,
    pub language: Language,
}

impl<'w> Place<'_, 'w> {
    pub fn member(&self) -> &Member<'w> {
        &self.estate.members[self.at]
    }

    pub fn resource(&self) -> &'w Resource {
        self.estate.members[self.at].resource
    }

    /// A reference to what is called by `handle`, or `handle` itself where the estate does not hold it.
    pub fn link(&self, what: What, handle: &str) -> Expr {
        self.attribute(what, handle, kinds::attribute(self.language, what, handle))
    }

    /// The same for another attribute than the one that `handle` is.
    pub fn attribute(&self, what: What, handle: &str, attribute: &'static str) -> Expr {
        match self.estate.find(self.at, what, handle) {
            Some(to) => Expr::Link(Link { to, attribute, literal: handle.to_owned(), weak: false }),
            None => handle.into(),
        }
    }

    pub fn links(&self, what: What, handles: &[String]) -> Expr {
        Expr::List(handles.iter().map(|handle| self.link(what, handle)).collect())
    }

    /// What refers to the member itself.
    pub fn own(&self, attribute: &'static str, literal: &str) -> Expr {
        Expr::Link(Link { to: self.at, attribute, literal: literal.to_owned(), weak: false })
    }
}

/// A declaration with its name.
#[derive(Debug)]
pub struct Declared {
    pub of: usize,
    pub head: Head,
    /// What its body refers to.
    pub links: Vec<Link>,
    pub name: String,
    /// The declarations that form a circle have the same number; of those on none it is their own.
    knot: usize,
    /// The same with what documents name.
    wide_knot: usize,
}

impl Declared {
    /// Whether links between both, weak or not, close a circle.
    const fn is_tied_with(&self, other: &Self, weak: bool) -> bool {
        if weak { self.wide_knot == other.wide_knot } else { self.knot == other.knot }
    }
}

/// The estate in one language.
#[derive(Debug)]
pub struct Code<'w> {
    pub estate: Estate<'w>,
    pub declared: Vec<Declared>,
    /// The declaration that is the member itself, by member.
    own: Vec<Option<usize>>,
    language: Language,
}

impl<'w> Code<'w> {
    pub fn new(estate: Estate<'w>, language: Language) -> Self {
        let (mut declared, mut own) = (Vec::new(), Vec::new());
        for at in 0..estate.members.len() {
            let declarations = declare(&estate, at, language);
            own.push((!declarations.is_empty()).then_some(declared.len()));
            // Bodies are made again when they are written: all of them together may not fit into memory.
            declared.extend(declarations.into_iter().map(|Declaration { head, body, .. }| {
                let links = body.links().into_iter().cloned().collect();
                Declared { of: at, head, links, name: String::new(), knot: 0, wide_knot: 0 }
            }));
        }
        let mut code = Self { estate, declared, own, language };
        code.name();
        code.untie();
        code
    }

    /// The whole declaration.
    pub fn declaration(&self, at: usize) -> Declaration {
        let of = self.declared[at].of;
        let nth = at - self.own[of].unwrap_or(at);
        declare(&self.estate, of, self.language).swap_remove(nth)
    }

    pub fn member(&self, at: usize) -> &Member<'w> {
        &self.estate.members[self.declared[at].of]
    }

    pub fn scope(&self, at: usize) -> Scope {
        self.member(at).scope()
    }

    /// Declarations by account, region and concern.
    pub fn concerns(&self) -> BTreeMap<(Scope, Concern), Vec<usize>> {
        let mut concerns: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, declared) in self.declared.iter().enumerate() {
            let unties = declared.head.unties.as_ref();
            let own = self.own[declared.of];
            if !unties.zip(own).is_none_or(|(link, own)| self.is_tied(own, link)) {
                continue;
            }
            let key = (self.scope(at), declared.head.concern);
            concerns.entry(key).or_default().push(at);
        }
        concerns
    }

    /// The declaration that `from` may refer to by this link. Nothing where that is not written as
    /// code, belongs to a later concern, or refers to `from` itself by whatever way: then neither
    /// tool could put them in order.
    pub fn resolve(&self, from: usize, link: &Link) -> Option<usize> {
        let to = self.own[link.to]?;
        (self.is_ordered(from, to)
            && !self.declared[from].is_tied_with(&self.declared[to], link.weak))
        .then_some(to)
    }

    /// Whether a link closes a circle.
    pub fn is_tied(&self, from: usize, link: &Link) -> bool {
        self.own[link.to].is_some_and(|to| {
            self.is_ordered(from, to)
                && self.declared[from].is_tied_with(&self.declared[to], link.weak)
        })
    }

    /// The declaration of a member itself, if it is in the same part of the code.
    pub fn neighbour(&self, from: usize, member: usize) -> Option<usize> {
        let to = self.own[member]?;
        let concern = |at: usize| self.declared[at].head.concern;
        (concern(from) == concern(to) && self.are_together(from, to)).then_some(to)
    }

    /// The other declarations of the member that `own` is itself.
    pub fn parts(&self, own: usize) -> impl Iterator<Item = usize> + '_ {
        let of = self.declared[own].of;
        (own + 1..self.declared.len()).take_while(move |at| self.declared[*at].of == of)
    }

    /// Whether a declaration is the member itself.
    pub fn is_itself(&self, at: usize) -> bool {
        self.own[self.declared[at].of] == Some(at)
    }

    /// Whether both are code of the same account and region.
    fn are_together(&self, one: usize, other: usize) -> bool {
        let (one, other) = (self.member(one), self.member(other));
        one.region == other.region && one.resource.account == other.resource.account
    }

    fn is_ordered(&self, from: usize, to: usize) -> bool {
        let concern = |at: usize| self.declared[at].head.concern;
        match concern(to).cmp(&concern(from)) {
            std::cmp::Ordering::Less => match self.language {
                Language::Terraform => true,
                // Exports are seen in their own region only.
                Language::CloudFormation => self.are_together(from, to),
            },
            std::cmp::Ordering::Equal => self.are_together(from, to),
            std::cmp::Ordering::Greater => false,
        }
    }

    /// Declarations of the same part of the code that `from` refers to, and whether only weakly.
    fn needs(&self, from: usize) -> BTreeMap<usize, bool> {
        let Declared { links, head, .. } = &self.declared[from];
        let links = links.iter().map(|link| (link.to, link.weak));
        let mut needs = BTreeMap::new();
        for (member, weak) in links.chain(head.after.iter().map(|member| (*member, false))) {
            if let Some(to) = self.neighbour(from, member).filter(|to| *to != from) {
                *needs.entry(to).or_insert(true) &= weak;
            }
        }
        needs
    }

    /// For each declaration, how long the longest chain of references is that begins there.
    pub fn depths(&self) -> Vec<usize> {
        let mut depths = vec![None; self.declared.len()];
        for at in 0..self.declared.len() {
            // Depth first without recursion: chains may be as long as the estate is large.
            let mut open = vec![at];
            while let Some(&top) = open.last() {
                let needs = self.needs(top).into_iter().filter(|(to, weak)| {
                    !self.declared[top].is_tied_with(&self.declared[*to], *weak)
                });
                let mut depth = Some(0);
                for (to, _) in needs.collect::<Vec<_>>() {
                    if let Some(known) = depths[to] {
                        depth = depth.map(|depth: usize| depth.max(known + 1));
                    } else {
                        depth = None;
                        open.push(to);
                    }
                }
                if depth.is_some() {
                    depths[top] = depths[top].or(depth);
                    open.pop();
                }
            }
        }
        depths.into_iter().map(Option::unwrap_or_default).collect()
    }

    /// Finds the circles, with and without what documents name.
    fn untie(&mut self) {
        let needs: Vec<_> = (0..self.declared.len()).map(|at| self.needs(at)).collect();
        let edges = |weak: bool| -> Vec<Vec<usize>> {
            let wanted = |(to, is_weak): (&usize, &bool)| (weak || !is_weak).then_some(*to);
            needs.iter().map(|needs| needs.iter().filter_map(wanted).collect()).collect()
        };
        let knots = knots(&edges(false)).into_iter().zip(knots(&edges(true)));
        for (declared, (knot, wide_knot)) in self.declared.iter_mut().zip(knots) {
            (declared.knot, declared.wide_knot) = (knot, wide_knot);
        }
    }

    fn name(&mut self) {
        let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, declared) in self.declared.iter().enumerate() {
            let head = &declared.head;
            // A logical id is unique in its template, an address in its module and its type.
            let kind = match self.language {
                Language::Terraform => head.kind,
                Language::CloudFormation => "",
            };
            groups.entry((self.scope(at), head.concern, kind)).or_default().push(at);
        }
        for group in groups.into_values() {
            let named = match self.language {
                Language::Terraform => {
                    let wanted = group.iter().map(|at| self.address(*at));
                    names::unique(wanted.collect::<Vec<_>>(), "_")
                }
                Language::CloudFormation => {
                    let wanted = group.iter().map(|at| self.logical_id(*at));
                    names::unique(wanted.collect::<Vec<_>>(), "x")
                }
            };
            for (at, name) in group.into_iter().zip(named) {
                self.declared[at].name = name;
            }
        }
    }

    fn address(&self, at: usize) -> (String, String) {
        let (member, part) = (self.member(at), &self.declared[at].head.part);
        let own = names::snake(&member.wanted_name(), member.id);
        let part = names::suffix(part);
        let name = if part.is_empty() || part == own { own } else { format!("{own}_{part}") };
        (name, names::suffix(member.short_id()))
    }

    fn logical_id(&self, at: usize) -> (String, String) {
        let (member, head) = (self.member(at), &self.declared[at].head);
        let kind = head.kind.rsplit("::").next().unwrap_or_default();
        let own = names::pascal(&member.wanted_name());
        let own = if own.is_empty() { names::pascal(member.short_id()) } else { own };
        let part = names::pascal(&head.part);
        (format!("{kind}{own}{part}"), names::pascal(member.short_id()))
    }
}

/// The declarations of a member, with what their documents name.
fn declare(estate: &Estate<'_>, at: usize, language: Language) -> Vec<Declaration> {
    let mut declarations = kinds::declarations(&Place { estate, at, language });
    for declaration in &mut declarations {
        declaration.body.link_documents(&|document| estate.named_in(language, document));
    }
    declarations
}

/// For each node a number that it shares with those it forms a circle with (Tarjan's strongly connected
/// components, without recursion).
fn knots(edges: &[Vec<usize>]) -> Vec<usize> {
    let count = edges.len();
    let mut knots = vec![0; count];
    let mut order = vec![usize::MAX; count];
    let (mut low, mut on_stack) = (vec![0; count], vec![false; count]);
    let (mut stack, mut next) = (Vec::new(), 0);
    for root in 0..count {
        if order[root] != usize::MAX {
            continue;
        }
        let mut calls = vec![(root, 0)];
        while let Some((at, edge)) = calls.pop() {
            if edge == 0 {
                (order[at], low[at]) = (next, next);
                next += 1;
                stack.push(at);
                on_stack[at] = true;
            }
            if let Some(&to) = edges[at].get(edge) {
                calls.push((at, edge + 1));
                if order[to] == usize::MAX {
                    calls.push((to, 0));
                } else if on_stack[to] {
                    low[at] = low[at].min(order[to]);
                }
                continue;
            }
            if let Some(&(parent, _)) = calls.last() {
                low[parent] = low[parent].min(low[at]);
            }
            if low[at] == order[at] {
                while let Some(member) = stack.pop() {
                    on_stack[member] = false;
                    knots[member] = at;
                    if member == at {
                        break;
                    }
                }
            }
        }
    }
    knots
}

/// The body with tags.
pub fn with_tags(member: &Member<'_>, head: &Head) -> Option<(&'static str, Body)> {
    let name = head.tags?;
    let tags = member.tags();
    let body = tags.iter().fold(Body::new(), |body, (key, value)| body.set(key, value));
    (!tags.is_empty()).then_some((name, body))
}
