//! The error of a result against an enclosure of the exact one: classes first, then a distance in ulps.

use super::rounding::Inside;
use super::{Expected, Interval, Nan};
use lossproof_numerics::Dtype;
use rug::Float;
use rug::float::Round;

/// How a result compares with the exact one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum UlpError {
    /// NaN, infinity or the sign of zero differ: no distance makes sense.
    WrongClass,
    /// The enclosure does not settle the class.
    Undecided,
    /// |result − exact| / ulp(exact) lies in [lower, upper].
    Within {
        /// A lower bound of the error, in ulps.
        lower: f64,
        /// An upper bound of the error, in ulps.
        upper: f64,
    },
}

impl UlpError {
    /// Itself where it says that there is no error at all; else undecided.
    pub(crate) fn if_exact(self) -> Self {
        match self {
            Self::Within { upper: 0.0, .. } => self,
            _ => Self::Undecided,
        }
    }
}

/// Least working precision for distances; every step is rounded outward, so it affects tightness only.
const DISTANCE_BITS: u32 = 64;

/// [`UlpError`] before its bounds are rounded to f64.
enum ExactError {
    WrongClass,
    Undecided,
    Within(Float, Float),
}

impl Interval {
    /// The error of `result`, a value of `dtype`, in ulps of the exact result (DESIGN.md §1).
    #[must_use]
    pub fn ulp_error(&self, dtype: Dtype, result: f64) -> UlpError {
        match self.exact_error(dtype, result) {
            ExactError::WrongClass => UlpError::WrongClass,
            ExactError::Undecided => UlpError::Undecided,
            ExactError::Within(lower, upper) => UlpError::Within {
                lower: lower.to_f64_round(Round::Down).max(0.0),
                upper: upper.to_f64_round(Round::Up),
            },
        }
    }

    /// Whether the error of `result` is proven to exceed `ulps` (`Some(true)`) or not to (`Some(false)`), finer than an
    /// f64 could tell: an error of 1 + 10^−20 ulps exceeds 1.
    #[must_use]
    pub fn error_exceeds(&self, dtype: Dtype, result: f64, ulps: f64) -> Option<bool> {
        match self.exact_error(dtype, result) {
            ExactError::Within(lower, _) if lower > ulps => Some(true),
            ExactError::Within(_, upper) if upper <= ulps => Some(false),
            ExactError::Within(..) | ExactError::WrongClass | ExactError::Undecided => None,
        }
    }

    fn exact_error(&self, dtype: Dtype, result: f64) -> ExactError {
        let zero = || Float::new(DISTANCE_BITS);
        let exact = || ExactError::Within(zero(), zero());
        match self.nan {
            Nan::Surely if result.is_nan() => return exact(),
            Nan::Surely => return ExactError::WrongClass,
            Nan::Perhaps => return ExactError::Undecided,
            Nan::Never if result.is_nan() => return ExactError::WrongClass,
            Nan::Never => {}
        }
        if self.may_be_infinite() {
            return match self.as_point() {
                Some(infinity) if *infinity == result => exact(),
                Some(_) => ExactError::WrongClass,
                None => ExactError::Undecided,
            };
        }
        if result == 0.0 {
            let (negative, zero, positive) = self.sign_range();
            let sign_is_settled = !zero && negative != positive;
            if sign_is_settled && negative != result.is_sign_negative() {
                return ExactError::WrongClass;
            }
        }
        if result.is_infinite() {
            return self.error_of_infinity(dtype, result);
        }
        let (lower, upper) = self.distance(&Float::with_val(DISTANCE_BITS, result));
        self.in_ulps(dtype, lower, upper)
    }

    /// An infinity is right where the exact result overflows, and counts as ±2^(emax + 1) where it does not.
    fn error_of_infinity(&self, dtype: Dtype, result: f64) -> ExactError {
        let sign = if result < 0.0 { -1 } else { 1 };
        let stand_in = Float::with_val(DISTANCE_BITS, sign) << (dtype.emax() + 1);
        let (lower, upper) = self.distance(&stand_in);
        let zero = || Float::new(DISTANCE_BITS);
        match (self.expected(dtype), self.in_ulps(dtype, lower, upper)) {
            (Expected::Number(number), _) if number.to_bits() == result.to_bits() => {
                ExactError::Within(zero(), zero())
            }
            (Expected::Unknown, ExactError::Within(_, upper)) => ExactError::Within(zero(), upper),
            (_, error) => error,
        }
    }

    /// Bounds of |point − exact|.
    fn distance(&self, point: &Float) -> (Float, Float) {
        let precision = DISTANCE_BITS.max(self.lo.value.prec());
        let gap = |a: &Float, b: &Float, round| Float::with_val_round(precision, a - b, round).0;
        let lower = if *point < self.lo.value {
            gap(&self.lo.value, point, Round::Down)
        } else if *point > self.hi.value {
            gap(point, &self.hi.value, Round::Down)
        } else {
            Float::new(DISTANCE_BITS)
        };
        let to_lo = gap(point, &self.lo.value, Round::Up);
        let to_hi = gap(&self.hi.value, point, Round::Up);
        (lower, to_lo.max(&to_hi))
    }

    /// The range of the exact result's binary exponents; `i64::MIN` where it may be zero.
    fn exponents(&self) -> (i64, i64) {
        let exponent = |inside: &Inside| match inside {
            Inside::Finite { magnitude, .. } => magnitude.exponent,
            Inside::Zero | Inside::Infinite { .. } => i64::MIN,
        };
        let (lo, hi) = self.insides();
        let (lo, hi) = (exponent(&lo), exponent(&hi));
        if matches!(self.sign_range(), (true, _, true)) {
            (i64::MIN, lo.max(hi))
        } else {
            (lo.min(hi), lo.max(hi))
        }
    }

    fn in_ulps(&self, dtype: Dtype, lower: Float, upper: Float) -> ExactError {
        let (smallest, largest) = self.exponents();
        // An exact result beyond any scale (an open infinite end) proves no lower bound.
        let scale = |exponent: i64| i32::try_from(dtype.ulp_exponent(exponent)).ok();
        let lower = scale(largest).map_or_else(|| Float::new(DISTANCE_BITS), |ulp| lower >> ulp);
        let upper = upper >> scale(smallest).unwrap_or(i32::MAX);
        ExactError::Within(lower, upper)
    }

    /// An upper bound of the error relative to what the problem's conditioning excuses:
    /// |result − v| / (u · max(|v|, Σ|x_i · ∂v/∂x_i|, 2^emin)), which is |result − v| / (|v| · u · max(1, κ)) where v is normal.
    /// `None` when the result is no finite number or the exact result's class is not settled.
    #[must_use]
    pub fn conditioned_error(&self, dtype: Dtype, result: f64, sensitivity: &Self) -> Option<f64> {
        if self.nan != Nan::Never || self.may_be_infinite() || !result.is_finite() {
            return None;
        }
        let (_, distance) = self.distance(&Float::with_val(DISTANCE_BITS, result));
        let least_magnitude = self.magnitude().lo.value;
        let mut scale = least_magnitude.max(&Float::with_val(DISTANCE_BITS, dtype.min_normal()));
        if sensitivity.nan == Nan::Never && sensitivity.lo.value > scale {
            scale.clone_from(&sensitivity.lo.value); // Not `max`, which would round it.
        }
        let (quotient, _) = Float::with_val_round(DISTANCE_BITS, &distance / &scale, Round::Up);
        Some((quotient << dtype.precision()).to_f64_round(Round::Up))
    }
}
