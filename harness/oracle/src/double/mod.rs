//! The ladder's second rung: balls of double-double midpoints, with the exponent carried apart.
//!
//! A number is (m ± r) · 2^e with a midpoint m of two f64 whose magnitude lies in [1, 2), a radius r and an exponent e of 64 bits: so
//! nothing over- or underflows near the ends of any dtype's range, and the bounds of double-double arithmetic ([`word`])
//! hold for every operation. A sign that is proven (e^x > 0, a product of signs) is kept beside the ball, which may reach across 0 where
//! it is wide. Every operation adds its own error to what the radii of its operands give; a radius is computed in f64 and
//! then enlarged by more than the roundings of that.
//!
//! Infinities are exact or not there at all, and what may be NaN is unknown: MPFR settles it.

#![expect(
    clippy::inline_always,
    reason = "a loop is compiled for the processor at hand only with all it calls inside it"
)]
#![expect(
    clippy::neg_cmp_op_on_partial_ord,
    reason = "what is not proven to be less may also be NaN, and is treated as that"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "the names of the formulas in the proofs"
)]

mod arithmetic;
mod elementary;
mod exact;
mod fixed;
mod reading;
mod sum;
mod word;

use crate::bracket::Bracket;
use crate::enclosure::Enclosure;
use crate::processor;
use arithmetic::Divisor;
use word::Word;

/// An enclosure of an extended real number.
#[derive(Debug, Clone, Copy)]
pub struct DoubleBall {
    kind: Kind,
    /// The midpoint's significand: 0, or of a magnitude in [1, 2).
    mid: Word,
    /// The exponent of midpoint and radius.
    exponent: i64,
    /// In units of 2^exponent.
    radius: f64,
    /// What is proven of the number's sign, whatever the ball says: 1, −1, or 0 for nothing.
    sign: i8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The number in the ball.
    Number,
    /// Exactly the infinity of the sign.
    Infinity,
    /// Any number, or NaN.
    Anything,
}

const ANYTHING: DoubleBall = DoubleBall {
    kind: Kind::Anything,
    mid: Word::ZERO,
    exponent: 0,
    radius: 0.0,
    sign: 0,
};

const ZERO: DoubleBall = DoubleBall {
    kind: Kind::Number,
    ..ANYTHING
};

const ONE: DoubleBall = DoubleBall {
    mid: Word::ONE,
    sign: 1,
    ..ZERO
};

/// 1 + 2^−48: what a radius is enlarged by, more than a dozen roundings of it.
const ENLARGED: f64 = 1.0 + 16.0 * f64::EPSILON;

/// 2^−1000: beside which no radius that matters counts, and which covers what underflows in one.
const SPECK: f64 = f64::from_bits(23 << 52);

/// 2^−400: a smaller low part becomes radius, so that none ever underflows.
const LEAST_LOW: f64 = f64::from_bits((1023 - 400) << 52);

/// A radius that was computed with a few roundings; exactly 0 stays 0.
#[inline(always)]
fn enlarged(radius: f64) -> f64 {
    if radius == 0.0 {
        0.0
    } else {
        radius.mul_add(ENLARGED, SPECK)
    }
}

/// 2^`exponent` for −1022 ≤ exponent ≤ 1023.
#[inline(always)]
fn power(exponent: i64) -> f64 {
    debug_assert!((-1022..=1023).contains(&exponent));
    f64::from_bits(((exponent + 1023).cast_unsigned()) << 52)
}

impl DoubleBall {
    /// The ball (mid ± radius) · 2^exponent, brought to form; a proven sign may be given.
    #[inline(always)]
    fn number(mid: Word, exponent: i64, radius: f64, sign: i8) -> Self {
        if mid.high == 0.0 {
            return Self {
                mid: Word::ZERO,
                exponent,
                radius: enlarged(radius + mid.low.abs()),
                sign,
                ..ZERO
            };
        }
        let field = (mid.high.to_bits() >> 52 & 0x7ff).cast_signed();
        let shift = field - 1023;
        if !(-900..=900).contains(&shift) || !(radius < f64::INFINITY) {
            return ANYTHING;
        }
        let scale = power(-shift);
        let radius = if shift == 0 || radius == 0.0 {
            radius
        } else {
            radius.mul_add(scale, SPECK)
        };
        let mut mid = mid.scaled(scale);
        let mut radius = radius;
        if mid.low.abs() < LEAST_LOW && mid.low != 0.0 {
            radius = enlarged(radius + mid.low.abs());
            mid.low = 0.0;
        }
        let beyond = mid.high.abs() * (1.0 - f64::EPSILON) > radius;
        let of_ball = if mid.high > 0.0 { 1 } else { -1 };
        Self {
            kind: Kind::Number,
            mid,
            exponent: exponent + shift,
            radius,
            sign: if sign == 0 && beyond { of_ball } else { sign },
        }
    }

    fn infinity(sign: i8) -> Self {
        Self {
            kind: Kind::Infinity,
            sign,
            ..ANYTHING
        }
    }

    /// Whether nothing is known, not even that it is no NaN.
    #[must_use]
    pub fn is_anything(&self) -> bool {
        self.kind == Kind::Anything
    }

    #[inline(always)]
    fn is_number(&self) -> bool {
        self.kind == Kind::Number
    }

    #[inline(always)]
    fn is_zero(&self) -> bool {
        self.is_number() && self.mid.high == 0.0 && self.radius == 0.0
    }

    /// The most that the magnitude can be, in units of 2^exponent.
    #[inline(always)]
    fn size(&self) -> f64 {
        self.mid.high.abs() + self.radius
    }
}

impl Enclosure for DoubleBall {
    type Precision = ();

    #[inline(always)]
    fn exactly((): (), value: f64) -> Self {
        if value == 0.0 {
            return ZERO;
        }
        if !value.is_finite() {
            return if value.is_nan() {
                ANYTHING
            } else {
                Self::infinity(if value > 0.0 { 1 } else { -1 })
            };
        }
        // Subnormal numbers are scaled first; both steps are exact.
        let (scaled, shift) = if value.abs() < f64::MIN_POSITIVE {
            (value * power(600), -600)
        } else {
            (value, 0)
        };
        let exponent = (scaled.to_bits() >> 52 & 0x7ff).cast_signed() - 1023;
        let significand = f64::from_bits(scaled.to_bits() & !(0x7ff << 52) | 1023 << 52);
        Self {
            mid: Word::of(significand),
            exponent: exponent + shift,
            sign: if value > 0.0 { 1 } else { -1 },
            ..ZERO
        }
    }

    fn literal((): (), text: &str) -> Option<Self> {
        elementary::literal(text)
    }

    fn anything((): ()) -> Self {
        ANYTHING
    }

    fn is_nan(&self) -> bool {
        false
    }

    fn is_finite(&self) -> bool {
        self.is_number()
    }

    fn is_exactly(&self, value: f64) -> bool {
        let other = Self::exactly((), value);
        self.kind == other.kind
            && self.kind != Kind::Anything
            && self.sign == other.sign
            && self.mid == other.mid
            && (self.exponent == other.exponent || self.is_zero())
            && self.radius == 0.0
    }

    fn seems_greater(&self, other: &Self) -> bool {
        self.order_key() > other.order_key()
    }

    fn intersect(&self, other: &Self) -> Self {
        // Either encloses the number; the narrower one is taken.
        match (self.kind, other.kind) {
            (Kind::Anything, _) => *other,
            (_, Kind::Anything) => *self,
            _ if self.width() <= other.width() => *self,
            _ => *other,
        }
    }

    #[inline(always)]
    fn negate(&self) -> Self {
        Self {
            mid: self.mid.negated(),
            sign: -self.sign,
            ..*self
        }
    }

    #[inline(always)]
    fn abs(&self) -> Self {
        match self.kind {
            Kind::Anything => ANYTHING,
            _ if self.sign < 0 => self.negate(),
            // The magnitude is at most |m| + r, and no less than |m| − r, whether the ball reaches 0 or not.
            _ if self.sign == 0 && self.mid.high < 0.0 => self.negate(),
            _ => *self,
        }
    }

    fn sign(&self, (): ()) -> Self {
        match (self.kind, self.sign) {
            (Kind::Anything, _) => ANYTHING,
            (_, 1) => ONE,
            (_, -1) => ONE.negate(),
            _ if self.is_zero() => ZERO,
            _ => ANYTHING,
        }
    }

    #[inline(always)]
    fn add(&self, other: &Self, (): ()) -> Self {
        self.plus(other)
    }

    #[inline(always)]
    fn subtract(&self, other: &Self, (): ()) -> Self {
        self.plus(&other.negate())
    }

    #[inline(always)]
    fn multiply(&self, other: &Self, (): ()) -> Self {
        self.times(other)
    }

    #[inline(always)]
    fn divide(&self, other: &Self, (): ()) -> Self {
        self.over(other)
    }

    #[inline(always)]
    fn xmul(&self, other: &Self, (): ()) -> Self {
        if self.is_zero() {
            ZERO
        } else if self.sign != 0 || other.is_number() {
            // Where the ball reaches across 0 so does the product's, as the other factor is a number.
            self.times(other)
        } else {
            ANYTHING
        }
    }

    #[inline(always)]
    fn square(&self, (): ()) -> Self {
        let magnitude = self.abs();
        magnitude.times(&magnitude)
    }

    fn max(&self, other: &Self) -> Self {
        self.larger(other)
    }

    #[inline(always)]
    fn exp(&self, (): ()) -> Self {
        self.exponential()
    }

    #[inline(always)]
    fn expm1(&self, (): ()) -> Self {
        self.exponential_minus_one()
    }

    #[inline(always)]
    fn log(&self, (): ()) -> Self {
        self.logarithm()
    }

    fn log2(&self, (): ()) -> Self {
        self.logarithm().over(&elementary::log_2())
    }

    #[inline(always)]
    fn log1p(&self, (): ()) -> Self {
        self.logarithm_of_one_plus()
    }

    fn sqrt(&self, (): ()) -> Self {
        if self.is_zero() { ZERO } else { ANYTHING } // No shipped formula takes a root; MPFR does.
    }

    #[inline(always)]
    fn sigmoid(&self, (): ()) -> Self {
        // e^−|a| never overflows: 1/(1 + e^−a), and for a < 0 e^a/(1 + e^a).
        let tail = self.abs().negate().exponential();
        let denominator = ONE.plus(&tail);
        if self.sign < 0 {
            tail.over(&denominator)
        } else if self.sign > 0 || self.is_zero() {
            ONE.over(&denominator)
        } else {
            ONE.over(&ONE.plus(&self.negate().exponential()))
        }
    }

    #[inline(always)]
    fn map(row: &[Self], function: impl Fn(&Self) -> Self) -> Vec<Self> {
        processor::map(row, ANYTHING, function)
    }

    #[inline(always)]
    fn zip(a: &[Self], b: &[Self], function: impl Fn(&Self, &Self) -> Self) -> Vec<Self> {
        processor::zip(a, b, ANYTHING, function)
    }

    fn divide_all(row: &[Self], divisor: &Self, (): ()) -> Vec<Self> {
        let divisor = Divisor::of(divisor);
        Self::map(
            row,
            #[inline(always)]
            |number| divisor.divide(number),
        )
    }

    fn sum(row: &[Self], (): ()) -> Self {
        processor::with_all_instructions(
            #[inline(always)]
            || sum::of_row(row),
        )
    }

    #[inline(always)]
    fn softplus(&self, (): ()) -> Self {
        let tail = self.abs().negate().exponential().logarithm_of_one_plus();
        if self.sign < 0 || self.is_zero() {
            tail
        } else if self.sign > 0 {
            self.plus(&tail)
        } else {
            // log(1 + e^a), whose argument stands in it once.
            self.exponential().logarithm_of_one_plus()
        }
    }
}

impl DoubleBall {
    /// Something that grows with the midpoint: sign, then exponent, then significand.
    fn order_key(&self) -> (i8, i64, f64) {
        let side = match self.kind {
            Kind::Infinity => 2 * self.sign,
            _ if self.mid.high > 0.0 => 1,
            _ if self.mid.high < 0.0 => -1,
            _ => 0,
        };
        let exponent = if side < 0 {
            -self.exponent
        } else {
            self.exponent
        };
        match side {
            1 | -1 => (side, exponent, self.mid.high + self.mid.low),
            _ => (side, 0, 0.0),
        }
    }

    /// The radius as a power of two to compare with others'; the exponent of 0 is the least.
    fn width(&self) -> i64 {
        let field = (self.radius.to_bits() >> 52).cast_signed();
        if self.radius == 0.0 {
            i64::MIN
        } else {
            self.exponent.saturating_add(field)
        }
    }
}

/// Bounds of a ball in f64, as far as f64 reaches.
impl From<DoubleBall> for Bracket {
    fn from(ball: DoubleBall) -> Self {
        ball.bracket_of()
    }
}
