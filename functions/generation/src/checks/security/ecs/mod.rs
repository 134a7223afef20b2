//! ECS.

pub mod settings;
