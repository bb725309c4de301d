//! The plots of an op. In: its distributions. Out: three figures as SVG text, one panel per dtype, subjects overlaid.
//!
//! Colours are classes that the page's style sheet defines, so that one drawing serves light, dark and paper.

mod axis;
mod canvas;
mod conditioning;
mod histogram;
mod ordinals;
mod svg;

use serde::Serialize;

use super::model::{Distribution, Report};

/// A figure of the page.
#[derive(Debug, Serialize)]
pub(super) struct Figure {
    /// What it shows, in a few words.
    title: String,
    /// How to read it.
    caption: String,
    /// An inline `<svg>` element.
    svg: String,
}

/// The distributions of one dtype, each with its subject's place among the report's subjects.
struct PanelData<'a> {
    dtype: &'a str,
    series: Vec<(usize, &'a Distribution)>,
}

/// The figures of `op`: error over the ordinals, error histogram, error against κ; none without distributions.
pub(super) fn figures(report: &Report, op: &str) -> Vec<Figure> {
    let panels = panels(report, op);
    if panels.is_empty() {
        return Vec::new();
    }
    vec![
        ordinals::figure(op, &panels),
        histogram::figure(op, &panels),
        conditioning::figure(op, &panels),
    ]
}

fn panels<'a>(report: &'a Report, op: &str) -> Vec<PanelData<'a>> {
    let mut panels: Vec<PanelData<'a>> = Vec::new();
    for distribution in report.distributions.iter().filter(|entry| entry.op == op) {
        let mark = report
            .subjects
            .iter()
            .position(|subject| subject.name == distribution.subject)
            .unwrap_or(report.subjects.len());
        let known = panels
            .iter()
            .position(|panel| panel.dtype == distribution.dtype);
        let place = known.unwrap_or_else(|| {
            panels.push(PanelData {
                dtype: &distribution.dtype,
                series: Vec::new(),
            });
            panels.len() - 1
        });
        panels[place].series.push((mark, distribution));
    }
    for panel in &mut panels {
        // The first subject, usually the one that is gated, is drawn last and so on top.
        panel
            .series
            .sort_by_key(|(mark, _)| std::cmp::Reverse(*mark));
    }
    panels
}
