//! The self-proof: known-bad kernels must be caught, and correct ones written differently must pass. In: the ops and a
//! run's settings. Out: what caught each mutant and by how much, and every alarm that a variant raised.
//!
//! Mutants and variants are subjects like any other, so that every case is enclosed once for all of them, and what judges
//! them is what judges everybody. A variant is held to the ceiling that its own analysis proves.

mod lineup;
mod model;

pub use lineup::{Lineup, UnknownKernel};
pub use model::{Fate, KillScore, MutantRow, SelfProof, VariantRow, VariantTrial, WeakestKill};

use crate::assemble::tier_name;
use crate::measure::{Failure, Tally, round_down, round_up};
use crate::properties::{Finding, check_properties};
use crate::reference::Reference;
use crate::run::{Observer, RunError, Selection, Settings, TrialOutcome, run};
use crate::subject::{Shipped, Subject};
use lossproof_mutants::{KilledBy, Mutant, Variant};
use lossproof_numerics::Dtype;
use rayon::prelude::*;

/// Runs every mutant and variant of a lineup.
///
/// # Errors
/// When a case cannot be generated, or a spec contradicts itself.
pub fn self_proof(
    lineup: &Lineup,
    references: &[Reference],
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<SelfProof, RunError> {
    let by_cases = |mutant: &&&Mutant| mutant.killed_by == KilledBy::Cases;
    let judged: Vec<&'static Mutant> = lineup.mutants.iter().filter(by_cases).copied().collect();
    let kernels: Vec<Shipped> = judged
        .iter()
        .map(|mutant| Shipped::mutant(mutant))
        .chain(lineup.variants.iter().copied().map(Shipped::variant))
        .collect();
    let subjects: Vec<&dyn Subject> = kernels
        .iter()
        .map(|kernel| kernel as &dyn Subject)
        .collect();
    let trials = lineup.selection().trials(references, settings.tier)?;
    let outcomes = run(trials, &subjects, settings, observer)?;

    let mutants: Vec<MutantRow> = lineup
        .mutants
        .par_iter()
        .map(|&mutant| {
            let place = judged.iter().position(|judged| judged.id == mutant.id);
            let fates = mutant.dtypes.iter().map(|&dtype| match place {
                Some(place) => Ok(fate_by_cases(&outcomes, place, dtype)),
                None => fate_by_property(references, mutant, dtype, settings),
            });
            Ok(MutantRow {
                mutant: mutant.id.to_owned(),
                op: mutant.op.to_owned(),
                mistake: mutant.mistake.to_owned(),
                breaks: mutant.breaks.to_owned(),
                upstream: mutant.upstream.map(str::to_owned),
                fates: fates.collect::<Result<_, RunError>>()?,
            })
        })
        .collect::<Result<_, RunError>>()?;
    let variants = lineup
        .variants
        .iter()
        .enumerate()
        .map(|(place, variant)| variant_row(&outcomes, judged.len() + place, variant))
        .collect();
    Ok(SelfProof {
        tier: tier_name(settings.tier).to_owned(),
        scores: Dtype::ALL.map(|dtype| score(&mutants, dtype)).to_vec(),
        weakest: weakest(&mutants),
        mutants,
        variants,
    })
}

/// The tallies of one subject in one dtype, each with its trial.
fn tallies<'a>(
    outcomes: &'a [TrialOutcome<'a>],
    place: usize,
    dtype: Dtype,
) -> impl Iterator<Item = (&'a TrialOutcome<'a>, &'a Tally)> {
    let of_dtype = outcomes
        .iter()
        .filter(move |outcome| outcome.trial.dtype == dtype);
    of_dtype.filter_map(move |outcome| Some((outcome, outcome.tallies[place].as_ref()?)))
}

/// A fault that proves the kernel wrong: an undecided value proves nothing.
fn faults(tally: &Tally) -> impl Iterator<Item = &Failure> {
    let kept = tally.failures.iter();
    let proofs = kept.filter(|failure| failure.judged.verdict.is_proof());
    tally.largest_excess.iter().chain(proofs)
}

fn fate_by_cases(outcomes: &[TrialOutcome<'_>], place: usize, dtype: Dtype) -> Fate {
    let mut by = Vec::new();
    let mut best: Option<(&TrialOutcome<'_>, &Failure)> = None;
    for (outcome, tally) in tallies(outcomes, place, dtype) {
        for failure in faults(tally) {
            let class = outcome.trial.class.name.to_owned();
            if by.last() != Some(&class) {
                by.push(class);
            }
            if best.is_none_or(|(_, best)| strength(failure) > strength(best)) {
                best = Some((outcome, failure));
            }
        }
    }
    Fate {
        dtype: dtype.name().to_owned(),
        killed: best.is_some(),
        by,
        clause: best.and_then(|(outcome, failure)| {
            let clauses = outcome.trial.reference.clauses();
            Some(clauses.get(failure.clause?)?.id.clone())
        }),
        case: best.map(|(_, failure)| format!("{}[{}]", failure.case, failure.place)),
        verdict: best.map(|(_, failure)| failure.judged.verdict.name().to_owned()),
        margin: best
            .and_then(|(_, failure)| failure.judged.excess)
            .filter(|margin| margin.is_finite())
            .map(round_down),
    }
}

/// How far beyond its ceiling; a wrong class or a failed call is beyond every ceiling.
fn strength(failure: &Failure) -> f64 {
    failure.judged.excess.unwrap_or(f64::INFINITY)
}

fn fate_by_property(
    references: &[Reference],
    mutant: &'static Mutant,
    dtype: Dtype,
    settings: &Settings,
) -> Result<Fate, RunError> {
    let KilledBy::Property(property) = mutant.killed_by else {
        unreachable!("asked for those alone")
    };
    let kernel = Shipped::mutant(mutant);
    let selection = Selection {
        ops: vec![mutant.op.to_owned()],
        dtypes: vec![dtype],
        ..Selection::default()
    };
    let outcomes = check_properties(references, &[&kernel], &selection, settings.seed)?;
    // Any property proves the kernel wrong; the one that must be the first to see it is told first.
    let mut failed: Vec<_> = outcomes
        .into_iter()
        .filter_map(|outcome| match outcome.finding {
            Finding::Failed { first, .. } => Some((outcome.property, first)),
            Finding::Held { .. } | Finding::NotApplicable { .. } => None,
        })
        .collect();
    failed.sort_by_key(|(name, _)| *name != property);
    let by = failed.iter().map(|(name, _)| (*name).to_owned()).collect();
    let failed = failed.into_iter().next().map(|(_, first)| first);
    Ok(Fate {
        dtype: dtype.name().to_owned(),
        killed: failed.is_some(),
        by,
        clause: None,
        case: failed.as_ref().map(|first| first.case.to_string()),
        verdict: failed.map(|first| first.account),
        margin: None,
    })
}

fn variant_row(
    outcomes: &[TrialOutcome<'_>],
    place: usize,
    variant: &'static Variant,
) -> VariantRow {
    let trial = |dtype: Dtype| {
        let ceiling = (variant.ceilings)(dtype)?;
        let mut values = 0;
        let mut largest: f64 = 0.0;
        let mut alarms = Vec::new();
        for (outcome, tally) in tallies(outcomes, place, dtype) {
            values += tally.values;
            largest = largest.max(tally.worst.as_ref().map_or(0.0, |worst| worst.upper));
            if !tally.conforms() {
                let first = tally.failures.first();
                let case = first.map_or_else(
                    || outcome.trial.name(),
                    |failure| format!("{}[{}]", failure.case, failure.place),
                );
                let verdict = first.map_or("no cases", |failure| failure.judged.verdict.name());
                alarms.push(format!("{verdict} at {case}"));
            }
        }
        if values == 0 {
            alarms.push("no value was judged".to_owned());
        }
        Some(VariantTrial {
            dtype: dtype.name().to_owned(),
            ceiling: ceiling.to_owned(),
            values,
            max_ulp: Some(round_up(largest)).filter(|largest| largest.is_finite()),
            alarms,
        })
    };
    VariantRow {
        variant: variant.id.to_owned(),
        op: variant.op.to_owned(),
        what: variant.what.to_owned(),
        trials: Dtype::ALL.into_iter().filter_map(trial).collect(),
    }
}

fn score(mutants: &[MutantRow], dtype: Dtype) -> KillScore {
    let fates = mutants.iter().flat_map(|row| &row.fates);
    let (mut total, mut killed) = (0, 0);
    for fate in fates.filter(|fate| fate.dtype == dtype.name()) {
        total += 1;
        killed += u64::from(fate.killed);
    }
    KillScore {
        dtype: dtype.name().to_owned(),
        mutants: total,
        killed,
    }
}

fn weakest(mutants: &[MutantRow]) -> Option<WeakestKill> {
    let fates = mutants
        .iter()
        .flat_map(|row| row.fates.iter().map(move |fate| (row, fate)));
    let kills = fates.filter_map(|(row, fate)| {
        Some(WeakestKill {
            mutant: row.mutant.clone(),
            dtype: fate.dtype.clone(),
            margin: fate.margin?,
        })
    });
    kills.min_by(|a, b| a.margin.total_cmp(&b.margin))
}
