//! One line per op and dtype: each subject's maximum over all classes. In: the result rows of an op. Out: lines.

use serde::Serialize;

use super::row::MaximumView;
use super::{distinct, is_judged, subject_names};
use crate::report::model::{Report, ResultRow};
use crate::report::number::{NOTHING, share, upper_bound};

/// An op and dtype, subjects side by side.
#[derive(Debug, Serialize)]
pub(in crate::report) struct HeadlineView<'a> {
    dtype: &'a str,
    cells: Vec<HeadlineCell<'a>>,
}

/// One subject's part of a line.
#[derive(Debug, Serialize)]
struct HeadlineCell<'a> {
    subject: &'a str,
    judged: bool,
    /// Absent where the subject has no result.
    result: Option<HeadlineResult>,
}

/// What a subject reached over all classes of an op and dtype.
#[derive(Debug, Serialize)]
struct HeadlineResult {
    max: MaximumView,
    conditioned: String,
    share: String,
    conforms: bool,
    /// `1 of 10`: the classes that do not conform, of those tested.
    failing: String,
}

/// The lines of one op.
pub(super) fn lines<'a>(report: &'a Report, rows: &[&'a ResultRow]) -> Vec<HeadlineView<'a>> {
    distinct(rows.iter().map(|row| row.dtype.as_str()))
        .into_iter()
        .map(|dtype| HeadlineView {
            dtype,
            cells: subject_names(report)
                .into_iter()
                .map(|subject| {
                    let rows: Vec<&ResultRow> = rows
                        .iter()
                        .copied()
                        .filter(|row| row.dtype == dtype && row.subject == subject)
                        .collect();
                    HeadlineCell {
                        subject,
                        judged: is_judged(report, subject),
                        result: HeadlineResult::over(&rows),
                    }
                })
                .collect(),
        })
        .collect()
}

impl HeadlineResult {
    /// The largest maximum of `rows`, over the values of all of them.
    fn over(rows: &[&ResultRow]) -> Option<Self> {
        let with_distance = rows.iter().filter(|row| row.max_ulp.worst_case.is_some());
        // The first row among equals, so that the case named does not depend on how maxima compare.
        let worst = with_distance
            .reduce(|worst, row| {
                if magnitude(row) > magnitude(worst) {
                    row
                } else {
                    worst
                }
            })
            .or(rows.first())?;
        let values = rows.iter().map(|row| row.values).sum();
        let coverage = distinct(rows.iter().map(|row| row.max_ulp.coverage.as_str())).join(" + ");
        let context = format!("{}/{}/", worst.op, worst.dtype);
        // A row with an error and no conditioned one has an infinite or unknown one: then so has the maximum.
        let conditioned = if rows
            .iter()
            .any(|row| row.max_ulp.worst_case.is_some() && row.max_conditioned.is_none())
        {
            None
        } else {
            rows.iter()
                .filter_map(|row| row.max_conditioned)
                .reduce(f64::max)
        };
        let failing = rows.iter().filter(|row| !row.conforms).count();
        Some(Self {
            max: MaximumView::of(&worst.max_ulp, &coverage, values, &context),
            conditioned: conditioned
                .map_or_else(|| NOTHING.to_owned(), |value| upper_bound(Some(value))),
            share: share(rows.iter().map(|row| row.correctly_rounded).sum(), values),
            conforms: failing == 0,
            failing: format!("{failing} of {}", rows.len()),
        })
    }
}

fn magnitude(row: &ResultRow) -> f64 {
    row.max_ulp.upper.unwrap_or(f64::INFINITY)
}
