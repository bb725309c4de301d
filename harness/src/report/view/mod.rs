//! A report as its pages show it. In: a report. Out: a tree in which every number is text already, grouped by op.

mod clause;
mod headline;
mod op;
mod proof;
mod row;
mod rung;
mod spec;
mod subject;
mod sweep;
mod verdict;

use serde::Serialize;

use super::model::{NotTestedEntry, Report, ResultRow, SubjectEntry, UndecidedEntry, WaiverEntry};
use super::number::count;

use op::OpView;
use proof::{ProofView, PropertyView};
use rung::RungLine;
use subject::SubjectView;
use sweep::SweepsView;
use verdict::VerdictView;

/// What both pages show.
#[derive(Debug, Serialize)]
pub(super) struct View<'a> {
    schema: &'a str,
    tool: &'a str,
    seed: u64,
    tier: &'a str,
    profile: &'a str,
    precision_limit: u32,
    verdict: VerdictView,
    subjects: Vec<SubjectView<'a>>,
    /// The first gated subject, for examples of commands.
    example_subject: &'a str,
    /// The case and class of the first row with a worst case, for examples of commands.
    example: Option<ExampleView<'a>>,
    pub(super) ops: Vec<OpView<'a>>,
    classes: Vec<ClassView<'a>>,
    waivers: &'a [WaiverEntry],
    undecided: &'a [UndecidedEntry],
    not_tested: &'a [NotTestedEntry],
    properties: Vec<PropertyView<'a>>,
    proof: Option<ProofView<'a>>,
    rungs: Vec<RungLine<'a>>,
    sweeps: SweepsView<'a>,
}

/// A line of the report that the commands in the last section recompute.
#[derive(Debug, Serialize)]
struct ExampleView<'a> {
    case: &'a str,
    op: &'a str,
    dtype: &'a str,
    class: &'a str,
}

/// A case class with what it amounts to for one gated subject.
#[derive(Debug, Serialize)]
struct ClassView<'a> {
    class: &'a str,
    idea: &'a str,
    cases: String,
    values: String,
}

impl<'a> View<'a> {
    /// Lays the report out.
    pub(super) fn of(report: &'a Report) -> Self {
        let example_subject = judged(report)
            .first()
            .map_or("builtin", |subject| subject.name.as_str());
        let example = report
            .results
            .iter()
            .filter(|row| row.subject == example_subject)
            .find_map(|row| {
                Some(ExampleView {
                    case: row.max_ulp.worst_case.as_deref()?,
                    op: &row.op,
                    dtype: &row.dtype,
                    class: &row.class,
                })
            });
        Self {
            schema: &report.schema,
            tool: &report.tool,
            seed: report.seed,
            tier: &report.tier,
            profile: &report.profile,
            precision_limit: report.precision_limit,
            verdict: VerdictView::of(report),
            subjects: subject::all(report),
            example_subject,
            example,
            ops: op::all(report),
            classes: class_views(report, example_subject),
            waivers: &report.waivers,
            undecided: &report.undecided,
            not_tested: &report.not_tested,
            properties: proof::properties(report),
            proof: report.self_proof.as_ref().map(ProofView::of),
            rungs: rung::all(report),
            sweeps: SweepsView::of(report),
        }
    }
}

fn class_views<'a>(report: &'a Report, subject: &str) -> Vec<ClassView<'a>> {
    report
        .classes
        .iter()
        .map(|entry| {
            let rows = || {
                report
                    .results
                    .iter()
                    .filter(|row| row.class == entry.class && row.subject == subject)
            };
            ClassView {
                class: &entry.class,
                idea: &entry.idea,
                cases: count(rows().map(|row| row.cases).sum()),
                values: count(rows().map(|row| row.values).sum()),
            }
        })
        .collect()
}

/// The subjects that the report's verdict is about: the gated ones, or all where none is gated.
fn judged(report: &Report) -> Vec<&SubjectEntry> {
    let gated: Vec<_> = report
        .subjects
        .iter()
        .filter(|subject| subject.gated)
        .collect();
    if gated.is_empty() {
        report.subjects.iter().collect()
    } else {
        gated
    }
}

/// Whether the report's verdict is about this subject.
fn is_judged(report: &Report, subject: &str) -> bool {
    judged(report).iter().any(|entry| entry.name == subject)
}

/// Each text once, in the order of first appearance.
fn distinct<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

/// The names of the subjects, those without an entry last.
fn subject_names(report: &Report) -> Vec<&str> {
    let named = report.subjects.iter().map(|subject| subject.name.as_str());
    distinct(named.chain(report.results.iter().map(|row| row.subject.as_str())))
}

/// The waiver that covers a row's class, if any.
fn waiver_of<'a>(report: &'a Report, row: &ResultRow) -> Option<&'a WaiverEntry> {
    report.waivers.iter().find(|waiver| {
        waiver.op == row.op && waiver.dtype == row.dtype && waiver.class == row.class
    })
}
