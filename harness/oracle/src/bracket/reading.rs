//! What a verdict reads off a bracket: error in ulps, correctly rounded result, neighbours. For f16, bf16 and f32, whose ulps
//! and largest values are f64 numbers with room to spare; results in f64 are for the next rung.

use super::Bracket;
use super::directed::{self, above};
use super::ends::{larger, smaller};
use crate::interval::{Cell, Expected, UlpError};
use crate::reading::Reading;
use lossproof_numerics::{
    Direction, Dtype, Magnitude, power_of_two, round_f64, round_magnitude, ulp_exponent_of,
};

const EXACT: UlpError = UlpError::Within {
    lower: 0.0,
    upper: 0.0,
};

impl Bracket {
    /// Bounds of |point − v|.
    #[inline(always)]
    fn distance(self, point: f64) -> (f64, f64) {
        let from_lo = directed::sum(self.lo, -point);
        let to_hi = directed::sum(point, -self.hi);
        // One of them is positive where the point lies outside; beyond the other end it is farthest.
        let lower = larger(larger(from_lo.lower(), to_hi.lower()), 0.0);
        let upper = larger(
            directed::sum(point, -self.lo).upper(),
            directed::sum(self.hi, -point).upper(),
        );
        (lower, upper)
    }

    /// A distance in ulps of v, whose exponent is somewhere between those of the ends.
    #[inline(always)]
    fn in_ulps(self, dtype: Dtype, (lower, upper): (f64, f64)) -> UlpError {
        let (a, b) = (self.lo.abs(), self.hi.abs());
        let most = larger(a, b);
        let least = if self.has_zero() { 0.0 } else { smaller(a, b) };
        // Powers of two, so that the products are exact unless they are subnormal.
        let scaled = |distance: f64, magnitude: f64| {
            distance * power_of_two(-ulp_exponent_of(dtype, magnitude))
        };
        let lower = scaled(lower, most);
        let upper = scaled(upper, least);
        UlpError::Within {
            lower: if lower < f64::MIN_POSITIVE {
                0.0
            } else {
                lower
            },
            upper: if upper < f64::MIN_POSITIVE && upper != 0.0 {
                above(upper)
            } else {
                upper.abs() // No −0, as a distance is not negative.
            },
        }
    }

    fn error_of_infinity(self, dtype: Dtype, result: f64) -> UlpError {
        match self.expected(dtype) {
            Expected::Number(number) if number.to_bits() == result.to_bits() => EXACT,
            Expected::Number(_) | Expected::Zero => {
                let stand_in = power_of_two(dtype.emax() + 1).copysign(result);
                self.in_ulps(dtype, self.distance(stand_in))
            }
            Expected::Nan | Expected::Unknown => UlpError::Undecided,
        }
    }
}

impl Reading for Bracket {
    #[inline]
    fn ulp_error(&self, dtype: Dtype, result: f64) -> UlpError {
        if dtype == Dtype::F64 || self.is_anything() {
            return UlpError::Undecided;
        }
        if result.is_nan() {
            return UlpError::WrongClass;
        }
        if self.lo == f64::NEG_INFINITY || self.hi == f64::INFINITY {
            return match (self.lo.to_bits() == self.hi.to_bits(), result.is_infinite()) {
                (true, true) if self.lo.to_bits() == result.to_bits() => EXACT,
                (true, _) => UlpError::WrongClass,
                (false, true) => self.error_of_infinity(dtype, result).if_exact(),
                (false, false) => UlpError::Undecided,
            };
        }
        if result == 0.0 {
            let (of_positive, of_negative) =
                (!result.is_sign_negative(), result.is_sign_negative());
            if self.lo > 0.0 && of_negative || self.hi < 0.0 && of_positive {
                return UlpError::WrongClass;
            }
            // A zero of the other sign is right only where the exact result is 0, which must then be known.
            let is_zero = self.lo == 0.0 && self.hi == 0.0;
            let one_sign = self.lo >= 0.0 && of_positive || self.hi <= 0.0 && of_negative;
            if !(is_zero || one_sign) {
                return UlpError::Undecided;
            }
        }
        if result.is_infinite() {
            return self.error_of_infinity(dtype, result);
        }
        self.in_ulps(dtype, self.distance(result))
    }

    #[inline]
    fn expected(&self, dtype: Dtype) -> Expected {
        if self.is_anything() {
            return Expected::Unknown;
        }
        let (from_lo, from_hi) = (round_f64(dtype, self.lo), round_f64(dtype, self.hi));
        if from_lo == 0.0 && from_hi == 0.0 {
            return if self.lo > 0.0 {
                Expected::Number(0.0)
            } else if self.hi < 0.0 {
                Expected::Number(-0.0)
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

    fn cell(&self, dtype: Dtype) -> Option<Cell> {
        if self.is_anything() {
            return None;
        }
        let rounded = |end: f64, up: bool| {
            if end == 0.0 || end.is_infinite() {
                return end;
            }
            let direction = if up == (end < 0.0) {
                Direction::TowardZero
            } else {
                Direction::AwayFromZero
            };
            round_magnitude(dtype, Magnitude::of(end), direction).copysign(end)
        };
        let (below, above) = (rounded(self.lo, false), rounded(self.hi, true));
        Some(Cell::new(
            (below, self.lo == below),
            (above, self.hi == above),
        ))
    }

    #[inline]
    fn bracket(&self) -> Bracket {
        *self
    }
}
