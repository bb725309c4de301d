//! Reading an enclosure in a dtype: the correctly rounded result and the dtype values around the exact one.

use super::{End, Interval, Nan};
use lossproof_numerics::{Direction, Dtype, Magnitude, next_up, round_magnitude};
use rug::Float;
use rug::float::Round;

/// The correctly rounded result, as far as an enclosure tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expected {
    /// This value, sign of zero and infinities included.
    Number(f64),
    /// Zero; its sign is not settled, because the exact result is zero or may be: either zero is correctly rounded.
    Zero,
    /// NaN.
    Nan,
    /// The ends round to different values.
    Unknown,
}

/// The dtype values around the exact result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// The largest dtype value (or −∞) proven not to lie above the exact result.
    pub below: f64,
    /// The smallest dtype value (or +∞) proven not to lie below the exact result.
    pub above: f64,
    may_equal_below: bool,
    may_equal_above: bool,
}

/// Which end of the interval a bound is, so that an open one knows where the number lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Lower,
    Upper,
}

/// A number just inside an end: what rounding has to look at.
pub(super) enum Inside {
    Zero,
    Infinite {
        negative: bool,
    },
    Finite {
        negative: bool,
        magnitude: Magnitude,
    },
}

/// An exponent beyond every dtype's, for magnitudes known only to be huge or tiny.
const BEYOND: i64 = 1 << 40;

impl End {
    pub(super) fn inside(&self, side: Side) -> Inside {
        let inward_is_positive = side == Side::Lower;
        let extreme = |negative, exponent| Inside::Finite {
            negative,
            magnitude: Magnitude {
                significand: 1 << 63,
                exponent,
                sticky: true,
            },
        };
        if self.value.is_zero() {
            return if self.open {
                extreme(!inward_is_positive, -BEYOND)
            } else {
                Inside::Zero
            };
        }
        let negative = self.value.is_sign_negative();
        if self.value.is_infinite() {
            return if self.open {
                extreme(negative, BEYOND)
            } else {
                Inside::Infinite { negative }
            };
        }
        let exact = magnitude_of(&self.value);
        let magnitude = match (self.open, negative == inward_is_positive) {
            (false, _) => exact,
            (true, true) => exact.just_below(),
            (true, false) => exact.just_above(),
        };
        Inside::Finite {
            negative,
            magnitude,
        }
    }
}

/// The leading 64 bits of a finite, non-zero number.
fn magnitude_of(value: &Float) -> Magnitude {
    let (leading, ternary) = Float::with_val_round(64, value, Round::Zero);
    let (integer, scale) = leading.to_integer_exp().expect("finite");
    let integer = integer
        .abs()
        .to_u64()
        .expect("a 64-bit significand fits a u64");
    let shift = integer.leading_zeros();
    Magnitude {
        significand: integer << shift,
        exponent: i64::from(scale) + 63 - i64::from(shift),
        sticky: ternary.is_ne(),
    }
}

/// A number as a hex float with as many digits as it has.
pub(super) fn exact_hex(value: &Float) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    let (integer, scale) = value.to_integer_exp().expect("finite");
    if integer == 0 {
        return format!("{sign}0x0p+0");
    }
    let integer = integer.abs();
    let bits = integer.significant_bits();
    // Shifted so that the digits after the point are whole hex digits.
    let digit_bits = (bits - 1).next_multiple_of(4);
    let digits = (integer << (digit_bits - (bits - 1))).to_string_radix(16);
    let fraction = digits[1..].trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!(
        "{sign}0x1{point}{fraction}p{:+}",
        i64::from(scale) + i64::from(bits) - 1
    )
}

fn round_inside(dtype: Dtype, inside: &Inside, direction: impl Fn(bool) -> Direction) -> f64 {
    match *inside {
        Inside::Zero => 0.0,
        Inside::Infinite { negative } => signed(f64::INFINITY, negative),
        Inside::Finite {
            negative,
            magnitude,
        } => signed(
            round_magnitude(dtype, magnitude, direction(negative)),
            negative,
        ),
    }
}

fn signed(magnitude: f64, negative: bool) -> f64 {
    if negative { -magnitude } else { magnitude }
}

impl Interval {
    pub(super) fn insides(&self) -> (Inside, Inside) {
        (self.lo.inside(Side::Lower), self.hi.inside(Side::Upper))
    }

    /// The correctly rounded result in `dtype` (to nearest, ties to even, overflow to infinity).
    #[must_use]
    pub fn expected(&self, dtype: Dtype) -> Expected {
        match self.nan {
            Nan::Surely => return Expected::Nan,
            Nan::Perhaps => return Expected::Unknown,
            Nan::Never => {}
        }
        let (lo, hi) = self.insides();
        let nearest = |inside: &Inside| round_inside(dtype, inside, |_| Direction::NearestEven);
        let (from_lo, from_hi) = (nearest(&lo), nearest(&hi));
        let zero_possible = matches!(lo, Inside::Zero) || matches!(hi, Inside::Zero);
        if from_lo == 0.0 && from_hi == 0.0 {
            let one_sign = from_lo.is_sign_negative() == from_hi.is_sign_negative();
            return if one_sign && !zero_possible {
                Expected::Number(from_lo)
            } else {
                Expected::Zero
            };
        }
        if from_lo.to_bits() == from_hi.to_bits() {
            Expected::Number(from_lo)
        } else {
            Expected::Unknown
        }
    }

    /// The dtype values around the exact result; `None` when it may be NaN.
    #[must_use]
    pub fn cell(&self, dtype: Dtype) -> Option<Cell> {
        if self.nan != Nan::Never {
            return None;
        }
        let (lo, hi) = self.insides();
        let downward = |negative| {
            if negative {
                Direction::AwayFromZero
            } else {
                Direction::TowardZero
            }
        };
        let upward = |negative| {
            if negative {
                Direction::TowardZero
            } else {
                Direction::AwayFromZero
            }
        };
        let below = round_inside(dtype, &lo, downward);
        let above = round_inside(dtype, &hi, upward);
        Some(Cell {
            below,
            above,
            may_equal_below: !self.lo.open && self.lo.value == below,
            may_equal_above: !self.hi.open && self.hi.value == above,
        })
    }
}

impl Cell {
    /// The values around a result that lies between two, and whether it may be equal to either.
    pub(crate) fn new(
        (below, may_equal_below): (f64, bool),
        (above, may_equal_above): (f64, bool),
    ) -> Self {
        Self {
            below,
            above,
            may_equal_below,
            may_equal_above,
        }
    }

    /// Whether `result` is one of the two dtype values around the exact one, or the exact one when that is
    /// representable; `None` when the enclosure does not tell.
    #[must_use]
    #[expect(
        clippy::float_cmp,
        reason = "dtype values are exact; both zeros are the number zero"
    )]
    pub fn is_faithful(&self, dtype: Dtype, result: f64) -> Option<bool> {
        let Self {
            below,
            above,
            may_equal_below,
            may_equal_above,
        } = *self;
        if result.is_nan() || result < below || result > above {
            return Some(false);
        }
        if below == above {
            return Some(true);
        }
        let after_below = next_up(dtype, below);
        if after_below == above {
            // One gap: either neighbour is faithful unless the exact result may be the other one.
            let excluded = if result == below {
                may_equal_above
            } else {
                may_equal_below
            };
            return if excluded { None } else { Some(true) };
        }
        let one_value_inside = next_up(dtype, after_below) == above;
        let beside_it = one_value_inside && result == after_below;
        if beside_it && !may_equal_below && !may_equal_above {
            Some(true)
        } else {
            None
        }
    }
}
