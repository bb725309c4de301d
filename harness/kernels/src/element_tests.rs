//! The one rounding, at the places where roundings go wrong.

use half::{bf16, f16};

use super::Element;

/// Every midpoint between neighbours rounds to the even one, and a residue or the next `f64` on either side decides.
fn every_midpoint<E: Element>() {
    let last = E::infinity(false).encoding();
    for encoding in 0..last {
        let (low, high) = (E::from_encoding(encoding), E::from_encoding(encoding + 1));
        // Beyond the largest finite number the scale goes on: infinity stands for 2^(emax + 1).
        let above = if encoding + 1 == last {
            2.0 * power::<E>()
        } else {
            high.to_f64()
        };
        let middle = f64::midpoint(low.to_f64(), above);
        let even = if encoding % 2 == 0 { low } else { high };
        for (value, residue, expected) in [
            (low.to_f64(), 0.0, low),
            (middle, 0.0, even),
            (middle, 1e-300, high),
            (middle, -1e-300, low),
            (middle.next_up(), 0.0, high),
            (middle.next_down(), 0.0, low),
        ] {
            let found = E::nearest_beside(value, residue);
            assert_eq!(
                found.encoding(),
                expected.encoding(),
                "{} {value:e} + {residue:e}",
                E::NAME
            );
            let negative = E::nearest_beside(-value, -residue);
            let sign = E::signed(true, 0).encoding();
            assert_eq!(
                negative.encoding(),
                expected.encoding() | sign,
                "{} −({value:e} + {residue:e})",
                E::NAME
            );
        }
    }
}

/// 2^emax.
fn power<E: Element>() -> f64 {
    f64::from_bits((1023 + E::MAX_EXPONENT).unsigned_abs() << 52)
}

#[test]
fn every_midpoint_of_the_half_formats() {
    every_midpoint::<f16>();
    every_midpoint::<bf16>();
}

#[test]
fn overflow_starts_at_the_ieee_threshold() {
    // (2 − 2^−p)·2^emax as significand · 2^exponent.
    fn check<E: Element>() {
        let significand = u64::MAX << (63 - E::PRECISION);
        let exponent = E::MAX_EXPONENT - 63;
        let largest = E::infinity(false).encoding() - 1;
        let at = E::from_magnitude(false, significand, exponent, false);
        let below = E::from_magnitude(false, significand - 1, exponent, true);
        assert_eq!(at.encoding(), largest + 1, "{}", E::NAME);
        assert_eq!(below.encoding(), largest, "{}", E::NAME);
    }
    check::<f16>();
    check::<bf16>();
    check::<f32>();
    check::<f64>();
}

#[test]
fn underflow_keeps_the_sign_and_ties_to_zero() {
    fn check<E: Element>() {
        let unit = E::MIN_EXPONENT - i64::from(E::PRECISION) + 1;
        for (negative, sign) in [(false, 0), (true, E::signed(true, 0).encoding())] {
            let found = |significand, exponent, sticky| {
                E::from_magnitude(negative, significand, exponent, sticky).encoding()
            };
            assert_eq!(found(1, unit, false), 1 | sign);
            assert_eq!(
                found(1, unit - 1, false),
                sign,
                "half the smallest subnormal ties to zero"
            );
            assert_eq!(
                found(1 << 62, unit - 63, true),
                1 | sign,
                "anything more does not"
            );
            assert_eq!(
                found(3, unit - 1, false),
                2 | sign,
                "one and a half ties to two"
            );
            assert_eq!(
                found(u64::MAX, unit - 65, true),
                sign,
                "anything less does not"
            );
            assert_eq!(found(1, i64::MIN / 2, true), sign);
            assert_eq!(
                found(1, i64::MAX / 2, true),
                E::infinity(negative).encoding()
            );
        }
    }
    check::<f16>();
    check::<bf16>();
    check::<f32>();
    check::<f64>();
}

#[test]
fn the_general_rounding_agrees_with_the_machine() {
    // A fixed multiplicative generator over encodings of f64 in and around the range of f32.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..200_000 {
        state = state.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
        let exponent = 1023 - 160 + (state >> 8) % 300;
        let value = f64::from_bits((state & 0x800f_ffff_ffff_ffff) | exponent << 52);
        let (significand, exponent) = super::decompose(value);
        let found = f32::from_magnitude(value < 0.0, significand, exponent, false);
        assert_eq!(
            found.encoding(),
            f32::nearest(value).encoding(),
            "{value:e}"
        );
        let same = f64::from_magnitude(value < 0.0, significand, exponent, false);
        assert_eq!(same.to_bits(), value.to_bits());
    }
}
