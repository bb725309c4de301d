//! `lossproof check` and `lossproof gate`.

use super::DOES_NOT_CONFORM;
use super::arguments::{Check, Common, Gate, TierArgument};
use super::golden::Golden;
use super::progress::Progress;
use super::report_files::{make_folder_of, write_whole};
use super::setup::{
    catch_interrupt, interrupted, profile_of, profile_option, references_of, subjects,
};
use super::summary::Summary;
use crate::assemble::{Evidence, Parts, report, unspecified};
use crate::gate::{Finding, Reviewed, findings};
use crate::reference::Reference;
use crate::report::model::Report;
use crate::report::render_json;
use crate::run::{Selection, Settings, TrialOutcome, run as run_trials};
use crate::spec::Profile;
use crate::subject::{Subject, subject_named};
use anyhow::{Result, bail};
use std::io::{Write, stdout};
use std::path::Path;
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
    if common.json && check.markdown {
        bail!("--json and --markdown exclude each other; leave one out");
    }
    if let Some(path) = &check.save {
        // Before the run, not after it: a run may take long.
        make_folder_of(path)?;
    }
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
    let conforms = found.iter().all(Vec::is_empty) && !interrupted();
    let summary = Summary {
        report: &report,
        not_judged: unspecified(parts),
        findings: finding_lines(common, profile, &subjects, &found),
        conforms,
        per_class: check.per_class,
    };
    let text = if common.json {
        serde_json::to_string_pretty(&report.results)? + "\n"
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

/// Writes the report of a selection, once it is complete: what an interrupted run left out would compare as gone.
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
    profile: Profile,
    subjects: &[&dyn Subject],
    found: &[Vec<Finding>],
) -> Vec<String> {
    let mut lines = Vec::new();
    for (subject, found) in subjects.iter().zip(found) {
        for finding in found {
            let name = subject.name();
            let line = finding.to_string();
            lines.push(if line.contains("lossproof explain") {
                let option = profile_option(profile, *subject);
                format!("{line} {name}{option}{}", common.repeated())
            } else {
                format!("{line} ({name})")
            });
        }
    }
    lines
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
