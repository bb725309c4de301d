//! The tolerances that people test kernels with today. In: a result and what is known of the exact one. Out: which named
//! tolerances would let the result pass.
//!
//! A tool compares with an expected value, and so does this module: with the exact result rounded correctly to the dtype,
//! the best that a tool's own reference could be. Where the enclosure leaves several roundings open, a result passes only
//! when it passes against both ends of what is open. The tools evaluate their rules in the dtype or in f32; here they are
//! evaluated in f64, which decides the same except within a rounding of the limit.

mod count;
mod table;

pub use count::ToleranceCount;
pub(crate) use count::{add_lost_call, add_value, merge_counts};
pub use table::{Limit, Tolerance, ToleranceEntry, tolerances};

use crate::reference::Target;
use crate::spec::Outcome;
use lossproof_numerics::{Dtype, encode};
use lossproof_oracle::{Expected, Reading};

/// Which tolerances let a value pass: a bit for each, in the order of [`tolerances`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed(u16);

impl Passed {
    /// All of them.
    pub const ALL: Self = Self(u16::MAX);

    /// Whether the tolerance at a place lets the value pass.
    #[must_use]
    pub fn contains(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }
}

/// The limits of every tolerance for one op, dtype and row length.
#[derive(Debug, Clone)]
pub struct Yardsticks {
    dtype: Dtype,
    row_length: usize,
    /// The limit of each tolerance, and whether it takes NaN for equal to NaN; none where it does not apply.
    limits: Vec<Option<(Limit, bool)>>,
}

impl Yardsticks {
    /// The limits for calls of an op.
    #[must_use]
    pub fn of(op: &str, dtype: Dtype, row_length: usize) -> Self {
        let limit = |tolerance: &Tolerance| {
            let limit = tolerance.limit(op, dtype)?;
            Some((limit, tolerance.nan_equals_nan))
        };
        Self {
            dtype,
            row_length,
            limits: tolerances().iter().map(limit).collect(),
        }
    }

    /// Which tolerances let a result pass whose exact value is enclosed; none is known when that may be NaN or a number.
    #[must_use]
    pub fn against_enclosure(&self, result: f64, enclosure: &impl Reading) -> Option<Passed> {
        let (least, most) = match enclosure.expected(self.dtype) {
            Expected::Number(number) => (number, number),
            Expected::Zero => (0.0, 0.0),
            Expected::Nan => (f64::NAN, f64::NAN),
            Expected::Unknown => {
                let cell = enclosure.cell(self.dtype)?;
                (cell.below, cell.above)
            }
        };
        let least = self.against(result, least);
        Some(Passed(least.0 & self.against(result, most).0))
    }

    /// Which tolerances let a result pass that a clause has settled by its class.
    #[must_use]
    pub fn against_classes(&self, result: f64, target: &Target<'_>, conforms: bool) -> Passed {
        if conforms {
            return self.against(result, result);
        }
        let accepted = target.accept.iter().copied().filter_map(expected_of_class);
        accepted.fold(Passed::default(), |passed, expected| {
            Passed(passed.0 | self.against(result, expected).0)
        })
    }

    /// Which tolerances let a result pass where a value is expected.
    #[must_use]
    pub fn against(&self, result: f64, expected: f64) -> Passed {
        let bits = self.limits.iter().enumerate().map(|(place, limit)| {
            let passes = limit.is_some_and(|(limit, nan_equals_nan)| {
                if result.is_nan() || expected.is_nan() {
                    return nan_equals_nan && result.is_nan() && expected.is_nan();
                }
                self.is_within(limit, result, expected)
            });
            u16::from(passes) << place
        });
        Passed(bits.sum())
    }

    #[expect(
        clippy::float_cmp,
        reason = "the tools ask whether infinities and zeros are equal, as numbers"
    )]
    fn is_within(&self, limit: Limit, result: f64, expected: f64) -> bool {
        if result == expected {
            return true;
        }
        match limit {
            Limit::Distance { relative, absolute } => {
                let both_finite = result.is_finite() && expected.is_finite();
                both_finite && (result - expected).abs() <= absolute + relative * expected.abs()
            }
            Limit::Steps {
                per_value,
                constant,
            } => {
                // The tool takes encodings as integers; those of unlike sign are half their range apart.
                let alike = result.is_sign_negative() == expected.is_sign_negative();
                let steps = encode(self.dtype, result).abs_diff(encode(self.dtype, expected));
                alike && steps <= per_value * self.row_length as u64 + constant
            }
        }
    }
}

/// The value that a tool would expect where a clause accepts a class.
fn expected_of_class(outcome: Outcome) -> Option<f64> {
    match outcome {
        Outcome::Nan => Some(f64::NAN),
        Outcome::PositiveInfinity => Some(f64::INFINITY),
        Outcome::NegativeInfinity => Some(f64::NEG_INFINITY),
        Outcome::PositiveZero => Some(0.0),
        Outcome::NegativeZero => Some(-0.0),
        Outcome::Error | Outcome::Formula | Outcome::Unknown => None,
    }
}

#[cfg(test)]
mod tests;
