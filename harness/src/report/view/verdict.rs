//! Does it conform? In: the report. Out: the answer, what it rests on, and what stands against it.

use serde::Serialize;

use super::row::reasons;
use super::{distinct, judged};
use crate::report::model::{Report, ResultRow};
use crate::report::number::{count, plural};

/// How many faults the banner lists before it counts the rest.
const FAULTS_LISTED: usize = 12;

/// The banner.
#[derive(Debug, Serialize)]
pub(super) struct VerdictView {
    conforms: bool,
    /// The judged subjects' names.
    about: Vec<String>,
    facts: Vec<Fact>,
    faults: Vec<String>,
    faults_left_out: usize,
}

/// A count and what is counted.
#[derive(Debug, Serialize)]
struct Fact {
    number: String,
    what: String,
}

impl VerdictView {
    pub(super) fn of(report: &Report) -> Self {
        let about: Vec<&str> = judged(report)
            .into_iter()
            .map(|subject| subject.name.as_str())
            .collect();
        let rows: Vec<&ResultRow> = report
            .results
            .iter()
            .filter(|row| about.contains(&row.subject.as_str()))
            .collect();
        let mut faults = if report.conforms {
            Vec::new()
        } else {
            faults(report, &about, &rows)
        };
        let faults_left_out = faults.len().saturating_sub(FAULTS_LISTED);
        faults.truncate(FAULTS_LISTED);
        Self {
            conforms: report.conforms,
            about: about.iter().map(|name| (*name).to_owned()).collect(),
            facts: facts(report, &about, &rows),
            faults,
            faults_left_out,
        }
    }
}

fn facts(report: &Report, about: &[&str], rows: &[&ResultRow]) -> Vec<Fact> {
    let total = |quantity: fn(&ResultRow) -> u64| rows.iter().map(|row| quantity(row)).sum::<u64>();
    let ops = distinct(rows.iter().map(|row| row.op.as_str())).len();
    let dtypes = distinct(rows.iter().map(|row| row.dtype.as_str())).len();
    let exercised = report.clauses.len() - idle_clauses(report, about).len();
    let waivers = report.waivers.len() as u64;
    let mut facts = vec![
        (count(total(|row| row.cases)), "cases".to_owned()),
        (count(total(|row| row.values)), "values judged".to_owned()),
        (
            count(total(|row| row.verdicts.undecided)),
            "undecided".to_owned(),
        ),
        (format!("{ops} × {dtypes}"), "ops × dtypes".to_owned()),
        (
            format!("{exercised} of {}", report.clauses.len()),
            "clauses exercised".to_owned(),
        ),
    ];
    if !report.sweeps.is_empty() {
        let inputs = report.sweeps.iter().map(|row| row.inputs).sum();
        facts.push((count(inputs), "inputs swept, exhaustively".to_owned()));
    }
    if waivers > 0 {
        let what = if waivers == 1 {
            "waiver in force"
        } else {
            "waivers in force"
        };
        facts.push((count(waivers), what.to_owned()));
    }
    facts
        .into_iter()
        .map(|(number, what)| Fact { number, what })
        .collect()
}

/// The ids of clauses that no value of the judged subjects exercised.
fn idle_clauses<'a>(report: &'a Report, about: &[&str]) -> Vec<&'a str> {
    report
        .clauses
        .iter()
        .filter(|clause| {
            !clause
                .exercised
                .iter()
                .any(|exercise| exercise.values > 0 && about.contains(&exercise.subject.as_str()))
        })
        .map(|clause| clause.id.as_str())
        .collect()
}

fn faults(report: &Report, about: &[&str], rows: &[&ResultRow]) -> Vec<String> {
    let mut faults: Vec<String> = rows
        .iter()
        .filter(|row| !row.conforms)
        .map(|row| {
            format!(
                "{} {}/{}/{}: {}",
                row.subject,
                row.op,
                row.dtype,
                row.class,
                reasons(row)
            )
        })
        .collect();
    let idle = idle_clauses(report, about);
    if !idle.is_empty() {
        faults.push(format!(
            "{} exercised by no case: {}",
            plural(idle.len() as u64, "clause", "clauses"),
            idle.join(", ")
        ));
    }
    let swept = report.sweeps.iter().filter(|row| !row.conforms);
    faults.extend(swept.map(|row| {
        let reason = super::sweep::reason(row);
        format!("sweep {} {} {}: {reason}", row.op, row.dtype, row.domain)
    }));
    if faults.is_empty() {
        faults.push(
            "The gate refuses the run for a reason that no row shows: run `lossproof gate`."
                .to_owned(),
        );
    }
    faults
}
