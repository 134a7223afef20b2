//! One line per step, ticking while it runs.

use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// A step that is being done.
#[derive(Debug)]
pub struct Step {
    bar: ProgressBar,
    what: String,
}

impl Step {
    /// Begins one. Where the output is no terminal, only the finished line is printed.
    pub fn begin(what: impl Into<String>) -> Self {
        let what = what.into();
        let bar = ProgressBar::new_spinner().with_message(what.clone());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, what }
    }

    /// Says what it is at.
    pub fn at(&self, detail: &str) {
        self.bar.set_message(format!("{}: {detail}", self.what));
    }

    /// Prints a line above it.
    pub fn note(&self, line: &str) {
        self.bar.suspend(|| println!("{line}"));
    }

    /// Ends it well.
    pub fn done(self) {
        self.done_with("");
    }

    /// Ends it well, with a word on what came of it.
    pub fn done_with(self, detail: &str) {
        self.end('✓', detail);
    }

    /// Ends it badly.
    pub fn failed(self) {
        self.end('✗', "");
    }

    fn end(self, mark: char, detail: &str) {
        let seconds = self.bar.elapsed().as_secs_f64();
        self.bar.finish_and_clear();
        let separator = if detail.is_empty() { "" } else { " · " };
        println!("{mark} {}{separator}{detail} ({seconds:.1} s)", self.what);
    }
}

/// Does something as one step.
pub fn step<T>(what: impl Into<String>, run: impl FnOnce() -> Result<T>) -> Result<T> {
    let step = Step::begin(what);
    let result = run();
    if result.is_ok() {
        step.done();
    } else {
        step.failed();
    }
    result
}
