//! Intervals as sets: hull and intersection, maximum and magnitude.

use super::{End, Interval, Nan};
use rug::Float;
use std::cmp::Ordering;

impl Interval {
    pub(super) fn larger(&self, other: &Self) -> Self {
        if self.nan == Nan::Surely || other.nan == Nan::Surely {
            return Self::nan_only();
        }
        let lo = match self.lo.value.partial_cmp(&other.lo.value) {
            Some(Ordering::Greater) => self.lo.clone(),
            Some(Ordering::Less) => other.lo.clone(),
            // The maximum reaches a common lower bound only when both numbers do.
            _ => End {
                open: self.lo.open || other.lo.open,
                ..self.lo.clone()
            },
        };
        let hi = outermost(self.hi.clone(), other.hi.clone(), Ordering::Greater);
        Self::between(lo, hi, self.combined_nan(other, false))
    }

    pub(super) fn magnitude(&self) -> Self {
        match self.sign_range() {
            (false, ..) => self.clone(),
            (true, _, false) => self.negated(),
            (true, _, true) => {
                let hi = outermost(self.negated().hi, self.hi.clone(), Ordering::Greater);
                let lo = End::closed(Float::new(self.lo.value.prec()));
                Self::between(lo, hi, self.nan)
            }
        }
    }

    /// The smallest interval around both.
    pub(crate) fn hull_with(self, other: Self) -> Self {
        let nan = self.combined_nan(&other, false);
        Self::between(
            outermost(self.lo, other.lo, Ordering::Less),
            outermost(self.hi, other.hi, Ordering::Greater),
            nan,
        )
    }

    /// The intersection of two enclosures of one number.
    ///
    /// # Panics
    /// When they have nothing in common: then one of them does not enclose the number.
    pub(super) fn common_with(&self, other: &Self) -> Self {
        assert!(
            self.overlaps(other),
            "disjoint enclosures of one number: {self:?} and {other:?}"
        );
        if self.nan == Nan::Surely || other.nan == Nan::Never {
            return if other.nan == Nan::Never && self.nan == Nan::Never {
                let lo = innermost(&self.lo, &other.lo, Ordering::Greater);
                let hi = innermost(&self.hi, &other.hi, Ordering::Less);
                Self::between(lo, hi, Nan::Never)
            } else if self.nan == Nan::Surely {
                self.clone()
            } else {
                other.clone()
            };
        }
        if self.nan == Nan::Never || other.nan == Nan::Perhaps {
            self.clone()
        } else {
            other.clone()
        }
    }
}

/// The outer of two ends; of two equal ones, one that is attained.
pub(super) fn outermost(a: End, b: End, outward: Ordering) -> End {
    match a.value.partial_cmp(&b.value) {
        Some(Ordering::Equal) if a.open => b,
        Some(Ordering::Equal) => a,
        found if found == Some(outward) => a,
        _ => b,
    }
}

/// The inner of two ends; of two equal ones, one that is excluded.
fn innermost(a: &End, b: &End, inward: Ordering) -> End {
    match a.value.partial_cmp(&b.value) {
        Some(Ordering::Equal) if a.open => a.clone(),
        Some(Ordering::Equal) => b.clone(),
        found if found == Some(inward) => a.clone(),
        _ => b.clone(),
    }
}
