//! exp, expm1, log and log1p in f64, with proven relative error bounds: a number in, its value out, to be widened by the
//! bound.
//!
//! u = 2^−53 is the unit roundoff; every operation marked (u) makes a relative error of at most u. All functions are
//! arithmetic, selection and shifts of encodings, so loops over them vectorise, and they give the same bits on every
//! machine. Arguments that a bound is not claimed for are named with each function; the caller keeps them out.

use super::directed::two_sum;

/// log 2 rounded to nearest, and the rest of it rounded to nearest: together exact to 2^−107.
const LN2_HIGH: f64 = std::f64::consts::LN_2;
const LN2_LOW: f64 = f64::from_bits(0x3c7a_bc9e_3b39_803f);

/// 1.5 · 2^52: added and subtracted, it rounds numbers below 2^51 to integers, which then stand in the lowest bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// The domain of [`exp`], in which neither the result nor the power of two in it leaves the normal numbers.
pub(super) const EXP_DOMAIN: (f64, f64) = (-708.0, 709.0);

/// How far, relatively, a value is moved so that it is a bound: by its error, at most 3 u for [`exp`], 11 u for [`expm1`], 7.4 u for
/// [`log`] and [`log1p`], and u for the rounding of the moved value.
pub(super) const EXP_MARGIN: f64 = 4.0 / 9_007_199_254_740_992.0;
pub(super) const EXPM1_MARGIN: f64 = 12.5 / 9_007_199_254_740_992.0;
pub(super) const LOG_MARGIN: f64 = 8.5 / 9_007_199_254_740_992.0;

/// 1/j! for j = 2 … 14
const INVERSE_FACTORIALS: [f64; 13] = [
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5040.0,
    1.0 / 40320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
    1.0 / 87_178_291_200.0,
];

/// (e^r − 1)/r for |r| ≤ 0.3501, within 1.6 u relatively.
///
/// Horner's scheme h_j = c_j + r h_{j+1}, a fused step each: the error E_j of h_j obeys E_j ≤ u |h_j| + u c_j + |r| E_{j+1}, where
/// c_1 = 1 is exact and c_2 = 1/2 too. With |h_1| ≤ 1.2, |h_2| ≤ 0.57, |h_3| ≤ 0.19: E_1 ≤ u (1.2 + 0.35 · (0.57 + 0.35 · (0.37 + 0.05)))
/// ≤ 1.46 u for r > 0, where h_1 ≥ 1; for r < 0, 0.84 ≤ h_1 ≤ 1 and |h_2| ≤ 0.5, so E_1 ≤ 1.23 u. Left out are Σ_{j≥14} r^j/(j+1)!,
/// at most 0.3501^14 / 15! · 1.03 < 0.003 u.
#[inline(always)]
fn expm1_over(r: f64) -> f64 {
    let mut sum = INVERSE_FACTORIALS[12];
    let mut place = 12;
    while place > 0 {
        place -= 1;
        sum = sum.mul_add(r, INVERSE_FACTORIALS[place]);
    }
    sum.mul_add(r, 1.0)
}

/// x = k log 2 + r with |r| ≤ 0.34658: 2^k and r, for |x| ≤ 745.
///
/// r has an absolute error below 0.7 u: the first fused step rounds x − k · LN2_HIGH (u · 0.3466), the second again, and k times the
/// error of the two constants is below 2^−96.
#[inline(always)]
fn reduce(x: f64) -> (f64, f64) {
    let shifted = x.mul_add(std::f64::consts::LOG2_E, ROUNDER);
    let k = shifted - ROUNDER;
    let r = (-k).mul_add(LN2_LOW, (-k).mul_add(LN2_HIGH, x));
    // The lowest bits of `shifted` hold k; those of ROUNDER above them leave by the shift, as the lowest 12 bits stay.
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    (power, r)
}

/// e^x within [`EXP_DOMAIN`].
///
/// e^x = 2^k (1 + r h_1): the last fused step (u) of a value in [0.707, 1.415]; r times the error of h_1, at most 0.3466 · 1.46 u where
/// the value is ≥ 1, 0.3466 · 1.23 u where it is ≥ 0.707; and the error of r, 0.7 u relatively. Together at most 2.4 u. The factor 2^k
/// is exact, as the result is normal.
#[inline(always)]
pub(super) fn exp(x: f64) -> f64 {
    let (power, r) = reduce(x);
    expm1_over(r).mul_add(r, 1.0) * power
}

/// e^x − 1 within [`EXP_DOMAIN`].
///
/// For |x| ≤ 0.35 it is x h_1(x), within 1.6 u + u. Elsewhere e^x is within 2.4 u, so e^x − 1 is within
/// 2.4 u · e^x/|e^x − 1| + u, where the factor is at most 3.4 (at 0.35) above and 2.4 (at −0.35) below.
#[inline(always)]
pub(super) fn expm1(x: f64) -> f64 {
    let (power, r) = reduce(x);
    let small = x.abs() <= 0.35;
    let r = if small { x } else { r };
    let over = expm1_over(r);
    if small {
        r * over
    } else {
        over.mul_add(r, 1.0) * power - 1.0
    }
}

/// 1/(2j + 1) for j = 1 … 10
const INVERSE_ODDS: [f64; 10] = [
    1.0 / 3.0,
    1.0 / 5.0,
    1.0 / 7.0,
    1.0 / 9.0,
    1.0 / 11.0,
    1.0 / 13.0,
    1.0 / 15.0,
    1.0 / 17.0,
    1.0 / 19.0,
    1.0 / 21.0,
];

/// log(1 + f) for √½ ≤ 1 + f ≤ √2 (each to 2^−40), within 4.3 u relatively, beside 2^−1074.
///
/// log(1 + f) = 2 artanh s with s = f/(2 + f), |s| ≤ 0.1716: 2 s (1 + R), R = Σ_{j≥1} s^{2j}/(2j+1) ≤ 0.0101. s is within 2 u (u for 2 + f, u for
/// the quotient), R within 8 u (z = s² within 5 u, its relative errors and those of two or three steps), which is 0.1 u of 1 + R; 1 + R
/// (u) and the product (u). Left out are terms below 0.02945^11/23 < 0.01 u. Where s is subnormal it is within 2^−1075 instead.
#[inline(always)]
fn log_near_one(f: f64) -> f64 {
    let s = f / (2.0 + f);
    let z = s * s;
    let mut sum = INVERSE_ODDS[9];
    let mut place = 9;
    while place > 0 {
        place -= 1;
        sum = sum.mul_add(z, INVERSE_ODDS[place]);
    }
    2.0 * (s * sum.mul_add(z, 1.0))
}

/// The encoding of √½, rounded down.
const SQRT_HALF_BITS: u64 = 0x3fe6_a09e_667f_3bcc;

/// x = 2^k m with √½ ≤ m < √2 for a normal x: k and m − 1, both exact (m lies within a factor 2 of 1).
#[inline(always)]
fn split(x: f64) -> (f64, f64) {
    let offset = x.to_bits().wrapping_sub(SQRT_HALF_BITS);
    // Arithmetic on the exponent field, shifted so that √½ begins a binade; k is made an f64 by the bits of ROUNDER.
    let biased = offset.wrapping_add(1023 << 52) >> 52;
    let k = f64::from_bits(biased | (0x433 << 52)) - (4_503_599_627_370_496.0 + 1023.0);
    let m = f64::from_bits(x.to_bits().wrapping_sub(biased.wrapping_sub(1023) << 52));
    (k, m - 1.0)
}

/// k log 2 + log(1 + f), for k = 0 as good as the latter.
///
/// For k ≠ 0 the sum is at least 0.3466 in magnitude and |log(1 + f)| at most that: its error of 4.3 u, the inner step (u) and k times
/// the error of the constants are at most 5.3 u of the result, and the last step makes u more.
#[inline(always)]
fn with_exponent(k: f64, log: f64) -> f64 {
    k.mul_add(LN2_HIGH, k.mul_add(LN2_LOW, log))
}

/// 2^54, which makes every subnormal normal.
const NORMALIZER: f64 = 18_014_398_509_481_984.0;

/// log x for 0 < x < ∞, within 6.3 u relatively.
#[inline(always)]
pub(super) fn log(x: f64) -> f64 {
    let is_subnormal = x < f64::MIN_POSITIVE;
    let (k, f) = split(if is_subnormal { x * NORMALIZER } else { x });
    let k = if is_subnormal { k - 54.0 } else { k };
    with_exponent(k, log_near_one(f))
}

/// log(1 + a) for −1 < a < ∞, within 7.4 u relatively, beside 2^−1074.
///
/// For −0.29 ≤ a ≤ 0.41 it is [`log_near_one`]. Elsewhere 1 + a = w + c exactly (TwoSum) with |c| ≤ u w, and log(w + c) = log w + c/w within
/// u²/2; |log w| ≥ 0.34, so the quotient's error (u²) and the last sum (u) add 1.01 u to those 6.3 u.
#[inline(always)]
pub(super) fn log1p(a: f64) -> f64 {
    let (w, c) = two_sum(1.0, a);
    let (k, f) = split(w);
    let small = (-0.29..=0.41).contains(&a);
    let k = if small { 0.0 } else { k };
    let f = if small { a } else { f };
    let correction = if small { 0.0 } else { c / w };
    with_exponent(k, log_near_one(f)) + correction
}

#[cfg(test)]
mod tests;
