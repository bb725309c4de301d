//! A ball as two integers between which it lies: what rounding and distances are read off exactly.

use super::DoubleBall;
use lossproof_numerics::{Direction, Dtype, Magnitude, round_magnitude};

/// How many bits the unit lies below a ball's exponent: a significand's high part is then an integer, and its low part almost.
const FRACTION_BITS: i64 = 110;

/// 2^110
const UNITS: f64 = f64::from_bits((1023 + 110) << 52);

/// From this radius on, in units of 2^exponent, a ball is not read.
const WIDE: f64 = 1024.0;

/// lo · 2^exponent ≤ v ≤ hi · 2^exponent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed {
    pub(super) lo: i128,
    pub(super) hi: i128,
    pub(super) exponent: i64,
    /// Whether the number is known to differ from 0.
    pub(super) is_nonzero: bool,
}

impl DoubleBall {
    /// The ball's ends, cut off at 0 where the sign is proven; none where it is too wide, or no number's.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded to integers first, whose magnitudes are below 2^121"
    )]
    pub(super) fn fixed(&self) -> Option<Fixed> {
        if !self.is_number() || !(self.radius < WIDE) {
            return None;
        }
        let high = (self.mid.high * UNITS) as i128; // 53 bits, the lowest of them at least 2^58.
        let low = self.mid.low * UNITS;
        let radius = (self.radius * UNITS).ceil() as i128;
        let mut lo = high + low.floor() as i128 - radius;
        let mut hi = high + low.ceil() as i128 + radius;
        if self.sign > 0 {
            lo = lo.max(0);
        } else if self.sign < 0 {
            hi = hi.min(0);
        }
        Some(Fixed {
            lo,
            hi,
            exponent: self.exponent - FRACTION_BITS,
            is_nonzero: self.sign != 0,
        })
    }
}

impl Fixed {
    /// An end rounded to a dtype; 0 has the sign of the side that the number lies on.
    pub(super) fn rounded(
        self,
        end: i128,
        dtype: Dtype,
        direction: impl Fn(bool) -> Direction,
    ) -> f64 {
        if end == 0 {
            return if self.lo < 0 { -0.0 } else { 0.0 };
        }
        let negative = end < 0;
        let rounded = round_magnitude(dtype, self.magnitude(end), direction(negative));
        if negative { -rounded } else { rounded }
    }

    /// The magnitude of an end that is not 0.
    fn magnitude(self, end: i128) -> Magnitude {
        let size = end.unsigned_abs();
        let top = 127 - i64::from(size.leading_zeros());
        let aligned = size << size.leading_zeros();
        let significand = (aligned >> 64) as u64;
        Magnitude {
            significand,
            exponent: self.exponent + top,
            sticky: aligned << 64 != 0,
        }
    }

    /// The largest dtype value not above an end, and whether it is the end.
    pub(super) fn below(self, end: i128, dtype: Dtype) -> (f64, bool) {
        let down = self.rounded(end, dtype, downward);
        let up = self.rounded(end, dtype, upward);
        (down, down.to_bits() == up.to_bits())
    }

    /// The smallest dtype value not below an end, and whether it is the end.
    pub(super) fn above(self, end: i128, dtype: Dtype) -> (f64, bool) {
        let (down, exact) = self.below(end, dtype);
        (
            if exact {
                down
            } else {
                self.rounded(end, dtype, upward)
            },
            exact,
        )
    }

    /// The exponents of the smallest and the largest magnitude; `i64::MIN` where it may be 0.
    pub(super) fn exponents(self) -> (i64, i64) {
        let of = |size: u128| match size {
            0 => i64::MIN,
            size => self.exponent + 127 - i64::from(size.leading_zeros()),
        };
        let (a, b) = (self.lo.unsigned_abs(), self.hi.unsigned_abs());
        let least = if self.lo <= 0 && self.hi >= 0 {
            0
        } else {
            a.min(b)
        };
        (of(least), of(a.max(b)))
    }

    /// A dtype value in this unit, rounded down and up; none where it is so much larger that it does not fit.
    pub(super) fn in_units(self, significand: i64, exponent: i64) -> Option<(i128, i128)> {
        let shift = exponent - self.exponent;
        let value = i128::from(significand);
        if value == 0 {
            return Some((0, 0));
        }
        if shift >= 0 {
            let fits = shift <= 60;
            return fits.then(|| (value << shift, value << shift));
        }
        let dropped = u32::try_from(-shift).unwrap_or(u32::MAX).min(126);
        let down = value >> dropped;
        let exact = down << dropped == value;
        Some((down, down + i128::from(!exact)))
    }
}

pub(super) fn downward(negative: bool) -> Direction {
    if negative {
        Direction::AwayFromZero
    } else {
        Direction::TowardZero
    }
}

pub(super) fn upward(negative: bool) -> Direction {
    downward(!negative)
}
