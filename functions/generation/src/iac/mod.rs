//! Infrastructure as code for what exists: the same estate as Terraform and as CloudFormation.
//!
//! Both take over existing resources (Terraform `import` blocks, CloudFormation resource import), so
//! the code must describe what is there, to the letter. What a World does not hold (user data, IPv6
//! blocks …) is left to AWS, never guessed. A kind of resource is a row in [`kinds`] and its two languages
//! in the file of its service; both are written in the words of [`expr`] and put together by [`code`].
//!
//! What the plan proposes is a second layer over the same code: see [`remediation`].

pub mod cloudformation;
mod code;
mod estate;
mod expr;
mod kinds;
mod names;
mod remediation;
pub(crate) mod secret;
pub mod terraform;

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use miyabi_types::{plan::Plan, world::World};

pub use self::code::Language;
use self::{cloudformation::Stacks, estate::Estate, remediation::Remedied, terraform::Modules};

/// Everything in one language: what exists, and the plan as a layer over it.
pub struct Layers<'w> {
    world: &'w World,
    plan: &'w Plan,
    remedied: Remedied<'w>,
}

impl<'w> Layers<'w> {
    /// Those of `plan`, which was made of `world`.
    pub fn new(language: Language, world: &'w World, plan: &'w Plan) -> Self {
        Self { world, plan, remedied: Remedied::of(language, world, plan) }
    }

    /// Path below the cycle and text of each file. One is made after another, because all of them together
    /// may not fit into memory.
    pub fn texts(&self) -> impl Iterator<Item = (String, String)> {
        Texts::new(self)
    }
}

type Files<'l> = Box<dyn Iterator<Item = (String, String)> + 'l>;

/// Both layers, of the second what differs from the first.
struct Texts<'l> {
    layers: &'l Layers<'l>,
    layer: Layer,
    files: Files<'l>,
    /// Prints of the first layer's files, by path; those that the second layer holds too are taken out.
    first: BTreeMap<String, u64>,
    /// What the first layer adopts.
    existing: BTreeSet<(String, String)>,
}

enum Layer {
    First,
    Second,
    /// What is said of the second.
    Readme,
}

impl<'l> Texts<'l> {
    fn new(layers: &'l Layers<'l>) -> Self {
        let estate = Estate::of(layers.world);
        let mut existing = BTreeSet::new();
        let files: Files<'l> = match layers.remedied.language {
            Language::Terraform => {
                let modules = Modules::new(estate);
                existing = terraform::adopted(&modules);
                Box::new(terraform::files(modules, None))
            }
            Language::CloudFormation => Box::new(cloudformation::files(Stacks::new(estate))),
        };
        Self { layers, layer: Layer::First, files, first: BTreeMap::new(), existing }
    }

    fn second(&self) -> Files<'l> {
        let estate = self.layers.remedied.estate(self.layers.world);
        match self.layers.remedied.language {
            Language::Terraform => {
                Box::new(terraform::files(Modules::new(estate), Some(&self.existing)))
            }
            Language::CloudFormation => Box::new(cloudformation::files(Stacks::new(estate))),
        }
    }
}

impl Iterator for Texts<'_> {
    type Item = (String, String);

    fn next(&mut self) -> Option<(String, String)> {
        loop {
            let next = self.files.next();
            match (&self.layer, next) {
                (Layer::First, Some((path, text))) => {
                    self.first.insert(path.clone(), print(&text));
                    return Some((path, text));
                }
                (Layer::Second, Some((path, text))) => {
                    if self.first.remove(&path) != Some(print(&text)) {
                        return Some((format!("remediation/{path}"), text));
                    }
                }
                (Layer::Readme, file) => return file,
                (Layer::First, None) if self.layers.plan.proposals.is_empty() => return None,
                (Layer::First, None) => {
                    // The first is dropped before the second is made.
                    self.files = Box::new(std::iter::empty());
                    (self.files, self.layer) = (self.second(), Layer::Second);
                }
                (Layer::Second, None) => {
                    let gone = std::mem::take(&mut self.first);
                    let gone = gone.into_keys().filter_map(|path| remediation::emptied(&path));
                    let said = std::iter::once(self.layers.remedied.said());
                    (self.files, self.layer) = (Box::new(gone.chain(said)), Layer::Readme);
                }
            }
        }
    }
}

/// What tells a file from another without keeping it.
fn print(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
