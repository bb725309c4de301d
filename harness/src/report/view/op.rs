//! What the pages say about one op. In: the report. Out: its specification, headline, tables and clauses.

use serde::Serialize;

use super::clause::{self, ClauseView};
use super::headline::{self, HeadlineView};
use super::row::RowView;
use super::spec::SpecView;
use super::{distinct, is_judged, subject_names};
use crate::report::model::{OpEntry, Report, ResultRow};
use crate::report::number::{count, plural};

/// An op.
#[derive(Debug, Serialize)]
pub(in crate::report) struct OpView<'a> {
    pub(in crate::report) op: &'a str,
    /// The op's name as part of an anchor.
    anchor: String,
    /// Its specification; absent where the report has results for an op without one.
    spec: Option<SpecView<'a>>,
    headline: Vec<HeadlineView<'a>>,
    tables: Vec<TableView<'a>>,
    outcomes: Vec<OutcomeView<'a>>,
    clauses: Vec<ClauseView<'a>>,
    clause_outcomes: Vec<OutcomeView<'a>>,
}

/// The results of an op in one dtype.
#[derive(Debug, Serialize)]
struct TableView<'a> {
    dtype: &'a str,
    ceiling: Option<&'a str>,
    rows: Vec<RowView<'a>>,
}

/// How a subject did on an op.
#[derive(Debug, Serialize)]
pub(super) struct OutcomeView<'a> {
    pub(super) subject: &'a str,
    /// The subject's place among the subjects, which chooses its colour and mark.
    pub(super) mark: usize,
    /// Whether the report's verdict depends on it.
    pub(super) judged: bool,
    pub(super) conforms: bool,
    pub(super) text: String,
}

/// Every op that the report describes, has results for or has clauses of.
pub(super) fn all(report: &Report) -> Vec<OpView<'_>> {
    let described = report.ops.iter().map(|entry| entry.op.as_str());
    let tested = report.results.iter().map(|row| row.op.as_str());
    let judged = report.clauses.iter().map(|clause| clause.op.as_str());
    distinct(described.chain(tested).chain(judged))
        .into_iter()
        .map(|op| OpView::of(report, op))
        .collect()
}

impl<'a> OpView<'a> {
    fn of(report: &'a Report, op: &'a str) -> Self {
        let entry = report.ops.iter().find(|entry| entry.op == op);
        let rows: Vec<&ResultRow> = report.results.iter().filter(|row| row.op == op).collect();
        let clauses = clause::of_op(report, op);
        Self {
            op,
            anchor: op
                .chars()
                .map(|letter| {
                    if letter.is_ascii_alphanumeric() || letter == '_' {
                        letter
                    } else {
                        '-'
                    }
                })
                .collect(),
            spec: entry.map(|entry| SpecView::of(report, entry)),
            headline: headline::lines(report, &rows),
            tables: distinct(rows.iter().map(|row| row.dtype.as_str()))
                .into_iter()
                .map(|dtype| TableView::of(report, entry, dtype, &rows))
                .collect(),
            outcomes: outcomes(report, &rows),
            clause_outcomes: clause::outcomes(report, &clauses),
            clauses,
        }
    }
}

impl<'a> TableView<'a> {
    fn of(
        report: &'a Report,
        entry: Option<&'a OpEntry>,
        dtype: &'a str,
        rows: &[&'a ResultRow],
    ) -> Self {
        let of_dtype: Vec<&ResultRow> = rows
            .iter()
            .copied()
            .filter(|row| row.dtype == dtype)
            .collect();
        let mut views = Vec::with_capacity(of_dtype.len());
        for class in distinct(of_dtype.iter().map(|row| row.class.as_str())) {
            let first = views.len();
            for subject in subject_names(report) {
                let of_subject = of_dtype
                    .iter()
                    .filter(|row| row.class == class && row.subject == subject);
                views.extend(of_subject.map(|row| RowView::of(report, row)));
            }
            let explanations = views[first..]
                .iter()
                .filter(|row| row.outcome.is_explained())
                .count();
            views[first].class_rows = views.len() - first + explanations;
        }
        Self {
            dtype,
            ceiling: entry.and_then(|entry| entry.ceilings.get(dtype).map(String::as_str)),
            rows: views,
        }
    }
}

fn outcomes<'a>(report: &'a Report, rows: &[&ResultRow]) -> Vec<OutcomeView<'a>> {
    subject_names(report)
        .into_iter()
        .enumerate()
        .filter_map(|(mark, subject)| {
            let of_subject = || rows.iter().filter(|row| row.subject == subject);
            let total = of_subject().count() as u64;
            let failing = of_subject().filter(|row| !row.conforms).count() as u64;
            let text = if failing == 0 {
                "conforms".to_owned()
            } else {
                format!(
                    "{} of {} not conforming",
                    count(failing),
                    plural(total, "row", "rows")
                )
            };
            (total > 0).then_some(OutcomeView {
                subject,
                mark,
                judged: is_judged(report, subject),
                conforms: failing == 0,
                text,
            })
        })
        .collect()
}
