//! What is asked about every value of a case: enclosures of it, and bounds of its condition number, on any rung.

use super::rung::Rung;
use super::verdict::CeilingOf;
use crate::reference::{Call, Reference};
use crate::tolerance::Yardsticks;
use lossproof_numerics::Dtype;
use lossproof_oracle::{
    Bracket, DoubleBall, Enclosure, Interval, PrecisionBits, Program, Reading, SignPatterns,
};
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

/// A row up to this length is looked at once more for the κ of one of its values, wherever that may help. In a longer one a look for each
/// value would make the cost quadratic, so it comes last.
const LONGEST_CONDITIONED_ROW: usize = 1024;

/// A way to bound the condition number of one value, and the enclosure of the value to do it with.
#[derive(Clone, Copy)]
pub(super) enum Look<'v> {
    /// From bounds of every value's sensitivity, in brackets.
    RowInBrackets(Bracket),
    /// From closer ones in double-double balls, whose exponents reach on where those of brackets end.
    RowInBalls(&'v DoubleBall),
    /// The same, for a value that MPFR encloses.
    RowInBallsByMpfr(&'v Interval),
    /// From bounds by MPFR.
    RowByMpfr(&'v Interval, SignPatterns),
    /// From a pass over the row for this value, in brackets.
    OwnInBrackets(Bracket),
    /// The same by MPFR.
    OwnByMpfr(&'v Interval, PrecisionBits),
}

#[cfg(test)]
thread_local! {
    /// How many looks were for one value alone.
    pub(super) static OWN_LOOKS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// An enclosure from one of the rungs below MPFR.
pub(super) trait BelowMpfr: Enclosure<Precision = ()> + Reading {
    /// Its rung.
    const RUNG: Rung;

    /// How to bound the condition number of the value, the cheapest way first.
    fn looks(&self, own_is_cheap: bool) -> Vec<Look<'_>>;
}

impl BelowMpfr for Bracket {
    const RUNG: Rung = Rung::F64;

    fn looks(&self, own_is_cheap: bool) -> Vec<Look<'_>> {
        let mut looks = vec![Look::RowInBrackets(*self)];
        if own_is_cheap {
            looks.push(Look::OwnInBrackets(*self));
        }
        looks
    }
}

impl BelowMpfr for DoubleBall {
    const RUNG: Rung = Rung::DoubleDouble;

    fn looks(&self, own_is_cheap: bool) -> Vec<Look<'_>> {
        let bracket = self.bracket();
        let second = if own_is_cheap {
            Look::OwnInBrackets(bracket)
        } else {
            Look::RowInBalls(self)
        };
        vec![Look::RowInBrackets(bracket), second]
    }
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
    /// Bounds of every output value's sensitivity over two patterns of signs, and over all, computed when first asked for.
    rough: [OnceCell<(Vec<Interval>, Vec<Interval>)>; 2],
    /// The same over all patterns, in double-double balls.
    rough_balls: OnceCell<(Vec<DoubleBall>, Vec<DoubleBall>)>,
    /// The same over two, in brackets.
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
            rough: [OnceCell::new(), OnceCell::new()],
            rough_balls: OnceCell::new(),
            rough_brackets: OnceCell::new(),
            brackets: RefCell::default(),
        }
    }

    /// Whether the case is short enough to be looked at once more for the κ of its worst value.
    pub(super) fn is_short(&self) -> bool {
        self.call.largest_input() <= LONGEST_CONDITIONED_ROW
    }

    /// Whether a look of its own for a value's κ is cheap enough for every value.
    pub(super) fn looks_are_cheap(&self) -> bool {
        self.reference.reach(self.call) <= LONGEST_CONDITIONED_ROW
    }

    /// How to bound the condition number of a value that MPFR encloses, the cheapest way first.
    pub(super) fn looks_by_mpfr<'v>(
        &self,
        value: &'v Interval,
        precision: PrecisionBits,
    ) -> Vec<Look<'v>> {
        let row = Look::RowByMpfr(value, SignPatterns::Two);
        let closer = Look::RowByMpfr(value, SignPatterns::EveryPair);
        let own = Look::OwnByMpfr(value, precision);
        let bracket = value.bracket();
        let row_in_brackets = Look::RowInBrackets(bracket);
        let own_in_brackets = Look::OwnInBrackets(bracket);
        match (self.cheap, self.looks_are_cheap()) {
            (true, true) => vec![row_in_brackets, own_in_brackets, row, own],
            (true, false) => {
                let in_balls = Look::RowInBallsByMpfr(value);
                vec![row_in_brackets, in_balls, row, own_in_brackets, own]
            }
            (false, true) => vec![row, own],
            (false, false) => vec![row, closer, own],
        }
    }

    /// Bounds of κ for the value at a place. The upper one may be NaN where κ may be; the lower one is 0 then, which κ never falls below.
    pub(super) fn kappa(&self, place: usize, look: Look<'_>) -> (f64, f64) {
        #[cfg(test)]
        if matches!(look, Look::OwnInBrackets(_) | Look::OwnByMpfr(..)) {
            OWN_LOOKS.set(OWN_LOOKS.get() + 1);
        }
        let (least, most) = match look {
            Look::RowInBrackets(value) => {
                let bounds = self.rough_brackets.get_or_init(|| {
                    let patterns = SignPatterns::Two;
                    self.reference.sensitivity_bounds(self.call, patterns, ())
                });
                rough_kappa((&bounds.0[place], &bounds.1[place]), &value, ())
            }
            Look::RowInBalls(value) => {
                let (below, above) = self.rough_balls();
                rough_kappa((&below[place], &above[place]), value, ())
            }
            Look::RowInBallsByMpfr(value) => {
                let (below, above) = self.rough_balls();
                let bounds = (&below[place].to_interval(), &above[place].to_interval());
                rough_kappa(bounds, value, ROUGH_BITS)
            }
            Look::RowByMpfr(value, patterns) => {
                let bounds = &self.rough[usize::from(patterns == SignPatterns::EveryPair)];
                let (below, above) = bounds.get_or_init(|| {
                    self.reference
                        .sensitivity_bounds(self.call, patterns, ROUGH_BITS)
                });
                rough_kappa((&below[place], &above[place]), value, ROUGH_BITS)
            }
            Look::OwnInBrackets(value) => self.kappa_in_brackets(place, value).0,
            Look::OwnByMpfr(value, precision) => {
                let sensitivity: Interval = self.reference.sensitivity(self.call, place, precision);
                Program::condition_number(&sensitivity, value, precision).ends_to_f64()
            }
        };
        (least.max(0.0), most)
    }

    fn rough_balls(&self) -> &(Vec<DoubleBall>, Vec<DoubleBall>) {
        self.rough_balls.get_or_init(|| {
            let patterns = SignPatterns::EveryPair;
            self.reference.sensitivity_bounds(self.call, patterns, ())
        })
    }

    /// Bounds of κ, and of the sensitivity that it is made of.
    pub(super) fn kappa_in_brackets(&self, place: usize, value: Bracket) -> ((f64, f64), Bracket) {
        let sensitivity: Bracket = self.reference.sensitivity(self.call, place, ());
        let kappa = Program::condition_number(&sensitivity, &value, ()).ends();
        ((kappa.0.max(0.0), kappa.1), sensitivity)
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

/// Bounds of κ from bounds of the sensitivity.
fn rough_kappa<E: Enclosure + Reading>(
    (below, above): (&E, &E),
    value: &E,
    precision: E::Precision,
) -> (f64, f64) {
    let kappa = |sensitivity| {
        let kappa = Program::condition_number(sensitivity, value, precision);
        kappa.bracket().ends()
    };
    (kappa(below).0, kappa(above).1)
}
