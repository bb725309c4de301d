//! Outcomes of sweeps on a screen. In: merged outcomes. Out: a table, and a line for each kind of fault.

use super::table::table;
use crate::report::number::{NOTHING, count, upper_bound};
use crate::sweep::{Fault, SweepFile, inputs_text};

/// One line per outcome.
pub(super) fn outcome_table(files: &[SweepFile]) -> String {
    let header = [
        "subject",
        "op",
        "dtype",
        "domain",
        "max ulp",
        "coverage",
        "correct",
        "worst input",
        "verdict",
    ];
    table(&header, &[4, 6], files.iter().map(line))
}

fn line(file: &SweepFile) -> Vec<String> {
    let sweep = &file.sweep;
    let outcome = &file.outcome;
    let worst = outcome.worst.as_ref();
    let largest = |upper: f64| upper_bound(upper.is_finite().then_some(upper));
    vec![
        sweep.subject.name.clone(),
        sweep.op.clone(),
        sweep.dtype.clone(),
        sweep.domain.name.clone(),
        worst.map_or_else(|| NOTHING.to_owned(), |worst| largest(worst.ulp_upper.0)),
        file.coverage_text(),
        format!("{}/{}", outcome.verdicts.correctly_rounded, outcome.values),
        worst.map_or_else(|| NOTHING.to_owned(), |worst| inputs_text(&worst.inputs)),
        if outcome.conforms() {
            "ok"
        } else {
            "DOES NOT CONFORM"
        }
        .to_owned(),
    ]
}

/// What is at fault, a line for each verdict, and how to look at its first input.
pub(super) fn fault_lines(file: &SweepFile) -> Vec<String> {
    let mut lines = Vec::new();
    let mut last = "";
    for fault in &file.outcome.faults {
        if fault.verdict == last {
            continue;
        }
        last = &fault.verdict;
        let result = fault.result.as_ref();
        let gave = result.map_or_else(String::new, |result| format!(" gives {result}"));
        let account = fault.account.as_ref();
        let account = account.map_or_else(String::new, |told| format!(": {told}"));
        lines.push(format!(
            "{}: {} {}, the first at index {}: {}{gave}{account}",
            file.sweep.name(),
            count(verdicts_named(file, last)),
            fault.verdict,
            fault.index,
            inputs_text(&fault.inputs),
        ));
        lines.push(format!("    {}", reference_command(file, fault)));
    }
    lines
}

fn verdicts_named(file: &SweepFile, verdict: &str) -> u64 {
    let counts = serde_json::to_value(file.outcome.verdicts).unwrap_or_default();
    counts[verdict].as_u64().unwrap_or(0)
}

/// What to type for the exact result of a fault's inputs.
fn reference_command(file: &SweepFile, fault: &Fault) -> String {
    let inputs: serde_json::Map<String, serde_json::Value> = fault
        .inputs
        .iter()
        .map(|input| {
            let bits = input.bits.iter().map(|bits| format!("bits:{bits}"));
            let value = if input.bits.is_empty() {
                let place: i64 = input.values.concat().parse().unwrap_or(0);
                serde_json::json!(place)
            } else {
                serde_json::json!(bits.collect::<Vec<_>>())
            };
            (input.name.clone(), value)
        })
        .collect();
    let sweep = &file.sweep;
    let asked = serde_json::json!({"op": sweep.op, "dtype": sweep.dtype, "inputs": inputs});
    format!("echo '{asked}' | lossproof reference")
}
