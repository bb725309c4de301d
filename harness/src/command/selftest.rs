//! `lossproof selftest`: would the harness notice?

use super::DOES_NOT_CONFORM;
use super::arguments::{Common, SelfTestArguments};
use super::progress::Progress;
use super::setup::{catch_interrupt, interrupted};
use super::table::table;
use crate::selftest::{Fate, Lineup, MutantRow, SelfProof, VariantRow, self_proof};
use crate::spec::Profile;
use anyhow::{Result, bail};
use std::io::{Write, stdout};
use std::process::ExitCode;

pub(super) fn run(common: &Common, arguments: &SelfTestArguments) -> Result<ExitCode> {
    common.refuse_own_specs("selftest")?;
    let lineup = Lineup::named(&arguments.kernels)?;
    let references = common.references(Profile::Exact)?;
    let settings = common.settings(arguments.tier);
    let trials = lineup.selection().trials(&references, settings.tier)?;
    if trials.is_empty() {
        bail!("none of the ops of the known-bad kernels is among the specs; leave --specs out");
    }
    let progress = Progress::new(&trials);
    catch_interrupt()?;
    let proof = self_proof(&lineup, &references, &settings, &progress);
    progress.finish();
    let proof = proof?;
    if interrupted() {
        bail!("interrupted: what was not run proves nothing");
    }
    let mut out = stdout().lock();
    if common.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&proof)?)?;
    } else {
        write!(out, "{}", text(&proof))?;
    }
    // Of a part of the kernels, since a lineup is never empty.
    let holds = proof.survivors().is_empty() && proof.false_alarms().is_empty();
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(DOES_NOT_CONFORM)
    })
}

fn text(proof: &SelfProof) -> String {
    let mutants = table(
        &[
            "mutant",
            "op",
            "killed in",
            "by",
            "clause",
            "verdict",
            "margin",
        ],
        &[6],
        proof.mutants.iter().map(mutant_line),
    );
    let variants = table(
        &["correct variant", "op", "passes in", "max ulp"],
        &[3],
        proof.variants.iter().map(variant_line),
    );
    let mut lines = vec![mutants, String::new(), variants, String::new()];
    for score in &proof.scores {
        lines.push(format!(
            "{:<5} {} of {} killed",
            score.dtype, score.killed, score.mutants
        ));
    }
    if let Some(weakest) = &proof.weakest {
        lines.push(format!(
            "weakest kill: {} in {}, {} times its ceiling",
            weakest.mutant, weakest.dtype, weakest.margin
        ));
    }
    for survivor in proof.survivors() {
        lines.push(format!(
            "SURVIVES: {survivor}; a class of cases that catches it is missing"
        ));
    }
    for alarm in proof.false_alarms() {
        lines.push(format!("FALSE ALARM: {alarm}"));
    }
    let (killed, mutants) = proof.kills();
    lines.push(format!(
        "kill score {killed}/{mutants} in the {} tier, {} false alarms over {} correct variants",
        proof.tier,
        proof.false_alarms().len(),
        proof.variants.len()
    ));
    lines.join("\n") + "\n"
}

/// A mutant, with its weakest kill: where it is hardest to see.
fn mutant_line(row: &MutantRow) -> Vec<String> {
    let killed: Vec<&str> = row
        .fates
        .iter()
        .filter(|fate| fate.killed)
        .map(|fate| fate.dtype.as_str())
        .collect();
    let hardest = row
        .fates
        .iter()
        .min_by(|a, b| strength(a).total_cmp(&strength(b)));
    let told = |tell: fn(&Fate) -> Option<String>| hardest.and_then(tell).unwrap_or_default();
    vec![
        row.mutant.clone(),
        row.op.clone(),
        killed.join(" "),
        told(|fate| {
            let first = fate.by.first()?;
            Some(match fate.by.len() {
                1 => first.clone(),
                several => format!("{first} and {} more", several - 1),
            })
        }),
        told(|fate| fate.clause.clone()),
        told(|fate| {
            let verdict = fate.verdict.as_deref()?;
            // A property's account is a sentence; the table has room for a word.
            Some(
                if verdict.contains(' ') {
                    "property fails"
                } else {
                    verdict
                }
                .to_owned(),
            )
        }),
        told(|fate| fate.margin.map(|margin| format!("{margin}×"))),
    ]
}

/// How far beyond the ceiling the best evidence lies.
fn strength(fate: &Fate) -> f64 {
    match (fate.killed, fate.margin) {
        (false, _) => 0.0,
        (true, margin) => margin.unwrap_or(f64::INFINITY),
    }
}

fn variant_line(row: &VariantRow) -> Vec<String> {
    let passes = row.trials.iter().filter(|trial| trial.alarms.is_empty());
    let passes: Vec<&str> = passes.map(|trial| trial.dtype.as_str()).collect();
    let largest = row
        .trials
        .iter()
        .map(|trial| trial.max_ulp.unwrap_or(f64::INFINITY))
        .fold(0.0, f64::max);
    vec![
        row.variant.clone(),
        row.op.clone(),
        passes.join(" "),
        largest.to_string(),
    ]
}
