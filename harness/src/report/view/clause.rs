//! Clause by clause: what was exercised and what came out. In: the clause rows. Out: one view per clause.

use serde::Serialize;

use super::op::OutcomeView;
use super::{distinct, is_judged, subject_names};
use crate::report::model::{ClauseRow, Report};
use crate::report::number::{NOTHING, count, plural};

/// A clause of one op.
#[derive(Debug, Serialize)]
pub(in crate::report) struct ClauseView<'a> {
    id: &'a str,
    when: &'a str,
    accept: &'a [String],
    why: &'a str,
    source: &'a str,
    /// The dtypes in which any clause of the report was exercised, the columns of the table.
    dtypes: Vec<&'a str>,
    subjects: Vec<ClauseSubject<'a>>,
    /// Whether a subject that the report's verdict is about met it.
    exercised: bool,
    /// Whether it is met by those subjects.
    conforms: bool,
}

/// One subject's line under a clause.
#[derive(Debug, Serialize)]
struct ClauseSubject<'a> {
    subject: &'a str,
    cells: Vec<ClauseCell>,
}

/// One dtype of that line.
#[derive(Debug, Serialize)]
struct ClauseCell {
    /// How many values the clause settled, `11 of 12` where not all of them conformed, or nothing.
    text: String,
    conforms: bool,
}

/// The clauses of `op`.
pub(super) fn of_op<'a>(report: &'a Report, op: &str) -> Vec<ClauseView<'a>> {
    let exercises = || report.clauses.iter().flat_map(|clause| &clause.exercised);
    let dtypes = distinct(
        (report.results.iter().map(|row| row.dtype.as_str()))
            .chain(exercises().map(|exercise| exercise.dtype.as_str())),
    );
    let subjects = distinct(exercises().map(|exercise| exercise.subject.as_str()));
    report
        .clauses
        .iter()
        .filter(|clause| clause.op == op)
        .map(|clause| ClauseView::of(report, clause, &dtypes, &subjects))
        .collect()
}

impl<'a> ClauseView<'a> {
    fn of(
        report: &Report,
        clause: &'a ClauseRow,
        dtypes: &[&'a str],
        subjects: &[&'a str],
    ) -> Self {
        let subjects: Vec<ClauseSubject<'a>> = subjects
            .iter()
            .map(|subject| ClauseSubject {
                subject,
                cells: dtypes
                    .iter()
                    .map(|dtype| cell(clause, subject, dtype))
                    .collect(),
            })
            .collect();
        let judged = || {
            subjects
                .iter()
                .filter(|line| is_judged(report, line.subject))
        };
        Self {
            id: &clause.id,
            when: &clause.when,
            accept: &clause.accept,
            why: &clause.why,
            source: &clause.source,
            dtypes: dtypes.to_vec(),
            exercised: judged().any(ClauseSubject::exercised),
            conforms: judged().all(ClauseSubject::conforms),
            subjects,
        }
    }
}

fn cell(clause: &ClauseRow, subject: &str, dtype: &str) -> ClauseCell {
    let of_cell = || {
        clause
            .exercised
            .iter()
            .filter(|exercise| exercise.subject == subject && exercise.dtype == dtype)
    };
    let values: u64 = of_cell().map(|exercise| exercise.values).sum();
    let conforming: u64 = of_cell().map(|exercise| exercise.conforming).sum();
    ClauseCell {
        text: if values == 0 {
            NOTHING.to_owned()
        } else if conforming >= values {
            count(values)
        } else {
            format!("{} of {}", count(conforming), count(values))
        },
        conforms: conforming >= values,
    }
}

/// What to say of an op's clauses in one line, for each subject.
pub(super) fn outcomes<'a>(report: &'a Report, clauses: &[ClauseView<'a>]) -> Vec<OutcomeView<'a>> {
    let subjects = clauses.first().map_or(&[][..], |clause| &clause.subjects);
    subjects
        .iter()
        .enumerate()
        .map(|(line, ClauseSubject { subject, .. })| {
            let lines = || clauses.iter().map(|clause| &clause.subjects[line]);
            let judged = is_judged(report, subject);
            let idle = lines().filter(|line| judged && !line.exercised()).count() as u64;
            let broken = lines().filter(|line| !line.conforms()).count() as u64;
            let mut parts = Vec::new();
            if idle > 0 {
                parts.push(format!("{} not exercised", count(idle)));
            }
            if broken > 0 {
                parts.push(format!("{} not met", count(broken)));
            }
            let total = plural(clauses.len() as u64, "clause", "clauses");
            OutcomeView {
                subject,
                mark: subject_names(report)
                    .iter()
                    .position(|name| name == subject)
                    .unwrap_or_default(),
                judged,
                conforms: parts.is_empty(),
                text: if parts.is_empty() {
                    format!("{total} met")
                } else {
                    format!("{total}: {}", parts.join(", "))
                },
            }
        })
        .collect()
}

impl ClauseSubject<'_> {
    fn exercised(&self) -> bool {
        self.cells.iter().any(|cell| cell.text != NOTHING)
    }

    fn conforms(&self) -> bool {
        self.cells.iter().all(|cell| cell.conforms)
    }
}
