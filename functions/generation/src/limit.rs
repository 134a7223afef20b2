//! The figures that checks compare with.

/// A figure that a check compares with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Its name; checks that share it compare with the same figure.
    pub name: &'static str,
    /// What is compared with it.
    pub what: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// The figure.
    pub default: f64,
    /// The least and the most that make sense.
    pub range: (f64, f64),
    /// Where the figure comes from.
    pub source: &'static str,
}

impl Limit {
    /// The figure with its unit, as people read it.
    pub fn shown(&self) -> String {
        format!("{}: {} {}", self.what, self.default, self.unit)
    }
}
