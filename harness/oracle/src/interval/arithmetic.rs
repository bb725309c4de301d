//! Sums, products and quotients of intervals.
//!
//! The range of a product or quotient over two intervals is the hull of its values at the corners, where indeterminate
//! corners (0 · ∞, ∞/∞, 0/0) are left out: the values around them lie between the remaining corners, and the
//! indeterminate form itself is NaN, which is kept apart. With no corner left any number in the result is 0.

use super::sets::outermost;
use super::{End, Interval, Nan, PrecisionBits};
use crate::enclosure::Enclosure;
use rug::Float;
use rug::float::Round;
use rug::ops::NegAssign;
use std::cmp::Ordering;

impl Interval {
    /// The NaN state of an operation that is itself indeterminate for some operands.
    pub(super) fn combined_nan(&self, other: &Self, indeterminate: bool) -> Nan {
        if self.nan == Nan::Never && other.nan == Nan::Never && !indeterminate {
            Nan::Never
        } else {
            Nan::Perhaps
        }
    }

    pub(super) fn negated(&self) -> Self {
        let flip = |end: &End| {
            let mut flipped = end.clone();
            flipped.value.neg_assign();
            flipped
        };
        Self {
            lo: flip(&self.hi),
            hi: flip(&self.lo),
            nan: self.nan,
        }
    }

    pub(super) fn sum(&self, other: &Self, precision: PrecisionBits) -> Self {
        if self.nan == Nan::Surely || other.nan == Nan::Surely {
            return Self::nan_only();
        }
        if let (Some(a), Some(b)) = (self.as_point(), other.as_point()) {
            return Self::from_point_operation(precision, |round| {
                Float::with_val_round(precision, a + b, round)
            });
        }
        let opposed = |up: &End, down: &End| {
            up.attains_infinity() && down.attains_infinity() && up.value > 0 && down.value < 0
        };
        let indeterminate = opposed(&self.hi, &other.lo) || opposed(&other.hi, &self.lo);
        let nan = self.combined_nan(other, indeterminate);
        let end = |a: &End, b: &End, round: Round| {
            if a.value.is_infinite() && b.value.is_infinite() && a.value != b.value {
                // One operand is exactly the infinity that points inward (a lower end of +∞, an upper end of −∞): with
                // anything but the opposite infinity it gives itself.
                let inward = if (round == Round::Down) == (a.value > 0) {
                    a
                } else {
                    b
                };
                return inward.clone();
            }
            let sum = Float::with_val_round(precision, &a.value + &b.value, round);
            if a.value.is_infinite() || b.value.is_infinite() {
                let attained = a.attains_infinity() || b.attains_infinity();
                return End {
                    value: sum.0,
                    open: !attained,
                };
            }
            End::rounded(sum, a.open || b.open)
        };
        let lo = end(&self.lo, &other.lo, Round::Down);
        let hi = end(&self.hi, &other.hi, Round::Up);
        if lo.value > hi.value {
            return Self::nan_only(); // Only ∞ and −∞ (or NaN) were to be added.
        }
        Self::between(lo, hi, nan)
    }

    pub(super) fn product(&self, other: &Self, precision: PrecisionBits) -> Self {
        if self.nan == Nan::Surely || other.nan == Nan::Surely {
            return Self::nan_only();
        }
        if let (Some(a), Some(b)) = (self.as_point(), other.as_point()) {
            return Self::from_point_operation(precision, |round| {
                Float::with_val_round(precision, a * b, round)
            });
        }
        if let Some([least, largest]) = self.extreme_corners(other) {
            let end = |(a, b): (&End, &End), round| {
                let product = Float::with_val_round(precision, &a.value * &b.value, round);
                End::rounded(product, a.open || b.open)
            };
            let nan = self.combined_nan(other, false);
            return Self::between(end(least, Round::Down), end(largest, Round::Up), nan);
        }
        let indeterminate = (self.may_be_zero() && other.may_be_infinite())
            || (self.may_be_infinite() && other.may_be_zero());
        let nan = self.combined_nan(other, indeterminate);
        self.hull_over_corners(other, nan, |a, b, round| {
            let (zero_a, zero_b) = (a.value.is_zero(), b.value.is_zero());
            if (zero_a && b.value.is_infinite()) || (zero_b && a.value.is_infinite()) {
                return None;
            }
            let product = Float::with_val_round(precision, &a.value * &b.value, round);
            Some(if zero_a || zero_b {
                // A zero that is attained gives zero with whatever the other factor is.
                End {
                    value: product.0,
                    open: (a.open || !zero_a) && (b.open || !zero_b),
                }
            } else if a.value.is_infinite() || b.value.is_infinite() {
                End {
                    value: product.0,
                    open: !(a.attains_infinity() || b.attains_infinity()),
                }
            } else {
                End::rounded(product, a.open || b.open)
            })
        })
    }

    pub(super) fn quotient(&self, other: &Self, precision: PrecisionBits) -> Self {
        if self.nan == Nan::Surely || other.nan == Nan::Surely {
            return Self::nan_only();
        }
        let (numerator_signs, denominator_signs) = (self.sign_range(), other.sign_range());
        if denominator_signs.1 {
            return if other.is_point() {
                self.over_zero(numerator_signs, precision)
            } else {
                Self::anything(precision)
            };
        }
        if let (Some(a), Some(b)) = (self.as_point(), other.as_point()) {
            return Self::from_point_operation(precision, |round| {
                Float::with_val_round(precision, a / b, round)
            });
        }
        // A quotient by b is a product with 1/b, whose ends are those of b the other way round.
        let turned = Self {
            lo: other.hi.clone(),
            hi: other.lo.clone(),
            nan: other.nan,
        };
        if let Some([least, largest]) = self.extreme_corners(&turned) {
            let end = |(a, b): (&End, &End), round| {
                let quotient = Float::with_val_round(precision, &a.value / &b.value, round);
                End::rounded(quotient, a.open || b.open)
            };
            let nan = self.combined_nan(other, false);
            return Self::between(end(least, Round::Down), end(largest, Round::Up), nan);
        }
        let nan = self.combined_nan(other, self.may_be_infinite() && other.may_be_infinite());
        let denominator_is_negative = denominator_signs.0;
        self.hull_over_corners(other, nan, |a, b, round| {
            let (zero_a, zero_b) = (a.value.is_zero(), b.value.is_zero());
            let (infinite_a, infinite_b) = (a.value.is_infinite(), b.value.is_infinite());
            if (zero_a && zero_b) || (infinite_a && infinite_b) {
                return None;
            }
            if zero_b {
                // Here zero is an open end: the denominator comes near it from one side only.
                let towards = if (a.value < 0) == denominator_is_negative {
                    1.0
                } else {
                    -1.0
                };
                let value = Float::with_val(precision, towards * f64::INFINITY);
                return Some(End {
                    value,
                    open: !a.attains_infinity(),
                });
            }
            let quotient = Float::with_val_round(precision, &a.value / &b.value, round);
            Some(if zero_a {
                // A zero is attained by 0 over anything, and by anything over an infinity that is attained.
                End {
                    value: quotient.0,
                    open: a.open && !b.attains_infinity(),
                }
            } else if infinite_b {
                End {
                    value: quotient.0,
                    open: b.open,
                }
            } else if infinite_a {
                End {
                    value: quotient.0,
                    open: a.open,
                }
            } else {
                End::rounded(quotient, a.open || b.open)
            })
        })
    }

    /// a / 0: ±∞ with the sign of a, NaN for a = 0.
    fn over_zero(&self, signs: (bool, bool, bool), precision: PrecisionBits) -> Self {
        let infinity = |sign: f64| Self::point(Float::with_val(precision, sign * f64::INFINITY));
        let mut result = match signs {
            (false, false, true) => infinity(1.0),
            (true, false, false) => infinity(-1.0),
            (false, true, false) => return Self::nan_only(),
            (true, _, true) => Self::anything(precision),
            (false, true, true) => Self {
                nan: Nan::Perhaps,
                ..infinity(1.0)
            },
            (true, true, false) => Self {
                nan: Nan::Perhaps,
                ..infinity(-1.0)
            },
            (false, false, false) => unreachable!("an interval holds a number of some sign"),
        };
        if self.nan == Nan::Perhaps {
            result.nan = Nan::Perhaps;
        }
        result
    }

    /// a · b with 0 · b = 0 for every b.
    pub(super) fn zero_dominated_product(&self, other: &Self, precision: PrecisionBits) -> Self {
        if self.nan == Nan::Surely {
            return Self::nan_only();
        }
        let zero = || Self::point(Float::new(precision));
        if self.as_point().is_some_and(Float::is_zero) {
            return zero();
        }
        if !self.may_be_zero() {
            return self.product(other, precision);
        }
        if other.nan == Nan::Surely {
            return Self {
                nan: Nan::Perhaps,
                ..zero()
            };
        }
        let mut product = self.product(other, precision);
        let indeterminate = self.may_be_infinite() && other.may_be_zero();
        product.nan = self.combined_nan(other, indeterminate);
        product.hull_with(zero())
    }

    /// f of exactly known operands: one evaluation downward; an inexact result lies before its upper neighbour.
    pub(super) fn from_point_operation(
        precision: PrecisionBits,
        operation: impl Fn(Round) -> (Float, Ordering),
    ) -> Self {
        let (down, ternary) = operation(Round::Down);
        if down.is_nan() {
            return Self::nan_only();
        }
        if ternary == Ordering::Equal {
            return Self::point(down);
        }
        let mut up = Float::with_val(precision, &down);
        up.next_up();
        Self::between(
            End {
                value: down,
                open: true,
            },
            End {
                value: up,
                open: true,
            },
            Nan::Never,
        )
    }

    /// For two operands of settled sign with regular ends, the corners of the smallest and the largest product.
    fn extreme_corners<'a>(&'a self, other: &'a Self) -> Option<[(&'a End, &'a End); 2]> {
        let regular = |end: &End| end.value.is_normal();
        let ends = [&self.lo, &self.hi, &other.lo, &other.hi];
        if !ends.into_iter().all(regular) {
            return None;
        }
        let sign = |interval: &Self| {
            let (lo, hi) = (
                interval.lo.value.is_sign_negative(),
                interval.hi.value.is_sign_negative(),
            );
            (lo == hi).then_some(lo)
        };
        Some(match (sign(self)?, sign(other)?) {
            (false, false) => [(&self.lo, &other.lo), (&self.hi, &other.hi)],
            (true, true) => [(&self.hi, &other.hi), (&self.lo, &other.lo)],
            (true, false) => [(&self.lo, &other.hi), (&self.hi, &other.lo)],
            (false, true) => [(&self.hi, &other.lo), (&self.lo, &other.hi)],
        })
    }

    fn hull_over_corners(
        &self,
        other: &Self,
        nan: Nan,
        corner: impl Fn(&End, &End, Round) -> Option<End>,
    ) -> Self {
        let hull = |round: Round, outward: Ordering| {
            let corners = [
                (&self.lo, &other.lo),
                (&self.lo, &other.hi),
                (&self.hi, &other.lo),
                (&self.hi, &other.hi),
            ];
            let ends = corners.into_iter().filter_map(|(a, b)| corner(a, b, round));
            ends.reduce(|a, b| outermost(a, b, outward))
        };
        match (
            hull(Round::Down, Ordering::Less),
            hull(Round::Up, Ordering::Greater),
        ) {
            (Some(lo), Some(hi)) => Self::between(lo, hi, nan),
            // Only 0 · ±∞ and ±∞/±∞ at the corners: numbers strictly between them give 0.
            _ => Self {
                nan,
                ..Self::point(Float::new(2))
            },
        }
    }
}
