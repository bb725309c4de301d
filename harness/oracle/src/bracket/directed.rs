//! Rounding outward without changing the rounding mode: two numbers in, the nearest f64 below and above (or on) the exact
//! sum, product or quotient out.
//!
//! Each is the rounded result of the processor and a proof of the side on which the exact one lies. The error of a sum is
//! itself an f64 (Knuth's TwoSum), and so are that of a product and the remainder of a quotient (a fused multiply-add),
//! as long as nothing underflows; their sign tells the side, and 0 says that the result is exact. Where they could
//! underflow, or a result overflowed, either side is taken to be possible. Everything is arithmetic and selection, so
//! loops over these vectorise.

/// 2^−1074, the smallest positive f64: added, it is lost in every normal number from 2^−1020 on.
const SMALLEST: f64 = f64::from_bits(1);

/// 2^−52
const TWO_UNITS: f64 = f64::EPSILON;

/// 2^−900: a product or a numerator of at least this magnitude has an error term that does not underflow, since that is at
/// most 2^−106 times as large (products), or a multiple of 2^−106 times the numerator (remainders), above 2^−1022.
const NO_UNDERFLOW: f64 = f64::from_bits((1023 - 900) << 52);

/// An f64 below `x`, by at most three units in its last place.
#[inline(always)]
pub(super) fn below(x: f64) -> f64 {
    // |x| 2^−52 is at least the distance to the neighbour for a normal x, 2^−1074 for a subnormal one; the rounded difference
    // of an f64 and something no smaller than that distance lies at or beyond the neighbour.
    x - x.abs().mul_add(TWO_UNITS, SMALLEST)
}

/// An f64 above `x`, by at most three units in its last place.
#[inline(always)]
pub(super) fn above(x: f64) -> f64 {
    x + x.abs().mul_add(TWO_UNITS, SMALLEST)
}

/// A rounded result and on which sides of it the exact one may lie.
#[derive(Clone, Copy)]
pub(super) struct Sided {
    pub(super) rounded: f64,
    pub(super) may_be_below: bool,
    pub(super) may_be_above: bool,
}

impl Sided {
    /// The largest number known not to lie above the exact result; NaN for a result that overflowed upward.
    #[inline(always)]
    pub(super) fn lower(self) -> f64 {
        if self.may_be_below {
            below(self.rounded)
        } else {
            self.rounded
        }
    }

    /// The smallest number known not to lie below the exact result; NaN for a result that overflowed downward.
    #[inline(always)]
    pub(super) fn upper(self) -> f64 {
        if self.may_be_above {
            above(self.rounded)
        } else {
            self.rounded
        }
    }
}

/// a + b rounded, and the error that this makes, exactly (TwoSum), where the sum does not overflow.
#[inline(always)]
pub(super) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    let of_a = sum - of_b;
    (sum, (a - of_a) + (b - of_b))
}

/// a + b. Where an operand is infinite, or the sum overflows, or only a step on the way to its error does, that is NaN: an infinite
/// operand makes the sum exact, and with finite ones either side is possible.
#[inline(always)]
pub(super) fn sum(a: f64, b: f64) -> Sided {
    let (rounded, error) = two_sum(a, b);
    let vague = error.is_nan() & a.is_finite() & b.is_finite();
    Sided {
        rounded,
        may_be_below: (error < 0.0) | vague,
        may_be_above: (error > 0.0) | vague,
    }
}

/// a · b
#[inline(always)]
pub(super) fn product(a: f64, b: f64) -> Sided {
    let rounded = a * b;
    let error = a.mul_add(b, -rounded);
    let vague = (rounded.abs() < NO_UNDERFLOW) & (a != 0.0) & (b != 0.0)
        | rounded.is_infinite() & a.is_finite() & b.is_finite();
    Sided {
        rounded,
        may_be_below: (error < 0.0) | vague,
        may_be_above: (error > 0.0) | vague,
    }
}

/// a / b for b ≠ 0
#[inline(always)]
pub(super) fn quotient(a: f64, b: f64) -> Sided {
    let rounded = a / b;
    // a − rounded · b: has the sign of the error times that of b. It is exact where neither it nor the quotient is subnormal.
    let remainder = (-rounded).mul_add(b, a);
    let error = if b < 0.0 { -remainder } else { remainder };
    let small = (a.abs() < NO_UNDERFLOW) | (rounded.abs() < NO_UNDERFLOW);
    let vague = small & (a != 0.0) & b.is_finite() | rounded.is_infinite() & a.is_finite();
    Sided {
        rounded,
        may_be_below: (error < 0.0) | vague,
        may_be_above: (error > 0.0) | vague,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum is finite, and its error overflows on the way.
    #[test]
    fn a_sum_at_the_end_of_the_range_is_contained() {
        let most = f64::MAX;
        let half_a_unit = 1.5 * 2.0f64.powi(971 - 1);
        for (a, b) in [
            (-1.5 * 2.0f64.powi(971), most),
            (most, -1.5 * 2.0f64.powi(971)),
            (-half_a_unit, most),
            (most, -most),
            (most, most),
        ] {
            for (a, b) in [(a, b), (-a, -b)] {
                let ours = sum(a, b);
                let exact = rug::Float::with_val(2200, a) + b;
                // NaN bounds nothing.
                assert!(!(ours.lower() > exact), "{a:e} + {b:e}");
                assert!(!(ours.upper() < exact), "{a:e} + {b:e}");
            }
        }
        assert!(sum(f64::INFINITY, 1.0).lower() == f64::INFINITY);
    }
}
