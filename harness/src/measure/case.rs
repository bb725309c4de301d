//! One case: the answers of any number of subjects against one set of enclosures, climbing until all are decided.

use super::verdict::{CeilingOf, Judged, Verdict, judge};
use crate::cases::Case;
use crate::reference::{Call, GradientsDisagree, Reference, Rulings, Target, accepts_class};
use crate::spec::Outcome;
use crate::subject::{Answer, CaseCall, Subject};
use crate::tolerance::{Passed, Yardsticks};
use lossproof_numerics::Dtype;
use lossproof_oracle::{Interval, PrecisionBits, Program, rungs};
use std::cell::OnceCell;

/// A case measured: one report per subject, in their order.
#[derive(Debug)]
pub struct CaseMeasurement {
    /// The reports.
    pub subjects: Vec<CaseReport>,
}

/// What one subject made of a case.
#[derive(Debug)]
pub struct CaseReport {
    /// What it answered.
    pub answer: Answer,
    /// The verdict on each output value, or one verdict on a call that gave no values.
    pub judged: Vec<Judged>,
    /// The clause that settled each of them, by its place in [`Reference::clauses`].
    pub clauses: Vec<Option<usize>>,
    /// Which tolerances let each value pass; none for a value that they cannot be asked of.
    pub passed: Vec<Option<Passed>>,
    /// The value with the largest error.
    pub worst: Option<WorstValue>,
}

/// The value of a case with the largest error.
#[derive(Debug, Clone)]
pub struct WorstValue {
    /// Its place in the output.
    pub place: usize,
    /// The kernel's result.
    pub result: f64,
    /// The enclosure it was judged by.
    pub enclosure: Interval,
    /// Bounds of the error in ulps.
    pub ulp_error: (f64, f64),
    /// How it depends on the inputs; left out for long rows, where it costs more than the value itself.
    pub conditioning: Option<Conditioning>,
}

/// How an output value depends on the inputs, and what that excuses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditioning {
    /// Bounds of the condition number κ; NaN where it is undefined.
    pub kappa: (f64, f64),
    /// An upper bound of the error relative to conditioning; none where there is no distance.
    pub conditioned: Option<f64>,
    /// The ceiling at this κ, in ulps.
    pub ceiling_ulps: f64,
}

/// The longest row for which the worst value of every case is given its κ.
const LONGEST_CONDITIONED_ROW: usize = 1024;

/// A subject's state while the ladder climbs.
struct Progress<'a> {
    ceiling: CeilingOf<'a>,
    answer: Answer,
    judged: Vec<Option<Judged>>,
    clauses: Vec<Option<usize>>,
    passed: Vec<Option<Passed>>,
    worst: Option<(usize, Interval, (f64, f64))>,
}

/// What is the same for every value of a case.
struct Question<'a> {
    reference: &'a Reference,
    dtype: Dtype,
    call: &'a Call<'a>,
    /// The limits of the tolerances that people use.
    yardsticks: Yardsticks,
    /// Bounds of every output value's sensitivity, computed when first asked for.
    sensitivity_bounds: OnceCell<(Vec<Interval>, Vec<Interval>)>,
}

/// Runs a case on every subject and judges the answers.
///
/// # Errors
/// When a stated gradient formula and the differentiated formula exclude each other on this case.
pub fn measure_case(
    reference: &Reference,
    case: &Case,
    subjects: &[&dyn Subject],
    precision_limit: PrecisionBits,
) -> Result<CaseMeasurement, GradientsDisagree> {
    let dtype = case.id.dtype;
    let output_length = reference.output_length(reference.call_on(case).lengths);
    let arguments = reference.arguments(dtype, &case.inputs);
    let called = CaseCall {
        inputs: &arguments,
        output_length,
    };
    let answered = subjects.iter().map(|&subject| {
        let mut answers = subject.call_cases(&reference.op.name, dtype, &[called]);
        (subject, answers.remove(0))
    });
    measure_answers(reference, case, answered.collect(), precision_limit)
}

/// Judges the answers that subjects gave to a case.
///
/// # Errors
/// When a stated gradient formula and the differentiated formula exclude each other on this case.
pub fn measure_answers(
    reference: &Reference,
    case: &Case,
    answered: Vec<(&dyn Subject, Answer)>,
    precision_limit: PrecisionBits,
) -> Result<CaseMeasurement, GradientsDisagree> {
    let dtype = case.id.dtype;
    let call = reference.call_on(case);
    let question = Question::new(reference, dtype, &call);
    let rulings = reference.rulings(&call);
    let output_length = reference.output_length(call.lengths);
    let op = &reference.op;
    let mut progress: Vec<Progress<'_>> = answered
        .into_iter()
        .map(|(subject, answer)| {
            let claimed = subject.ceiling(&op.name, dtype);
            let ceiling = CeilingOf {
                expr: claimed.unwrap_or_else(|| op.ceiling(dtype)),
                row_length: call.lengths.n,
            };
            let answer = whole(answer, output_length);
            Progress::begin(answer, &rulings, ceiling, &question.yardsticks)
        })
        .collect();
    question.climb(&mut progress, &rulings, precision_limit)?;
    let subjects = progress
        .into_iter()
        .map(|one| one.finish(&question))
        .collect();
    Ok(CaseMeasurement { subjects })
}

impl<'a> Question<'a> {
    fn new(reference: &'a Reference, dtype: Dtype, call: &'a Call<'a>) -> Self {
        Self {
            reference,
            dtype,
            call,
            yardsticks: Yardsticks::of(&reference.op.name, dtype, call.lengths.n),
            sensitivity_bounds: OnceCell::new(),
        }
    }
}

impl Question<'_> {
    fn climb(
        &self,
        progress: &mut [Progress<'_>],
        rulings: &Rulings<'_>,
        precision_limit: PrecisionBits,
    ) -> Result<(), GradientsDisagree> {
        for (rung, precision) in rungs(precision_limit).enumerate() {
            let open = open_places(progress);
            if open.is_empty() {
                return Ok(());
            }
            if rung == 0 {
                self.reference.gradients_agree(self.call, precision)?;
            }
            let enclosures = self.reference.enclose(self.call, &open, precision);
            for (&place, enclosure) in open.iter().zip(&enclosures) {
                if rulings.target(place).unsettled {
                    continue;
                }
                for one in progress.iter_mut() {
                    one.judge_place(self, place, enclosure, precision);
                }
            }
        }
        Ok(())
    }

    /// Bounds of κ from one look at the whole row.
    fn rough_kappa(&self, place: usize, enclosure: &Interval) -> (f64, f64) {
        let (below, above) = self
            .sensitivity_bounds
            .get_or_init(|| self.reference.sensitivity_bounds(self.call));
        let kappa =
            |sensitivity| Program::condition_number(sensitivity, enclosure, 64).ends_to_f64();
        (kappa(&below[place]).0, kappa(&above[place]).1)
    }

    /// Bounds of κ as good as the precision gives.
    fn kappa(&self, place: usize, enclosure: &Interval, precision: PrecisionBits) -> (f64, f64) {
        let sensitivity = self.reference.sensitivity(self.call, place, precision);
        Program::condition_number(&sensitivity, enclosure, precision).ends_to_f64()
    }
}

/// An answer of another length than the output is no answer: the kernel did not do what it was called for.
fn whole(answer: Answer, output_length: usize) -> Answer {
    match answer {
        Answer::Values(values) if values.len() != output_length => Answer::Crashed(format!(
            "gave {} values where {output_length} are due",
            values.len()
        )),
        answer => answer,
    }
}

fn open_places(progress: &[Progress<'_>]) -> Vec<usize> {
    let length = progress
        .iter()
        .map(|one| one.judged.len())
        .max()
        .unwrap_or(0);
    (0..length)
        .filter(|&place| {
            progress
                .iter()
                .any(|one| one.judged.get(place).is_some_and(Option::is_none))
        })
        .collect()
}

impl<'a> Progress<'a> {
    /// Judges what needs no enclosure: calls without values, and values whose class a clause settles.
    fn begin(
        answer: Answer,
        rulings: &Rulings<'_>,
        ceiling: CeilingOf<'a>,
        yardsticks: &Yardsticks,
    ) -> Self {
        let call = rulings.target_of_call();
        let must_refuse = |target: &Target<'_>| target.accept.contains(&Outcome::Error);
        let lost = |verdict| (vec![Some(Judged::by_class(verdict))], vec![call.clause]);
        let (judged, clauses) = match &answer {
            Answer::Values(values) => {
                if values.is_empty() && must_refuse(&call) {
                    (
                        vec![Some(Judged::by_class(Verdict::WrongClass))],
                        vec![call.clause],
                    )
                } else {
                    let targets = (0..values.len()).map(|place| rulings.target(place));
                    let judged = values
                        .iter()
                        .zip(targets.clone())
                        .map(|(&z, target)| at_sight(z, target));
                    (
                        judged.collect(),
                        targets.map(|target| target.clause).collect(),
                    )
                }
            }
            Answer::Refused(_) => {
                let verdict = if call.unsettled {
                    Verdict::Undecided
                } else if must_refuse(&call) {
                    Verdict::Refused
                } else if is_unspecified(&call) {
                    Verdict::Unspecified
                } else {
                    Verdict::Failed
                };
                (vec![Some(Judged::by_class(verdict))], vec![call.clause])
            }
            Answer::Crashed(_) => lost(Verdict::Crashed),
            Answer::TimedOut(_) => lost(Verdict::TimedOut),
            Answer::Garbled(_) => lost(Verdict::Garbled),
            Answer::Trespassed(_) => lost(Verdict::Trespassed),
        };
        let passed = passed_at_sight(&answer, &judged, rulings, yardsticks);
        Self {
            ceiling,
            answer,
            judged,
            clauses,
            passed,
            worst: None,
        }
    }

    fn judge_place(
        &mut self,
        question: &Question<'_>,
        place: usize,
        enclosure: &Interval,
        precision: PrecisionBits,
    ) {
        let Answer::Values(values) = &self.answer else {
            return;
        };
        if self.judged[place].is_some() {
            return;
        }
        let kappa = (0..2).map(|attempt| match attempt {
            0 => question.rough_kappa(place, enclosure),
            _ => question.kappa(place, enclosure, precision),
        });
        let judged = judge(
            enclosure,
            question.dtype,
            values[place],
            self.ceiling,
            kappa,
        );
        if let Some(ulp_error) = judged.and_then(|judged| judged.ulp_error)
            && self
                .worst
                .as_ref()
                .is_none_or(|(_, _, (_, upper))| ulp_error.1 > *upper)
        {
            self.worst = Some((place, enclosure.clone(), ulp_error));
        }
        self.judged[place] = judged;
        self.passed[place] = judged.and_then(|judged| match judged.verdict {
            // Nothing lies between the result and what a tool would expect.
            Verdict::CorrectlyRounded if !values[place].is_nan() => Some(Passed::ALL),
            _ => question
                .yardsticks
                .against_enclosure(values[place], enclosure),
        });
    }

    fn finish(self, question: &Question<'_>) -> CaseReport {
        let undecided = Judged::by_class(Verdict::Undecided);
        let worst = self.worst.map(|(place, enclosure, ulp_error)| {
            let Answer::Values(values) = &self.answer else {
                unreachable!("only values are measured");
            };
            question.worst_value(place, values[place], enclosure, ulp_error, self.ceiling)
        });
        CaseReport {
            answer: self.answer,
            judged: self
                .judged
                .into_iter()
                .map(|judged| judged.unwrap_or(undecided))
                .collect(),
            clauses: self.clauses,
            passed: self.passed,
            worst,
        }
    }
}

impl Question<'_> {
    fn worst_value(
        &self,
        place: usize,
        result: f64,
        enclosure: Interval,
        ulp_error: (f64, f64),
        ceiling: CeilingOf<'_>,
    ) -> WorstValue {
        let short = self.call.largest_input() <= LONGEST_CONDITIONED_ROW;
        let conditioning = short.then(|| self.conditioning(place, result, &enclosure, ceiling));
        WorstValue {
            place,
            result,
            enclosure,
            ulp_error,
            conditioning,
        }
    }

    fn conditioning(
        &self,
        place: usize,
        result: f64,
        enclosure: &Interval,
        ceiling: CeilingOf<'_>,
    ) -> Conditioning {
        let precision = 128;
        let sensitivity = self.reference.sensitivity(self.call, place, precision);
        let kappa = Program::condition_number(&sensitivity, enclosure, precision).ends_to_f64();
        Conditioning {
            kappa,
            conditioned: enclosure.conditioned_error(self.dtype, result, &sensitivity),
            ceiling_ulps: ceiling.ulps(kappa.0),
        }
    }
}

/// The conditioning of one value of a case, for the worst value of a class when it stands in a long row.
#[must_use]
pub fn conditioning_of(
    (reference, subject): (&Reference, &dyn Subject),
    case: &Case,
    (place, result): (usize, f64),
    enclosure: &Interval,
) -> Conditioning {
    let call = reference.call_on(case);
    let question = Question::new(reference, case.id.dtype, &call);
    let claimed = subject.ceiling(&reference.op.name, case.id.dtype);
    let ceiling = CeilingOf {
        expr: claimed.unwrap_or_else(|| reference.op.ceiling(case.id.dtype)),
        row_length: call.lengths.n,
    };
    question.conditioning(place, result, enclosure, ceiling)
}

/// Whether nobody has settled what is right.
fn is_unspecified(target: &Target<'_>) -> bool {
    target.accept.contains(&Outcome::Unknown)
}

/// Which tolerances let the values pass whose verdict needed no enclosure.
fn passed_at_sight(
    answer: &Answer,
    judged: &[Option<Judged>],
    rulings: &Rulings<'_>,
    yardsticks: &Yardsticks,
) -> Vec<Option<Passed>> {
    let Answer::Values(values) = answer else {
        return vec![None; judged.len()];
    };
    let mut passed: Vec<Option<Passed>> = vec![None; judged.len()];
    for (place, (&value, judged)) in values.iter().zip(judged).enumerate() {
        let verdict = judged.map(|judged| judged.verdict);
        if matches!(
            verdict,
            Some(Verdict::CorrectlyRounded | Verdict::WrongClass)
        ) {
            let conforms = verdict == Some(Verdict::CorrectlyRounded);
            passed[place] =
                Some(yardsticks.against_classes(value, &rulings.target(place), conforms));
        }
    }
    passed
}

/// The verdict that a value's class alone settles under a clause, or that the clause settles whatever the value is.
fn at_sight(value: f64, target: Target<'_>) -> Option<Judged> {
    if target.unsettled {
        return None;
    }
    if is_unspecified(&target) {
        return Some(Judged::by_class(Verdict::Unspecified));
    }
    if accepts_class(target.accept, value) {
        return Some(Judged::by_class(Verdict::CorrectlyRounded));
    }
    if target.accept.contains(&Outcome::Formula) {
        return None;
    }
    Some(Judged::by_class(Verdict::WrongClass))
}
