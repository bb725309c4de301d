//! Ends of brackets: an end of the argument in, an end of the result out, not yet widened or exact.

use super::elementary;

/// How far an end is moved by a relative margin; the last 2^−1074 are for subnormal results.
#[inline(always)]
pub(super) fn margin(value: f64, relative: f64) -> f64 {
    value.abs().mul_add(relative, f64::from_bits(4))
}

/// log x, and whether it is exact.
#[inline(always)]
pub(super) fn log_end(x: f64) -> (f64, bool) {
    let log = elementary::log(x);
    let log = if x == 0.0 { f64::NEG_INFINITY } else { log };
    let log = if x == f64::INFINITY { x } else { log };
    (log, (x == 1.0) | (x == 0.0) | (x == f64::INFINITY))
}

/// log(1 + x), and whether it is exact.
#[inline(always)]
pub(super) fn log1p_end(x: f64) -> (f64, bool) {
    let log = elementary::log1p(x);
    let log = if x == -1.0 { f64::NEG_INFINITY } else { log };
    let log = if x == f64::INFINITY { x } else { log };
    (log, (x == 0.0) | (x == -1.0) | (x == f64::INFINITY))
}

/// e^x − 1 at the nearest number of exp's domain, and whether it is exact.
#[inline(always)]
pub(super) fn expm1_end(x: f64) -> (f64, bool) {
    (elementary::expm1(within_domain(x)), x == 0.0)
}

/// √x, and whether it is known to be exact.
#[inline(always)]
pub(super) fn sqrt_end(x: f64) -> (f64, bool) {
    (x.sqrt(), (x == 0.0) | (x == f64::INFINITY))
}

#[inline(always)]
pub(super) fn sign_of(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// The nearest number to x in the domain of exp.
#[inline(always)]
pub(super) fn within_domain(x: f64) -> f64 {
    let (least, most) = elementary::EXP_DOMAIN;
    if x < least {
        least
    } else if x > most {
        most
    } else {
        x
    }
}

/// The larger of two ends, NaN where one is.
#[inline(always)]
pub(super) fn larger(a: f64, b: f64) -> f64 {
    if (a > b) | a.is_nan() { a } else { b }
}

/// The smaller of two ends, NaN where one is.
#[inline(always)]
pub(super) fn smaller(a: f64, b: f64) -> f64 {
    if (a < b) | a.is_nan() { a } else { b }
}

/// Bounds of e^x.
#[inline(always)]
pub(super) fn exp_end(x: f64) -> (f64, f64) {
    let (least, most) = elementary::EXP_DOMAIN;
    let value = elementary::exp(within_domain(x));
    let margin = value * elementary::EXP_MARGIN;
    let (lo, hi) = (value - margin, value + margin);
    let one = x == 0.0;
    let infinite = x == f64::INFINITY;
    let lo = if x < least { 0.0 } else { lo };
    let hi = if x > most { f64::INFINITY } else { hi };
    let lo = if one { 1.0 } else { lo };
    let hi = if one { 1.0 } else { hi };
    (
        if infinite { f64::INFINITY } else { lo },
        if x == f64::NEG_INFINITY { 0.0 } else { hi },
    )
}
