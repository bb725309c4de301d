//! One case: the answers of any number of subjects against one set of enclosures, climbing until all are decided.

use super::floors::Floors;
use super::progress::{Lazy, Progress, open_places};
use super::question::{BelowMpfr, Conditioning, Question};
use super::rung::{Rung, precisions};
use super::verdict::{CeilingOf, Judged, Verdict, judge};
use crate::cases::Case;
use crate::reference::{GradientsDisagree, Reference, Rulings};
use crate::subject::{Answer, CaseCall, Subject};
use crate::tolerance::Passed;
use lossproof_numerics::{Dtype, power_of_two, ulp_exponent_of};
use lossproof_oracle::{Bracket, DoubleBall, Interval, PrecisionBits};

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
    /// How many verdicts each rung gave, in the order of [`Rung::ALL`]; those that are open at the end are MPFR's.
    pub settled_by: [u64; Rung::ALL.len()],
    /// The value with the largest error among those that MPFR measured: of the case, or none where no value of it can be the worst of
    /// its class.
    pub worst: Option<WorstValue>,
    /// The largest upper bound of an error above its ceiling that MPFR measured.
    pub exceeding: Option<f64>,
    /// The value that exceeds its ceiling by the largest factor, with its place.
    pub excess: Option<(usize, Judged)>,
    /// κ and error of the value with the largest error, in a row that is not too long.
    pub point: Option<(f64, f64)>,
    /// Its error relative to conditioning, measured by MPFR; none where it cannot be the largest of the class.
    pub conditioned: Option<f64>,
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
    /// How it depends on the inputs; left out where that costs more than the value itself and nobody may ask.
    pub conditioning: Option<Conditioning>,
}

/// The answer of a subject, and the floors of its class where the rungs below MPFR may be used.
pub type Answered<'a> = (&'a dyn Subject, Answer, Option<&'a Floors>);

/// Runs a case on every subject and judges the answers, by MPFR alone.
///
/// # Errors
/// When a stated gradient formula and the differentiated formula exclude each other on this case.
pub fn measure_case(
    reference: &Reference,
    case: &Case,
    subjects: &[&dyn Subject],
    precision_limit: PrecisionBits,
) -> Result<CaseMeasurement, GradientsDisagree> {
    let answered = subjects
        .iter()
        .map(|&subject| (subject, answer_to(reference, case, subject), None));
    measure_answers(reference, case, answered.collect(), precision_limit)
}

/// What a subject answers to each of some cases of an op and dtype, asked together.
///
/// # Panics
/// When the subject does not give one answer for each.
#[must_use]
pub fn answers_to(reference: &Reference, cases: &[Case], subject: &dyn Subject) -> Vec<Answer> {
    let Some(first) = cases.first() else {
        return Vec::new();
    };
    let dtype = first.id.dtype;
    let arguments: Vec<_> = cases
        .iter()
        .map(|case| reference.arguments(dtype, &case.inputs))
        .collect();
    let calls: Vec<CaseCall<'_>> = cases
        .iter()
        .zip(&arguments)
        .map(|(case, inputs)| CaseCall {
            inputs,
            output_length: reference.output_length(reference.call_on(case).lengths),
        })
        .collect();
    let answers = subject.call_cases(&reference.op.name, dtype, &calls);
    assert_eq!(answers.len(), cases.len(), "one answer for each case");
    answers
}

/// What a subject answers to a case alone.
///
/// # Panics
/// When it does not give one answer.
#[must_use]
pub fn answer_to(reference: &Reference, case: &Case, subject: &dyn Subject) -> Answer {
    answers_to(reference, std::slice::from_ref(case), subject).remove(0)
}

/// Judges the answers that subjects gave to a case: by all rungs where every subject has floors, else by MPFR alone.
///
/// # Errors
/// When a stated gradient formula and the differentiated formula exclude each other on this case.
pub fn measure_answers(
    reference: &Reference,
    case: &Case,
    answered: Vec<Answered<'_>>,
    precision_limit: PrecisionBits,
) -> Result<CaseMeasurement, GradientsDisagree> {
    let dtype = case.id.dtype;
    let call = reference.call_on(case);
    let floors: Option<Vec<&Floors>> = answered.iter().map(|(_, _, floors)| *floors).collect();
    let question = Question::new(reference, dtype, &call, floors.is_some());
    let rulings = reference.rulings(&call);
    let output_length = reference.output_length(call.lengths);
    let op = &reference.op;
    let mut progress: Vec<Progress<'_>> = answered
        .into_iter()
        .map(|(subject, answer, _)| {
            let claimed = subject.ceiling(&op.name, dtype);
            let ceiling =
                CeilingOf::new(claimed.unwrap_or_else(|| op.ceiling(dtype)), call.lengths.n);
            let answer = whole(answer, output_length);
            Progress::begin(answer, &rulings, ceiling, &question.yardsticks)
        })
        .collect();
    if !open_places(&progress).is_empty() {
        question.check_gradients()?;
    }
    if question.cheap {
        question.settle(&mut progress, &rulings);
    }
    question.climb(&mut progress, &rulings, precision_limit);
    let reports = progress.into_iter().enumerate().map(|(place, mut one)| {
        let floors = floors.as_ref().map(|floors| floors[place]);
        let led = floors.map(|floors| question.lead(&mut one, floors, precision_limit));
        finish(one, &question, led)
    });
    Ok(CaseMeasurement {
        subjects: reports.collect(),
    })
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

/// What is said of the conditioning of a case's worst value.
#[derive(Default)]
struct Conditioned {
    /// κ and error, for the plot.
    point: Option<(f64, f64)>,
    /// The conditioned error, where it may be the largest of the class.
    error: Option<f64>,
}

impl Question<'_> {
    /// Looks for a place of this case where a stated gradient and the differentiated formula exclude each other, on the cheapest rung that
    /// tells.
    fn check_gradients(&self) -> Result<(), GradientsDisagree> {
        if self.cheap {
            self.reference
                .gradients_agree_by_rungs(self.call, LOWEST_BITS)
        } else {
            self.reference.gradients_agree(self.call, LOWEST_BITS)
        }
    }

    /// Settles what the rungs below MPFR can.
    fn settle(&self, progress: &mut [Progress<'_>], rulings: &Rulings<'_>) {
        if self.dtype != Dtype::F64 {
            self.settle_on::<Bracket>(progress, rulings);
        }
        self.settle_on::<DoubleBall>(progress, rulings);
    }

    fn settle_on<E: BelowMpfr>(&self, progress: &mut [Progress<'_>], rulings: &Rulings<'_>) {
        let open = open_places(progress);
        if open.is_empty() {
            return;
        }
        let enclosures: Vec<E> = self.reference.enclose(self.call, &open, ());
        let mut brackets = self.brackets.borrow_mut();
        let places = open.last().map_or(0, |last| last + 1).max(brackets.len());
        brackets.resize(places, None);
        for (&place, enclosure) in open.iter().zip(&enclosures) {
            brackets[place] = Some(enclosure.bracket());
            if rulings.target(place).unsettled {
                continue;
            }
            for one in progress.iter_mut() {
                one.settle_place(self, place, enclosure);
            }
        }
    }

    /// Judges by MPFR what is still open.
    fn climb(
        &self,
        progress: &mut [Progress<'_>],
        rulings: &Rulings<'_>,
        precision_limit: PrecisionBits,
    ) {
        for precision in precisions(precision_limit) {
            let open = open_places(progress);
            if open.is_empty() {
                return;
            }
            let enclosures: Vec<Interval> =
                self.reference.enclose(self.call, &open, precision.bits);
            for (&place, enclosure) in open.iter().zip(&enclosures) {
                if rulings.target(place).unsettled {
                    continue;
                }
                for one in progress.iter_mut() {
                    one.judge_place(self, place, enclosure, precision);
                }
            }
        }
    }

    /// Measures by MPFR what may lead the class, and looks at the conditioning of the case's worst value.
    fn lead(
        &self,
        one: &mut Progress<'_>,
        floors: &Floors,
        precision_limit: PrecisionBits,
    ) -> Conditioned {
        let mut candidates = one.candidates(floors);
        if candidates.len() > FEW {
            // Errors that f64 brackets do not tell apart.
            let enclosures: Vec<DoubleBall> = self.reference.enclose(self.call, &candidates, ());
            for (&place, enclosure) in candidates.iter().zip(&enclosures) {
                one.look_closer(self.dtype, place, enclosure);
            }
            candidates = one.candidates(floors);
        }
        one.raise(floors);
        // Where no error is proven to be more than 0 they are all candidates, until one is measured.
        if candidates.len() > FEW
            && one
                .largest_error()
                .is_some_and(|(_, (lower, _))| lower == 0.0)
        {
            self.measure_at(one, vec![candidates[0]], precision_limit);
            one.raise(floors);
            candidates.retain(|&place| one.may_lead(place));
        }
        self.measure_at(one, candidates, precision_limit);
        one.raise(floors);
        if floors.in_order || !self.is_short() {
            return Conditioned::default();
        }
        let Some((place, (_, upper))) = one.largest_error() else {
            return Conditioned::default();
        };
        let bracket = self.brackets.borrow().get(place).copied().flatten();
        let (kappa, most) = bracket.map_or(((0.0, f64::INFINITY), f64::INFINITY), |value| {
            let (kappa, sensitivity) = self.kappa_in_brackets(place, value);
            (
                kappa,
                most_conditioned(self.dtype, upper, value, sensitivity),
            )
        });
        let is_known = kappa.1 <= kappa.0 * (1.0 + KAPPA_RESOLUTION);
        // What MPFR would say is no more than that, but for the rounding of either.
        let may_lead = floors.conditioned.admits(most * (1.0 + 1e-9));
        if is_known && !may_lead {
            return Conditioned {
                point: finite_point(kappa.0, upper),
                error: None,
            };
        }
        let Some(shown) = self.shown_conditioning(one, place, precision_limit) else {
            return Conditioned::default();
        };
        floors.conditioned.raise(shown.conditioned.unwrap_or(0.0));
        let kappa = if is_known { kappa.0 } else { shown.kappa.0 };
        Conditioned {
            point: finite_point(kappa, upper),
            error: shown.conditioned,
        }
    }

    /// The conditioning that reports show of a value, by the enclosure that settles its error.
    fn shown_conditioning(
        &self,
        one: &Progress<'_>,
        place: usize,
        precision_limit: PrecisionBits,
    ) -> Option<Conditioning> {
        let Answer::Values(values) = &one.answer else {
            return None;
        };
        let result = values[place];
        precisions(precision_limit).find_map(|precision| {
            let bits = precision.bits;
            let enclosures: Vec<Interval> = self.reference.enclose(self.call, &[place], bits);
            let kappas = || {
                let looks = self.looks_by_mpfr(&enclosures[0], bits).into_iter();
                looks.map(|look| self.kappa(place, look))
            };
            judge(
                &enclosures[0],
                self.dtype,
                result,
                one.ceiling,
                precision.resolution,
                Lazy(kappas),
            )?;
            Some(self.conditioning(place, result, &enclosures[0], one.ceiling))
        })
    }

    /// Measures values of a subject by MPFR, from its lowest rung on.
    fn measure_at(
        &self,
        one: &mut Progress<'_>,
        mut open: Vec<usize>,
        precision_limit: PrecisionBits,
    ) {
        for precision in precisions(precision_limit) {
            if open.is_empty() {
                return;
            }
            let enclosures: Vec<Interval> =
                self.reference.enclose(self.call, &open, precision.bits);
            let mut enclosures = enclosures.iter();
            let is_last = precision.resolution.is_infinite();
            open.retain(|&place| {
                let enclosure = enclosures.next().expect("one for each place");
                let is_open = one.measure(self, place, enclosure, precision).is_none();
                if is_open && is_last {
                    one.note_unmeasured(place, enclosure);
                }
                is_open
            });
        }
    }
}

/// So many candidates are measured without looking for one that rules the others out.
const FEW: usize = 4;

/// How close the bounds of κ must be, relatively, before the cheap rung's are plotted.
const KAPPA_RESOLUTION: f64 = 1e-3;

/// The ladder's lowest MPFR rung.
const LOWEST_BITS: PrecisionBits = 128;

fn finite_point(kappa: f64, upper: f64) -> Option<(f64, f64)> {
    (kappa.is_finite() && upper.is_finite()).then_some((kappa, upper))
}

/// An upper bound of the error relative to conditioning, |z − v| / (u · max(|v|, S, 2^emin)) with the sensitivity S, from one in ulps.
///
/// |z − v| ≤ upper · ulp(v), and ulp(v) / u is 2 · 2^max(e, emin) with e the exponent of v, which is at most that of the larger end. So the
/// bound is upper · 2 · 2^max(e, emin) / max(least |v|, least S, 2^emin); where the bracket is wide it may be large, or ∞.
fn most_conditioned(dtype: Dtype, upper: f64, value: Bracket, sensitivity: Bracket) -> f64 {
    let (lo, hi) = value.ends();
    let most = lo.abs().max(hi.abs());
    if !most.is_finite() {
        return f64::INFINITY;
    }
    let least = if lo <= 0.0 && hi >= 0.0 {
        0.0
    } else {
        lo.abs().min(hi.abs())
    };
    let exponent = ulp_exponent_of(dtype, most) + dtype.precision().cast_signed() - 1;
    let scale = least.max(sensitivity.ends().0).max(dtype.min_normal());
    2.0 * upper * (power_of_two(exponent) / scale)
}

/// The report on a subject; `led` where the rungs below MPFR were used.
fn finish(one: Progress<'_>, question: &Question<'_>, led: Option<Conditioned>) -> CaseReport {
    let undecided = Judged::by_class(Verdict::Undecided);
    let worst = one.measured.worst.map(|worst| {
        let Answer::Values(values) = &one.answer else {
            unreachable!("only values are measured");
        };
        let (place, result) = (worst.place, values[worst.place]);
        let wanted = led.is_none() && question.is_short();
        let conditioning =
            wanted.then(|| question.conditioning(place, result, &worst.enclosure, one.ceiling));
        WorstValue {
            place,
            result,
            enclosure: worst.enclosure,
            ulp_error: worst.ulp_error,
            conditioning,
        }
    });
    let conditioned = led.unwrap_or_else(|| {
        let found = worst.as_ref();
        let found = found.and_then(|worst| Some((worst.conditioning?, worst.ulp_error.1)));
        found.map_or_else(Conditioned::default, |(conditioning, upper)| Conditioned {
            point: finite_point(conditioning.kappa.0, upper),
            error: conditioning.conditioned,
        })
    });
    let mut settled_by = one.settled_by;
    settled_by[Rung::Mpfr as usize] +=
        one.judged.iter().filter(|judged| judged.is_none()).count() as u64;
    CaseReport {
        judged: one
            .judged
            .into_iter()
            .map(|judged| judged.unwrap_or(undecided))
            .collect(),
        answer: one.answer,
        clauses: one.clauses,
        passed: one.passed,
        settled_by,
        worst,
        exceeding: one.measured.exceeding,
        excess: one.measured.excess,
        point: conditioned.point,
        conditioned: conditioned.error,
    }
}

/// The conditioning of one value of a case, for the worst value of a class.
#[must_use]
pub fn conditioning_of(
    (reference, subject): (&Reference, &dyn Subject),
    case: &Case,
    (place, result): (usize, f64),
    enclosure: &Interval,
) -> Conditioning {
    let call = reference.call_on(case);
    let question = Question::new(reference, case.id.dtype, &call, false);
    let claimed = subject.ceiling(&reference.op.name, case.id.dtype);
    let ceiling = CeilingOf::new(
        claimed.unwrap_or_else(|| reference.op.ceiling(case.id.dtype)),
        call.lengths.n,
    );
    question.conditioning(place, result, enclosure, ceiling)
}
