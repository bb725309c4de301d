//! The rungs of the ladder, as reports count them, and MPFR's by their precision.

use super::verdict::ERROR_RESOLUTION;
use lossproof_oracle::{PrecisionBits, rungs};

/// What settled a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rung {
    /// A clause, by the result's class; or a call without values.
    Sight,
    /// Brackets of f64 values.
    F64,
    /// Double-double balls.
    DoubleDouble,
    /// MPFR intervals.
    Mpfr,
}

impl Rung {
    /// All of them, lowest first.
    pub const ALL: [Self; 4] = [Self::Sight, Self::F64, Self::DoubleDouble, Self::Mpfr];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sight => "at sight",
            Self::F64 => "f64",
            Self::DoubleDouble => "double-double",
            Self::Mpfr => "MPFR",
        }
    }
}

/// Which rungs a run climbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Oracle {
    /// All, from the cheapest.
    #[default]
    Ladder,
    /// MPFR's alone.
    Mpfr,
}

/// A rung of MPFR's.
#[derive(Clone, Copy)]
pub(super) struct Precision {
    pub(super) bits: PrecisionBits,
    /// How close the bounds of an error must be on it; on the last one they may be as they are.
    pub(super) resolution: f64,
}

/// MPFR's rungs up to a limit.
pub(super) fn precisions(limit: PrecisionBits) -> impl Iterator<Item = Precision> {
    let mut rungs = rungs(limit).peekable();
    std::iter::from_fn(move || {
        let bits = rungs.next()?;
        let is_last = rungs.peek().is_none();
        let resolution = if is_last {
            f64::INFINITY
        } else {
            ERROR_RESOLUTION
        };
        Some(Precision { bits, resolution })
    })
}
