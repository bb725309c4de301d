//! The rungs of the ladder, as reports count them.

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
