//! Upper bounds: in, magnitudes; out, a number at least as large as their exact sum or product.

#![expect(clippy::cast_precision_loss, reason = "integers of at most 53 bits")]

/// A nonnegative real number's upper bound, significand · 2^exponent with the significand in [1, 2), or 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Magnitude {
    significand: f64,
    pub(crate) exponent: i64,
}

/// More than the relative rounding error of the two operations between one bound and the next.
const UP: f64 = 1.0 + 1.0 / 1_125_899_906_842_624.0;

impl Magnitude {
    pub(crate) const ZERO: Self = Self {
        significand: 0.0,
        exponent: 0,
    };

    /// Contains everything: no result has an exponent near it.
    pub(crate) const LOST: Self = Self {
        significand: 1.0,
        exponent: 1 << 62,
    };

    /// 2^exponent.
    pub(crate) const fn power(exponent: i64) -> Self {
        Self {
            significand: 1.0,
            exponent,
        }
    }

    /// An upper bound of `top_limb` · 2^(exponent − 64) with bits below it, where the top bit is set.
    pub(crate) fn of_limb(top_limb: u64, exponent: i64) -> Self {
        if top_limb == 0 {
            return Self::ZERO;
        }
        Self::normalised(((top_limb >> 12) + 1) as f64, exponent - 52)
    }

    pub(crate) fn is_zero(self) -> bool {
        self.significand == 0.0
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let (large, small) =
            if self.is_zero() || (self.exponent < other.exponent && !other.is_zero()) {
                (other, self)
            } else {
                (self, other)
            };
        if small.is_zero() {
            return large;
        }
        let gap = large.exponent.saturating_sub(small.exponent);
        if gap > 60 {
            return Self::normalised(large.significand * UP, large.exponent);
        }
        let small = small.significand * f64::from_bits((1023 - gap).unsigned_abs() << 52);
        Self::normalised((large.significand + small) * UP, large.exponent)
    }

    pub(crate) fn times(self, other: Self) -> Self {
        if self.is_zero() || other.is_zero() {
            return Self::ZERO;
        }
        let exponent = self
            .exponent
            .saturating_add(other.exponent)
            .clamp(-1 << 62, 1 << 62);
        Self::normalised(self.significand * other.significand * UP, exponent)
    }

    pub(crate) fn scaled(mut self, shift: i64) -> Self {
        self.exponent = self.exponent.saturating_add(shift);
        self
    }

    /// The bound's 53 bits, at the top of a limb, and the exponent of a `Wide`: (limb, exponent).
    pub(crate) fn limb(self) -> (u64, i64) {
        let bits = self.significand.to_bits() & ((1 << 52) - 1);
        ((bits | 1 << 52) << 11, self.exponent + 1)
    }

    /// `value` · 2^exponent for a finite positive normal `value`.
    fn normalised(value: f64, exponent: i64) -> Self {
        let bits = value.to_bits();
        let shift = i64::from((bits >> 52) as u16) - 1023;
        Self {
            significand: f64::from_bits((bits & ((1 << 52) - 1)) | 1023 << 52),
            exponent: exponent.saturating_add(shift),
        }
    }
}
