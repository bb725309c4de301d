//! One line per subject and dtype of an op. In: results. Out: its cells, with the worst value's inputs in hex.

use super::cell::Cell;
use crate::league::headline::class_faults;
use crate::league::model::{InputEntry, LeagueReport, LeagueResult, WorstEntry};
use crate::report::number::{NOTHING, count, nearest, plural, share, upper_bound};
use serde::Serialize;

/// A kernel's line.
#[derive(Debug, Serialize)]
pub(super) struct KernelView<'a> {
    subject: &'a str,
    dtype: &'a str,
    cell: Cell,
    coverage: String,
    conditioned: String,
    small: String,
    rounded: String,
    verdict: String,
    conforms: bool,
    /// The tolerances that every value passes, and those that some fail.
    tolerated: Vec<&'a str>,
    rejected: Vec<&'a str>,
    worst: Option<WorstText<'a>>,
    faults: Vec<String>,
}

impl KernelView<'_> {
    pub(super) fn conforms(&self) -> bool {
        self.conforms
    }
}

/// A worst value in text.
#[derive(Debug, Serialize)]
pub(super) struct WorstText<'a> {
    case: &'a str,
    place: usize,
    result: &'a str,
    expected: &'a str,
    kappa: String,
    inputs: Vec<(&'a str, String)>,
}

pub(super) fn worst_text(worst: &WorstEntry) -> WorstText<'_> {
    WorstText {
        case: &worst.case,
        place: worst.place,
        result: &worst.result,
        expected: worst.expected.as_deref().unwrap_or("not settled"),
        kappa: worst
            .kappa
            .map_or_else(|| NOTHING.to_owned(), |kappa| nearest(kappa, 3)),
        inputs: worst
            .inputs
            .iter()
            .map(|input| (input.name.as_str(), input_text(input)))
            .collect(),
    }
}

fn input_text(input: &InputEntry) -> String {
    let mut parts = input.values.clone();
    if input.values.len() < input.length {
        parts.push(format!("… {} in all", count(input.length as u64)));
    }
    let shown = format!("[{}]", parts.join(", "));
    match &input.at_place {
        Some(value) => format!("{shown}, at the place {value}"),
        None => shown,
    }
}

pub(super) fn kernels<'a>(report: &'a LeagueReport, op: &str) -> Vec<KernelView<'a>> {
    let of_op = report.results.iter().filter(|result| result.op == op);
    of_op.map(kernel).collect()
}

fn kernel(result: &LeagueResult) -> KernelView<'_> {
    let split = |all_pass: bool| {
        let chosen = result
            .tolerances
            .iter()
            .filter(move |(_, count)| count.compared > 0 && count.all_pass() == all_pass);
        chosen.map(|(name, _)| name.as_str()).collect()
    };
    let worst = result
        .classes
        .iter()
        .filter_map(|class| class.worst.as_ref())
        .find(|worst| {
            Some(&worst.case) == result.max_ulp.worst_case.as_ref()
                && Some(worst.place) == result.max_ulp.worst_place
        });
    let faults = result.classes.iter().flat_map(|class| &class.faults);
    let faults = faults.filter(|fault| fault.verdict != "exceeds").take(3);
    KernelView {
        subject: &result.subject,
        dtype: &result.dtype,
        cell: Cell::of(&result.max_ulp, &result.verdicts, result.values),
        coverage: format!("{} n={}", result.max_ulp.coverage, count(result.values)),
        conditioned: bound(result.max_conditioned),
        small: bound(result.small_kappa.as_ref().map(|small| small.ulp)),
        rounded: share(result.correctly_rounded, result.values),
        verdict: verdict(result),
        conforms: result.conforms,
        tolerated: split(true),
        rejected: split(false),
        worst: worst.map(worst_text),
        faults: faults
            .map(|fault| {
                let clause = fault.clause.as_ref();
                let clause = clause.map_or_else(String::new, |clause| format!(" against {clause}"));
                format!("{} {}[{}]{clause}", fault.verdict, fault.case, fault.place)
            })
            .collect(),
    }
}

fn bound(ulps: Option<f64>) -> String {
    ulps.map_or_else(|| NOTHING.to_owned(), |ulps| upper_bound(Some(ulps)))
}

fn verdict(result: &LeagueResult) -> String {
    let verdicts = &result.verdicts;
    let mut parts = Vec::new();
    if verdicts.exceeds > 0 {
        parts.push(format!("{} above the ceiling", count(verdicts.exceeds)));
    }
    let wrong = class_faults(verdicts);
    if wrong > 0 {
        parts.push(plural(
            wrong,
            "value or call wrong",
            "values or calls wrong",
        ));
    }
    if verdicts.undecided > 0 {
        parts.push(format!("{} undecided", count(verdicts.undecided)));
    }
    match (parts.is_empty(), result.conforms) {
        (true, true) => "conforms".to_owned(),
        (true, false) => "does not conform".to_owned(),
        _ => parts.join(", "),
    }
}
