//! What a verdict reads off an enclosure, on whichever rung it was computed.

use crate::bracket::Bracket;
use crate::interval::{Cell, Expected, Interval, UlpError};
use lossproof_numerics::Dtype;

/// An enclosure of an exact result, read in a dtype. Every answer holds for all numbers enclosed.
pub trait Reading {
    /// The error of `result`, a value of `dtype`, in ulps of the exact result.
    fn ulp_error(&self, dtype: Dtype, result: f64) -> UlpError;

    /// Whether the error of `result` is proven to exceed `ulps`, or not to.
    fn error_exceeds(&self, dtype: Dtype, result: f64, ulps: f64) -> Option<bool> {
        match self.ulp_error(dtype, result) {
            UlpError::Within { lower, .. } if lower > ulps => Some(true),
            UlpError::Within { upper, .. } if upper <= ulps => Some(false),
            UlpError::Within { .. } | UlpError::WrongClass | UlpError::Undecided => None,
        }
    }

    /// The correctly rounded result.
    fn expected(&self, dtype: Dtype) -> Expected;

    /// The dtype values around the exact result; `None` when it may be NaN.
    fn cell(&self, dtype: Dtype) -> Option<Cell>;

    /// The numbers enclosed, and perhaps more, as a bracket.
    fn bracket(&self) -> Bracket;
}

impl Reading for Interval {
    fn ulp_error(&self, dtype: Dtype, result: f64) -> UlpError {
        Self::ulp_error(self, dtype, result)
    }

    fn error_exceeds(&self, dtype: Dtype, result: f64, ulps: f64) -> Option<bool> {
        Self::error_exceeds(self, dtype, result, ulps)
    }

    fn expected(&self, dtype: Dtype) -> Expected {
        Self::expected(self, dtype)
    }

    fn cell(&self, dtype: Dtype) -> Option<Cell> {
        Self::cell(self, dtype)
    }

    fn bracket(&self) -> Bracket {
        Bracket::of_ends(self.ends_to_f64())
    }
}
