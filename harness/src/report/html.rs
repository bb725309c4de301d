//! The report as one HTML file. In: a report. Out: a page that loads nothing, with its plots inside it.

use std::collections::BTreeMap;

use minijinja::context;
use minijinja::value::Serde;

use super::model::Report;
use super::plot::{self, Figure};
use super::template;
use super::view::View;

/// `index.html`: self-contained, for light and dark screens and for paper.
///
/// # Panics
/// Never: the embedded templates are well-formed and name only what the view has, which the tests show.
#[must_use]
pub fn render_html(report: &Report) -> String {
    let view = View::of(report);
    let figures: BTreeMap<&str, Vec<Figure>> = view
        .ops
        .iter()
        .map(|op| (op.op, plot::figures(report, op.op)))
        .collect();
    let sweep_figures = plot::sweep_figures(report);
    template::fill(
        "index.html",
        context! {
            report => Serde(&view),
            figures => Serde(&figures),
            sweep_figures => Serde(&sweep_figures),
        },
    )
}

/// Text that HTML reads as text, in an element or between double quotes.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(letter),
        }
    }
    escaped
}
