//! On which side of a midpoint the exact value lies: in, the sides of operands; out, that of their result.

/// Where the exact value lies, seen from the midpoint (strictly, if it is above or below).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Exact,
    Above,
    Below,
    Unknown,
}

impl Side {
    /// The side of a sum of two residues.
    pub(crate) fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Exact, side) | (side, Self::Exact) => side,
            (first, second) if first == second => first,
            _ => Self::Unknown,
        }
    }

    /// The side after multiplication by a number of this sign.
    pub(crate) fn times(self, sign: i8) -> Self {
        match (self, sign) {
            (Self::Exact, _) => Self::Exact,
            (Self::Above, 1) | (Self::Below, -1) => Self::Above,
            (Self::Above, -1) | (Self::Below, 1) => Self::Below,
            _ => Self::Unknown,
        }
    }

    pub(crate) fn of_sign(sign: i8) -> Self {
        Self::Above.times(sign)
    }
}
