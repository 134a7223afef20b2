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

use miyabi_types::{plan::Plan, world::World};

use self::code::Language;

/// Everything: what exists in both languages, and the plan as a layer over it. Path below the cycle and
/// text. A language is written when the one before is taken: together they may not fit into memory.
pub fn texts(world: &World, plan: &Plan) -> impl Iterator<Item = (String, String)> {
    [Language::Terraform, Language::CloudFormation].into_iter().flat_map(move |language| {
        let first = match language {
            Language::Terraform => terraform::render(world),
            Language::CloudFormation => cloudformation::render(world),
        };
        let second = remediation::render(language, world, plan, &first);
        first.into_iter().chain(second)
    })
}

#[cfg(test)]
mod tests;
