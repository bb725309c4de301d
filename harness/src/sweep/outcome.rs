//! What came out of some inputs of a domain, and how two such outcomes become one.
//!
//! Merging is associative and commutative: counts add up, the worst value is the one with the largest upper bound and of those
//! the first by index, and lists keep the first entries by index.

use super::exact::Exact;
use crate::measure::{HISTOGRAM_EDGES, published};
use crate::report::model::VerdictCounts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many undecided values are listed, and how many faults of each verdict.
const UNDECIDED_LISTED: usize = 1000;
const FAULTS_LISTED: usize = 3;

/// The sum over some inputs of a domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Inputs judged.
    pub inputs: u64,
    /// Output values judged; an input whose call gave none has none.
    pub values: u64,
    /// Verdicts on values, and on inputs whose call gave none.
    pub verdicts: VerdictCounts,
    /// The value with the largest error; absent where no value has a distance.
    pub worst: Option<WorstInput>,
    /// Values by the upper bound of their error: bin i counts those in (edge i−1, edge i] of the file's edges, the last bin
    /// everything above. Values without a distance are in none.
    pub histogram: Vec<u64>,
    /// By clause: what it settled.
    pub clauses: BTreeMap<String, ClauseCount>,
    /// The first undecided values, up to 1000; `verdicts` counts them all.
    pub undecided: Vec<Undecided>,
    /// The first values and inputs of each verdict that does not conform, up to three each.
    pub faults: Vec<Fault>,
}

/// What a clause settled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClauseCount {
    /// Values, or inputs whose call gave none, that it settled.
    pub settled: u64,
    /// How many of them conform.
    pub conforming: u64,
}

/// The numbers of one input of the op, in the spec's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputValues {
    /// The input's name.
    pub name: String,
    /// Its numbers as hex floats, or its class index.
    pub values: Vec<String>,
    /// Their encodings in hex; none for a class index.
    pub bits: Vec<String>,
}

/// The value with the largest error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorstInput {
    /// The input's index in the domain.
    pub index: u64,
    /// The place in the output of a call on this input alone.
    pub place: usize,
    /// The inputs.
    pub inputs: Vec<InputValues>,
    /// The kernel's result as a hex float.
    pub result: String,
    /// Its encoding in hex.
    pub result_bits: String,
    /// A lower bound of the error in ulps, rounded down; from MPFR, like the upper one.
    pub ulp_lower: Exact,
    /// An upper bound of it, rounded up.
    pub ulp_upper: Exact,
    /// A lower bound of the condition number there; absent where it is infinite or undefined.
    pub kappa: Option<Exact>,
}

/// A value that the precision limit left open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undecided {
    /// The input's index in the domain.
    pub index: u64,
    /// The place in the output.
    pub place: usize,
    /// The inputs.
    pub inputs: Vec<InputValues>,
}

/// A value, or an input whose call gave none, that does not conform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The verdict.
    pub verdict: String,
    /// The input's index in the domain.
    pub index: u64,
    /// The place in the output; 0 where there is none.
    pub place: usize,
    /// The inputs.
    pub inputs: Vec<InputValues>,
    /// The kernel's result as a hex float; absent where the call gave none.
    pub result: Option<String>,
    /// What the subject, or its worker, said of a call that gave no values.
    pub account: Option<String>,
}

impl Outcome {
    /// Nothing yet, of an op with these clauses.
    #[must_use]
    pub fn empty<'a>(clauses: impl IntoIterator<Item = &'a str>) -> Self {
        let none = |id: &str| (id.to_owned(), ClauseCount::default());
        Self {
            inputs: 0,
            values: 0,
            verdicts: VerdictCounts::default(),
            worst: None,
            histogram: vec![0; HISTOGRAM_EDGES.len() + 1],
            clauses: clauses.into_iter().map(none).collect(),
            undecided: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Adds the outcome of other inputs.
    pub fn merge(&mut self, other: Self) {
        self.inputs += other.inputs;
        self.values += other.values;
        crate::measure::add_counts(&mut self.verdicts, other.verdicts);
        if let Some(worst) = other.worst {
            self.keep_worst(worst);
        }
        for (ours, theirs) in self.histogram.iter_mut().zip(other.histogram) {
            *ours += theirs;
        }
        for (clause, theirs) in other.clauses {
            let ours = self.clauses.entry(clause).or_default();
            ours.settled += theirs.settled;
            ours.conforming += theirs.conforming;
        }
        self.undecided.extend(other.undecided);
        self.faults.extend(other.faults);
        self.shorten_lists();
    }

    fn keep_worst(&mut self, found: WorstInput) {
        let is_worse = self.worst.as_ref().is_none_or(|known| {
            let bound = |worst: &WorstInput| published(worst.ulp_upper.0);
            let order = bound(&found).total_cmp(&bound(known));
            order
                .then((known.index, known.place).cmp(&(found.index, found.place)))
                .is_gt()
        });
        if is_worse {
            self.worst = Some(found);
        }
    }

    /// Keeps the first entries of each list, by index.
    pub(super) fn shorten_lists(&mut self) {
        self.undecided
            .sort_by_key(|entry| (entry.index, entry.place));
        self.undecided.truncate(UNDECIDED_LISTED);
        let by_verdict = |fault: &Fault| (fault.verdict.clone(), fault.index, fault.place);
        self.faults.sort_by_key(by_verdict);
        let mut kept = 0;
        let mut last = String::new();
        self.faults.retain(|fault| {
            if fault.verdict != last {
                last.clone_from(&fault.verdict);
                kept = 0;
            }
            kept += 1;
            kept <= FAULTS_LISTED
        });
    }

    /// Whether an entry of this verdict and later index would still be listed.
    pub(super) fn lists_another(&self, verdict: &str) -> bool {
        let alike = self.faults.iter().filter(|fault| fault.verdict == verdict);
        alike.count() < FAULTS_LISTED
    }

    /// Whether another undecided value would still be listed.
    pub(super) fn lists_another_undecided(&self) -> bool {
        self.undecided.len() < UNDECIDED_LISTED
    }

    /// Whether no value or input is at fault, and there is one. What nobody has specified is no fault.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.inputs > 0 && self.faulty() == 0
    }

    /// How many values, and inputs whose call gave none, do not conform.
    #[must_use]
    pub fn faulty(&self) -> u64 {
        let counts = &self.verdicts;
        let lost = counts.crashed + counts.timed_out + counts.garbled + counts.trespassed;
        counts.exceeds + counts.wrong_class + counts.undecided + counts.failed + lost
    }

    /// How many verdicts there are.
    pub(super) fn verdict_count(&self) -> u64 {
        let counts = &self.verdicts;
        let passed = counts.correctly_rounded + counts.faithful + counts.within_bound;
        passed + counts.refused + counts.unspecified + self.faulty()
    }
}
