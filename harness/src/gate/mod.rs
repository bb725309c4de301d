//! The gate: what a run measured against what was reviewed (bounds), what the specs allow (ceilings) and what was waived.
//!
//! measured ≤ snapshot ≤ ceiling, and measured = snapshot: a better bound fails too until it is accepted. Everything
//! that does not pass becomes a [`Finding`]; no finding, and only no finding, means that the gate is open.

mod bounds;
mod finding;
mod waivers;

pub use bounds::{BoundsError, ClassBound, parse_snapshot, render_bounds, snapshot_name};
pub use finding::{Finding, FindingKind};
pub use waivers::{Waiver, WaiverError, parse_waivers};

use crate::measure::{Tally, Worst, round_up};
use crate::report::model::VerdictCounts;
use crate::run::TrialOutcome;
use std::collections::{BTreeMap, BTreeSet};

/// Reviewed bounds by `op.dtype` and class.
pub type Bounds = BTreeMap<String, BTreeMap<String, ClassBound>>;

/// What a run is held against.
#[derive(Debug, Clone, Copy)]
pub struct Reviewed<'a> {
    /// The reviewed bounds; none when this tier has none, and only ceilings hold.
    pub bounds: Option<&'a Bounds>,
    /// The waivers.
    pub waivers: &'a [Waiver],
    /// Today, YYYY-MM-DD.
    pub today: &'a str,
    /// Whether all trials were selected, so that what is missing is a finding.
    pub everything: bool,
}

/// Holds the gated subject's outcomes against what was reviewed.
#[must_use]
pub fn findings(
    outcomes: &[TrialOutcome<'_>],
    subject: usize,
    reviewed: Reviewed<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if outcomes.is_empty() {
        findings.push(Finding::new("selection", FindingKind::NothingSelected));
    }
    for outcome in outcomes {
        let name = outcome.trial.name();
        let mut found = |kind| findings.push(Finding::new(&name, kind));
        match &outcome.tallies[subject] {
            None => found(FindingKind::NoKernel),
            Some(_) if !outcome.complete => found(FindingKind::Interrupted),
            Some(tally) => {
                for kind in trial_findings(outcome, tally, reviewed) {
                    found(kind);
                }
            }
        }
    }
    findings.extend(waiver_findings(outcomes, subject, reviewed));
    if reviewed.everything {
        findings.extend(unexercised_clauses(outcomes, subject));
        findings.extend(orphaned_bounds(outcomes, reviewed));
    }
    findings
}

fn waiver_of<'a>(outcome: &TrialOutcome<'_>, waivers: &'a [Waiver]) -> Option<&'a Waiver> {
    waivers
        .iter()
        .find(|waiver| waiver.trial() == outcome.trial.name())
}

fn trial_findings(
    outcome: &TrialOutcome<'_>,
    tally: &Tally,
    reviewed: Reviewed<'_>,
) -> Vec<FindingKind> {
    let mut kinds = Vec::new();
    let VerdictCounts {
        exceeds,
        wrong_class,
        undecided,
        failed,
        crashed,
        timed_out,
        garbled,
        trespassed,
        refused,
        unspecified,
        ..
    } = tally.verdicts;
    let lost = crashed + timed_out + garbled + trespassed;
    if tally.values + refused + failed + lost + unspecified == 0 {
        kinds.push(FindingKind::NoValues);
    }
    let waived = waiver_of(outcome, reviewed.waivers)
        .is_some_and(|waiver| waiver.expires.as_str() >= reviewed.today);
    if exceeds > 0 && !waived {
        let worst = tally.worst_exceeding.clone();
        kinds.push(FindingKind::Exceeds {
            values: exceeds,
            worst,
        });
    }
    let others = [
        (wrong_class, "wrong_class"),
        (undecided, "undecided"),
        (failed, "failed"),
        (crashed, "crashed"),
        (timed_out, "timed_out"),
        (garbled, "garbled"),
        (trespassed, "trespassed"),
    ];
    for (count, verdict) in others.into_iter().filter(|(count, _)| *count > 0) {
        let first = tally
            .failures
            .iter()
            .find(|failure| failure.judged.verdict.name() == verdict);
        let case = first.map(|failure| failure.case.to_string());
        let account = first.and_then(|failure| failure.account.clone());
        kinds.push(FindingKind::DoesNotConform {
            verdict,
            count,
            case,
            account,
        });
    }
    if let Some(bounds) = reviewed.bounds {
        kinds.extend(bound_findings(outcome, tally, bounds, waived));
    }
    kinds
}

fn bound_findings(
    outcome: &TrialOutcome<'_>,
    tally: &Tally,
    bounds: &Bounds,
    waived: bool,
) -> Vec<FindingKind> {
    let trial = &outcome.trial;
    let file = snapshot_name(&trial.reference.op.name, trial.dtype);
    let Some(bound) = bounds
        .get(&file)
        .and_then(|classes| classes.get(trial.class.name))
    else {
        return vec![FindingKind::NoBound];
    };
    let measured = ClassBound::of(tally);
    let mut kinds = Vec::new();
    let case = tally.worst.as_ref().map(|worst| worst.case.to_string());
    if measured.max_ulp > bound.max_ulp {
        kinds.push(FindingKind::Worse {
            reviewed: bound.max_ulp,
            measured: measured.max_ulp,
            case,
        });
    } else if measured.max_ulp < bound.max_ulp {
        kinds.push(FindingKind::Better {
            reviewed: bound.max_ulp,
            measured: measured.max_ulp,
        });
    } else if measured != *bound {
        kinds.push(FindingKind::Changed {
            reviewed: bound.to_string(),
            measured: measured.to_string(),
        });
    }
    if let Some(ceiling) = tally.worst.as_ref().and_then(Worst::ceiling_ulps)
        && bound.max_ulp > round_up(ceiling)
        && !waived
    {
        kinds.push(FindingKind::BoundAboveCeiling {
            reviewed: bound.max_ulp,
            ceiling,
        });
    }
    kinds
}

fn waiver_findings(
    outcomes: &[TrialOutcome<'_>],
    subject: usize,
    reviewed: Reviewed<'_>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for waiver in reviewed.waivers {
        let name = waiver.trial();
        let outcome = outcomes.iter().find(|outcome| outcome.trial.name() == name);
        if waiver.expires.as_str() < reviewed.today {
            let expires = waiver.expires.clone();
            findings.push(Finding::new(&name, FindingKind::WaiverExpired { expires }));
        }
        match outcome {
            None if reviewed.everything => {
                findings.push(Finding::new(&name, FindingKind::WaiverOfNothing));
            }
            None => {}
            Some(outcome) => {
                let needed = outcome.tallies[subject]
                    .as_ref()
                    .is_some_and(|tally| tally.verdicts.exceeds > 0);
                if outcome.complete && !needed {
                    findings.push(Finding::new(&name, FindingKind::WaiverUnneeded));
                }
            }
        }
    }
    findings
}

/// Clauses of an op that no case of any dtype and class met.
fn unexercised_clauses(outcomes: &[TrialOutcome<'_>], subject: usize) -> Vec<Finding> {
    let mut met: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    let mut clauses = BTreeMap::new();
    for outcome in outcomes {
        let reference = outcome.trial.reference;
        clauses.insert(reference.op.name.as_str(), reference.clauses());
        let met = met.entry(reference.op.name.as_str()).or_default();
        if let Some(tally) = &outcome.tallies[subject] {
            met.extend(tally.clauses.keys());
        }
    }
    let mut findings = Vec::new();
    for (op, clauses) in clauses {
        for (place, clause) in clauses.iter().enumerate() {
            if !met[op].contains(&place) {
                let kind = FindingKind::ClauseNotExercised {
                    clause: clause.id.clone(),
                };
                findings.push(Finding::new(op, kind));
            }
        }
    }
    findings
}

/// Bounds of ops, dtypes or classes that are not tested any more.
fn orphaned_bounds(outcomes: &[TrialOutcome<'_>], reviewed: Reviewed<'_>) -> Vec<Finding> {
    let tested: BTreeSet<(String, &str)> = outcomes
        .iter()
        .map(|outcome| &outcome.trial)
        .map(|trial| {
            (
                snapshot_name(&trial.reference.op.name, trial.dtype),
                trial.class.name,
            )
        })
        .collect();
    let mut findings = Vec::new();
    for (file, classes) in reviewed.bounds.into_iter().flatten() {
        for class in classes.keys() {
            if !tested.contains(&(file.clone(), class.as_str())) {
                let name = format!("{file} {class}");
                findings.push(Finding::new(&name, FindingKind::OrphanedBound));
            }
        }
    }
    findings
}
