//! `lossproof check` and `lossproof gate`.

use super::arguments::{Check, Common, Gate, TierArgument};
use super::golden::Golden;
use super::progress::Progress;
use super::setup::{
    catch_interrupt, interrupted, profile_of, profile_option, references_of, subjects,
};
use super::{DOES_NOT_CONFORM, table, tolerance_table};
use crate::assemble::{Evidence, Parts, report, tolerance_rows, unspecified};
use crate::gate::{Finding, Reviewed, findings};
use crate::reference::Reference;
use crate::report::model::{Report, ResultRow};
use crate::run::{Selection, Settings, TrialOutcome, run as run_trials};
use crate::spec::Profile;
use crate::subject::{Subject, subject_named};
use anyhow::{Result, bail};
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Runs a selection with progress on standard error.
pub(super) fn measure<'a>(
    references: &'a [Reference],
    selection: &Selection,
    subjects: &[&dyn Subject],
    settings: &Settings,
) -> Result<Vec<TrialOutcome<'a>>> {
    let trials = selection.trials(references, settings.tier)?;
    if trials.is_empty() {
        bail!(
            "no op, dtype and class fits the selection; `lossproof list ops` says which classes an op has"
        );
    }
    let progress = Progress::new(&trials);
    catch_interrupt()?;
    let outcomes = run_trials(trials, subjects, settings, &progress);
    progress.finish();
    Ok(outcomes?)
}

pub(super) fn run(common: &Common, check: &Check) -> Result<ExitCode> {
    let specs = common.specs()?;
    let subjects = if check.subjects.is_empty() {
        subjects(&[common.usual_subject()], &specs)?
    } else {
        subjects(&check.subjects, &specs)?
    };
    let subjects: Vec<&dyn Subject> = subjects.iter().map(|subject| &**subject).collect();
    let profile = profile_of(check.profile, &subjects)?;
    let references = references_of(&specs, profile)?;
    let mut selection = check.selection.selection(&references)?;
    if selection.ops.is_empty() {
        // None where there are no specs of the user's own, and then all ops are selected.
        selection.ops = common.own_ops(&specs);
    }
    let settings = common.settings(check.selection.tier);
    let outcomes = measure(&references, &selection, &subjects, &settings)?;
    let reviewed = Reviewed {
        bounds: None,
        waivers: &[],
        today: "",
        everything: false,
    };
    let found: Vec<Vec<Finding>> = (0..subjects.len())
        .map(|place| findings(&outcomes, place, reviewed))
        .collect();
    let parts = Parts {
        references: &references,
        outcomes: &outcomes,
        subjects: &subjects,
        gated: 0,
        findings: &found[0],
        bounds: None,
        waivers: &[],
        settings: &settings,
        profile,
        evidence: Evidence::default(),
    };
    let report = report(parts);
    if check.tolerances {
        let rows = tolerance_rows(&outcomes, &subjects);
        if common.json {
            writeln!(stdout(), "{}", serde_json::to_string_pretty(&rows)?)?;
        } else {
            print_results(common, &report, check.per_class)?;
            write!(
                stdout(),
                "\n{}",
                tolerance_table::tolerance_table(&rows, check.per_class)
            )?;
        }
    } else {
        print_results(common, &report, check.per_class)?;
    }
    let mut out = stdout().lock();
    if !common.json {
        let values: u64 = report.results.iter().map(|row| row.values).sum();
        let cases: u64 = report.results.iter().map(|row| row.cases).sum();
        writeln!(
            out,
            "\n{cases} cases, {values} values, {} undecided",
            report.undecided.len()
        )?;
        for entry in unspecified(parts) {
            writeln!(out, "not judged: {}: {}", entry.what, entry.why)?;
        }
        for (subject, found) in subjects.iter().zip(&found) {
            for finding in found {
                let name = subject.name();
                let line = finding.to_string();
                if line.contains("lossproof explain") {
                    let option = profile_option(profile, *subject);
                    writeln!(out, "{line} {name}{option}{}", common.repeated())?;
                } else {
                    writeln!(out, "{line} ({name})")?;
                }
            }
        }
    }
    let conforms = found.iter().all(Vec::is_empty);
    Ok(if conforms && !interrupted() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DOES_NOT_CONFORM)
    })
}

fn print_results(common: &Common, report: &Report, per_class: bool) -> Result<()> {
    let mut out = stdout().lock();
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report.results)?)?;
        return Ok(());
    }
    writeln!(out, "judged by the profile {}\n", report.profile)?;
    let rows: Vec<&ResultRow> = report.results.iter().collect();
    let text = if per_class {
        table::per_class(&rows)
    } else {
        table::per_op(&rows)
    };
    Ok(write!(out, "{text}")?)
}

pub(super) fn run_gate(common: &Common, gate: &Gate) -> Result<ExitCode> {
    common.refuse_own_specs("gate")?;
    let specs = common.specs()?;
    let references = references_of(&specs, Profile::Exact)?;
    let selection = gate.selection.selection(&references)?;
    let golden = Golden::load(&gate.golden, gate.selection.tier.tier())?;
    let ours = subject_named("builtin", &specs)?;
    let settings = common.settings(gate.selection.tier);
    let outcomes = measure(&references, &selection, &[&*ours], &settings)?;
    let found = findings(
        &outcomes,
        0,
        golden.reviewed(gate.selection.is_everything()),
    );
    let mut out = stdout().lock();
    if common.json {
        let lines: Vec<_> = found
            .iter()
            .map(|finding| {
                serde_json::json!({"subject": finding.subject, "finding": finding.kind.to_string()})
            })
            .collect();
        let answer = serde_json::json!({"open": found.is_empty(), "findings": lines});
        writeln!(out, "{answer:#}")?;
    } else {
        for finding in &found {
            let line = finding.to_string();
            let explains = line.contains("lossproof explain");
            let options = if explains {
                common.repeated()
            } else {
                String::new()
            };
            writeln!(out, "{line}{options}")?;
        }
        let held = match gate.selection.tier {
            TierArgument::Quick => "reviewed bounds, ceilings and waivers",
            TierArgument::Full => "ceilings and waivers (the reviewed bounds are the quick tier's)",
        };
        let trials = outcomes.len();
        let verdict = if found.is_empty() { "open" } else { "CLOSED" };
        writeln!(
            out,
            "gate {verdict}: {trials} trials against {held}, {} findings",
            found.len()
        )?;
    }
    Ok(if found.is_empty() && !interrupted() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DOES_NOT_CONFORM)
    })
}
