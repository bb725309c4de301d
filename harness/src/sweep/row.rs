//! A sweep as a row of the report. In: a merged outcome and the ops of today. Out: what is shown of it.

use super::file::SweepFile;
use super::fingerprint::KERNELS;
use super::identity::Identity;
use super::outcome::{ClauseCount, InputValues};
use super::registry::domain_named;
use crate::measure::{published, round_down};
use crate::reference::{DEFAULT_PRECISION_LIMIT, Reference};
use crate::report::model::VerdictCounts;
use crate::subject::{Builtin, Variant};
use lossproof_numerics::Dtype;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The outcome of a sweep over a finite domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepRow {
    /// The subject.
    pub subject: String,
    /// The fingerprint of its kernels.
    pub kernels: String,
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: String,
    /// The domain's name.
    pub domain: String,
    /// Exactly what is enumerated.
    pub description: String,
    /// Inputs judged.
    pub inputs: u64,
    /// Output values judged.
    pub values: u64,
    /// The largest error.
    pub max_ulp: SweepMax,
    /// Values correctly rounded.
    pub correctly_rounded: u64,
    /// All verdicts.
    pub verdicts: VerdictCounts,
    /// Values by the upper bound of their error, as in `distributions`.
    pub histogram: Vec<u64>,
    /// Upper edges of the histogram's bins, in ulps; absent in the last bin, which takes everything above.
    pub histogram_edges: Vec<f64>,
    /// By clause: what it settled.
    pub clauses: BTreeMap<String, ClauseCount>,
    /// The undecided inputs, up to 1000.
    pub undecided: Vec<String>,
    /// In what the outcome is of another kernel, spec or tool than this report's; absent where it is of these.
    pub stale: Option<String>,
    /// Whether it is of the kernels and specs of today, exhaustive, and every value conforms.
    pub conforms: bool,
}

/// A maximum error over a domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepMax {
    /// A lower bound of the maximum, rounded down.
    pub lower: f64,
    /// An upper bound of it, rounded up; absent when infinite.
    pub upper: Option<f64>,
    /// `exhaustive`, or `partial` where shards are missing.
    pub coverage: String,
    /// The first input that shows it, as hex floats with their encodings; absent when no value has a distance.
    pub worst_input: Option<String>,
    /// The place in the output of a call on this input alone.
    pub worst_place: Option<usize>,
    /// What the kernel gives there.
    pub result: Option<String>,
    /// κ there; absent when infinite or undefined.
    pub kappa: Option<f64>,
}

impl SweepRow {
    /// A row of a merged outcome, held against the ops of today.
    #[must_use]
    pub fn new(file: &SweepFile, references: &[Reference]) -> Self {
        let sweep = &file.sweep;
        let outcome = &file.outcome;
        let worst = outcome.worst.as_ref();
        let finite = |number: f64| number.is_finite().then_some(number);
        let upper = worst.map_or(0.0, |worst| published(worst.ulp_upper.0));
        let lower = worst.map_or(0.0, |worst| round_down(worst.ulp_lower.0));
        let stale = staleness(file, references);
        Self {
            subject: sweep.subject.name.clone(),
            kernels: sweep.subject.content.clone(),
            op: sweep.op.clone(),
            dtype: sweep.dtype.clone(),
            domain: sweep.domain.name.clone(),
            description: sweep.domain.description.clone(),
            inputs: outcome.inputs,
            values: outcome.values,
            max_ulp: SweepMax {
                lower: finite(lower).unwrap_or(f64::MAX),
                upper: finite(upper),
                coverage: file.coverage.name().to_owned(),
                worst_input: worst.map(|worst| inputs_text(&worst.inputs)),
                worst_place: worst.map(|worst| worst.place),
                result: worst.map(|worst| format!("{} (bits:{})", worst.result, worst.result_bits)),
                kappa: worst
                    .and_then(|worst| worst.kappa)
                    .map(|kappa| round_down(kappa.0)),
            },
            correctly_rounded: outcome.verdicts.correctly_rounded,
            verdicts: outcome.verdicts,
            histogram: outcome.histogram.clone(),
            histogram_edges: sweep.histogram_edges.iter().map(|edge| edge.0).collect(),
            clauses: outcome.clauses.clone(),
            undecided: outcome
                .undecided
                .iter()
                .map(|open| format!("{} [{}]", inputs_text(&open.inputs), open.place))
                .collect(),
            conforms: stale.is_none() && file.conforms(),
            stale,
        }
    }
}

/// In what an outcome of this project's kernels is of others than today's; none where it is of these.
#[must_use]
pub fn staleness(file: &SweepFile, references: &[Reference]) -> Option<String> {
    let sweep = &file.sweep;
    let dtype = sweep.dtype.parse::<Dtype>().ok();
    let reference = references.iter().find(|known| known.op.name == sweep.op);
    let (Some(dtype), Some(reference)) = (dtype, reference) else {
        return Some(format!("there is no op `{}` in {}", sweep.op, sweep.dtype));
    };
    let Some(domain) = domain_named(&reference.op, dtype, &sweep.domain.name) else {
        return Some(format!(
            "{} has no domain `{}`",
            sweep.op, sweep.domain.name
        ));
    };
    let ours = Builtin::new(Variant::Accurate);
    let today = Identity::new(reference, &ours, KERNELS, &domain, DEFAULT_PRECISION_LIMIT);
    let (what, now, then) = today.difference(sweep)?;
    Some(format!("its {what} is `{then}`, and now it is `{now}`"))
}

/// Inputs as a person reads them: `logits=0x1.8p+1 (bits:4200)`.
#[must_use]
pub fn inputs_text(inputs: &[InputValues]) -> String {
    let one = |input: &InputValues| {
        let values = input.values.join(",");
        if input.bits.is_empty() {
            format!("{}={values}", input.name)
        } else {
            format!("{}={values} (bits:{})", input.name, input.bits.join(","))
        }
    };
    inputs.iter().map(one).collect::<Vec<_>>().join(" ")
}
