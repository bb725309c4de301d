//! Rounding of exact magnitudes to a dtype: once, from as many bits as there are.

use crate::dtype::{Dtype, power_of_two};

/// How a magnitude is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the nearest value, ties to the even significand; overflow goes to infinity from (2 − 2^−p)·2^emax on.
    NearestEven,
    /// To the largest value not above the magnitude (at most the largest finite value).
    TowardZero,
    /// To the smallest value not below the magnitude (infinity above the largest finite value).
    AwayFromZero,
}

/// A positive real number known well enough to round: its leading 64 bits, and whether anything follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Magnitude {
    /// The leading bits; the top one is set.
    pub significand: u64,
    /// The number lies in [2^exponent, 2^(exponent + 1)).
    pub exponent: i64,
    /// Whether the number is larger than `significand` · 2^(exponent − 63), by less than one unit of it.
    pub sticky: bool,
}

impl Magnitude {
    /// The magnitude of a finite, non-zero `f64`.
    ///
    /// # Panics
    /// Never: eleven bits fit any integer.
    #[must_use]
    pub fn of(value: f64) -> Self {
        debug_assert!(value.is_finite() && value != 0.0);
        let bits = value.to_bits();
        let biased = i64::from(u32::try_from((bits >> 52) & 0x7ff).expect("eleven bits"));
        let fraction = bits & ((1 << 52) - 1);
        let (integer, exponent) = if biased == 0 {
            (fraction, -1074)
        } else {
            (fraction | (1 << 52), biased - 1075)
        };
        let shift = integer.leading_zeros();
        Self {
            significand: integer << shift,
            exponent: exponent + 63 - i64::from(shift),
            sticky: false,
        }
    }

    /// The magnitude just below this one, nearer than any dtype could tell.
    #[must_use]
    pub fn just_below(self) -> Self {
        if self.sticky {
            self // Already strictly between two 64-bit neighbours, and anything between rounds alike.
        } else if self.significand == 1 << 63 {
            Self {
                significand: u64::MAX,
                exponent: self.exponent - 1,
                sticky: true,
            }
        } else {
            Self {
                significand: self.significand - 1,
                sticky: true,
                ..self
            }
        }
    }

    /// The magnitude just above this one.
    #[must_use]
    pub fn just_above(self) -> Self {
        Self {
            sticky: true,
            ..self
        }
    }
}

/// Rounds a magnitude to `dtype`, through its subnormals, with no intermediate rounding.
///
/// # Panics
/// Never: an exponent that does not overflow is one of the dtype's.
#[must_use]
pub fn round_magnitude(dtype: Dtype, magnitude: Magnitude, direction: Direction) -> f64 {
    let quantum_exponent = dtype.ulp_exponent(magnitude.exponent);
    // The number is (significand + less than one) · 2^(exponent − 63); `dropped` of its bits lie below the quantum.
    // The precision is at most 53, so at least 11 bits are dropped.
    let dropped = quantum_exponent - (magnitude.exponent - 63);
    let (kept, half, below_half) = match u32::try_from(dropped).unwrap_or(u32::MAX) {
        dropped @ 0..=63 => (
            magnitude.significand >> dropped,
            magnitude.significand >> (dropped - 1) & 1 == 1,
            magnitude.significand & ((1 << (dropped - 1)) - 1) != 0 || magnitude.sticky,
        ),
        64 => (0, true, magnitude.significand << 1 != 0 || magnitude.sticky),
        _ => (0, false, true),
    };
    let up = match direction {
        Direction::NearestEven => half && (below_half || kept & 1 == 1),
        Direction::TowardZero => false,
        Direction::AwayFromZero => half || below_half,
    };
    let integer = kept + u64::from(up);
    let overflow_exponent = i64::from(dtype.emax()) + 1;
    let top_exponent = quantum_exponent + 63 - i64::from(integer.leading_zeros());
    if integer != 0 && top_exponent >= overflow_exponent {
        return if direction == Direction::TowardZero {
            dtype.max_finite()
        } else {
            f64::INFINITY
        };
    }
    let quantum = power_of_two(i32::try_from(quantum_exponent).expect("within the dtype's range"));
    #[expect(clippy::cast_precision_loss, reason = "at most 2^53")]
    let rounded = integer as f64 * quantum; // Exact: both factors and the product are values of the dtype.
    rounded
}

/// `value` rounded to nearest-even in `dtype`; NaN and infinities stay, and zero keeps its sign.
#[inline]
#[must_use]
pub fn round_f64(dtype: Dtype, value: f64) -> f64 {
    match dtype {
        Dtype::F64 => value,
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the conversion rounds to nearest-even"
        )]
        Dtype::F32 => f64::from(value as f32),
        Dtype::F16 | Dtype::Bf16 => round_to_half(dtype, value),
    }
}

#[inline]
fn round_to_half(dtype: Dtype, value: f64) -> f64 {
    let magnitude = value.abs();
    if magnitude >= dtype.min_normal() && magnitude <= dtype.max_finite() {
        // Add half a unit of the last place kept, less one bit where that is even, and cut; a carry runs into the exponent.
        let dropped = 53 - dtype.precision();
        let bits = magnitude.to_bits();
        let half_down = (1 << (dropped - 1)) - 1 + (bits >> dropped & 1);
        let rounded = bits.wrapping_add(half_down) >> dropped << dropped;
        return f64::from_bits(rounded).copysign(value);
    }
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    round_magnitude(dtype, Magnitude::of(value), Direction::NearestEven).copysign(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::{decode, next_up};
    use proptest::prelude::*;

    /// Every finite f16 and bf16 value, and every midpoint between neighbours, approached from both sides.
    #[test]
    fn sixteen_bit_values_and_midpoints() {
        for dtype in [Dtype::F16, Dtype::Bf16] {
            let mut bits = 0;
            loop {
                let low = decode(dtype, bits);
                if low.to_bits() == dtype.max_finite().to_bits() {
                    break;
                }
                let high = next_up(dtype, low);
                let midpoint = low + (high - low) / 2.0;
                let even = if bits % 2 == 0 { low } else { high };
                let of = Magnitude::of(midpoint);
                let nearest = |m| round_magnitude(dtype, m, Direction::NearestEven);
                assert_eq!(nearest(of).to_bits(), even.to_bits());
                assert_eq!(nearest(of.just_below()).to_bits(), low.to_bits());
                assert_eq!(nearest(of.just_above()).to_bits(), high.to_bits());
                assert_eq!(
                    round_magnitude(dtype, of, Direction::TowardZero).to_bits(),
                    low.to_bits()
                );
                assert_eq!(
                    round_magnitude(dtype, of, Direction::AwayFromZero).to_bits(),
                    high.to_bits()
                );
                assert_eq!(round_f64(dtype, -high).to_bits(), (-high).to_bits());
                bits += 1;
            }
        }
    }

    #[test]
    fn overflow_begins_at_the_midpoint_above_the_largest_value() {
        let threshold = Magnitude::of(65520.0);
        let nearest = |m| round_magnitude(Dtype::F16, m, Direction::NearestEven);
        assert_eq!(nearest(threshold).to_bits(), f64::INFINITY.to_bits());
        assert_eq!(
            nearest(threshold.just_below()).to_bits(),
            65504f64.to_bits()
        );
        let huge = Magnitude {
            significand: 1 << 63,
            exponent: 1 << 40,
            sticky: true,
        };
        assert_eq!(
            round_magnitude(Dtype::F64, huge, Direction::TowardZero).to_bits(),
            f64::MAX.to_bits()
        );
        let tiny = Magnitude {
            exponent: -(1 << 40),
            ..huge
        };
        assert_eq!(
            round_magnitude(Dtype::F64, tiny, Direction::NearestEven).to_bits(),
            0
        );
        assert_eq!(
            round_magnitude(Dtype::F64, tiny, Direction::AwayFromZero).to_bits(),
            1
        );
    }

    proptest! {
        #[test]
        fn agrees_with_the_hardware_conversion(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            #[expect(clippy::cast_possible_truncation, reason = "the conversion under test")]
            let hardware = f64::from(value as f32);
            prop_assert_eq!(round_f64(Dtype::F32, value).to_bits(), hardware.to_bits());
            prop_assert_eq!(round_f64(Dtype::F64, value).to_bits(), bits);
        }
    }
}
