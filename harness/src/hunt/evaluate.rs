//! One candidate evaluated: inputs in, the error of the worst output value out. The only part of the hunt that knows how
//! errors are measured.

use super::HuntError;
use crate::cases::Case;
use crate::measure::{Floors, Oracle, Verdict, answer_to, conditioning_of, measure_answers};
use crate::reference::Reference;
use crate::subject::Subject;
use lossproof_numerics::Dtype;
use lossproof_oracle::PrecisionBits;
use rayon::prelude::*;

/// What the hunt makes as large as it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// The error in ulps.
    Ulps,
    /// The error relative to u · max(1, κ): what the conditioning does not excuse.
    Conditioned,
    /// The error relative to the ceiling at the inputs' κ.
    Ceiling,
}

impl Objective {
    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ulps => "ulps",
            Self::Conditioned => "conditioned",
            Self::Ceiling => "ceiling",
        }
    }
}

/// What candidates are measured by.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The op.
    pub reference: &'a Reference,
    /// The kernel's subject.
    pub subject: &'a dyn Subject,
    /// The dtype.
    pub dtype: Dtype,
    /// What counts.
    pub objective: Objective,
    /// Where the ladder of enclosures ends.
    pub precision_limit: PrecisionBits,
    /// Which rungs it climbs. Of values whose errors are published alike either way may take another for the worst, and go on from there.
    pub oracle: Oracle,
}

/// The output value of a call with the largest error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorstOutput {
    /// Its place in the output.
    pub place: usize,
    /// Bounds of the exact value.
    pub exact: (f64, f64),
    /// Bounds of its error in ulps.
    pub ulp_error: (f64, f64),
    /// Bounds of κ; NaN where it is undefined.
    pub kappa: (f64, f64),
    /// An upper bound of the error relative to u · max(1, κ); none where there is no distance.
    pub conditioned: Option<f64>,
    /// The ceiling at this κ, in ulps.
    pub ceiling_ulps: f64,
}

/// What a candidate is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The objective, not NaN and not negative; 0 where no output value has a distance.
    pub objective: f64,
    /// The worst output value; none where no value has a distance.
    pub worst: Option<WorstOutput>,
    /// A verdict beside the distances that is a fault: a wrong class, or a call that gave no values.
    pub fault: Option<Verdict>,
    /// Whether some value stayed undecided.
    pub undecided: bool,
}

impl Judge<'_> {
    /// Measures one candidate.
    ///
    /// # Errors
    /// When the spec's stated gradient and its differentiated formula exclude each other on it.
    pub fn score(&self, case: &Case) -> Result<Score, HuntError> {
        let answer = answer_to(self.reference, case, self.subject);
        let floors = Floors::in_order();
        let floors = (self.oracle == Oracle::Ladder).then_some(&floors);
        let answered = vec![(self.subject, answer, floors)];
        let measured = measure_answers(self.reference, case, answered, self.precision_limit)?;
        let report = &measured.subjects[0];
        let verdicts = || report.judged.iter().map(|judged| judged.verdict);
        let counts = |verdict: &Verdict| verdict.is_proof() && *verdict != Verdict::Exceeds;
        let worst = report.worst.as_ref().map(|worst| {
            let conditioning = worst.conditioning.unwrap_or_else(|| {
                conditioning_of(
                    (self.reference, self.subject),
                    case,
                    (worst.place, worst.result),
                    &worst.enclosure,
                )
            });
            WorstOutput {
                place: worst.place,
                exact: worst.enclosure.ends_to_f64(),
                ulp_error: worst.ulp_error,
                kappa: conditioning.kappa,
                conditioned: conditioning.conditioned,
                ceiling_ulps: conditioning.ceiling_ulps,
            }
        });
        Ok(Score {
            objective: worst.map_or(0.0, |worst| self.objective_of(&worst)),
            worst,
            fault: verdicts().find(counts),
            undecided: verdicts().any(|verdict| verdict == Verdict::Undecided),
        })
    }

    /// Measures candidates on all threads; the scores are in their order.
    ///
    /// # Errors
    /// Like [`Judge::score`], for the first that fails.
    pub fn scores(&self, cases: &[Case]) -> Result<Vec<Score>, HuntError> {
        cases.par_iter().map(|case| self.score(case)).collect()
    }

    fn objective_of(&self, worst: &WorstOutput) -> f64 {
        let lower = worst.ulp_error.0;
        let objective = match self.objective {
            Objective::Ulps => lower,
            Objective::Conditioned => worst.conditioned.unwrap_or(0.0),
            Objective::Ceiling => lower / worst.ceiling_ulps,
        };
        // An error without an upper end is as large as any, and still a number to compare.
        if objective.is_nan() {
            0.0
        } else {
            objective.clamp(0.0, f64::MAX)
        }
    }
}
