//! From the runs of each profile to the league as data.

use super::findings::{Finding, Scope};
use super::headline::headline;
use super::model::{
    ClassResult, FaultEntry, LeagueClause, LeagueOp, LeagueReport, LeagueResult, LeagueSubject,
    SCHEMA, SMALL_KAPPA, SmallKappa,
};
use super::worst::worst_entry;
use crate::assemble::{Evidence, Parts, TOOL, report, tier_name};
use crate::measure::{Tally, round_up};
use crate::properties::{PropertyEntry, PropertyOutcome, properties, property_rows};
use crate::reference::Reference;
use crate::report::model::{MaxUlp, NotTestedEntry, Report, ResultRow, VerdictCounts};
use crate::run::{Selection, Settings, Trial, TrialOutcome};
use crate::spec::Profile;
use crate::subject::Subject;
use crate::tolerance::{ToleranceCount, ToleranceEntry, tolerances};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

/// The subjects of one profile and what they did.
pub struct Group<'a> {
    /// The profile.
    pub profile: Profile,
    /// The ops under it.
    pub references: &'a [Reference],
    /// The subjects.
    pub subjects: Vec<&'a dyn Subject>,
    /// The outcomes of their run.
    pub outcomes: Vec<TrialOutcome<'a>>,
    /// Their properties.
    pub properties: Vec<PropertyOutcome>,
}

/// Properties of a kernel's use of the caller's memory and state, of which a process of its own says nothing.
const OF_THE_CALLER: [&str; 4] = [
    "alignment_invariance",
    "inputs_unchanged",
    "guard_bytes",
    "floating_point_environment",
];

/// What was asked for.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// How the runs were set up.
    pub settings: &'a Settings,
    /// Which trials.
    pub selection: &'a Selection,
    /// The findings, each with the run that it is judged by where that is not its subject's own.
    pub findings: &'a [(Finding, Option<Group<'a>>)],
}

/// Makes the report of a league. `subjects` come without headlines and say of each whether it was tested.
#[must_use]
pub fn league_report(
    setup: Setup<'_>,
    groups: &[Group<'_>],
    mut subjects: Vec<LeagueSubject>,
) -> LeagueReport {
    let settings = setup.settings;
    let reports: Vec<Report> = groups
        .iter()
        .map(|group| group_report(group, settings))
        .collect();
    let mut results: Vec<LeagueResult> = Vec::new();
    for (group, report) in groups.iter().zip(&reports) {
        results.extend(group_results(group, report, settings.seed));
    }
    let ops = ops(groups, &reports, &results);
    let place = |result: &LeagueResult| {
        let op = ops.iter().position(|op| op.op == result.op);
        let dtype = lossproof_numerics::Dtype::ALL
            .iter()
            .position(|dtype| dtype.name() == result.dtype);
        let subject = subjects.iter().position(|one| one.name == result.subject);
        (op, dtype, subject)
    };
    results.sort_by_key(place);
    for subject in subjects.iter_mut().filter(|subject| subject.tested) {
        subject.headline = Some(headline(&subject.name, &results));
    }
    let scope = Scope {
        subjects: &subjects,
        results: &results,
        selection: setup.selection,
    };
    let checked = |(finding, elsewhere): &(Finding, Option<Group<'_>>)| {
        let Some(group) = elsewhere else {
            return finding.checked(scope);
        };
        let results = group_results(group, &group_report(group, settings), settings.seed);
        finding.checked(Scope {
            results: &results,
            ..scope
        })
    };
    let findings = setup.findings.iter().map(checked).collect();
    let outcomes: Vec<PropertyOutcome> = groups
        .iter()
        .flat_map(|group| group.properties.iter().cloned())
        .collect();
    let is_told = |property: &str| !OF_THE_CALLER.contains(&property);
    let mut property_results = property_rows(&outcomes);
    property_results.sort_by_key(|row| subjects.iter().position(|one| one.name == row.subject));
    property_results.retain(|row| row.checks > 0 && is_told(&row.property));
    for row in &mut property_results {
        // Kernels that do not exist, for the most part.
        row.not_applicable.clear();
    }
    LeagueReport {
        schema: SCHEMA.to_owned(),
        tool: TOOL.to_owned(),
        seed: settings.seed,
        tier: tier_name(settings.tier).to_owned(),
        stride: setup.selection.every.map_or(1, NonZeroU32::get),
        precision_limit: settings.precision_limit,
        findings,
        ops,
        classes: classes(&reports),
        tolerances: tolerances().iter().map(ToleranceEntry::from).collect(),
        results,
        clauses: clauses(groups, &reports),
        properties: if outcomes.is_empty() {
            Vec::new()
        } else {
            let told = properties()
                .iter()
                .filter(|property| is_told(property.name));
            told.map(PropertyEntry::from).collect()
        },
        property_results,
        not_tested: not_tested(&subjects, &reports),
        subjects,
    }
}

/// What the conformance report would say of a group, without snapshots and waivers.
fn group_report(group: &Group<'_>, settings: &Settings) -> Report {
    report(Parts {
        references: group.references,
        outcomes: &group.outcomes,
        subjects: &group.subjects,
        gated: 0,
        findings: &[],
        bounds: None,
        waivers: &[],
        settings,
        profile: group.profile,
        evidence: Evidence::default(),
    })
}

/// A result per op, dtype and subject that has a kernel.
fn group_results(group: &Group<'_>, report: &Report, seed: u64) -> Vec<LeagueResult> {
    let mut results: Vec<LeagueResult> = Vec::new();
    for (place, subject) in group.subjects.iter().enumerate() {
        for outcome in &group.outcomes {
            let Some(tally) = &outcome.tallies[place] else {
                continue;
            };
            let trial = &outcome.trial;
            let (op, dtype) = (&trial.reference.op.name, trial.dtype.name());
            let row = report.results.iter().find(|row| {
                row.subject == subject.name()
                    && row.op == *op
                    && row.dtype == dtype
                    && row.class == trial.class.name
            });
            let row = row.expect("the report has a row for every tally");
            let class = class_result(trial, tally, row, seed);
            let small = small_kappa(trial, tally);
            let last = results.last_mut().filter(|last| {
                last.subject == subject.name() && last.op == *op && last.dtype == dtype
            });
            match last {
                Some(last) => add_class(last, class, small, row.conforms),
                None => results.push(LeagueResult {
                    op: op.clone(),
                    dtype: dtype.to_owned(),
                    subject: subject.name().to_owned(),
                    cases: class.cases,
                    values: class.values,
                    max_ulp: class.max_ulp.clone(),
                    max_conditioned: class.max_conditioned,
                    small_kappa: small,
                    correctly_rounded: class.correctly_rounded,
                    verdicts: class.verdicts,
                    conforms: row.conforms,
                    tolerances: class.tolerances.clone(),
                    classes: vec![class],
                }),
            }
        }
    }
    results
}

fn class_result(trial: &Trial<'_>, tally: &Tally, row: &ResultRow, seed: u64) -> ClassResult {
    let clauses = trial.reference.clauses();
    let mut faults: Vec<FaultEntry> = Vec::new();
    for failure in &tally.failures {
        let verdict = failure.judged.verdict.name();
        if faults.iter().all(|known| known.verdict != verdict) {
            faults.push(FaultEntry {
                verdict: verdict.to_owned(),
                case: failure.case.to_string(),
                place: failure.place,
                clause: failure.clause.map(|clause| clauses[clause].id.clone()),
            });
        }
    }
    let worst = tally.worst.as_ref();
    ClassResult {
        class: row.class.clone(),
        cases: row.cases,
        values: row.values,
        max_ulp: row.max_ulp.clone(),
        worst: worst.map(|worst| worst_entry(trial.reference, worst, seed)),
        max_conditioned: row.max_conditioned,
        ceiling_ulp: row.ceiling_ulp,
        correctly_rounded: row.correctly_rounded,
        verdicts: row.verdicts,
        faults,
        tolerances: tolerance_counts(trial, tally),
    }
}

fn tolerance_counts(trial: &Trial<'_>, tally: &Tally) -> BTreeMap<String, ToleranceCount> {
    let (op, dtype) = (&trial.reference.op.name, trial.dtype);
    tolerances()
        .iter()
        .zip(&tally.tolerances)
        .filter(|(tolerance, _)| tolerance.limit(op, dtype).is_some())
        .map(|(tolerance, count)| (tolerance.name.clone(), *count))
        .collect()
}

fn small_kappa(trial: &Trial<'_>, tally: &Tally) -> Option<SmallKappa> {
    let points = tally.conditioning.values();
    let small = points.filter(|(kappa, _)| *kappa <= SMALL_KAPPA);
    let (kappa, ulp) = small.copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(SmallKappa {
        ulp: round_up(ulp),
        kappa,
        op: trial.reference.op.name.clone(),
        dtype: trial.dtype.name().to_owned(),
        class: trial.class.name.to_owned(),
    })
}

/// Adds a class to its kernel's result.
fn add_class(
    result: &mut LeagueResult,
    class: ClassResult,
    small: Option<SmallKappa>,
    conforms: bool,
) {
    result.cases += class.cases;
    result.values += class.values;
    result.max_ulp = larger_max(&result.max_ulp, &class.max_ulp);
    result.max_conditioned = match (result.max_conditioned, class.max_conditioned) {
        (Some(ours), Some(theirs)) => Some(ours.max(theirs)),
        (ours, theirs) => ours.or(theirs),
    };
    let larger = match (&result.small_kappa, &small) {
        (Some(ours), Some(theirs)) => theirs.ulp > ours.ulp,
        (None, theirs) => theirs.is_some(),
        (Some(_), None) => false,
    };
    if larger {
        result.small_kappa = small;
    }
    result.correctly_rounded += class.correctly_rounded;
    result.verdicts = sum(result.verdicts, class.verdicts);
    result.conforms &= conforms;
    for (name, count) in &class.tolerances {
        result
            .tolerances
            .entry(name.clone())
            .or_default()
            .merge(*count);
    }
    result.classes.push(class);
}

fn sum(mut ours: VerdictCounts, theirs: VerdictCounts) -> VerdictCounts {
    crate::measure::add_counts(&mut ours, theirs);
    ours
}

/// The larger of two maxima, with the case that shows it.
fn larger_max(ours: &MaxUlp, theirs: &MaxUlp) -> MaxUlp {
    let size = |max: &MaxUlp| match (max.upper, &max.worst_case) {
        (_, None) => -1.0,
        (upper, Some(_)) => upper.unwrap_or(f64::INFINITY),
    };
    let larger = if size(theirs) > size(ours) {
        theirs
    } else {
        ours
    };
    MaxUlp {
        lower: ours.lower.max(theirs.lower),
        ..larger.clone()
    }
}

fn ops(groups: &[Group<'_>], reports: &[Report], results: &[LeagueResult]) -> Vec<LeagueOp> {
    let mut ops: Vec<LeagueOp> = Vec::new();
    for (group, report) in groups.iter().zip(reports) {
        for entry in &report.ops {
            let has_result = |result: &LeagueResult| result.op == entry.op;
            if !results.iter().any(has_result) {
                continue;
            }
            let formula = (group.profile.name().to_owned(), entry.formula.clone());
            match ops.iter_mut().find(|op| op.op == entry.op) {
                Some(op) => op.formulas.extend([formula]),
                None => ops.push(LeagueOp {
                    op: entry.op.clone(),
                    title: entry.title.clone(),
                    summary: entry.summary.clone(),
                    formulas: BTreeMap::from([formula]),
                    ceilings: entry.ceilings.clone(),
                }),
            }
        }
    }
    ops
}

fn classes(reports: &[Report]) -> Vec<crate::report::model::ClassEntry> {
    let mut classes = Vec::new();
    for entry in reports.iter().flat_map(|report| &report.classes) {
        if !classes.contains(entry) {
            classes.push(entry.clone());
        }
    }
    classes
}

/// The clauses that a case of some subject met.
fn clauses(groups: &[Group<'_>], reports: &[Report]) -> Vec<LeagueClause> {
    let of_group = groups.iter().zip(reports).flat_map(|(group, report)| {
        let met = report
            .clauses
            .iter()
            .filter(|clause| !clause.exercised.is_empty());
        met.map(|clause| LeagueClause {
            profile: group.profile.name().to_owned(),
            clause: clause.clone(),
        })
    });
    of_group.collect()
}

/// Subjects that were not run, and what the reports of those that were leave out beside ops that they do not have.
fn not_tested(subjects: &[LeagueSubject], reports: &[Report]) -> Vec<NotTestedEntry> {
    let missing = subjects.iter().filter(|subject| !subject.tested);
    let mut entries: Vec<NotTestedEntry> = missing
        .map(|subject| NotTestedEntry {
            what: format!("{} ({})", subject.name, subject.title),
            why: subject.reason.clone().unwrap_or_default(),
        })
        .collect();
    for entry in reports.iter().flat_map(|report| &report.not_tested) {
        let no_kernel = entry.why.starts_with("the subject has no kernel");
        if !no_kernel && !entries.contains(entry) {
            entries.push(entry.clone());
        }
    }
    entries
}
