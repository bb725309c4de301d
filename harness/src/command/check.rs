//! `lossproof check`.

use super::DOES_NOT_CONFORM;
use super::arguments::{Check, Common};
use super::progress::Progress;
use super::report_files::{make_folder_of, write_whole};
use super::setup::{catch_interrupt, interrupted, profile_of, profile_option, typed_text};
use super::summary::{FindingLine, Summary};
use super::timing::{self, Timed};
use super::tolerance_table::{tolerance_columns, tolerance_notes};
use crate::assemble::{Evidence, Parts, ToleranceRow, report, tolerance_rows, unspecified};
use crate::gate::{Finding, FindingKind, Reviewed, findings};
use crate::properties::{Finding as PropertyFinding, PropertyOutcome, check_properties};
use crate::reference::Reference;
use crate::report::model::Report;
use crate::report::render_json;
use crate::run::{Selection, Settings, Trial, TrialOutcome, in_pool, run as run_trials};
use crate::spec::{Profile, Spec};
use crate::subject::Subject;
use anyhow::{Result, bail};
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::nearest_name;
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

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

/// Whether a kernel that a subject lacks was asked for by name: the op, and the dtype where there are others. What nobody
/// asked for need not be there, so a library of one kernel is checked for that kernel.
fn is_asked_for(selection: &Selection, subject: &dyn Subject, trial: &Trial<'_>) -> bool {
    let has_other = || {
        let op = &trial.reference.op.name;
        Dtype::ALL
            .into_iter()
            .any(|dtype| subject.supports(op, dtype))
    };
    !selection.ops.is_empty() && (!selection.dtypes.is_empty() || !has_other())
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
    if common.json && check.markdown {
        bail!("--json and --markdown exclude each other; leave one out");
    }
    if let Some(path) = &check.save {
        // Before the run, not after it: a run may take long.
        make_folder_of(path)?;
    }
    let specs = common.specs()?;
    let named = named_subjects(common, check, &specs)?;
    let timed: Vec<Timed<'_>> = named.iter().map(|subject| Timed::new(&**subject)).collect();
    let subjects: Vec<&dyn Subject> = timed
        .iter()
        .map(|subject| subject as &dyn Subject)
        .collect();
    let profile = profile_of(check.profile, &subjects)?;
    let references = common.references_of(&specs, profile)?;
    let mut selection = check.selection.selection(&references)?;
    if selection.ops.is_empty() {
        // None where there are no specs of the user's own, and then all ops are selected.
        selection.ops = common.own_ops(&specs);
    }
    let settings = common.settings(check.selection.tier);
    let (trials, selected) = trials_of(&selection, &references, &subjects, &settings)?;
    let started = Instant::now();
    let outcomes = run_with_progress(trials, &subjects, &settings)?;
    let taken = started.elapsed();
    let found: Vec<Vec<Finding>> = (0..subjects.len())
        .map(|place| findings_of(&outcomes, (place, subjects[place]), &selection))
        .collect();
    // Before the properties, which are no part of the run that is timed.
    let timing = if check.besides.timing {
        timing::lines(&timed, taken, settings.threads)
    } else {
        Vec::new()
    };
    let properties = if check.besides.properties {
        in_pool(settings.threads, || {
            check_properties(&references, &subjects, &selection, settings.seed)
        })??
    } else {
        Vec::new()
    };
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
        evidence: Evidence {
            properties: &properties,
            self_proof: None,
            sweeps: &[],
        },
    };
    let report = report(parts);
    let conforms =
        found.iter().all(Vec::is_empty) && !properties.iter().any(fails) && !interrupted();
    let mut remarks = remarks(parts, selected);
    remarks.extend(timing);
    let tolerances = if check.besides.tolerances {
        remarks.extend(tolerance_notes());
        tolerance_rows(&outcomes, &subjects)
    } else {
        Vec::new()
    };
    let summary = Summary {
        report: &report,
        tolerances: check
            .besides
            .tolerances
            .then(|| tolerance_columns(&tolerances, check.per_class)),
        remarks,
        findings: finding_lines(common, check, profile, &subjects, &found),
        conforms,
        per_class: check.per_class,
    };
    let text = if common.json {
        json_text(&report, check, &tolerances)?
    } else if check.markdown {
        summary.markdown()
    } else {
        summary.terminal()
    };
    stdout().lock().write_all(text.as_bytes())?;
    if let Some(path) = &check.save {
        save(path, &report)?;
    }
    Ok(if conforms {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DOES_NOT_CONFORM)
    })
}

/// The trials that some subject has a kernel for, or that were asked for by name; and how many were selected in all.
fn trials_of<'a>(
    selection: &Selection,
    references: &'a [Reference],
    subjects: &[&dyn Subject],
    settings: &Settings,
) -> Result<(Vec<Trial<'a>>, usize)> {
    let mut trials = selection.trials(references, settings.tier)?;
    let selected = trials.len();
    trials.retain(|trial| {
        let counts = |subject: &&dyn Subject| {
            has_kernel(*subject, trial) || is_asked_for(selection, *subject, trial)
        };
        subjects.iter().any(counts)
    });
    if trials.is_empty() && selected > 0 {
        bail!("{}", no_kernels(subjects));
    }
    Ok((trials, selected))
}

fn named_subjects(
    common: &Common,
    check: &Check,
    specs: &[Arc<Spec>],
) -> Result<Vec<Box<dyn Subject>>> {
    let options = check.workers.options();
    if check.subjects.is_empty() {
        common.subjects(&[common.usual_subject()], specs, &options)
    } else {
        common.subjects(&check.subjects, specs, &options)
    }
}

fn fails(outcome: &PropertyOutcome) -> bool {
    matches!(outcome.finding, PropertyFinding::Failed { .. })
}

/// The findings on one subject, given with its place. A kernel that it has not is one only where it was asked for.
fn findings_of(
    outcomes: &[TrialOutcome<'_>],
    (place, subject): (usize, &dyn Subject),
    selection: &Selection,
) -> Vec<Finding> {
    let reviewed = Reviewed {
        bounds: None,
        waivers: &[],
        today: "",
        everything: false,
    };
    let mut found = findings(outcomes, place, reviewed);
    let due: BTreeSet<String> = outcomes
        .iter()
        .filter(|outcome| is_asked_for(selection, subject, &outcome.trial))
        .map(|outcome| outcome.trial.name())
        .collect();
    if outcomes
        .iter()
        .any(|outcome| outcome.tallies[place].is_some())
    {
        found.retain(|finding| {
            !matches!(finding.kind, FindingKind::NoKernel) || due.contains(&finding.subject)
        });
    }
    found
}

/// What was not tested and what was not judged, a line each.
fn remarks(parts: Parts<'_>, selected: usize) -> Vec<String> {
    let mut remarks = not_tested(parts.outcomes, parts.subjects, selected);
    remarks.extend(unknown_ops(parts.subjects, parts.references));
    for subject in parts.subjects {
        let told = subject.remarks().into_iter();
        remarks.extend(told.map(|remark| format!("note: {}: {remark}", subject.name())));
    }
    let not_judged = unspecified(parts).into_iter();
    remarks.extend(not_judged.map(|entry| format!("not judged: {}: {}", entry.what, entry.why)));
    remarks
}

/// What was left out for want of a kernel, a line for each subject.
fn not_tested(
    outcomes: &[TrialOutcome<'_>],
    subjects: &[&dyn Subject],
    selected: usize,
) -> Vec<String> {
    let line = |(place, subject): (usize, &&dyn Subject)| {
        let tested = outcomes
            .iter()
            .filter(|outcome| outcome.tallies[place].is_some());
        let untested = selected - tested.count();
        let name = subject.name();
        (untested > 0).then(|| {
            format!(
                "not tested: {untested} of {selected} trials (an op, dtype and class), for which {name} has no kernel"
            )
        })
    };
    subjects.iter().enumerate().filter_map(line).collect()
}

/// Kernels that a subject offers for ops that no spec gives, a line for each.
fn unknown_ops(subjects: &[&dyn Subject], references: &[Reference]) -> Vec<String> {
    let known = || references.iter().map(|known| known.op.name.as_str());
    let line = |subject: &str, op: &str| {
        let hint = nearest_name(op, known());
        let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("not tested: {subject} offers `{op}`, and no spec gives that op{hint}")
    };
    subjects
        .iter()
        .flat_map(|subject| {
            let ops = subject.unknown_ops().into_iter();
            ops.map(|op| line(subject.name(), &op))
        })
        .collect()
}

/// The results; with what was asked for besides, an object of them all.
fn json_text(report: &Report, check: &Check, tolerances: &[ToleranceRow]) -> Result<String> {
    let text = if check.besides.properties || check.besides.tolerances {
        serde_json::to_string_pretty(&json!({
            "results": report.results,
            "properties": report.property_results,
            "tolerances": tolerances,
        }))?
    } else {
        serde_json::to_string_pretty(&report.results)?
    };
    Ok(text + "\n")
}

/// Writes the report, unless the run was interrupted: half a report is none.
fn save(path: &Path, report: &Report) -> Result<()> {
    if interrupted() {
        eprintln!(
            "interrupted; no report was written, and `{}` is as it was",
            path.display()
        );
        return Ok(());
    }
    write_whole(path, &render_json(report))
}

/// One line per finding of each subject, with what to type next.
fn finding_lines(
    common: &Common,
    check: &Check,
    profile: Profile,
    subjects: &[&dyn Subject],
    found: &[Vec<Finding>],
) -> Vec<FindingLine> {
    let mut lines = Vec::new();
    for (subject, found) in subjects.iter().zip(found) {
        for finding in found {
            let line = finding.to_string();
            let line = if line.contains("lossproof explain") {
                let name = typed_text(subject.name());
                let options = [
                    profile_option(profile, *subject),
                    check.workers.repeated(),
                    common.repeated(),
                ];
                format!("{line} {name}{}", options.concat())
            } else {
                format!("{line} ({})", subject.name())
            };
            let account = finding.kind.account().map(str::to_owned);
            lines.push(FindingLine { line, account });
        }
    }
    lines
}
