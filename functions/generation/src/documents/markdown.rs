//! Markdown that nothing from an account can break out of.

use std::fmt::{Display, Write};

use crate::{iac::secret, plain::whole};

/// Most rows of one table; what does not fit is counted, and is in `plan.json` in full.
const LONGEST_TABLE: usize = 300;

/// A document while it is written.
#[derive(Default)]
pub struct Document {
    text: String,
}

impl Document {
    pub fn new(title: &str) -> Self {
        Self { text: format!("# {title}\n") }
    }

    /// A section. Its text is this module's own and may use Markdown.
    pub fn section(&mut self, title: &str) {
        let _ = write!(self.text, "\n## {title}\n");
    }

    /// A part of a section. As for [`Self::paragraph`].
    pub fn subsection(&mut self, title: &str) {
        let _ = write!(self.text, "\n### {title}\n");
    }

    /// A list. As for [`Self::paragraph`].
    pub fn items(&mut self, items: impl IntoIterator<Item = String>) {
        self.text.push('\n');
        for item in items {
            let _ = writeln!(self.text, "- {item}");
        }
    }

    /// A paragraph. Its text may use Markdown: texts from an account go through [`inline`] first.
    pub fn paragraph(&mut self, text: impl Display) {
        let _ = write!(self.text, "\n{text}\n");
    }

    /// A numbered list. As for [`Self::paragraph`].
    pub fn steps(&mut self, lines: impl IntoIterator<Item = String>) {
        self.text.push('\n');
        for (index, line) in lines.into_iter().enumerate() {
            let _ = writeln!(self.text, "{}. {line}", index + 1);
        }
    }

    /// A table; a heading that begins with `>` is of a column of figures. Cells hold plain text, or
    /// what [`code`] and [`inline`] made of it. Rows that do not fit are never made.
    pub fn table(
        &mut self,
        headings: &[&str],
        rows: impl IntoIterator<Item = Vec<Cell>, IntoIter: ExactSizeIterator>,
    ) {
        let rows = rows.into_iter();
        self.text.push('\n');
        self.row(headings.iter().map(|heading| heading.trim_start_matches('>').to_owned()));
        self.row(
            headings.iter().map(|h| if h.starts_with('>') { "---:" } else { "---" }.to_owned()),
        );
        let left = rows.len().saturating_sub(LONGEST_TABLE);
        for row in rows.take(LONGEST_TABLE) {
            self.row(row.into_iter().map(|cell| cell.0));
        }
        if left > 0 {
            let _ = write!(self.text, "\n… and {left} more: all of them are in `plan.json`.\n");
        }
    }

    fn row(&mut self, cells: impl Iterator<Item = String>) {
        for cell in cells {
            let _ = write!(self.text, "| {cell} ");
        }
        self.text.push_str("|\n");
    }

    pub fn finish(self) -> String {
        self.text
    }
}

/// The content of a table cell, safe to put between pipes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell(String);

/// Plain text as a cell.
pub fn text(value: impl Display) -> Cell {
    Cell(inline(&value.to_string()))
}

/// An identifier as a cell, in code font.
pub fn code(value: impl Display) -> Cell {
    Cell(code_span(&value.to_string()))
}

/// Several cells' contents in one cell, one a line.
pub fn lines(cells: impl IntoIterator<Item = Cell>) -> Cell {
    let lines: Vec<String> =
        cells.into_iter().map(|cell| cell.0).filter(|line| !line.is_empty()).collect();
    Cell(lines.join("<br>"))
}

/// Text from an account, of which nothing is taken for Markdown or HTML, on one line and without secrets.
pub fn inline(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in whole(value).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// An identifier in code font. Identifiers hold no backticks; what does is written as plain text.
pub fn code_span(value: &str) -> String {
    if value.contains(['`', '|', '\\', '\n', '\r']) || secret::looks_secret(value) {
        inline(value)
    } else {
        format!("`{value}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_an_account_stays_text() {
        assert_eq!(inline("a|b\nc <script> [x](y) `z`"), "a\\|b c &lt;script> \\[x\\](y) \\`z\\`");
        assert_eq!(code_span("act-0123"), "`act-0123`");
        assert_eq!(code_span("a`|b"), "a\\`\\|b");
        assert!(!inline("key AKIAIOSFODNN7EXAMPLE").contains("AKIA"));
    }

    #[test]
    fn a_long_table_says_what_it_leaves_out() {
        let mut document = Document::new("t");
        document.table(&["A", ">B"], (0..301).map(|i| vec![text("x|y"), text(i)]));
        let markdown = document.finish();
        assert!(markdown.contains("| A | B |\n| --- | ---: |\n| x\\|y | 0 |\n"), "{markdown}");
        assert!(markdown.ends_with("… and 1 more: all of them are in `plan.json`.\n"));
    }
}
