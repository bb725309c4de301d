//! What was tested: one line per subject. In: the report. Out: the subjects with their totals.

use serde::Serialize;

use crate::report::model::{Report, ResultRow};
use crate::report::number::{count, share};

/// A subject and its totals over all rows.
#[derive(Debug, Serialize)]
pub(super) struct SubjectView<'a> {
    name: &'a str,
    /// The subject's place among the subjects, which chooses its colour and mark.
    mark: usize,
    description: &'a str,
    profile: &'a str,
    gated: bool,
    conforms: bool,
    cases: String,
    values: String,
    share: String,
    undecided: String,
    rows: String,
    failing_rows: String,
}

/// The report's subjects.
pub(super) fn all(report: &Report) -> Vec<SubjectView<'_>> {
    report
        .subjects
        .iter()
        .enumerate()
        .map(|(mark, entry)| {
            let rows: Vec<&ResultRow> = report
                .results
                .iter()
                .filter(|row| row.subject == entry.name)
                .collect();
            let total =
                |quantity: fn(&ResultRow) -> u64| rows.iter().map(|row| quantity(row)).sum::<u64>();
            let values = total(|row| row.values);
            SubjectView {
                name: &entry.name,
                mark,
                description: &entry.description,
                profile: &entry.profile,
                gated: entry.gated,
                conforms: entry.conforms,
                cases: count(total(|row| row.cases)),
                values: count(values),
                share: share(total(|row| row.correctly_rounded), values),
                undecided: count(total(|row| row.verdicts.undecided)),
                rows: count(rows.len() as u64),
                failing_rows: count(total(|row| u64::from(!row.conforms))),
            }
        })
        .collect()
}
