//! Infrastructure as code for what exists: the same estate as Terraform and as CloudFormation.
//!
//! Both take over existing resources (Terraform `import` blocks, CloudFormation resource import), so
//! the code must describe what is there, to the letter. What a World does not hold (user data, IPv6
//! blocks …) is left to AWS, never guessed.

pub mod cloudformation;
mod estate;
mod names;
pub(crate) mod secret;
pub mod terraform;

#[cfg(test)]
mod tests;
