//! The contracts between the parts: state machine, template, sources, events. Nothing runs here
//! but the pure phases.

mod dependencies;
mod events;
mod house;
mod permissions;
mod pure;
mod state_machine;
mod template;
