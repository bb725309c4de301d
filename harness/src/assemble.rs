//! From a run's outcomes and the gate's findings to the report as data.

mod clauses;
mod rungs;
mod sweeps;
mod tolerances;

pub use clauses::unspecified;
pub use tolerances::{ToleranceRow, tolerance_rows};

use crate::cases::{Tier, classes};
use crate::gate::{Bounds, Finding, FindingKind, Waiver, snapshot_name};
use crate::measure::{
    HISTOGRAM_EDGES, Tally, Worst, ordinal_range, published, round_down, round_up,
};
use crate::properties::{
    Finding as PropertyFinding, PropertyEntry, PropertyOutcome, properties, property_rows,
};
use crate::reference::Reference;
use crate::report::model::{
    AttributeEntry, ClassEntry, ConditioningPoint, DefinitionEntry, Distribution, MaxUlp,
    NotTestedEntry, OpEntry, OrdinalBin, Report, ResultRow, SCHEMA, SubjectEntry, UndecidedEntry,
    WaiverEntry,
};
use crate::run::{Settings, TrialOutcome};
use crate::selftest::SelfProof;
use crate::spec::{Attribute, Definition, Profile};
use crate::subject::Subject;
use crate::sweep::SweepFile;
use lossproof_numerics::Dtype;
use std::collections::BTreeMap;

/// Everything that a report is made from.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// The ops.
    pub references: &'a [Reference],
    /// The outcomes.
    pub outcomes: &'a [TrialOutcome<'a>],
    /// The subjects, as in the outcomes.
    pub subjects: &'a [&'a dyn Subject],
    /// The place of the gated subject.
    pub gated: usize,
    /// The gate's findings on it.
    pub findings: &'a [Finding],
    /// The reviewed bounds.
    pub bounds: Option<&'a Bounds>,
    /// The waivers in force.
    pub waivers: &'a [Waiver],
    /// How the run was set up.
    pub settings: &'a Settings,
    /// The profile of the clauses.
    pub profile: Profile,
    /// What was found besides errors.
    pub evidence: Evidence<'a>,
}

/// What a report may say besides errors; a report of a selection has neither.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence<'a> {
    /// The properties that need no reference.
    pub properties: &'a [PropertyOutcome],
    /// Whether the harness would notice.
    pub self_proof: Option<&'a SelfProof>,
    /// The reviewed outcomes of sweeps.
    pub sweeps: &'a [SweepFile],
}

impl Evidence<'_> {
    /// Whether the gated subject has every property, and every known-bad kernel was caught without a false alarm.
    fn holds(self, gated: &str) -> bool {
        let fails = |outcome: &PropertyOutcome| {
            outcome.subject == gated && matches!(outcome.finding, PropertyFinding::Failed { .. })
        };
        !self.properties.iter().any(fails) && self.self_proof.is_none_or(SelfProof::holds)
    }
}

/// The tool's name and version.
pub const TOOL: &str = concat!("lossproof ", env!("CARGO_PKG_VERSION"));

/// Makes the report.
#[must_use]
pub fn report(parts: Parts<'_>) -> Report {
    let results = results(parts);
    let subjects = subjects(parts, &results);
    let sweeps = sweeps::rows(parts.evidence.sweeps, parts.references);
    Report {
        schema: SCHEMA.to_owned(),
        tool: TOOL.to_owned(),
        seed: parts.settings.seed,
        tier: tier_text(parts),
        profile: parts.profile.name().to_owned(),
        precision_limit: parts.settings.precision_limit,
        conforms: parts.findings.is_empty()
            && parts.evidence.holds(parts.subjects[parts.gated].name())
            && sweeps.iter().all(|row| row.conforms),
        subjects,
        ops: parts.references.iter().map(op_entry).collect(),
        classes: classes()
            .iter()
            .filter(|class| {
                parts
                    .outcomes
                    .iter()
                    .any(|outcome| outcome.trial.class.name == class.name)
            })
            .map(|class| ClassEntry {
                class: class.name.to_owned(),
                idea: class.idea.to_owned(),
            })
            .collect(),
        results,
        distributions: distributions(parts),
        clauses: parts
            .references
            .iter()
            .flat_map(|reference| clauses::rows(parts, reference))
            .collect(),
        waivers: parts.waivers.iter().map(waiver_entry).collect(),
        undecided: undecided(parts),
        not_tested: not_tested(parts),
        properties: if parts.evidence.properties.is_empty() {
            Vec::new()
        } else {
            properties().iter().map(PropertyEntry::from).collect()
        },
        property_results: property_rows(parts.evidence.properties),
        rungs: rungs::rows(parts),
        sweeps,
        self_proof: parts.evidence.self_proof.cloned(),
    }
}

/// The tier, and how many of its cases were left out: maxima over other cases are not comparable.
fn tier_text(parts: Parts<'_>) -> String {
    let tier = tier_name(parts.settings.tier);
    let strides = parts.outcomes.iter().map(|outcome| outcome.trial.stride);
    match strides.max() {
        None | Some(1) => tier.to_owned(),
        Some(stride) => format!("{tier}, one case in {stride}"),
    }
}

/// The tier's name on screens and in files.
#[must_use]
pub fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Quick => "quick",
        Tier::Full => "full",
    }
}

fn subjects(parts: Parts<'_>, results: &[ResultRow]) -> Vec<SubjectEntry> {
    let entry = |(place, subject): (usize, &&dyn Subject)| SubjectEntry {
        name: subject.name().to_owned(),
        description: subject.description().to_owned(),
        profile: subject.profile().name().to_owned(),
        gated: place == parts.gated,
        conforms: results
            .iter()
            .filter(|row| row.subject == subject.name())
            .all(|row| row.conforms),
    };
    parts.subjects.iter().enumerate().map(entry).collect()
}

fn op_entry(reference: &Reference) -> OpEntry {
    let op = &reference.op;
    let spec = &op.spec;
    let stated = op.derivative_of.as_ref().and_then(|input| {
        let gradient = spec
            .gradients
            .iter()
            .find(|gradient| gradient.input == *input)?;
        gradient.formula.as_ref().map(|(_, text)| text.clone())
    });
    let title = op.derivative_of.as_ref().map_or_else(
        || spec.title.clone(),
        |input| format!("{}: gradient with respect to {input}", spec.title),
    );
    let formula = match (
        op.profile_formula(reference.profile()),
        &op.derivative_of,
        stated,
    ) {
        (Some(own), _, _) => own.formula_text.clone(),
        (None, None, _) => spec.formula_text.clone(),
        (None, Some(input), Some(stated)) => {
            format!("{stated} = ∂/∂{input} of {}", spec.formula_text)
        }
        (None, Some(input), None) => format!("∂/∂{input} of {}", spec.formula_text),
    };
    OpEntry {
        op: op.name.clone(),
        title,
        summary: spec.summary.clone(),
        source: spec.source.clone(),
        formula,
        definitions: spec.definitions.iter().map(definition_entry).collect(),
        attributes: spec.attributes.iter().map(attribute_entry).collect(),
        notes: spec.notes.clone(),
        derivative_of: op.derivative_of.clone(),
        inputs: op.inputs.iter().map(|input| input.name.clone()).collect(),
        ceilings: Dtype::ALL
            .into_iter()
            .map(|dtype| {
                (
                    dtype.name().to_owned(),
                    spec.ceilings.text(dtype).to_owned(),
                )
            })
            .collect(),
    }
}

fn definition_entry(definition: &Definition) -> DefinitionEntry {
    DefinitionEntry {
        name: definition.name.clone(),
        formula: definition.text.clone(),
    }
}

fn attribute_entry(attribute: &Attribute) -> AttributeEntry {
    AttributeEntry {
        name: attribute.name.clone(),
        value: attribute.text.clone(),
    }
}

fn results(parts: Parts<'_>) -> Vec<ResultRow> {
    let mut rows = Vec::new();
    for (place, subject) in parts.subjects.iter().enumerate() {
        for outcome in parts.outcomes {
            if let Some(tally) = &outcome.tallies[place] {
                rows.push(result_row(parts, place, subject.name(), outcome, tally));
            }
        }
    }
    rows
}

fn result_row(
    parts: Parts<'_>,
    place: usize,
    subject: &str,
    outcome: &TrialOutcome<'_>,
    tally: &Tally,
) -> ResultRow {
    let trial = &outcome.trial;
    let name = trial.name();
    let is_gated = place == parts.gated;
    let bound = parts.bounds.filter(|_| is_gated).and_then(|bounds| {
        let file = snapshot_name(&trial.reference.op.name, trial.dtype);
        bounds.get(&file)?.get(trial.class.name)
    });
    let found = is_gated && parts.findings.iter().any(|finding| finding.subject == name);
    let waived = is_gated && parts.waivers.iter().any(|waiver| waiver.trial() == name);
    let worst = tally.worst.as_ref();
    let upper = published(worst.map_or(0.0, |worst| worst.upper));
    let lower = worst.map_or(0.0, |worst| worst.value.ulp_error.0);
    ResultRow {
        subject: subject.to_owned(),
        op: trial.reference.op.name.clone(),
        dtype: trial.dtype.name().to_owned(),
        class: trial.class.name.to_owned(),
        cases: tally.cases,
        values: tally.values,
        max_ulp: MaxUlp {
            lower: finite(round_down(lower)).unwrap_or(f64::MAX),
            upper: finite(upper),
            coverage: "sampled".to_owned(),
            worst_case: worst.map(|worst| worst.case.to_string()),
            worst_place: worst.map(|worst| worst.place),
        },
        max_conditioned: tally.max_conditioned.map(published).and_then(finite),
        worst_kappa: worst
            .and_then(|worst| worst.value.conditioning)
            .and_then(|conditioning| finite(round_down(conditioning.kappa.0))),
        correctly_rounded: tally.verdicts.correctly_rounded,
        verdicts: tally.verdicts,
        snapshot_ulp: bound.and_then(|bound| finite(bound.max_ulp)),
        ceiling_ulp: worst.and_then(Worst::ceiling_ulps).unwrap_or_else(|| {
            crate::spec::ceiling_ulps(trial.reference.op.ceiling(trial.dtype), 1, 0.0)
        }),
        conforms: (tally.conforms() || waived) && !found && outcome.complete,
    }
}

fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

fn distributions(parts: Parts<'_>) -> Vec<Distribution> {
    let mut merged: BTreeMap<(usize, usize, Dtype), Tally> = BTreeMap::new();
    for outcome in parts.outcomes {
        let trial = &outcome.trial;
        let op = parts
            .references
            .iter()
            .position(|reference| reference.op.name == trial.reference.op.name)
            .expect("every trial is of a known op");
        for (subject, tally) in outcome.tallies.iter().enumerate() {
            if let Some(tally) = tally {
                merged
                    .entry((subject, op, trial.dtype))
                    .or_default()
                    .merge(tally.clone());
            }
        }
    }
    let distribution =
        |((subject, op, dtype), tally): ((usize, usize, Dtype), Tally)| Distribution {
            subject: parts.subjects[subject].name().to_owned(),
            op: parts.references[op].op.name.clone(),
            dtype: dtype.name().to_owned(),
            histogram: tally.histogram.to_vec(),
            histogram_edges: HISTOGRAM_EDGES.to_vec(),
            ordinals: tally
                .ordinals
                .iter()
                .map(|(&bin, &upper)| {
                    let (from, to) = ordinal_range(dtype, bin);
                    OrdinalBin {
                        from,
                        to,
                        max_ulp: finite(round_up(upper)),
                    }
                })
                .collect(),
            conditioning: tally
                .conditioning
                .values()
                .map(|&(kappa, ulp)| ConditioningPoint {
                    kappa: round_down(kappa),
                    ulp: round_up(ulp),
                })
                .collect(),
        };
    merged.into_iter().map(distribution).collect()
}

fn waiver_entry(waiver: &Waiver) -> WaiverEntry {
    WaiverEntry {
        op: waiver.op.clone(),
        dtype: waiver.dtype.name().to_owned(),
        class: waiver.class.clone(),
        reason: waiver.reason.clone(),
        expires: waiver.expires.clone(),
    }
}

fn undecided(parts: Parts<'_>) -> Vec<UndecidedEntry> {
    let mut entries = Vec::new();
    for outcome in parts.outcomes {
        for (subject, tally) in parts.subjects.iter().zip(&outcome.tallies) {
            let undecided = tally.iter().flat_map(|tally| &tally.undecided);
            entries.extend(undecided.map(|(case, place)| UndecidedEntry {
                subject: subject.name().to_owned(),
                case: case.to_string(),
                place: *place,
            }));
        }
    }
    entries
}

fn not_tested(parts: Parts<'_>) -> Vec<NotTestedEntry> {
    let mut entries = Vec::new();
    for outcome in parts.outcomes {
        for (subject, tally) in parts.subjects.iter().zip(&outcome.tallies) {
            if tally.is_none() {
                let trial = &outcome.trial;
                let entry = NotTestedEntry {
                    what: format!(
                        "{} on {} in {}",
                        subject.name(),
                        trial.reference.op.name,
                        trial.dtype
                    ),
                    why: "the subject has no kernel for this op and dtype".to_owned(),
                };
                // Once for all classes.
                if !entries.contains(&entry) {
                    entries.push(entry);
                }
            } else if !outcome.complete {
                entries.push(NotTestedEntry {
                    what: outcome.trial.name(),
                    why: "the run was interrupted".to_owned(),
                });
            }
        }
    }
    entries.extend(unspecified(parts));
    for finding in parts.findings {
        if let FindingKind::ClauseNotExercised { clause } = &finding.kind {
            entries.push(NotTestedEntry {
                what: format!("clause {clause} of {}", finding.subject),
                why: "no case meets its condition".to_owned(),
            });
        }
    }
    if parts.settings.tier == Tier::Quick {
        entries.push(NotTestedEntry {
            what: "rows of 151936 and 2^20 values, and most rows of 4096 and 32768".to_owned(),
            why: "left to the full tier (`lossproof check --tier full`)".to_owned(),
        });
    }
    entries
}
