//! What a verdict reads off a double-double ball: error in ulps, correctly rounded result, neighbours.

use super::fixed::Fixed;
use super::{DoubleBall, Kind};
use crate::bracket::Bracket;
use crate::interval::{Cell, Expected, UlpError};
use crate::reading::Reading;
use lossproof_numerics::{Direction, Dtype};

const EXACT: UlpError = UlpError::Within {
    lower: 0.0,
    upper: 0.0,
};

/// A count of units times 2^`exponent` as an f64, rounded down or up.
///
/// A count that is an f64 stays as it is, so that a tie is half an ulp and no more. Otherwise the conversion and the product after it
/// are each off by a factor between 1/(1 + u) and 1 + u, together by less than 1 + 3 u: the step of 4 u makes that good. (One of 2 u
/// would fall short by u².)
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "what is lost is seen on the way back, and made good"
)]
fn scaled(units: i128, exponent: i64, up: bool) -> f64 {
    let nearest = units as f64;
    debug_assert!(units < i128::MAX, "the cast back would saturate");
    let bound = if nearest as i128 == units {
        nearest
    } else if up {
        nearest * (1.0 + 2.0 * f64::EPSILON)
    } else {
        nearest * (1.0 - 2.0 * f64::EPSILON)
    };
    if bound == 0.0 {
        return 0.0;
    }
    // In steps, so that neither factor leaves the normal numbers; what underflows is rounded outward.
    let mut result = bound;
    let mut left = exponent;
    while left != 0 && result != 0.0 && result.is_finite() {
        let step = left.clamp(-900, 900);
        result *= super::power(step);
        left -= step;
    }
    match (up, result < f64::MIN_POSITIVE) {
        (true, true) => f64::MIN_POSITIVE,
        (false, true) => 0.0,
        (false, false) => result.min(f64::MAX),
        (true, false) => result,
    }
}

/// The integer and the exponent that a finite value is made of.
fn parts(value: f64) -> (i64, i64) {
    let field = (value.to_bits() >> 52 & 0x7ff).cast_signed();
    let fraction = (value.to_bits() & ((1 << 52) - 1)).cast_signed();
    let (integer, exponent) = if field == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, field - 1075)
    };
    (if value < 0.0 { -integer } else { integer }, exponent)
}

impl Fixed {
    /// The error of a value in ulps, where value and exact result are not too far apart to tell.
    fn ulp_error(self, dtype: Dtype, (significand, exponent): (i64, i64)) -> UlpError {
        let Some((down, up)) = self.in_units(significand, exponent) else {
            return UlpError::Undecided;
        };
        let lower = (self.lo - up).max(down - self.hi).max(0);
        let upper = (self.hi - down).max(up - self.lo);
        let (least, most) = self.exponents();
        let shift = |of_v: i64| self.exponent - dtype.ulp_exponent(of_v);
        UlpError::Within {
            lower: scaled(lower, shift(most), false),
            upper: scaled(upper, shift(least), true),
        }
    }

    fn expected(self, dtype: Dtype) -> Expected {
        let nearest = |end| self.rounded(end, dtype, |_| Direction::NearestEven);
        let (from_lo, from_hi) = (nearest(self.lo), nearest(self.hi));
        if from_lo == 0.0 && from_hi == 0.0 {
            return match (self.is_nonzero, self.hi > 0) {
                (true, true) => Expected::Number(0.0),
                (true, false) => Expected::Number(-0.0),
                (false, _) => Expected::Zero,
            };
        }
        if from_lo.to_bits() == from_hi.to_bits() {
            Expected::Number(from_lo)
        } else {
            Expected::Unknown
        }
    }
}

impl DoubleBall {
    pub(super) fn bracket_of(self) -> Bracket {
        match self.kind {
            Kind::Anything => Bracket::of_ends((f64::NAN, f64::NAN)),
            Kind::Infinity => {
                let infinity = f64::INFINITY * f64::from(self.sign);
                Bracket::of_ends((infinity, infinity))
            }
            Kind::Number => self.fixed().map_or_else(
                || Bracket::of_ends((f64::NAN, f64::NAN)),
                |fixed| {
                    let (lo, _) = fixed.below(fixed.lo, Dtype::F64);
                    let (hi, _) = fixed.above(fixed.hi, Dtype::F64);
                    Bracket::of_ends((lo, hi))
                },
            ),
        }
    }

    /// The sign of a result of 0 against what is known of v: some verdict where it is wrong or open.
    fn error_of_zero_sign(&self, result: f64) -> Option<UlpError> {
        let of_result = if result.is_sign_negative() { -1 } else { 1 };
        match self.sign {
            0 if self.is_zero() => None,
            0 => Some(UlpError::Undecided),
            sign if sign == of_result => None,
            _ => Some(UlpError::WrongClass),
        }
    }
}

impl Reading for DoubleBall {
    fn ulp_error(&self, dtype: Dtype, result: f64) -> UlpError {
        match self.kind {
            Kind::Anything => return UlpError::Undecided,
            _ if result.is_nan() => return UlpError::WrongClass,
            Kind::Infinity => {
                let same = result.is_infinite() && (result < 0.0) == (self.sign < 0);
                return if same { EXACT } else { UlpError::WrongClass };
            }
            Kind::Number => {}
        }
        if result == 0.0
            && let Some(error) = self.error_of_zero_sign(result)
        {
            return error;
        }
        let Some(fixed) = self.fixed() else {
            return UlpError::Undecided;
        };
        if !result.is_infinite() {
            return fixed.ulp_error(dtype, parts(result));
        }
        match fixed.expected(dtype) {
            Expected::Number(number) if number.to_bits() == result.to_bits() => EXACT,
            Expected::Number(_) | Expected::Zero => {
                let stand_in = if result < 0.0 { -1 } else { 1 };
                fixed.ulp_error(dtype, (stand_in, i64::from(dtype.emax()) + 1))
            }
            Expected::Nan | Expected::Unknown => UlpError::Undecided,
        }
    }

    fn expected(&self, dtype: Dtype) -> Expected {
        match self.kind {
            Kind::Anything => Expected::Unknown,
            Kind::Infinity => Expected::Number(f64::INFINITY * f64::from(self.sign)),
            Kind::Number => self
                .fixed()
                .map_or(Expected::Unknown, |fixed| fixed.expected(dtype)),
        }
    }

    fn cell(&self, dtype: Dtype) -> Option<Cell> {
        if let Expected::Number(infinity) = self.expected(dtype)
            && self.kind == Kind::Infinity
        {
            return Some(Cell::new((infinity, true), (infinity, true)));
        }
        let fixed = self.fixed()?;
        Some(Cell::new(
            fixed.below(fixed.lo, dtype),
            fixed.above(fixed.hi, dtype),
        ))
    }

    fn bracket(&self) -> Bracket {
        self.bracket_of()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rug::{Float, Integer};

    #[test]
    fn counts_become_bounds_and_exact_ones_stay() {
        assert!(scaled(1 << 52, -53, true).to_bits() == 0.5f64.to_bits());
        assert!(scaled(1 << 100, -101, false).to_bits() == 0.5f64.to_bits());
        let power =
            |exponent: i64| Float::with_val(200, Float::i_exp(1, i32::try_from(exponent).unwrap()));
        for units in [
            3,
            (1i128 << 53) + 1,
            (1 << 60) - 1,
            i128::MAX / 3,
            (1 << 120) - 1,
        ] {
            for exponent in [-1100, -1000, -53, 0, 300, 890] {
                let exact = Float::with_val(200, &Integer::from(units)) * power(exponent);
                let (lower, upper) = (
                    scaled(units, exponent, false),
                    scaled(units, exponent, true),
                );
                assert!(lower <= exact && upper >= exact, "{units} {exponent}");
                assert!(upper >= f64::MIN_POSITIVE, "{units} {exponent}");
            }
        }
    }
}
