//! Error histogram. In: values counted by error. Out: a figure with a pair of bars per bin and subject.

use super::axis::{Axis, LogScale, Tick};
use super::canvas::{Mark, Panel, draw};
use super::{Figure, PanelData};
use crate::report::model::Distribution;
use crate::report::number::shortest;

/// The most bin edges that a panel names.
const EDGES_NAMED: usize = 6;

/// The figure of `op`.
pub(super) fn figure(op: &str, panels: &[PanelData<'_>]) -> Figure {
    let counts = panels
        .iter()
        .flat_map(|panel| &panel.series)
        .flat_map(|(_, distribution)| &distribution.histogram)
        .map(|values| Some(position(*values)));
    // Half a value as the floor, so that a single value still has a bar.
    let scale = LogScale::over(counts, -0.3, 2.0);
    let drawn: Vec<Panel> = panels
        .iter()
        .map(|panel| Panel {
            title: panel.dtype.to_owned(),
            x: bin_axis(panel),
            y: count_axis(scale),
            marks: marks(panel, scale),
        })
        .collect();
    Figure {
        title: "Error histogram".to_owned(),
        caption: "Values counted (log scale) by the upper bound of their error. Bins are of equal width whatever they \
                  span; a label stands at a bin's upper edge, in ulps, and the last bin holds everything above the \
                  last edge, infinite errors included. Bars are solid and outlined by turns, in \
                  the order of the subjects."
            .to_owned(),
        svg: draw(
            &format!("{op}: number of values by error in ulps, one panel per dtype"),
            &drawn,
        ),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a position on paper needs no more than 53 bits"
)]
fn position(count: u64) -> f64 {
    count as f64
}

/// The edges that a panel's axis shows: those of the distribution that has most.
fn edges<'a>(panel: &PanelData<'a>) -> &'a [f64] {
    panel
        .series
        .iter()
        .map(|(_, distribution)| distribution.histogram_edges.as_slice())
        .max_by_key(|edges| edges.len())
        .unwrap_or(&[])
}

fn bin_axis(panel: &PanelData<'_>) -> Axis {
    let edges = edges(panel);
    let step = edges.len().div_ceil(EDGES_NAMED).max(1);
    let mut ticks: Vec<Tick> = Vec::new();
    for (bin, edge) in edges.iter().enumerate() {
        let from_last = edges.len() - 1 - bin;
        if from_last.is_multiple_of(step) {
            ticks.push(Tick {
                at: position(bin as u64 + 1),
                label: shortest(*edge),
            });
        }
    }
    Axis {
        from: -0.3,
        to: position(edges.len() as u64 + 1) + 0.3,
        ticks,
        name: "error (ulp), upper edge of bin".to_owned(),
    }
}

fn count_axis(scale: LogScale) -> Axis {
    let mut axis = scale.axis("values", 6);
    axis.from = scale.at(0.0);
    // The floor is no count.
    axis.ticks.remove(0);
    if !axis.ticks.iter().any(|tick| tick.at.abs() < 0.5) {
        axis.ticks.insert(
            0,
            Tick {
                at: 0.0,
                label: "1".to_owned(),
            },
        );
    }
    axis
}

fn marks(panel: &PanelData<'_>, scale: LogScale) -> Vec<Mark> {
    let shown = edges(panel);
    let lanes = panel.series.len();
    let width = 0.9 / position(lanes as u64).max(1.0);
    let mut marks = Vec::new();
    for (lane, (subject, distribution)) in panel.series.iter().rev().enumerate() {
        let left = 0.05 + width * position(lane as u64);
        for (bin, values) in distribution.histogram.iter().enumerate() {
            if *values > 0 {
                let from = position(place_of(distribution, bin, shown) as u64) + left;
                marks.push(Mark::Bar {
                    subject: *subject,
                    x: (from, from + width),
                    top: scale.at(position(*values)),
                });
            }
        }
    }
    marks
}

/// Where a distribution's bin stands on an axis with the edges `shown`.
fn place_of(distribution: &Distribution, bin: usize, shown: &[f64]) -> usize {
    match distribution.histogram_edges.get(bin) {
        Some(edge) => shown.partition_point(|candidate| candidate < edge),
        None => shown.len(),
    }
}
