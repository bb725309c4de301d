//! Exhaustive sweeps as the pages show them. In: a report. Out: lines of two tables, numbers as text.

use serde::Serialize;

use super::super::model::Report;
use super::super::number::{NOTHING, count, nearest, plural, share, shortest, upper_bound};
use crate::sweep::SweepRow;

/// Upper edges of the bins that the tables count by; a last one takes everything above.
const SHOWN_EDGES: [f64; 8] = [1e-6, 0.1, 0.2, 0.3, 0.4, 0.5, 0.51, 1.0];

/// All sweeps.
#[derive(Debug, Serialize)]
pub(super) struct SweepsView<'a> {
    lines: Vec<SweepLine<'a>>,
    /// Inputs judged in all.
    inputs: String,
    /// The heads of the histogram's columns.
    bins: Vec<String>,
}

/// One sweep.
#[derive(Debug, Serialize)]
struct SweepLine<'a> {
    subject: &'a str,
    op: &'a str,
    dtype: &'a str,
    domain: &'a str,
    description: &'a str,
    ulps: String,
    /// `exhaustive n=65,536`
    coverage: String,
    worst: String,
    result: String,
    kappa: String,
    share: String,
    conforms: bool,
    /// Why it does not conform.
    reason: String,
    undecided: &'a [String],
    /// Values by bin, and then those without a distance.
    histogram: Vec<String>,
}

impl<'a> SweepsView<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let shown = SHOWN_EDGES
            .iter()
            .map(|edge| format!("≤ {}", shortest(*edge)));
        let above = format!("> {}", shortest(SHOWN_EDGES[SHOWN_EDGES.len() - 1]));
        Self {
            lines: report.sweeps.iter().map(SweepLine::of).collect(),
            inputs: count(report.sweeps.iter().map(|row| row.inputs).sum()),
            bins: shown.chain([above, "no distance".to_owned()]).collect(),
        }
    }
}

impl<'a> SweepLine<'a> {
    fn of(row: &'a SweepRow) -> Self {
        let max = &row.max_ulp;
        let text = |given: &Option<String>| given.clone().unwrap_or_else(|| NOTHING.to_owned());
        let ulps = if max.worst_input.is_some() {
            upper_bound(max.upper)
        } else {
            NOTHING.to_owned()
        };
        let worst = match max.worst_place {
            Some(place) if place > 0 => format!("{} [{place}]", text(&max.worst_input)),
            _ => text(&max.worst_input),
        };
        Self {
            subject: &row.subject,
            op: &row.op,
            dtype: &row.dtype,
            domain: &row.domain,
            description: &row.description,
            ulps,
            coverage: format!("{} n={}", max.coverage, count(row.values)),
            worst,
            result: text(&max.result),
            kappa: max
                .kappa
                .map_or_else(|| NOTHING.to_owned(), |kappa| nearest(kappa, 3)),
            share: share(row.correctly_rounded, row.values),
            conforms: row.conforms,
            reason: reason(row),
            undecided: &row.undecided,
            histogram: histogram(row),
        }
    }
}

/// Why a sweep does not conform; empty where it does.
pub(super) fn reason(row: &SweepRow) -> String {
    let verdicts = &row.verdicts;
    let lost = verdicts.crashed + verdicts.timed_out + verdicts.garbled + verdicts.trespassed;
    let parts = [
        row.stale.as_ref().map(|stale| format!("stale: {stale}")),
        (row.max_ulp.coverage != "exhaustive").then(|| "not exhaustive".to_owned()),
        (verdicts.exceeds > 0).then(|| {
            let values = plural(verdicts.exceeds, "value", "values");
            format!("{values} above the ceiling")
        }),
        (verdicts.wrong_class > 0).then(|| {
            let values = plural(verdicts.wrong_class, "value", "values");
            format!("{values} of the wrong class")
        }),
        (verdicts.undecided > 0).then(|| format!("{} undecided", count(verdicts.undecided))),
        (verdicts.failed + lost > 0).then(|| {
            let inputs = plural(verdicts.failed + lost, "input", "inputs");
            format!("{inputs} without a result")
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// The histogram in the bins shown, and then the values that have no distance.
fn histogram(row: &SweepRow) -> Vec<String> {
    let mut bins = [0; SHOWN_EDGES.len() + 1];
    for (place, values) in row.histogram.iter().enumerate() {
        let edge = row.histogram_edges.get(place);
        let bin = edge.map_or(SHOWN_EDGES.len(), |edge| {
            SHOWN_EDGES.partition_point(|shown| shown < edge)
        });
        bins[bin] += values;
    }
    let measured: u64 = bins.iter().sum();
    let apart = row.values.saturating_sub(measured);
    bins.into_iter().chain([apart]).map(count).collect()
}
