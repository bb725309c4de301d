//! Intervals on MPFR whose ends are rounded outward and know whether they can be attained.
//!
//! An end is *closed* when the exact number may be equal to it and *open* when it is proven to lie strictly inside. MPFR's
//! ternary value opens an end: a rounded end is strictly outside the exact one. Openness settles what no precision
//! could: (−2^53 − 1 − ε, −2^53 − 1) with an open upper end lies beside a tie, not on it.

mod arithmetic;
mod elementary;
mod error;
mod rounding;
mod sets;

pub use error::UlpError;
pub use rounding::{Cell, Expected};

use rug::Float;
use rug::float::Round;
use std::cmp::Ordering;

/// One end of an interval.
#[derive(Debug, Clone)]
pub(crate) struct End {
    /// The bound, possibly infinite, never NaN.
    pub(crate) value: Float,
    /// Whether the exact number is proven to differ from the bound.
    pub(crate) open: bool,
}

/// Whether the exact result may be NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nan {
    /// It is a number.
    Never,
    /// It is NaN or a number in the interval.
    Perhaps,
    /// It is NaN.
    Surely,
}

/// An enclosure of an extended real number or NaN, on MPFR.
#[derive(Debug, Clone)]
pub struct Interval {
    pub(crate) lo: End,
    pub(crate) hi: End,
    pub(crate) nan: Nan,
}

/// Precision in bits of the ends.
pub type PrecisionBits = u32;

impl End {
    pub(crate) fn closed(value: Float) -> Self {
        Self { value, open: false }
    }

    /// An end from a rounded operation: strictly outside the exact end when the rounding was inexact.
    pub(crate) fn rounded((value, ternary): (Float, Ordering), open: bool) -> Self {
        Self {
            value,
            open: open || ternary != Ordering::Equal,
        }
    }

    /// Whether the exact number may be this infinity.
    pub(crate) fn attains_infinity(&self) -> bool {
        !self.open && self.value.is_infinite()
    }
}

/// Working precision of the literals that the rungs below MPFR read.
pub(crate) const LITERAL_BITS: PrecisionBits = 256;

impl Interval {
    pub(crate) fn nan_only() -> Self {
        let nowhere = || End {
            value: Float::new(2),
            open: true,
        };
        Self {
            lo: nowhere(),
            hi: nowhere(),
            nan: Nan::Surely,
        }
    }

    pub(crate) fn point(value: Float) -> Self {
        Self {
            lo: End::closed(value.clone()),
            hi: End::closed(value),
            nan: Nan::Never,
        }
    }

    pub(crate) fn between(lo: End, hi: End, nan: Nan) -> Self {
        debug_assert!(lo.value <= hi.value, "inverted interval {lo:?} {hi:?}");
        Self { lo, hi, nan }
    }

    /// Exactly this integer.
    pub(crate) fn integer(value: i64) -> Self {
        Self::point(Float::with_val(64, value))
    }

    /// Whether the number may be less than, equal to and greater than another's; `None` when NaN is possible.
    pub(crate) fn possible_orders(&self, other: &Self) -> Option<(bool, bool, bool)> {
        if self.nan != Nan::Never || other.nan != Nan::Never {
            return None;
        }
        Some((
            self.lo.value < other.hi.value,
            self.overlaps(other),
            other.lo.value < self.hi.value,
        ))
    }

    /// Whether only one number is enclosed, and no NaN.
    #[must_use]
    pub fn is_point(&self) -> bool {
        self.nan == Nan::Never && self.lo.value == self.hi.value
    }

    /// The common value of both ends when the enclosed number is known exactly.
    pub(crate) fn as_point(&self) -> Option<&Float> {
        self.is_point().then_some(&self.lo.value)
    }

    /// Whether the enclosed number may be zero.
    #[must_use]
    pub fn may_be_zero(&self) -> bool {
        self.nan != Nan::Surely && self.sign_range().1
    }

    /// Whether the number may be negative, zero, positive.
    pub(crate) fn sign_range(&self) -> (bool, bool, bool) {
        let negative = self.lo.value < 0;
        let positive = self.hi.value > 0;
        let zero = match (negative, positive) {
            (true, false) => self.hi.value.is_zero() && !self.hi.open,
            (false, true) => self.lo.value.is_zero() && !self.lo.open,
            (true, true) | (false, false) => true,
        };
        (negative, zero, positive)
    }

    /// Whether the enclosure leaves NaN open.
    pub(crate) fn may_be_nan(&self) -> bool {
        self.nan != Nan::Never
    }

    /// Whether the number may be +∞ or −∞.
    pub(crate) fn may_be_infinite(&self) -> bool {
        self.nan != Nan::Surely && (self.lo.attains_infinity() || self.hi.attains_infinity())
    }

    /// Whether the two enclosures have a number (or NaN) in common, as two enclosures of one result must.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        if self.nan != Nan::Never && other.nan != Nan::Never {
            return true;
        }
        if self.nan == Nan::Surely || other.nan == Nan::Surely {
            return false;
        }
        let reaches = |lo: &End, hi: &End| {
            lo.value < hi.value || (lo.value == hi.value && !lo.open && !hi.open)
        };
        // Open ends that meet in one point, as (a, b) and (a, b) with equal bounds, still share what lies between.
        reaches(&self.lo, &other.hi) && reaches(&other.lo, &self.hi)
    }

    /// Whether every number this interval encloses is enclosed by `outer`.
    #[must_use]
    pub fn is_within(&self, outer: &Self) -> bool {
        let nan_within = self.nan == Nan::Never || outer.nan != Nan::Never;
        if self.nan == Nan::Surely {
            return nan_within;
        }
        let end_within =
            |inner: &End, outer: &End, order: Ordering| match inner.value.partial_cmp(&outer.value)
            {
                Some(Ordering::Equal) => !outer.open || inner.open,
                found => found == Some(order),
            };
        nan_within
            && outer.nan != Nan::Surely
            && end_within(&self.lo, &outer.lo, Ordering::Greater)
            && end_within(&self.hi, &outer.hi, Ordering::Less)
    }

    /// The exact result to `digits` significant decimal digits, rounded to nearest; `None` when the ends give different ones.
    #[must_use]
    pub fn to_decimal(&self, digits: usize) -> Option<String> {
        match self.nan {
            Nan::Surely => return Some("nan".to_owned()),
            Nan::Perhaps => return None,
            Nan::Never => {}
        }
        let text = |end: &Float| {
            if end.is_zero() {
                return "0".to_owned(); // The ends of a zero may have different signs.
            }
            end.to_string_radix_round(10, Some(digits), Round::Nearest)
        };
        let lo = text(&self.lo.value);
        (lo == text(&self.hi.value)).then_some(lo)
    }

    /// The ends as text with `digits` significant decimal digits, rounded outward.
    #[must_use]
    pub fn ends_to_decimal(&self, digits: usize) -> (String, String) {
        let text = |value: &Float, round| value.to_string_radix_round(10, Some(digits), round);
        (
            text(&self.lo.value, Round::Down),
            text(&self.hi.value, Round::Up),
        )
    }

    /// The ends as hex floats, exactly.
    #[must_use]
    pub fn ends_to_hex(&self) -> (String, String) {
        (
            rounding::exact_hex(&self.lo.value),
            rounding::exact_hex(&self.hi.value),
        )
    }

    /// Whether the ends are excluded: an open end is proven to differ from the exact result.
    #[must_use]
    pub fn open_ends(&self) -> (bool, bool) {
        (self.lo.open, self.hi.open)
    }

    /// The ends as f64, rounded outward; NaN when NaN is possible.
    #[must_use]
    pub fn ends_to_f64(&self) -> (f64, f64) {
        if self.nan == Nan::Never {
            (
                self.lo.value.to_f64_round(Round::Down),
                self.hi.value.to_f64_round(Round::Up),
            )
        } else {
            (f64::NAN, f64::NAN)
        }
    }
}
