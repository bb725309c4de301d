//! Many cases: their measurements summed into one tally per subject, op, dtype and class. Merging tallies in the order of
//! the cases gives the same tally at any number of threads.

use super::case::{CaseReport, WorstValue};
use super::decimal::published;
use super::question::Conditioning;
use super::rung::Rung;
use super::verdict::{Judged, Verdict};
use crate::cases::CaseId;
use crate::report::model::VerdictCounts;
use crate::subject::Answer;
use crate::tolerance::{ToleranceCount, add_lost_call, add_value, merge_counts};
use lossproof_numerics::{Dtype, ordinal};
use std::collections::BTreeMap;

/// Upper edges of the error histogram's bins, in ulps; a last bin takes everything above.
pub const HISTOGRAM_EDGES: [f64; 22] = [
    1e-6,
    0.05,
    0.1,
    0.15,
    0.2,
    0.25,
    0.3,
    0.35,
    0.4,
    0.45,
    0.5,
    0.51,
    0.75,
    1.0,
    2.0,
    4.0,
    16.0,
    256.0,
    65536.0,
    4_294_967_296.0,
    1e15,
    1e300,
];

/// How many bins a dtype's finite ordinals are cut into, on either side of zero.
const ORDINAL_BINS: i64 = 128;

/// The sum over the cases of a class.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Rows tested.
    pub cases: u64,
    /// Output values judged.
    pub values: u64,
    /// Verdicts on values and calls.
    pub verdicts: VerdictCounts,
    /// How many of the verdicts each rung gave, in the order of [`Rung::ALL`].
    pub settled_by: [u64; Rung::ALL.len()],
    /// The value with the largest upper bound.
    pub worst: Option<Worst>,
    /// The value with the largest error among those that exceed their ceiling: its case and the upper bound of its error.
    pub worst_exceeding: Option<(CaseId, f64)>,
    /// The largest conditioned error over the cases' worst values.
    pub max_conditioned: Option<f64>,
    /// Values per bin of [`HISTOGRAM_EDGES`].
    pub histogram: [u64; HISTOGRAM_EDGES.len() + 1],
    /// The largest error by bin of the result's ordinal.
    pub ordinals: BTreeMap<i64, f64>,
    /// κ and error of the cases' worst values: the worst of them by quarter binade of κ.
    pub conditioning: BTreeMap<i64, (f64, f64)>,
    /// By clause: values settled, and how many of them conform.
    pub clauses: BTreeMap<usize, (u64, u64)>,
    /// By tolerance, in the order of [`crate::tolerance::tolerances`]: what it makes of the values. Empty while there are none.
    pub tolerances: Vec<ToleranceCount>,
    /// Cases and places left undecided.
    pub undecided: Vec<(CaseId, usize)>,
    /// The first few values or calls that do not conform.
    pub failures: Vec<Failure>,
    /// The value that exceeds its ceiling by the largest factor.
    pub largest_excess: Option<Failure>,
}

/// A value or call that does not conform.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Its case.
    pub case: CaseId,
    /// Its place in the output.
    pub place: usize,
    /// The verdict and the error behind it.
    pub judged: Judged,
    /// The clause that settled it, by its place among the op's.
    pub clause: Option<usize>,
    /// What the subject, or its worker, said of a call that gave no values.
    pub account: Option<String>,
}

/// The worst value of a class.
#[derive(Debug, Clone)]
pub struct Worst {
    /// Its case.
    pub case: CaseId,
    /// Its place in the output.
    pub place: usize,
    /// The upper bound of its error in ulps.
    pub upper: f64,
    /// The value itself, with its conditioning once that is computed.
    pub value: WorstValue,
}

impl Worst {
    /// The ceiling at the value's κ, where that is computed.
    #[must_use]
    pub fn ceiling_ulps(&self) -> Option<f64> {
        self.value
            .conditioning
            .map(|conditioning| conditioning.ceiling_ulps)
    }
}

/// How many failures of a verdict are kept to show.
const FAILURES_KEPT: usize = 3;

impl Tally {
    /// The tally of one case.
    #[must_use]
    pub fn of_case(id: &CaseId, report: &CaseReport) -> Self {
        let mut tally = Self {
            cases: 1,
            ..Self::default()
        };
        let values = match &report.answer {
            Answer::Values(values) => values.as_slice(),
            Answer::Refused(_)
            | Answer::Crashed(_)
            | Answer::TimedOut(_)
            | Answer::Garbled(_)
            | Answer::Trespassed(_) => &[],
        };
        tally.values = values.len() as u64;
        for (place, (judged, clause)) in report.judged.iter().zip(&report.clauses).enumerate() {
            tally.verdicts.count(judged.verdict, 1);
            let conforms = judged.verdict.conforms();
            if let Some(passed) = report.passed[place] {
                add_value(&mut tally.tolerances, judged.verdict, passed);
            }
            let is_call = !matches!(report.answer, Answer::Values(_));
            if is_call && judged.verdict.is_fault() {
                add_lost_call(&mut tally.tolerances);
            }
            if let Some(clause) = clause {
                let (settled, conforming) = tally.clauses.entry(*clause).or_default();
                *settled += 1;
                *conforming += u64::from(conforms);
            }
            if judged.verdict == Verdict::Undecided {
                tally.undecided.push((id.clone(), place));
            }
            if judged.verdict.is_fault() {
                let failure = Failure {
                    case: id.clone(),
                    place,
                    judged: *judged,
                    clause: *clause,
                    account: report.answer.account().map(str::to_owned),
                };
                tally.keep_failure(failure);
            }
            if let Some((_, upper)) = judged.ulp_error {
                let bin = HISTOGRAM_EDGES.partition_point(|&edge| edge < upper);
                tally.histogram[bin] += 1;
                let largest = tally.ordinals.entry(ordinal_bin(id.dtype, values[place]));
                let largest = largest.or_insert(0.0);
                *largest = largest.max(upper);
            }
        }
        tally.settled_by = report.settled_by;
        tally.worst_exceeding = report.exceeding.map(|upper| (id.clone(), upper));
        tally.largest_excess = report.excess.map(|(place, judged)| Failure {
            case: id.clone(),
            place,
            judged,
            clause: report.clauses[place],
            account: None,
        });
        tally.worst = report.worst.as_ref().map(|worst| Worst {
            case: id.clone(),
            place: worst.place,
            upper: worst.ulp_error.1,
            value: worst.clone(),
        });
        tally.max_conditioned = report.conditioned;
        if let Some(point) = report.point {
            tally.add_point(point);
        }
        tally
    }

    /// Gives the worst value its conditioning where it has none yet, because it stands in a long row.
    pub fn condition_worst(&mut self, compute: impl FnOnce(&CaseId, &WorstValue) -> Conditioning) {
        let Some(worst) = &mut self.worst else {
            return;
        };
        if worst.value.conditioning.is_none() {
            let conditioning = compute(&worst.case, &worst.value);
            worst.value.conditioning = Some(conditioning);
            let upper = worst.upper;
            self.add_conditioning(conditioning, upper);
        }
    }

    fn add_conditioning(&mut self, conditioning: Conditioning, upper: f64) {
        self.max_conditioned = larger(self.max_conditioned, conditioning.conditioned);
        let kappa = conditioning.kappa.0;
        if kappa.is_finite() && upper.is_finite() {
            self.add_point((kappa, upper));
        }
    }

    fn add_point(&mut self, point: (f64, f64)) {
        let ours = self
            .conditioning
            .entry(quarter_binade(point.0))
            .or_insert(point);
        if point.1 > ours.1 {
            *ours = point;
        }
    }

    /// Adds the tally of later cases.
    pub fn merge(&mut self, later: Self) {
        self.cases += later.cases;
        self.values += later.values;
        add_counts(&mut self.verdicts, later.verdicts);
        for (ours, theirs) in self.settled_by.iter_mut().zip(later.settled_by) {
            *ours += theirs;
        }
        let later_is_worse = match (&self.worst, &later.worst) {
            (Some(ours), Some(theirs)) => published(theirs.upper) > published(ours.upper),
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if later_is_worse {
            self.worst = later.worst;
        }
        later
            .worst_exceeding
            .into_iter()
            .for_each(|worst| self.keep_exceeding(worst));
        self.max_conditioned = larger(self.max_conditioned, later.max_conditioned);
        for (ours, theirs) in self.histogram.iter_mut().zip(later.histogram) {
            *ours += theirs;
        }
        for (bin, upper) in later.ordinals {
            let largest = self.ordinals.entry(bin).or_insert(0.0);
            *largest = largest.max(upper);
        }
        for point in later.conditioning.into_values() {
            self.add_point(point);
        }
        for (clause, (settled, conforming)) in later.clauses {
            let ours = self.clauses.entry(clause).or_default();
            ours.0 += settled;
            ours.1 += conforming;
        }
        merge_counts(&mut self.tolerances, &later.tolerances);
        self.undecided.extend(later.undecided);
        for failure in later.failures {
            self.keep_failure(failure);
        }
        later
            .largest_excess
            .into_iter()
            .for_each(|failure| self.keep_excess(failure));
    }

    fn keep_excess(&mut self, failure: Failure) {
        let ours = self.largest_excess.as_ref();
        let of = |failure: &Failure| published(failure.judged.excess.unwrap_or(0.0));
        if ours.is_none_or(|ours| of(&failure) > of(ours)) {
            self.largest_excess = Some(failure);
        }
    }

    fn keep_exceeding(&mut self, found: (CaseId, f64)) {
        if self
            .worst_exceeding
            .as_ref()
            .is_none_or(|worst| published(found.1) > published(worst.1))
        {
            self.worst_exceeding = Some(found);
        }
    }

    /// Keeps the first few failures of each verdict.
    fn keep_failure(&mut self, failure: Failure) {
        let alike = |known: &&Failure| known.judged.verdict == failure.judged.verdict;
        if self.failures.iter().filter(alike).count() < FAILURES_KEPT {
            self.failures.push(failure);
        }
    }

    /// Whether no value or call is at fault, and there is a case. What nobody has specified is no fault.
    #[must_use]
    pub fn conforms(&self) -> bool {
        let VerdictCounts {
            exceeds,
            wrong_class,
            undecided,
            failed,
            crashed,
            timed_out,
            garbled,
            trespassed,
            ..
        } = self.verdicts;
        let lost = crashed + timed_out + garbled + trespassed;
        self.cases > 0 && exceeds + wrong_class + undecided + failed + lost == 0
    }
}

impl VerdictCounts {
    /// Counts a verdict so many times.
    pub(crate) fn count(&mut self, verdict: Verdict, times: u64) {
        *match verdict {
            Verdict::CorrectlyRounded => &mut self.correctly_rounded,
            Verdict::Faithful => &mut self.faithful,
            Verdict::WithinBound => &mut self.within_bound,
            Verdict::Exceeds => &mut self.exceeds,
            Verdict::WrongClass => &mut self.wrong_class,
            Verdict::Undecided => &mut self.undecided,
            Verdict::Refused => &mut self.refused,
            Verdict::Failed => &mut self.failed,
            Verdict::Crashed => &mut self.crashed,
            Verdict::TimedOut => &mut self.timed_out,
            Verdict::Garbled => &mut self.garbled,
            Verdict::Trespassed => &mut self.trespassed,
            Verdict::Unspecified => &mut self.unspecified,
        } += times;
    }
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

pub(crate) fn add_counts(ours: &mut VerdictCounts, theirs: VerdictCounts) {
    ours.correctly_rounded += theirs.correctly_rounded;
    ours.faithful += theirs.faithful;
    ours.within_bound += theirs.within_bound;
    ours.exceeds += theirs.exceeds;
    ours.wrong_class += theirs.wrong_class;
    ours.undecided += theirs.undecided;
    ours.refused += theirs.refused;
    ours.failed += theirs.failed;
    ours.crashed += theirs.crashed;
    ours.timed_out += theirs.timed_out;
    ours.garbled += theirs.garbled;
    ours.trespassed += theirs.trespassed;
    ours.unspecified += theirs.unspecified;
}

/// The binade of a non-negative number, and the quarter of it: its exponent field and the top two fraction bits.
fn quarter_binade(number: f64) -> i64 {
    (number.to_bits() >> 50).cast_signed()
}

/// The width of an ordinal bin; the last one on either side takes the infinity too.
fn bin_width(dtype: Dtype) -> i64 {
    ordinal(dtype, f64::INFINITY) / ORDINAL_BINS + 1
}

fn ordinal_bin(dtype: Dtype, value: f64) -> i64 {
    ordinal(dtype, value).div_euclid(bin_width(dtype))
}

/// The first and last ordinal of a bin.
#[must_use]
pub fn ordinal_range(dtype: Dtype, bin: i64) -> (i64, i64) {
    let width = bin_width(dtype);
    (bin * width, bin * width + width - 1)
}
