//! θ₆ Learning: history in, strategy out.
//!
//! Pure: what a cycle promised and what came of it becomes one line of history; the strategy is
//! computed from the whole history every time, so a line that is added twice counts once.

pub mod calibration;
pub mod entry;
pub mod handler;
pub mod strategy;
pub mod trend;

#[cfg(test)]
mod fixture;
