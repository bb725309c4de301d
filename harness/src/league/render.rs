//! The league as pages. In: a league. Out: one self-contained HTML file, or Markdown; both from one view.

use super::model::LeagueReport;
use super::view::LeagueView;
use crate::report::template;
use minijinja::context;
use minijinja::value::Serde;

/// `index.html`: it loads nothing, for light and dark screens and for paper.
///
/// # Panics
/// Never: the embedded templates are well-formed and name only what the view has, which the tests show.
#[must_use]
pub fn league_html(report: &LeagueReport) -> String {
    let view = LeagueView::of(report);
    template::fill("league.html", context! { league => Serde(&view) })
}

/// `README.md`: the same tables for reading in a repository.
///
/// # Panics
/// Never: the embedded templates are well-formed and name only what the view has, which the tests show.
#[must_use]
pub fn league_markdown(report: &LeagueReport) -> String {
    let view = LeagueView::of(report);
    template::fill("league.md", context! { league => Serde(&view) })
}
