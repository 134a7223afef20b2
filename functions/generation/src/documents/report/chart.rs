//! Bar charts as inline SVG, each with the same figures as a table: for screen readers, for copying, and for
//! whoever prints in black and white.

use maud::{Markup, html};

use crate::plain::{plain, whole};

/// Width of a chart in its own units; the page scales it.
const WIDTH: f64 = 520.0;
/// Room for the figure behind the longest bar.
const FIGURE: f64 = 90.0;
/// Height of a name, which stands above its bars so that it need not be cut.
const NAME_LINE: f64 = 20.0;
/// Height of one bar with its gap.
const STEP: f64 = 20.0;
/// Height of one bar.
const BAR: f64 = 15.0;
/// Room between one thing and the next.
const GAP: f64 = 7.0;
/// Longest name that fits, in characters.
const NAME: usize = 64;

/// A chart.
pub struct Chart<'t> {
    /// Its id in the page.
    pub id: &'t str,
    /// What it shows, in a few words.
    pub title: &'t str,
    /// What else must be known to read it.
    pub note: String,
    /// The headings of the table: the name's, then one for each figure.
    pub headings: &'t [&'t str],
    /// Its rows, in order.
    pub rows: Vec<Row>,
    /// The figure that fills the width; absent means the greatest.
    pub full: Option<f64>,
}

/// What one thing came to.
pub struct Row {
    /// What people call it.
    pub name: String,
    /// Its bars, from top to bottom.
    pub bars: Vec<Bar>,
}

impl Row {
    fn height(&self) -> f64 {
        NAME_LINE + self.bars.len() as f64 * STEP + GAP
    }
}

/// One figure.
pub struct Bar {
    /// How long it is; absent draws no bar.
    pub value: Option<f64>,
    /// The figure as people read it.
    pub shown: String,
    /// The class that colours it.
    pub class: &'static str,
}

impl Chart<'_> {
    /// The chart with its table.
    pub fn render(&self) -> Markup {
        let heading = format!("{}-title", self.id);
        html! {
            figure id=(self.id) {
                figcaption {
                    strong id=(heading) { (self.title) }
                    @if !self.note.is_empty() { p.note { (self.note) } }
                }
                @if self.rows.is_empty() {
                    p.note { "Nothing to show." }
                } @else {
                    (self.drawn(&heading))
                    details {
                        summary { "The same as a table" }
                        (self.table())
                    }
                }
            }
        }
    }

    fn drawn(&self, heading: &str) -> Markup {
        let values = || self.rows.iter().flat_map(|row| &row.bars).filter_map(|bar| bar.value);
        let full = self.full.unwrap_or_else(|| values().fold(0.0, f64::max)).max(f64::EPSILON);
        let height: f64 = self.rows.iter().map(Row::height).sum();
        let mut top = 0.0;
        html! {
            svg viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-labelledby=(heading) {
                @for row in &self.rows {
                    text x="0" y=(top + NAME_LINE / 2.0) {
                        title { (whole(&row.name)) }
                        (plain(&row.name, NAME))
                    }
                    @for (index, bar) in row.bars.iter().enumerate() {
                        @let width = length(bar.value, full);
                        @let above = top + NAME_LINE + index as f64 * STEP;
                        rect class=(bar.class) x="0" y=(above) width=(format!("{width:.1}")) height=(BAR) rx="3" {}
                        text.figure x=(format!("{:.1}", width + 8.0)) y=(above + BAR / 2.0) { (bar.shown) }
                    }
                    @let () = top += row.height();
                }
            }
        }
    }

    fn table(&self) -> Markup {
        html! {
            div.scroll { table {
                thead { tr {
                    @for (index, heading) in self.headings.iter().enumerate() {
                        th scope="col" class=[(index > 0).then_some("number")] { (heading) }
                    }
                } }
                tbody {
                    @for row in &self.rows {
                        tr {
                            th scope="row" { (whole(&row.name)) }
                            @for bar in &row.bars { td.number { (bar.shown) } }
                        }
                    }
                }
            } }
        }
    }
}

/// How long a bar is; what is more than nothing can be seen.
fn length(value: Option<f64>, full: f64) -> f64 {
    match value {
        Some(value) if value > 0.0 => ((WIDTH - FIGURE) * (value / full).min(1.0)).max(2.0),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share_and_never_longer_than_the_page() {
        let most = WIDTH - FIGURE;
        let is = |value, full, expected: f64| {
            let length = length(value, full);
            assert!((length - expected).abs() < 1e-9, "{value:?} of {full}: {length}");
        };
        is(Some(50.0), 100.0, most / 2.0);
        is(Some(200.0), 100.0, most);
        is(Some(0.001), 100.0, 2.0);
        is(Some(0.0), 100.0, 0.0);
        is(None, 100.0, 0.0);
    }

    #[test]
    fn a_chart_holds_its_figures_as_a_table_and_escapes_names() {
        let name = "</svg><script>alert(1)</script>".to_owned();
        let bars = vec![Bar { value: Some(1.0), shown: "$1.00".into(), class: "cost" }];
        let chart = Chart {
            id: "c",
            title: "t",
            note: String::new(),
            headings: &["Service", "Cost"],
            rows: vec![Row { name, bars }],
            full: None,
        };
        let page = chart.render().into_string();
        assert!(!page.contains("<script"), "{page}");
        assert_eq!(page.matches("$1.00").count(), 2, "drawn and in the table");
        assert!(page.contains(r#"<th scope="col">Service</th>"#), "{page}");
    }
}
