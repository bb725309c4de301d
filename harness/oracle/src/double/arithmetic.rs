//! Sums, products and quotients of double-double balls.

use super::word::{UNIT_SQUARED, Word};
use super::{ANYTHING, DoubleBall, Kind, SPECK, ZERO, enlarged, power};
use crate::enclosure::Enclosure;

/// Relative errors of double-double operations, each a little more than what is proven ([`super::word`]).
pub(super) const SUM_ERROR: f64 = 4.0 * UNIT_SQUARED;
const PRODUCT_ERROR: f64 = 5.0 * UNIT_SQUARED;
const QUOTIENT_ERROR: f64 = 10.0 * UNIT_SQUARED;

/// From this difference of exponents on, a smaller term is only a matter of the radius.
pub(super) const FAR_APART: i64 = 250;

/// A denominator, with all that a quotient by it needs but the numerator: many are divided by one total.
#[derive(Clone, Copy)]
pub(super) struct Divisor {
    kind: Kind,
    inverse: Word,
    exponent: i64,
    radius: f64,
    /// What the magnitude's inverse is at most, but for a rounding that [`enlarged`] makes good.
    most_inverse: f64,
    sign: i8,
}

impl Divisor {
    #[inline(always)]
    pub(super) fn of(ball: &DoubleBall) -> Self {
        // The least that the denominator's magnitude can be; a ball that reaches near 0 is given up.
        let least = ball.mid.high.abs() * (1.0 - f64::EPSILON) - ball.radius;
        let kind = match ball.kind {
            Kind::Number if !(least > 0.25) => Kind::Anything,
            kind => kind,
        };
        Self {
            kind,
            inverse: ball.mid.inverse(),
            exponent: ball.exponent,
            radius: ball.radius,
            most_inverse: 1.0 / least * (1.0 + f64::EPSILON),
            sign: ball.sign,
        }
    }

    /// `numerator` over it.
    #[inline(always)]
    pub(super) fn divide(&self, numerator: &DoubleBall) -> DoubleBall {
        if self.kind == Kind::Infinity && numerator.is_number() {
            return ZERO;
        }
        if self.kind != Kind::Number || numerator.kind == Kind::Anything {
            return ANYTHING;
        }
        let sign = numerator.sign * self.sign;
        if numerator.kind == Kind::Infinity {
            return DoubleBall::infinity(sign);
        }
        if numerator.is_zero() {
            return ZERO;
        }
        let mid = numerator.mid.times(self.inverse);
        // a/b − m_a/m_b = (a − m_a)/b + (m_a/m_b) (m_b − b)/b.
        let spread = mid.high.abs().mul_add(self.radius, numerator.radius) * self.most_inverse;
        let radius = mid.high.abs().mul_add(QUOTIENT_ERROR, spread);
        let exponent = numerator.exponent - self.exponent;
        DoubleBall::number(mid, exponent, enlarged(radius), sign)
    }
}

impl DoubleBall {
    #[inline(always)]
    pub(super) fn plus(&self, other: &Self) -> Self {
        if !(self.is_number() && other.is_number()) {
            return self.plus_infinity(other);
        }
        if self.is_zero() {
            return *other;
        }
        if other.is_zero() {
            return *self;
        }
        let (a, b) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let sign = if a.sign == b.sign { a.sign } else { 0 };
        let distance = a.exponent - b.exponent;
        if distance > FAR_APART {
            let shift = power(-distance.min(1000));
            let rest = b.size().mul_add(shift, SPECK);
            return Self::number(a.mid, a.exponent, enlarged(a.radius + rest), sign);
        }
        // Exact: the parts of a significand are at least 2^−400 (`number` sees to that) and do not underflow by 2^−250.
        let shift = power(-distance);
        let sum = a.mid.plus(b.mid.scaled(shift));
        let of_b = if b.radius == 0.0 {
            0.0
        } else {
            b.radius.mul_add(shift, SPECK)
        };
        let radius = sum.high.abs().mul_add(SUM_ERROR, a.radius + of_b);
        Self::number(sum, a.exponent, enlarged(radius), sign)
    }

    #[cold]
    fn plus_infinity(&self, other: &Self) -> Self {
        match (self.kind, other.kind) {
            (Kind::Infinity, Kind::Number) => *self,
            (Kind::Number, Kind::Infinity) => *other,
            (Kind::Infinity, Kind::Infinity) if self.sign == other.sign => *self,
            _ => ANYTHING,
        }
    }

    #[inline(always)]
    pub(super) fn times(&self, other: &Self) -> Self {
        let sign = self.sign * other.sign;
        if !(self.is_number() && other.is_number()) {
            let unknown = self.kind == Kind::Anything || other.kind == Kind::Anything;
            return if unknown || sign == 0 {
                ANYTHING
            } else {
                Self::infinity(sign)
            };
        }
        if self.is_zero() || other.is_zero() {
            return ZERO;
        }
        let mid = self.mid.times(other.mid);
        // |a b − m_a m_b| ≤ |m_a| r_b + |b| r_a with |b| ≤ |m_b| + r_b; the low parts of the midpoints are in what is enlarged.
        let spread = self
            .mid
            .high
            .abs()
            .mul_add(other.radius, other.size() * self.radius);
        // A product of two radii may underflow, and where both midpoints are 0 nothing else is left of it.
        let lost = if self.radius != 0.0 && other.radius != 0.0 {
            SPECK
        } else {
            0.0
        };
        let radius = mid.high.abs().mul_add(PRODUCT_ERROR, spread + lost);
        Self::number(mid, self.exponent + other.exponent, enlarged(radius), sign)
    }

    #[inline(always)]
    pub(super) fn over(&self, other: &Self) -> Self {
        Divisor::of(other).divide(self)
    }

    /// The larger of two, where they are apart; unknown where their balls overlap and differ.
    pub(super) fn larger(&self, other: &Self) -> Self {
        if self.kind == Kind::Anything || other.kind == Kind::Anything {
            return ANYTHING;
        }
        match (self.kind, other.kind) {
            (Kind::Infinity, _) => {
                if self.sign > 0 {
                    *self
                } else {
                    *other
                }
            }
            (_, Kind::Infinity) => {
                if other.sign > 0 {
                    *other
                } else {
                    *self
                }
            }
            _ => {
                let difference = self.plus(&other.negate());
                match difference.sign {
                    1 => *self,
                    -1 => *other,
                    _ if difference.is_zero() => *self,
                    _ => ANYTHING,
                }
            }
        }
    }

    /// Enlarged by a relative error of the midpoint, and by an absolute one in units of 2^exponent.
    pub(super) fn blurred(self, relative: f64) -> Self {
        if !self.is_number() || self.is_zero() {
            return self;
        }
        let radius = self.size().mul_add(relative, self.radius);
        Self {
            radius: enlarged(radius),
            ..self
        }
    }

    /// A ball around a significand that is near 1, of a given absolute radius.
    #[inline(always)]
    pub(super) fn around(mid: Word, exponent: i64, radius: f64, sign: i8) -> Self {
        Self::number(mid, exponent, enlarged(radius), sign)
    }
}
