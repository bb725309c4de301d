//! A league as its pages show it. In: a league. Out: a tree in which every number is text already.

mod cell;
mod kernel;
mod others;

use super::model::{FindingEntry, FindingOutcome, LeagueOp, LeagueReport, LeagueSubject};
use crate::report::model::{ClassEntry, NotTestedEntry};
use crate::report::number::{NOTHING, count, nearest, upper_bound};
use crate::tolerance::ToleranceEntry;
use cell::{Matrix, class_matrices, matrices};
use kernel::{KernelView, WorstText, kernels, worst_text};
use others::{ClauseView, PropertyView, ToleranceLine, clauses, properties, tolerance_lines};
use serde::Serialize;

/// What both pages show.
#[derive(Debug, Serialize)]
pub(super) struct LeagueView<'a> {
    schema: &'a str,
    tool: &'a str,
    seed: u64,
    tier: &'a str,
    stride: u32,
    precision_limit: u32,
    facts: Vec<(&'static str, String)>,
    subjects: Vec<SubjectView<'a>>,
    /// What is to be said of subjects that are called with fewer rows than others.
    rows_per_call: Vec<String>,
    /// How many findings no longer hold.
    stale: usize,
    findings: Vec<FindingView<'a>>,
    matrices: Vec<Matrix<'a>>,
    ops: Vec<OpView<'a>>,
    classes: &'a [ClassEntry],
    tolerances: &'a [ToleranceEntry],
    tolerance_lines: Vec<ToleranceLine<'a>>,
    clauses: Vec<ClauseView<'a>>,
    properties: Vec<PropertyView<'a>>,
    /// The subjects whose properties were checked.
    property_subjects: Vec<&'a str>,
    not_tested: &'a [NotTestedEntry],
    example: Option<(&'a str, &'a str, &'a str)>,
}

/// A line of the headline table.
#[derive(Debug, Serialize)]
struct SubjectView<'a> {
    name: &'a str,
    title: &'a str,
    version: &'a str,
    description: &'a str,
    profile: &'a str,
    command: &'a str,
    tested: bool,
    reason: &'a str,
    /// Kernels, and how many of them stay within 1 ulp, within the ceiling, of the right class, conform; calls lost.
    counts: Vec<String>,
    small: String,
    small_at: String,
}

#[derive(Debug, Serialize)]
struct FindingView<'a> {
    title: &'a str,
    subject: &'a str,
    op: &'a str,
    dtype: &'a str,
    class: &'a str,
    profile: Option<&'a str>,
    paragraphs: Vec<&'a str>,
    snippet: &'a str,
    expectation: &'a str,
    /// `holds`, `stale` or `not checked`.
    outcome: &'static str,
    measured: String,
    worst: Option<WorstText<'a>>,
}

#[derive(Debug, Serialize)]
struct OpView<'a> {
    op: &'a str,
    title: &'a str,
    summary: &'a str,
    formulas: Vec<(Vec<&'a str>, &'a str)>,
    ceilings: String,
    outcome: String,
    kernels: Vec<KernelView<'a>>,
    classes: Vec<Matrix<'a>>,
}

impl<'a> LeagueView<'a> {
    /// Lays the league out.
    pub(super) fn of(report: &'a LeagueReport) -> Self {
        let findings: Vec<FindingView<'_>> = report.findings.iter().map(finding).collect();
        let example = report.results.iter().find_map(|result| {
            let case = result.max_ulp.worst_case.as_deref()?;
            let subject = report
                .subjects
                .iter()
                .find(|one| one.name == result.subject)?;
            Some((case, subject.command.as_str(), subject.profile.as_str()))
        });
        Self {
            schema: &report.schema,
            tool: &report.tool,
            seed: report.seed,
            tier: &report.tier,
            stride: report.stride,
            precision_limit: report.precision_limit,
            facts: facts(report),
            subjects: report.subjects.iter().map(subject).collect(),
            rows_per_call: rows_per_call(&report.subjects),
            stale: findings.iter().filter(|one| one.outcome == "stale").count(),
            findings,
            matrices: matrices(report),
            ops: ops(report),
            classes: &report.classes,
            tolerances: &report.tolerances,
            tolerance_lines: tolerance_lines(report),
            clauses: clauses(report),
            properties: properties(report),
            property_subjects: others::property_subjects(report),
            not_tested: &report.not_tested,
            example,
        }
    }
}

fn facts(report: &LeagueReport) -> Vec<(&'static str, String)> {
    let tested = report
        .subjects
        .iter()
        .filter(|subject| subject.tested)
        .count();
    let values = report.results.iter().map(|result| result.values).sum();
    let cases = report.results.iter().map(|result| result.cases).sum();
    vec![
        (
            "subjects tested",
            format!("{tested} of {}", report.subjects.len()),
        ),
        ("ops", report.ops.len().to_string()),
        ("kernels", count(report.results.len() as u64)),
        ("rows", count(cases)),
        ("values", count(values)),
    ]
}

fn rows_per_call(subjects: &[LeagueSubject]) -> Vec<String> {
    let mut limits: Vec<(usize, Vec<&str>)> = Vec::new();
    for subject in subjects.iter().filter(|subject| subject.tested) {
        let Some(rows) = subject.rows_per_call else {
            continue;
        };
        match limits.iter_mut().find(|(known, _)| *known == rows) {
            Some((_, titles)) => titles.push(&subject.title),
            None => limits.push((rows, vec![&subject.title])),
        }
    }
    let told = |(rows, titles): (usize, Vec<&str>)| {
        let most = match rows {
            1 => "one row alone".to_owned(),
            rows => format!("at most {rows} rows"),
        };
        format!("A call for a case has {most} in {}.", titles.join("; "))
    };
    limits.into_iter().map(told).collect()
}

fn subject(subject: &LeagueSubject) -> SubjectView<'_> {
    let headline = subject.headline.as_ref();
    let small = headline.and_then(|headline| headline.small_kappa.as_ref());
    SubjectView {
        name: &subject.name,
        title: &subject.title,
        version: &subject.version,
        description: &subject.description,
        profile: &subject.profile,
        command: &subject.command,
        tested: subject.tested,
        reason: subject.reason.as_deref().unwrap_or_default(),
        counts: headline.map_or_else(Vec::new, |headline| {
            [
                headline.kernels,
                headline.within_one_ulp,
                headline.within_ceiling,
                headline.right_class,
                headline.conforming,
                headline.lost_calls,
            ]
            .map(count)
            .to_vec()
        }),
        small: small.map_or_else(|| NOTHING.to_owned(), |small| upper_bound(Some(small.ulp))),
        small_at: small.map_or_else(String::new, |small| {
            let kappa = nearest(small.kappa, 3);
            format!(
                "{}/{}/{} at κ = {kappa}",
                small.op, small.dtype, small.class
            )
        }),
    }
}

fn finding(entry: &FindingEntry) -> FindingView<'_> {
    let mut measured = Vec::new();
    if let Some(max) = entry
        .max_ulp
        .as_ref()
        .filter(|max| max.worst_case.is_some())
    {
        measured.push(format!("{} ulp ({})", upper_bound(max.upper), max.coverage));
    }
    if let Some(verdicts) = &entry.verdicts {
        let wrong = super::headline::class_faults(verdicts);
        if wrong > 0 {
            measured.push(format!(
                "{} values of a wrong class or lost calls",
                count(wrong)
            ));
        }
    }
    if let Some(fault) = &entry.fault {
        measured.push(format!(
            "first {}: {}[{}]",
            fault.verdict, fault.case, fault.place
        ));
    }
    FindingView {
        title: &entry.title,
        subject: &entry.subject,
        op: &entry.op,
        dtype: &entry.dtype,
        class: &entry.class,
        profile: entry.profile.as_deref(),
        paragraphs: entry.text.split("\n\n").collect(),
        snippet: &entry.snippet,
        expectation: &entry.expectation,
        outcome: match entry.outcome {
            FindingOutcome::Holds => "holds",
            FindingOutcome::Stale => "stale",
            FindingOutcome::NotChecked => "not checked",
        },
        measured: if measured.is_empty() {
            "nothing".to_owned()
        } else {
            measured.join("; ")
        },
        worst: entry.worst.as_ref().map(worst_text),
    }
}

fn ops(report: &LeagueReport) -> Vec<OpView<'_>> {
    report.ops.iter().map(|op| op_view(report, op)).collect()
}

fn op_view<'a>(report: &'a LeagueReport, op: &'a LeagueOp) -> OpView<'a> {
    let mut formulas: Vec<(Vec<&str>, &str)> = Vec::new();
    for (profile, formula) in &op.formulas {
        match formulas.iter_mut().find(|(_, known)| known == formula) {
            Some((profiles, _)) => profiles.push(profile),
            None => formulas.push((vec![profile], formula)),
        }
    }
    let kernels = kernels(report, &op.op);
    let conforming = kernels.iter().filter(|kernel| kernel.conforms()).count();
    let ceilings = op.ceilings.iter();
    let ceilings = ceilings.map(|(dtype, ceiling)| format!("{dtype} {ceiling}"));
    OpView {
        op: &op.op,
        title: &op.title,
        summary: &op.summary,
        formulas,
        ceilings: ceilings.collect::<Vec<_>>().join(", "),
        outcome: format!("{conforming} of {} kernels conform", kernels.len()),
        kernels,
        classes: class_matrices(report, &op.op),
    }
}
