//! A software float: in, `f64` numbers and small integers, exactly; out, elements rounded once.

#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "limb counts are small; `approximate` is meant to lose bits"
)]

use crate::element::{Element, decompose};

/// (−1)^negative · 0.limbs · 2^exponent, with N limbs of 64 bits, least significant first, top bit set; or zero, all
/// limbs 0. A nonzero magnitude lies in [2^(exponent−1), 2^exponent).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wide<const N: usize> {
    pub(crate) negative: bool,
    pub(crate) exponent: i64,
    pub(crate) limbs: [u64; N],
}

impl<const N: usize> Wide<N> {
    pub(crate) const ZERO: Self = Self {
        negative: false,
        exponent: 0,
        limbs: [0; N],
    };

    /// Significand bits.
    pub(crate) const BITS: i64 = 64 * N as i64;

    /// A small integer, exactly.
    pub(crate) const fn integer(value: u64) -> Self {
        let mut limbs = [0; N];
        if value == 0 {
            return Self::ZERO;
        }
        let zeros = value.leading_zeros();
        limbs[N - 1] = value << zeros;
        Self {
            negative: false,
            exponent: 64 - zeros as i64,
            limbs,
        }
    }

    /// A finite `f64`, exactly.
    pub(crate) fn from_f64(value: f64) -> Self {
        let (significand, exponent) = decompose(value);
        let mut wide = Self::integer(significand);
        if significand != 0 {
            wide.exponent += exponent;
            wide.negative = value.is_sign_negative();
        }
        wide
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.limbs[N - 1] == 0
    }

    /// −1, 0 or 1.
    pub(crate) fn sign(&self) -> i8 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    pub(crate) fn negated(mut self) -> Self {
        self.negative = !self.negative && !self.is_zero();
        self
    }

    /// Times 2^shift, exactly.
    pub(crate) fn scaled(mut self, shift: i64) -> Self {
        if !self.is_zero() {
            self.exponent += shift;
        }
        self
    }

    /// The nearest element to this number, or to every number immediately above (`side` 1) or below it (−1).
    pub(crate) fn nearest<E: Element>(&self, side: i8) -> E {
        if self.is_zero() {
            return E::signed(side < 0, 0);
        }
        let top = self.limbs[N - 1];
        let rest = self.limbs[..N - 1].iter().any(|&limb| limb != 0);
        let outward = if self.negative { -side } else { side };
        let lowered = outward < 0 && !rest;
        E::from_magnitude(
            self.negative,
            top - u64::from(lowered),
            self.exponent - 64,
            rest || outward != 0,
        )
    }

    /// The number to 53 bits, where its exponent allows; for starting points only.
    pub(crate) fn approximate(&self) -> f64 {
        let top = self.limbs[N - 1] as f64 / 18_446_744_073_709_551_616.0;
        let magnitude =
            top * f64::from_bits((1023 + self.exponent.clamp(-1000, 1000)).unsigned_abs() << 52);
        if self.negative { -magnitude } else { magnitude }
    }
}
