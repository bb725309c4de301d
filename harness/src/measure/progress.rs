//! One subject on one case while the ladder climbs: its answer, and what is settled of it so far.

use super::decimal::published;
use super::floors::{Floors, most_measured};
use super::question::{BelowMpfr, Question};
use super::rung::{Precision, Rung};
use super::verdict::{CeilingOf, Judged, ROUGH_RESOLUTION, Verdict, judge};
use crate::reference::{Rulings, Target, accepts_class};
use crate::spec::Outcome;
use crate::subject::Answer;
use crate::tolerance::{Passed, Yardsticks};
use lossproof_numerics::Dtype;
use lossproof_oracle::{Interval, Reading, UlpError};
use std::collections::BTreeMap;

/// A subject's state while the ladder climbs.
pub(super) struct Progress<'a> {
    pub(super) ceiling: CeilingOf<'a>,
    pub(super) answer: Answer,
    pub(super) judged: Vec<Option<Judged>>,
    pub(super) clauses: Vec<Option<usize>>,
    pub(super) passed: Vec<Option<Passed>>,
    /// How many verdicts were given on each rung, in the order of [`Rung::ALL`].
    pub(super) settled_by: [u64; Rung::ALL.len()],
    /// Closer bounds of some errors than those that their verdicts were given on, by place.
    pub(super) closer: BTreeMap<usize, (f64, f64)>,
    /// What MPFR measured.
    pub(super) measured: Measured,
}

/// The largest errors among the values that MPFR measured.
#[derive(Default)]
pub(super) struct Measured {
    pub(super) worst: Option<Worst>,
    /// The largest upper bound of an error that exceeds its ceiling.
    pub(super) exceeding: Option<f64>,
    /// The value that exceeds its ceiling by the largest factor, and its place.
    pub(super) excess: Option<(usize, Judged)>,
}

/// The value with the largest upper bound as published; of equal ones the first.
pub(super) struct Worst {
    pub(super) place: usize,
    pub(super) enclosure: Interval,
    pub(super) ulp_error: (f64, f64),
    /// What is published for the upper bound.
    published: f64,
}

impl Measured {
    fn note(&mut self, place: usize, judged: &Judged, enclosure: &Interval) {
        let Some(ulp_error) = judged.ulp_error else {
            return;
        };
        let (_, upper) = ulp_error;
        let is_worse = self.worst.as_ref().is_none_or(|worst| {
            let known = worst.published;
            upper > known || (place < worst.place && published(upper) >= known)
        });
        if is_worse {
            self.worst = Some(Worst {
                place,
                enclosure: enclosure.clone(),
                ulp_error,
                published: published(upper),
            });
        }
        if judged.verdict == Verdict::Exceeds {
            self.exceeding = Some(self.exceeding.map_or(upper, |known| known.max(upper)));
        }
        if let Some(excess) = judged.excess {
            let is_larger = self.excess.as_ref().is_none_or(|(at, known)| {
                let known = published(known.excess.unwrap_or(0.0));
                excess > known || (place < *at && published(excess) >= known)
            });
            if is_larger {
                self.excess = Some((place, *judged));
            }
        }
    }
}

impl<'a> Progress<'a> {
    /// Judges what needs no enclosure: calls without values, and values whose class a clause settles.
    pub(super) fn begin(
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
        let at_sight = judged.iter().flatten().count() as u64;
        let passed = passed_at_sight(&answer, &judged, rulings, yardsticks);
        Self {
            ceiling,
            answer,
            judged,
            clauses,
            passed,
            settled_by: [at_sight, 0, 0, 0],
            closer: BTreeMap::new(),
            measured: Measured::default(),
        }
    }

    /// Gives a verdict on a value still open, where an enclosure from one of the rungs below MPFR proves one.
    #[inline]
    pub(super) fn settle_place<E: BelowMpfr>(
        &mut self,
        question: &Question<'_>,
        place: usize,
        enclosure: &E,
    ) {
        let Answer::Values(values) = &self.answer else {
            return;
        };
        if self.judged[place].is_some() {
            return;
        }
        let kappa = Lazy(|| {
            let looks = enclosure.looks(question.looks_are_cheap()).into_iter();
            looks.map(|look| question.kappa(place, look))
        });
        let (dtype, result) = (question.dtype, values[place]);
        let judged = judge(
            enclosure,
            dtype,
            result,
            self.ceiling,
            ROUGH_RESOLUTION,
            kappa,
        );
        if let Some(judged) = judged {
            self.give(question, place, judged, enclosure, E::RUNG);
        }
    }

    /// Gives a verdict on a value still open, where MPFR's enclosure proves one, and measures its error.
    pub(super) fn judge_place(
        &mut self,
        question: &Question<'_>,
        place: usize,
        enclosure: &Interval,
        precision: Precision,
    ) {
        if self.judged[place].is_some() {
            return;
        }
        if let Some(judged) = self.measure(question, place, enclosure, precision) {
            self.give(question, place, judged, enclosure, Rung::Mpfr);
        }
    }

    /// Judges a value by MPFR's enclosure and notes its error; none where the enclosure is too wide.
    pub(super) fn measure(
        &mut self,
        question: &Question<'_>,
        place: usize,
        enclosure: &Interval,
        precision: Precision,
    ) -> Option<Judged> {
        let Answer::Values(values) = &self.answer else {
            return None;
        };
        let kappa = Lazy(|| {
            let looks = question
                .looks_by_mpfr(enclosure, precision.bits)
                .into_iter();
            looks.map(|look| question.kappa(place, look))
        });
        let (dtype, result) = (question.dtype, values[place]);
        let judged = judge(
            enclosure,
            dtype,
            result,
            self.ceiling,
            precision.resolution,
            kappa,
        )?;
        self.measured.note(place, &judged, enclosure);
        Some(judged)
    }

    /// Notes the error of a value that is settled, and that MPFR could not measure up to its limit: by what a rung below it has
    /// proven, so that it does not go missing from the maxima.
    pub(super) fn note_unmeasured(&mut self, place: usize, enclosure: &Interval) {
        if let Some(mut judged) = self.judged[place] {
            judged.ulp_error = self.closer.get(&place).copied().or(judged.ulp_error);
            self.measured.note(place, &judged, enclosure);
        }
    }

    fn give(
        &mut self,
        question: &Question<'_>,
        place: usize,
        judged: Judged,
        enclosure: &impl Reading,
        rung: Rung,
    ) {
        let Answer::Values(values) = &self.answer else {
            return;
        };
        self.passed[place] = match judged.verdict {
            // Nothing lies between the result and what a tool would expect.
            Verdict::CorrectlyRounded if !values[place].is_nan() => Some(Passed::ALL),
            _ => question
                .yardsticks
                .against_enclosure(values[place], enclosure),
        };
        self.judged[place] = Some(judged);
        self.settled_by[rung as usize] += 1;
    }

    /// The values settled below MPFR that may hold one of the class's maxima, once the floors know this case: in MPFR's hands they
    /// give the numbers that are published.
    pub(super) fn candidates(&self, floors: &Floors) -> Vec<usize> {
        let error_of =
            |judged: &Option<Judged>| judged.as_ref().and_then(|judged| judged.ulp_error);
        let exceeding = |judged: &&Option<Judged>| {
            judged.is_some_and(|judged| judged.verdict == Verdict::Exceeds)
        };
        let largest = |bounds: &mut dyn Iterator<Item = f64>| bounds.fold(0.0, f64::max);
        let errors = self.judged.iter().filter_map(error_of);
        floors
            .error
            .raise(largest(&mut errors.map(|(lower, _)| lower)));
        let beyond = self.judged.iter().filter(exceeding).filter_map(error_of);
        floors
            .exceeding
            .raise(largest(&mut beyond.map(|(lower, _)| lower)));
        let excesses = self.judged.iter().flatten();
        let excesses = excesses.filter_map(|judged| self.least_excess(judged));
        floors.excess.raise(excesses.fold(0.0, f64::max));
        // In the order of places: what an earlier one attains must be exceeded.
        let mut attained = [f64::NEG_INFINITY; 3];
        let mut places = Vec::new();
        for (place, judged) in self.judged.iter().enumerate() {
            let Some((judged, bounds)) = judged.as_ref().zip(error_of(judged)) else {
                continue;
            };
            let (lower, upper) = self.closer.get(&place).copied().unwrap_or(bounds);
            let most = most_measured(upper);
            let exceeds = judged.verdict == Verdict::Exceeds;
            let ceiling = self.ceiling.least_ulps();
            let contests = [
                (true, &floors.error, most, lower),
                (exceeds, &floors.exceeding, most, lower),
                (
                    exceeds,
                    &floors.excess,
                    most / ceiling,
                    self.least_excess(judged).unwrap_or(0.0),
                ),
            ];
            let mut leads = false;
            for ((enters, floor, most, least), attained) in contests.into_iter().zip(&mut attained)
            {
                if enters && most > *attained && floor.admits(most) {
                    leads = true;
                    // A number that is not proven to be positive is published as 0 perhaps, and proves nothing of later ones.
                    if least > 0.0 {
                        *attained = attained.max(published(least));
                    }
                }
            }
            if leads {
                places.push(place);
            }
        }
        places
    }

    /// The least that MPFR may say of how many times over a value exceeds its ceiling.
    ///
    /// MPFR divides its lower bound of the error, which is at most a resolution below that of a rung (and an error above its ceiling
    /// is not small), by the ceiling at an upper bound of κ: at ∞ where it proves so much, or at the first that it proves enough with,
    /// of those that the rung tried. These are from enclosures of the value that differ in a few roundings, as κ then does; the
    /// slack is four orders of magnitude above either, in rows of up to 2^20 values.
    fn least_excess(&self, judged: &Judged) -> Option<f64> {
        const SLACK: f64 = 1.0 - 1e-9;
        let excess = judged.excess?;
        let of_any_kappa = judged.ulp_error?.0 / self.ceiling.ulps(f64::INFINITY);
        let least = if of_any_kappa > 0.0 {
            excess.min(of_any_kappa)
        } else {
            excess
        };
        Some(least * SLACK)
    }

    /// Learns closer bounds of a value's error from another enclosure.
    pub(super) fn look_closer(&mut self, dtype: Dtype, place: usize, enclosure: &impl Reading) {
        if let Answer::Values(values) = &self.answer
            && let UlpError::Within { lower, upper } = enclosure.ulp_error(dtype, values[place])
        {
            self.closer.insert(place, (lower, upper));
        }
    }

    /// Whether a value may take the place of the worst that is measured: as more than it, or as the same at an earlier place.
    pub(super) fn may_lead(&self, place: usize) -> bool {
        let Some(worst) = &self.measured.worst else {
            return true;
        };
        let bounds = self.closer.get(&place).copied();
        let bounds = bounds.or_else(|| self.judged[place]?.ulp_error);
        bounds.is_some_and(|(_, upper)| {
            let most = most_measured(upper);
            most > worst.published || (place < worst.place && published(most) >= worst.published)
        })
    }

    /// Tells the floors what the values measured so far attain.
    pub(super) fn raise(&self, floors: &Floors) {
        let measured = &self.measured;
        let upper = measured.worst.as_ref().map(|worst| worst.ulp_error.1);
        if let Some(upper) = upper {
            floors.error.raise(upper);
            if floors.in_order {
                floors.error.raise_past(upper);
            }
        }
        if let Some(upper) = measured.exceeding {
            floors.exceeding.raise(upper);
            if floors.in_order {
                floors.exceeding.raise_past(upper);
            }
        }
    }

    /// The place and the error bounds of the value with the largest upper bound, the first of equals.
    pub(super) fn largest_error(&self) -> Option<(usize, (f64, f64))> {
        let judged = self.judged.iter().enumerate();
        let errors = judged.filter_map(|(place, judged)| Some((place, (*judged)?.ulp_error?)));
        errors.reduce(|best, next| if next.1.1 > best.1.1 { next } else { best })
    }
}

/// An iterator made when it is first asked for its next item.
pub(super) struct Lazy<F>(pub(super) F);

impl<I: Iterator, F: FnOnce() -> I> IntoIterator for Lazy<F> {
    type Item = I::Item;
    type IntoIter = I;

    fn into_iter(self) -> I {
        (self.0)()
    }
}

/// The places on which some subject still needs a verdict.
pub(super) fn open_places(progress: &[Progress<'_>]) -> Vec<usize> {
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
