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

/// The error histograms of the sweeps of each op, a panel for each dtype and domain.
pub(super) fn sweep_figures(report: &Report) -> Vec<Figure> {
    let mut by_op: Vec<(&str, Vec<(String, Distribution)>)> = Vec::new();
    for row in &report.sweeps {
        let panel = format!("{} {}", row.dtype, row.domain);
        let distribution = Distribution {
            subject: row.subject.clone(),
            op: row.op.clone(),
            dtype: row.dtype.clone(),
            histogram: row.histogram.clone(),
            histogram_edges: row.histogram_edges.clone(),
            ordinals: Vec::new(),
            conditioning: Vec::new(),
        };
        let known = by_op.iter_mut().find(|(op, _)| *op == row.op);
        match known {
            Some((_, panels)) => panels.push((panel, distribution)),
            None => by_op.push((&row.op, vec![(panel, distribution)])),
        }
    }
    let figure = |(op, panels): &(&str, Vec<(String, Distribution)>)| {
        let mark = |distribution: &Distribution| {
            let mut subjects = report.subjects.iter();
            let found = subjects.position(|subject| subject.name == distribution.subject);
            found.unwrap_or(report.subjects.len())
        };
        let panels: Vec<PanelData<'_>> = panels
            .iter()
            .map(|(panel, distribution)| PanelData {
                dtype: panel,
                series: vec![(mark(distribution), distribution)],
            })
            .collect();
        let mut figure = histogram::figure(op, &panels);
        figure.title = format!("{op}: error histogram over the whole domain");
        figure
    };
    by_op.iter().map(figure).collect()
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
