//! What is asked about every value of a case: enclosures of it, and bounds of its condition number, on any rung.

use super::verdict::CeilingOf;
use crate::reference::{Call, Reference};
use crate::tolerance::Yardsticks;
use lossproof_numerics::Dtype;
use lossproof_oracle::{Bracket, Interval, PrecisionBits, Program};
use std::cell::{OnceCell, RefCell};

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

/// Working precision of rough bounds of κ: they are compared with thresholds, not published.
const ROUGH_BITS: PrecisionBits = 64;

/// Working precision of the κ that reports show.
const SHOWN_BITS: PrecisionBits = 128;

/// What is the same for every value of a case.
pub(super) struct Question<'a> {
    pub(super) reference: &'a Reference,
    pub(super) dtype: Dtype,
    pub(super) call: &'a Call<'a>,
    /// The limits of the tolerances that people use.
    pub(super) yardsticks: Yardsticks,
    /// Whether the rungs below MPFR may be asked.
    pub(super) cheap: bool,
    /// Bounds of every output value's sensitivity, computed when first asked for.
    rough: OnceCell<(Vec<Interval>, Vec<Interval>)>,
    /// The same, in brackets.
    rough_brackets: OnceCell<(Vec<Bracket>, Vec<Bracket>)>,
    /// What the rungs below MPFR know of the output values, by place.
    pub(super) brackets: RefCell<Vec<Option<Bracket>>>,
}

impl<'a> Question<'a> {
    pub(super) fn new(
        reference: &'a Reference,
        dtype: Dtype,
        call: &'a Call<'a>,
        cheap: bool,
    ) -> Self {
        Self {
            reference,
            dtype,
            call,
            yardsticks: Yardsticks::of(&reference.op.name, dtype, call.lengths.n),
            cheap,
            rough: OnceCell::new(),
            rough_brackets: OnceCell::new(),
            brackets: RefCell::default(),
        }
    }

    /// Bounds of κ for a value that is bracketed: from one look at the whole row, then from a pass of its own.
    pub(super) fn kappas_in_brackets(
        &self,
        place: usize,
        value: Bracket,
    ) -> impl Iterator<Item = (f64, f64)> {
        (0..2).map(move |attempt| match attempt {
            0 => {
                let (below, above) = self
                    .rough_brackets
                    .get_or_init(|| self.reference.sensitivity_bounds(self.call, ()));
                let kappa = |sensitivity| Program::condition_number(sensitivity, &value, ()).ends();
                (kappa(&below[place]).0.max(0.0), kappa(&above[place]).1)
            }
            _ => self.kappa_in_brackets(place, value).0,
        })
    }

    /// Bounds of κ, and of the sensitivity that it is made of.
    pub(super) fn kappa_in_brackets(&self, place: usize, value: Bracket) -> ((f64, f64), Bracket) {
        let sensitivity: Bracket = self.reference.sensitivity(self.call, place, ());
        let kappa = Program::condition_number(&sensitivity, &value, ()).ends();
        ((kappa.0.max(0.0), kappa.1), sensitivity)
    }

    /// Bounds of κ for a value that MPFR encloses, the cheap ones first.
    pub(super) fn kappas(
        &self,
        place: usize,
        value: &Interval,
        precision: PrecisionBits,
    ) -> impl Iterator<Item = (f64, f64)> {
        let bracket = self.cheap.then(|| Bracket::of_ends(value.ends_to_f64()));
        let cheap = bracket.into_iter();
        cheap
            .flat_map(move |bracket| self.kappas_in_brackets(place, bracket))
            .chain((0..2).map(move |attempt| {
                if attempt == 0 {
                    return self.rough_kappa(place, value);
                }
                let sensitivity: Interval = self.reference.sensitivity(self.call, place, precision);
                Program::condition_number(&sensitivity, value, precision).ends_to_f64()
            }))
    }

    /// Bounds of κ from one look at the whole row.
    fn rough_kappa(&self, place: usize, value: &Interval) -> (f64, f64) {
        let (below, above) = self
            .rough
            .get_or_init(|| self.reference.sensitivity_bounds(self.call, ROUGH_BITS));
        let kappa =
            |sensitivity| Program::condition_number(sensitivity, value, ROUGH_BITS).ends_to_f64();
        (kappa(&below[place]).0, kappa(&above[place]).1)
    }

    /// The conditioning of a value as reports show it.
    pub(super) fn conditioning(
        &self,
        place: usize,
        result: f64,
        enclosure: &Interval,
        ceiling: CeilingOf<'_>,
    ) -> Conditioning {
        let sensitivity: Interval = self.reference.sensitivity(self.call, place, SHOWN_BITS);
        let kappa = Program::condition_number(&sensitivity, enclosure, SHOWN_BITS).ends_to_f64();
        Conditioning {
            kappa,
            conditioned: enclosure.conditioned_error(self.dtype, result, &sensitivity),
            ceiling_ulps: ceiling.ulps(kappa.0),
        }
    }
}
