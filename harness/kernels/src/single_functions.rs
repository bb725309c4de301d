//! exp and log1p in `f64`: in, a number; out, the function's value within a proven error.

#![expect(
    clippy::cast_possible_truncation,
    reason = "exponents of f64 results are small integers"
)]

use crate::ball::significand;

/// log 2 to 41 bits, so that its product with an exponent is exact, and the rest.
const LN2_HIGH: f64 = 0.693_147_180_559_663;
const LN2_LOW: f64 = 2.823_529_056_301_490_6e-13;

/// e^x for −708 ≤ x ≤ 2 with a relative error below 2^−49.
///
/// x = k·log 2 + r with |r| ≤ 0.347; k·`LN2_HIGH` is exact, having 41 + 10 bits; then a series of degree 13.
pub(crate) fn exp(x: f64) -> f64 {
    const SHIFTER: f64 = 6_755_399_441_055_744.0; // 1.5 · 2^52: adding it rounds to an integer
    let k = (x * std::f64::consts::LOG2_E + SHIFTER) - SHIFTER;
    let r = (x - k * LN2_HIGH) - k * LN2_LOW;
    let mut series = 1.0;
    for j in (1..=13_u8).rev() {
        series = 1.0 + series * r * RECIPROCAL[usize::from(j)];
    }
    series * f64::from_bits(((1023 + k as i64).unsigned_abs()) << 52)
}

/// 1/j, rounded.
const RECIPROCAL: [f64; 24] = {
    let mut table = [0.0; 24];
    let mut j = 1;
    let mut divisor = 1.0;
    while j < 24 {
        table[j] = 1.0 / divisor;
        divisor += 1.0;
        j += 1;
    }
    table
};

/// log(1 + x) for −3/4 < x < 2^1000 with a relative error below 2^−47.
///
/// |x| ≤ 1/8: 2·atanh(x/(2 + x)), whose nine terms leave 2^−65; relative error below 2^−49. Otherwise log(1 + x), where
/// rounding 1 + x costs 2^−53 absolutely, on a result of at least 0.117.
pub(crate) fn log1p(x: f64) -> f64 {
    if x.abs() <= 0.125 {
        return 2.0 * atanh(x / (2.0 + x), 9);
    }
    let (fraction, exponent) = balanced(1.0 + x);
    let k = f64::from(exponent);
    k * LN2_HIGH + (k * LN2_LOW + log_significand(fraction))
}

/// log m for m within a factor √2 of 1, with an absolute error below 2^−51: m ∓ 1 is exact or rounded once, and
/// |(m − 1)/(m + 1)| ≤ 0.1716 makes the twelve terms leave 2^−62.
pub(crate) fn log_significand(m: f64) -> f64 {
    2.0 * atanh((m - 1.0) / (m + 1.0), 12)
}

/// A positive finite number as (m, k) with value m·2^k and m in [√½, √2].
pub(crate) fn balanced(value: f64) -> (f64, i32) {
    let (fraction, exponent) = significand(value);
    if fraction > std::f64::consts::SQRT_2 {
        (fraction * 0.5, exponent + 1)
    } else {
        (fraction, exponent)
    }
}

/// `terms` terms of t + t³/3 + t⁵/5 + ….
fn atanh(t: f64, terms: usize) -> f64 {
    let square = t * t;
    let series = (0..terms)
        .rev()
        .fold(0.0, |series, j| series * square + RECIPROCAL[2 * j + 1]);
    series * t
}
