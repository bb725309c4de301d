//! Double-double arithmetic on significands: pairs of f64 whose sum is the number, 106 bits and more.
//!
//! The algorithms and their bounds are those of Joldes, Muller and Popescu, "Tight and rigorous error bounds for basic
//! building blocks of double-word arithmetic" (2017), with u = 2^−53. They hold while nothing over- or underflows, which
//! the callers see to by keeping significands near 1: the exponent is carried apart.

/// A number high + low, with |low| ≤ u |high|.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Word {
    pub(super) high: f64,
    pub(super) low: f64,
}

/// u² = 2^−106
pub(super) const UNIT_SQUARED: f64 = f64::from_bits((1023 - 106) << 52);

/// a + b rounded, and its error exactly (TwoSum).
#[inline(always)]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    let of_a = sum - of_b;
    (sum, (a - of_a) + (b - of_b))
}

/// The same for |a| ≥ |b| (Fast2Sum).
#[inline(always)]
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

/// a · b rounded, and its error exactly.
#[inline(always)]
fn two_product(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

impl Word {
    pub(super) const ZERO: Self = Self::of(0.0);
    pub(super) const ONE: Self = Self::of(1.0);

    pub(super) const fn of(high: f64) -> Self {
        Self { high, low: 0.0 }
    }

    /// The sum of two f64, exactly.
    #[inline(always)]
    pub(super) fn sum_of(a: f64, b: f64) -> Self {
        let (high, low) = two_sum(a, b);
        Self { high, low }
    }

    /// Relative error at most 3 u² / (1 − 4 u) (AccurateDWPlusDW), for operands of any sign.
    #[inline(always)]
    pub(super) fn plus(self, other: Self) -> Self {
        let (sum, error) = two_sum(self.high, other.high);
        let (low_sum, low_error) = two_sum(self.low, other.low);
        let (sum, rest) = fast_two_sum(sum, error + low_sum);
        let (high, low) = fast_two_sum(sum, low_error + rest);
        Self { high, low }
    }

    /// Relative error at most 4 u² (DWTimesDW3).
    #[inline(always)]
    pub(super) fn times(self, other: Self) -> Self {
        let (product, error) = two_product(self.high, other.high);
        let corner = self.low * other.low;
        let first = self.high.mul_add(other.low, corner);
        let second = self.low.mul_add(other.high, first);
        let (high, low) = fast_two_sum(product, error + second);
        Self { high, low }
    }

    /// A product with an f64: relative error at most 2 u² (DWTimesFP3).
    #[inline(always)]
    pub(super) fn times_number(self, factor: f64) -> Self {
        let (product, error) = two_product(self.high, factor);
        let (high, low) = fast_two_sum(product, self.low.mul_add(factor, error));
        Self { high, low }
    }

    /// A pair near the inverse, by which a product is a quotient: [`Word::times`] it makes a relative error of at most 9.8 u² (DWDivDW3).
    #[inline(always)]
    pub(super) fn inverse(self) -> Self {
        let inverse = 1.0 / self.high;
        let remainder = (-self.high).mul_add(inverse, 1.0);
        let (high, low) = fast_two_sum(remainder, -(self.low * inverse));
        let correction = Self { high, low }.times_number(inverse);
        let (sum, error) = two_sum(correction.high, inverse);
        let (high, low) = fast_two_sum(sum, correction.low + error);
        Self { high, low }
    }

    #[inline(always)]
    pub(super) fn negated(self) -> Self {
        Self {
            high: -self.high,
            low: -self.low,
        }
    }

    /// Times a power of two, exactly where nothing underflows.
    #[inline(always)]
    pub(super) fn scaled(self, power: f64) -> Self {
        Self {
            high: self.high * power,
            low: self.low * power,
        }
    }
}
