//! One line of the result tables. In: a result row. Out: its cells, and in words why it does not conform.

use serde::Serialize;

use super::{is_judged, waiver_of};
use crate::report::model::{MaxUlp, Report, ResultRow};
use crate::report::number::{NOTHING, count, nearest, plural, share, shortest, upper_bound};

/// A maximum error with its coverage and the case that shows it.
#[derive(Debug, Clone, Serialize)]
pub(in crate::report) struct MaximumView {
    /// The upper bound; [`NOTHING`] where no value has a distance.
    pub(super) ulps: String,
    pub(super) infinite: bool,
    /// `sampled n=12,340`.
    pub(super) coverage: String,
    pub(super) worst: Option<WorstView>,
}

/// A case id, cut where the table's place already says the first part.
#[derive(Debug, Clone, Serialize)]
pub(in crate::report) struct WorstView {
    id: String,
    /// What the surroundings say.
    context: String,
    /// What only the id says.
    rest: String,
    place: Option<usize>,
}

impl MaximumView {
    /// Writes `maximum` over `values` values, in a table that is about the cases whose ids start with `context`.
    pub(super) fn of(maximum: &MaxUlp, coverage: &str, values: u64, context: &str) -> Self {
        let exists = maximum.worst_case.is_some();
        Self {
            ulps: if exists {
                upper_bound(maximum.upper)
            } else {
                NOTHING.to_owned()
            },
            infinite: exists && maximum.upper.is_none(),
            coverage: format!("{coverage} n={}", count(values)),
            worst: maximum.worst_case.as_ref().map(|id| {
                let rest = id.strip_prefix(context).unwrap_or(id);
                WorstView {
                    id: id.clone(),
                    context: id[..id.len() - rest.len()].to_owned(),
                    rest: rest.to_owned(),
                    place: maximum.worst_place,
                }
            }),
        }
    }
}

/// How a row came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::report) enum Outcome {
    /// It conforms.
    Conforms,
    /// It conforms by a waiver.
    Waived,
    /// It does not conform, and the report's verdict depends on it.
    Fails,
    /// It does not conform, and is shown for comparison.
    Apart,
}

impl Outcome {
    /// Whether the reason has a line of its own under the row.
    pub(super) fn is_explained(self) -> bool {
        matches!(self, Self::Waived | Self::Fails)
    }
}

/// A row of the table of one op and dtype.
#[derive(Debug, Serialize)]
pub(in crate::report) struct RowView<'a> {
    class: &'a str,
    /// How many lines the class takes, on its first row; 0 on the others.
    pub(super) class_rows: usize,
    subject: &'a str,
    cases: String,
    max: MaximumView,
    conditioned: String,
    kappa: String,
    share: String,
    correctly_rounded: String,
    faithful: String,
    within_bound: String,
    exceeds: String,
    wrong_class: String,
    undecided: String,
    /// Calls that gave no values, and what the profile leaves open, in words.
    calls: String,
    snapshot: String,
    ceiling: String,
    pub(super) outcome: Outcome,
    /// Why the row does not conform, or why it does although a value exceeds its ceiling.
    reason: String,
}

impl<'a> RowView<'a> {
    pub(super) fn of(report: &Report, row: &'a ResultRow) -> Self {
        let verdicts = &row.verdicts;
        let context = format!("{}/{}/{}/", row.op, row.dtype, row.class);
        let waiver = waiver_of(report, row).filter(|_| verdicts.exceeds > 0);
        let outcome = match (row.conforms, waiver) {
            (true, None) => Outcome::Conforms,
            (true, Some(_)) => Outcome::Waived,
            (false, _) if is_judged(report, &row.subject) => Outcome::Fails,
            (false, _) => Outcome::Apart,
        };
        Self {
            class: &row.class,
            class_rows: 0,
            subject: &row.subject,
            cases: count(row.cases),
            max: MaximumView::of(&row.max_ulp, &row.max_ulp.coverage, row.values, &context),
            conditioned: row
                .max_conditioned
                .map_or_else(|| NOTHING.to_owned(), |value| upper_bound(Some(value))),
            kappa: row
                .worst_kappa
                .map_or_else(|| NOTHING.to_owned(), |kappa| nearest(kappa, 3)),
            share: share(row.correctly_rounded, row.values),
            correctly_rounded: count(verdicts.correctly_rounded),
            faithful: count(verdicts.faithful),
            within_bound: count(verdicts.within_bound),
            exceeds: count(verdicts.exceeds),
            wrong_class: count(verdicts.wrong_class),
            undecided: count(verdicts.undecided),
            calls: calls(row),
            snapshot: row
                .snapshot_ulp
                .map_or_else(|| NOTHING.to_owned(), shortest),
            ceiling: shortest(row.ceiling_ulp),
            outcome,
            reason: if row.conforms {
                waiver.map_or_else(String::new, |waiver| {
                    format!(
                        "{} above the ceiling, waived until {}: {}",
                        plural(verdicts.exceeds, "value", "values"),
                        waiver.expires,
                        waiver.reason
                    )
                })
            } else {
                reasons(row)
            },
        }
    }
}

fn calls(row: &ResultRow) -> String {
    let verdicts = &row.verdicts;
    let parts: Vec<String> = [
        (verdicts.refused, "refused"),
        (verdicts.failed, "failed"),
        (verdicts.crashed, "crashed"),
        (verdicts.timed_out, "timed out"),
        (verdicts.garbled, "garbled"),
        (verdicts.trespassed, "trespassed"),
        (verdicts.unspecified, "unspecified"),
    ]
    .into_iter()
    .filter(|(calls, _)| *calls > 0)
    .map(|(calls, how)| format!("{} {how}", count(calls)))
    .collect();
    if parts.is_empty() {
        NOTHING.to_owned()
    } else {
        parts.join(", ")
    }
}

/// Why a row does not conform, as far as the row itself shows it.
pub(super) fn reasons(row: &ResultRow) -> String {
    let verdicts = &row.verdicts;
    let mut reasons: Vec<String> = [
        (
            verdicts.exceeds,
            "value above the ceiling",
            "values above the ceiling",
        ),
        (
            verdicts.wrong_class,
            "value of the wrong class",
            "values of the wrong class",
        ),
        (verdicts.undecided, "value undecided", "values undecided"),
        (verdicts.failed, "call failed", "calls failed"),
        (verdicts.crashed, "call crashed", "calls crashed"),
        (verdicts.timed_out, "call timed out", "calls timed out"),
        (verdicts.garbled, "call garbled", "calls garbled"),
        (verdicts.trespassed, "call trespassed", "calls trespassed"),
    ]
    .into_iter()
    .filter(|(number, _, _)| *number > 0)
    .map(|(number, one, many)| plural(number, one, many))
    .collect();
    if row.cases == 0 {
        reasons.push("no case was tested".to_owned());
    }
    if let Some(snapshot) = row.snapshot_ulp {
        let above = row.max_ulp.upper.is_none_or(|upper| upper > snapshot);
        if above && row.max_ulp.worst_case.is_some() {
            reasons.push(format!("above its snapshot of {}", shortest(snapshot)));
        } else if reasons.is_empty() {
            reasons.push("not what its snapshot says".to_owned());
        }
    }
    if reasons.is_empty() {
        reasons.push("the gate refuses it".to_owned());
    }
    reasons.join("; ")
}
