//! `lossproof check` and `lossproof gate`.

use super::arguments::{Check, Common, Gate, TierArgument};
use super::golden::Golden;
use super::progress::Progress;
use super::setup::{
    catch_interrupt, interrupted, profile_of, profile_option, references_of, subjects, typed_text,
};
use super::{DOES_NOT_CONFORM, table, tolerance_table};
use crate::assemble::{Evidence, Parts, ToleranceRow, report, tolerance_rows, unspecified};
use crate::gate::{Finding, FindingKind, Reviewed, findings};
use crate::reference::Reference;
use crate::report::model::{Report, ResultRow};
use crate::run::{Selection, Settings, Trial, TrialOutcome, run as run_trials};
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
    run_with_progress(trials, subjects, settings)
}

/// Whether a subject has a kernel for a trial.
fn has_kernel(subject: &dyn Subject, trial: &Trial<'_>) -> bool {
    subject.supports(&trial.reference.op.name, trial.dtype)
}

fn no_kernels(subjects: &[&dyn Subject]) -> String {
    let names: Vec<&str> = subjects.iter().map(|subject| subject.name()).collect();
    format!(
        "{} has no kernel for any op and dtype selected; `lossproof list ops` names the ops, and a worker's `supports` \
         must name them the same",
        names.join(", ")
    )
}

fn run_with_progress<'a>(
    trials: Vec<Trial<'a>>,
    subjects: &[&dyn Subject],
    settings: &Settings,
) -> Result<Vec<TrialOutcome<'a>>> {
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
    let options = check.workers.options();
    let subjects = if check.subjects.is_empty() {
        subjects(&[common.usual_subject()], &specs, &options)?
    } else {
        subjects(&check.subjects, &specs, &options)?
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
    let mut trials = selection.trials(&references, settings.tier)?;
    let selected = trials.len();
    // What nobody asked for by name need not be there: a library of one kernel is checked for that kernel.
    let is_asked_for = !(selection.ops.is_empty() && selection.dtypes.is_empty());
    if !is_asked_for {
        trials.retain(|trial| subjects.iter().any(|subject| has_kernel(*subject, trial)));
        if trials.is_empty() && selected > 0 {
            bail!("{}", no_kernels(&subjects));
        }
    }
    let outcomes = run_with_progress(trials, &subjects, &settings)?;
    let reviewed = Reviewed {
        bounds: None,
        waivers: &[],
        today: "",
        everything: false,
    };
    let found: Vec<Vec<Finding>> = (0..subjects.len())
        .map(|place| {
            let mut found = findings(&outcomes, place, reviewed);
            let tested = |outcome: &TrialOutcome<'_>| outcome.tallies[place].is_some();
            if !is_asked_for && outcomes.iter().any(tested) {
                found.retain(|finding| !matches!(finding.kind, FindingKind::NoKernel));
            }
            found
        })
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
    print_tables(
        common,
        check,
        &report,
        &tolerance_rows(&outcomes, &subjects),
    )?;
    let mut out = stdout().lock();
    if !common.json {
        let values: u64 = report.results.iter().map(|row| row.values).sum();
        let cases: u64 = report.results.iter().map(|row| row.cases).sum();
        writeln!(
            out,
            "\n{cases} cases, {values} values, {} undecided",
            report.undecided.len()
        )?;
        for (place, subject) in subjects.iter().enumerate() {
            let tested = outcomes
                .iter()
                .filter(|outcome| outcome.tallies[place].is_some());
            let untested = selected - tested.count();
            if untested > 0 {
                let name = subject.name();
                writeln!(
                    out,
                    "not tested: {untested} of {selected} trials (an op, dtype and class), for which {name} has no kernel"
                )?;
            }
        }
        for entry in unspecified(parts) {
            writeln!(out, "not judged: {}: {}", entry.what, entry.why)?;
        }
        for (subject, found) in subjects.iter().zip(&found) {
            for finding in found {
                let line = finding.to_string();
                if line.contains("lossproof explain") {
                    let name = typed_text(subject.name());
                    let options = [
                        profile_option(profile, *subject),
                        check.workers.repeated(),
                        common.repeated(),
                    ];
                    writeln!(out, "{line} {name}{}", options.concat())?;
                } else {
                    writeln!(out, "{line} ({})", subject.name())?;
                }
                for account in finding.kind.account().iter().flat_map(|told| told.lines()) {
                    writeln!(out, "    {account}")?;
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

/// The results, or with them what tolerances make of them; as JSON either.
fn print_tables(
    common: &Common,
    check: &Check,
    report: &Report,
    tolerances: &[ToleranceRow],
) -> Result<()> {
    if !check.tolerances {
        return print_results(common, report, check.per_class);
    }
    if common.json {
        let text = serde_json::to_string_pretty(tolerances)?;
        return Ok(writeln!(stdout(), "{text}")?);
    }
    print_results(common, report, check.per_class)?;
    let table = tolerance_table::tolerance_table(tolerances, check.per_class);
    Ok(write!(stdout(), "\n{table}")?)
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
