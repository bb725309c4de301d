//! The ladder's first rung: brackets of f64 values, every operation rounded outward.
//!
//! A bracket [lo, hi] encloses one extended real number: lo ≤ v ≤ hi, where an infinite end may or may not be attained. Only the
//! bracket from −∞ to ∞ leaves NaN open too, and it is what every operation gives that may be indeterminate. So nothing is
//! ever claimed about NaN: a number that can only be NaN is left to MPFR.
//!
//! Sums, products, quotients and roots are rounded by one f64 at most, and exact where their result is one ([`directed`]);
//! elementary functions are widened by their proven error ([`elementary`]). An operation is a few dozen
//! instructions without branches, and the loops over rows run in the widest vectors that the processor has, with the
//! same bits on each: nothing depends on their width, and fused multiply-adds are asked for by name.

#![expect(
    clippy::inline_always,
    reason = "a loop is compiled for the processor at hand only with all it calls inside it"
)]
#![expect(
    clippy::needless_bitwise_bool,
    reason = "loops vectorise only without branches"
)]
#![expect(
    clippy::float_cmp,
    reason = "ends are compared as the numbers that they are; either zero is the number zero"
)]
#![expect(
    clippy::neg_cmp_op_on_partial_ord,
    reason = "what is not proven to be less may also be NaN, and is treated as that"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "the names of the formulas in the proofs"
)]

mod directed;
mod elementary;
mod ends;
mod reading;
mod rows;

use crate::enclosure::Enclosure;
use crate::interval::{End, Interval, LITERAL_BITS, Nan};
use crate::processor;
use directed::{Sided, above, below};
use ends::{exp_end, expm1_end, larger, log_end, log1p_end, margin, sign_of, smaller, sqrt_end};
use rug::Float;

/// log x for a normal x, within 2^−49 relatively.
pub(crate) fn log_of_significand(x: f64) -> f64 {
    elementary::log(x)
}

/// Numbers between which the exact one lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bracket {
    lo: f64,
    hi: f64,
}

const ANYTHING: Bracket = Bracket {
    lo: f64::NEG_INFINITY,
    hi: f64::INFINITY,
};

impl Bracket {
    /// The bracket with these ends; of a NaN end, anything.
    #[must_use]
    pub fn of_ends((lo, hi): (f64, f64)) -> Self {
        Self::between(lo, hi)
    }

    /// The lower and the upper bound.
    #[must_use]
    pub fn ends(self) -> (f64, f64) {
        (self.lo, self.hi)
    }

    /// The same numbers as an MPFR interval: for comparing the rungs with each other.
    #[must_use]
    pub fn to_interval(self) -> Interval {
        if self.is_anything() {
            return Interval::anything(53);
        }
        let end = |value: f64| End::closed(Float::with_val(53, value));
        Interval::between(end(self.lo), end(self.hi), Nan::Never)
    }

    /// Whether two brackets have a number in common, as two enclosures of one number must.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.lo <= other.hi && other.lo <= self.hi
    }

    /// Whether nothing is known, not even that it is no NaN.
    #[inline(always)]
    #[must_use]
    pub fn is_anything(self) -> bool {
        (self.lo == f64::NEG_INFINITY) & (self.hi == f64::INFINITY)
    }

    /// Ends that enclose a number, or anything where an end is NaN.
    #[inline(always)]
    fn between(lo: f64, hi: f64) -> Self {
        let ordered = lo <= hi;
        Self {
            lo: if ordered { lo } else { f64::NEG_INFINITY },
            hi: if ordered { hi } else { f64::INFINITY },
        }
    }

    #[inline(always)]
    fn of_sided(lo: Sided, hi: Sided) -> Self {
        Self::between(lo.lower(), hi.upper())
    }

    /// `self` unless an operand is unknown: for functions whose range would hide that their argument may be NaN.
    #[inline(always)]
    fn unless(self, unknown: bool) -> Self {
        if unknown { ANYTHING } else { self }
    }

    /// The ends of an increasing function known to a relative margin; the flags say where it has no error.
    #[inline(always)]
    fn widened((lo, lo_exact): (f64, bool), (hi, hi_exact): (f64, bool), error: f64) -> Self {
        let lo = if lo_exact { lo } else { lo - margin(lo, error) };
        let hi = if hi_exact { hi } else { hi + margin(hi, error) };
        Self::between(lo, hi)
    }

    #[inline(always)]
    fn has_zero(self) -> bool {
        (self.lo <= 0.0) & (self.hi >= 0.0)
    }
}

/// A literal that is an integer below 2^53 in size is exact.
fn is_exact_decimal(text: &str, value: f64) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && value < 9_007_199_254_740_992.0
}

impl Enclosure for Bracket {
    type Precision = ();

    #[inline(always)]
    fn exactly((): (), value: f64) -> Self {
        Self::between(value, value)
    }

    fn literal((): (), text: &str) -> Option<Self> {
        if text.starts_with("0x") {
            let enclosure = Interval::literal(LITERAL_BITS, text)?;
            return Some(Self::of_ends(enclosure.ends_to_f64()));
        }
        let value: f64 = text.parse().ok()?;
        Some(if is_exact_decimal(text, value) {
            Self::exactly((), value)
        } else {
            Self::between(below(value), above(value))
        })
    }

    #[inline(always)]
    fn anything((): ()) -> Self {
        ANYTHING
    }

    fn is_nan(&self) -> bool {
        false
    }

    #[inline(always)]
    fn is_finite(&self) -> bool {
        (self.lo > f64::NEG_INFINITY) & (self.hi < f64::INFINITY)
    }

    #[inline(always)]
    fn is_exactly(&self, value: f64) -> bool {
        (self.lo == value) & (self.hi == value)
    }

    fn seems_greater(&self, other: &Self) -> bool {
        self.lo > other.lo
    }

    #[inline(always)]
    fn intersect(&self, other: &Self) -> Self {
        // Of two enclosures of one number; were they disjoint, `between` would claim nothing.
        Self::between(
            if self.lo > other.lo {
                self.lo
            } else {
                other.lo
            },
            if self.hi < other.hi {
                self.hi
            } else {
                other.hi
            },
        )
    }

    #[inline(always)]
    fn negate(&self) -> Self {
        Self {
            lo: -self.hi,
            hi: -self.lo,
        }
    }

    #[inline(always)]
    fn abs(&self) -> Self {
        let (a, b) = (self.lo.abs(), self.hi.abs());
        let least = if self.has_zero() { 0.0 } else { smaller(a, b) };
        Self::between(least, larger(a, b)).unless(self.is_anything())
    }

    #[inline(always)]
    fn sign(&self, (): ()) -> Self {
        Self::between(sign_of(self.lo), sign_of(self.hi)).unless(self.is_anything())
    }

    #[inline(always)]
    fn add(&self, other: &Self, (): ()) -> Self {
        // ∞ − ∞ is possible only where one bracket reaches ∞ and the other −∞; then the sums are −∞ and ∞, or NaN.
        Self::of_sided(
            directed::sum(self.lo, other.lo),
            directed::sum(self.hi, other.hi),
        )
    }

    #[inline(always)]
    fn subtract(&self, other: &Self, (): ()) -> Self {
        self.add(&other.negate(), ())
    }

    #[inline(always)]
    fn multiply(&self, other: &Self, (): ()) -> Self {
        // 0 · ∞ is possible only where it stands at a corner, or between corners of −∞ and ∞.
        let corners = [
            directed::product(self.lo, other.lo),
            directed::product(self.lo, other.hi),
            directed::product(self.hi, other.lo),
            directed::product(self.hi, other.hi),
        ];
        let lo = corners.map(Sided::lower);
        let hi = corners.map(Sided::upper);
        Self::between(
            smaller(smaller(lo[0], lo[1]), smaller(lo[2], lo[3])),
            larger(larger(hi[0], hi[1]), larger(hi[2], hi[3])),
        )
    }

    #[inline(always)]
    fn divide(&self, other: &Self, (): ()) -> Self {
        // Both negated where the denominator is negative; then each end of the quotient has its own end of the denominator.
        let negative = other.hi < 0.0;
        let (a, b) = if negative {
            (self.negate(), other.negate())
        } else {
            (*self, *other)
        };
        let under_lo = if a.lo < 0.0 { b.lo } else { b.hi };
        let under_hi = if a.hi < 0.0 { b.hi } else { b.lo };
        let quotient = Self::of_sided(
            directed::quotient(a.lo, under_lo),
            directed::quotient(a.hi, under_hi),
        );
        // ∞/∞ is possible where both reach an infinity; the denominator's is the upper end.
        let indeterminate = (b.hi == f64::INFINITY) & !a.is_finite();
        quotient.unless(indeterminate | !(b.lo > 0.0))
    }

    #[inline(always)]
    fn xmul(&self, other: &Self, (): ()) -> Self {
        let product = self.multiply(other, ());
        // A bracket around zero may make the product 0, whatever the other factor is; anything stays anything.
        let with_zero = Self {
            lo: smaller(product.lo, 0.0),
            hi: larger(product.hi, 0.0),
        };
        if self.is_exactly(0.0) {
            Self { lo: 0.0, hi: 0.0 }
        } else if self.has_zero() {
            with_zero
        } else {
            product
        }
    }

    #[inline(always)]
    fn square(&self, (): ()) -> Self {
        let magnitude = self.abs();
        Self::of_sided(
            directed::product(magnitude.lo, magnitude.lo),
            directed::product(magnitude.hi, magnitude.hi),
        )
        .at_least(0.0)
        .unless(self.is_anything())
    }

    #[inline(always)]
    fn max(&self, other: &Self) -> Self {
        Self::between(larger(self.lo, other.lo), larger(self.hi, other.hi))
            .unless(self.is_anything() | other.is_anything())
    }

    #[inline(always)]
    fn exp(&self, (): ()) -> Self {
        Self::between(exp_end(self.lo).0, exp_end(self.hi).1).unless(self.is_anything())
    }

    #[inline(always)]
    fn expm1(&self, (): ()) -> Self {
        let (least, most) = elementary::EXP_DOMAIN;
        // −1 at −∞ is what the lower end is held to.
        let (lo, hi) = (expm1_end(self.lo), expm1_end(self.hi));
        let widened = Self::widened(lo, hi, elementary::EXPM1_MARGIN);
        let hi = if self.hi > most {
            f64::INFINITY
        } else {
            widened.hi
        };
        let lo = if self.lo < least { -1.0 } else { widened.lo };
        let minus_one = self.hi == f64::NEG_INFINITY;
        Self::between(lo, if minus_one { -1.0 } else { hi })
            .at_least(-1.0)
            .unless(self.is_anything())
    }

    #[inline(always)]
    fn log(&self, (): ()) -> Self {
        Self::widened(log_end(self.lo), log_end(self.hi), elementary::LOG_MARGIN)
            .unless(!(self.lo >= 0.0))
    }

    #[inline(always)]
    fn log2(&self, (): ()) -> Self {
        let ln2 = Self {
            lo: std::f64::consts::LN_2, // Rounded down: the rest is positive.
            hi: above(std::f64::consts::LN_2),
        };
        self.log(()).divide(&ln2, ())
    }

    #[inline(always)]
    fn log1p(&self, (): ()) -> Self {
        Self::widened(
            log1p_end(self.lo),
            log1p_end(self.hi),
            elementary::LOG_MARGIN,
        )
        .unless(!(self.lo >= -1.0))
    }

    #[inline(always)]
    fn sqrt(&self, (): ()) -> Self {
        // Correctly rounded, so within u.
        Self::widened(sqrt_end(self.lo), sqrt_end(self.hi), elementary::EXP_MARGIN)
            .at_least(0.0)
            .unless(!(self.lo >= 0.0))
    }

    #[inline(always)]
    fn softplus(&self, (): ()) -> Self {
        // Increasing, but its argument appears twice in max(a, 0) + log1p(e^−|a|): evaluated at either end, not over the bracket.
        let (lower, lower_exact) = log1p_end(exp_end(-self.lo.abs()).0);
        let (upper, upper_exact) = log1p_end(exp_end(-self.hi.abs()).1);
        let error = elementary::LOG_MARGIN;
        let lower = if lower_exact {
            lower
        } else {
            lower - margin(lower, error)
        };
        let upper = if upper_exact {
            upper
        } else {
            upper + margin(upper, error)
        };
        let lower = if lower < 0.0 { 0.0 } else { lower };
        Self::of_sided(
            directed::sum(larger(self.lo, 0.0), lower),
            directed::sum(larger(self.hi, 0.0), upper),
        )
        .unless(self.is_anything())
    }

    #[inline(always)]
    fn map(row: &[Self], function: impl Fn(&Self) -> Self) -> Vec<Self> {
        processor::map(row, ANYTHING, function)
    }

    #[inline(always)]
    fn zip(a: &[Self], b: &[Self], function: impl Fn(&Self, &Self) -> Self) -> Vec<Self> {
        processor::zip(a, b, ANYTHING, function)
    }

    fn sum(row: &[Self], (): ()) -> Self {
        rows::sum(row)
    }

    fn sums_of_others(row: &[Self], (): ()) -> Vec<Self> {
        rows::sums_of_others(row)
    }
}

impl Bracket {
    /// What is known when the number is also known not to lie below `least`.
    #[inline(always)]
    fn at_least(self, least: f64) -> Self {
        Self {
            lo: if self.lo < least { least } else { self.lo },
            hi: self.hi,
        }
    }
}
