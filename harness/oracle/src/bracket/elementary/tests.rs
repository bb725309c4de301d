//! Each function against MPFR on more than ten million points: spread over its domain, its ends, and hard cases.

use super::*;
use crate::points::{POINTS, around, binades, even};
use rug::Float;

/// The largest relative error in units of u over points; the exact value at 113 bits is as good as exact for it.
fn largest_error(
    points: impl Iterator<Item = f64>,
    function: impl Fn(f64) -> f64,
    exact: impl Fn(&mut Float),
) -> (f64, f64) {
    let mut worst = (0.0, 0.0);
    let mut reference = Float::new(113);
    for x in points {
        reference.assign_f64(x);
        exact(&mut reference);
        let result = function(x);
        let error = relative_error(&reference, result);
        if error > worst.0 {
            worst = (error, x);
        }
    }
    worst
}

trait AssignF64 {
    fn assign_f64(&mut self, x: f64);
}

impl AssignF64 for Float {
    fn assign_f64(&mut self, x: f64) {
        rug::Assign::assign(self, x);
    }
}

fn relative_error(exact: &Float, result: f64) -> f64 {
    if *exact == result {
        return 0.0;
    }
    let difference = Float::with_val(113, exact - result);
    let distance = difference.to_f64().abs();
    // Where the result is subnormal its last place counts instead.
    (distance - f64::from_bits(1)).max(0.0) / exact.to_f64().abs() * 9_007_199_254_740_992.0
}

fn half_multiples_of_log_2() -> Vec<f64> {
    around((-2040..=2040).map(|half| f64::from(half) * 0.5 * std::f64::consts::LN_2))
}

#[test]
fn exp_is_within_its_bound() {
    let inside = |x: &f64| (EXP_DOMAIN.0..=EXP_DOMAIN.1).contains(x);
    let points = even(EXP_DOMAIN.0, EXP_DOMAIN.1, POINTS / 2)
        .chain(binades(1e-320, 709.0, true, POINTS / 2))
        .chain(half_multiples_of_log_2())
        .chain([EXP_DOMAIN.0, EXP_DOMAIN.1])
        .filter(inside);
    let (error, at) = largest_error(points, exp, Float::exp_mut);
    assert!(error <= 3.0, "{error} u at {at:e}");
}

#[test]
fn expm1_is_within_its_bound() {
    let inside = |x: &f64| (EXP_DOMAIN.0..=EXP_DOMAIN.1).contains(x);
    let points = even(-40.0, 40.0, POINTS / 2)
        .chain(binades(1e-320, 709.0, true, POINTS / 2))
        .chain(half_multiples_of_log_2())
        .chain(around([0.35, -0.35]))
        .chain([EXP_DOMAIN.0, EXP_DOMAIN.1])
        .filter(inside);
    let (error, at) = largest_error(points, expm1, Float::exp_m1_mut);
    assert!(error <= 11.0, "{error} u at {at:e}");
}

#[test]
fn log_is_within_its_bound() {
    let powers = (-1074..=1023).map(|k| (f64::from(k)).exp2());
    let points = even(0.5, 2.0, POINTS / 2)
        .chain(binades(f64::from_bits(1), f64::MAX, false, POINTS / 2))
        .chain(around(powers.map(|power| power * std::f64::consts::SQRT_2)))
        .chain(around([1.0]))
        .chain([f64::from_bits(1), f64::MIN_POSITIVE, f64::MAX])
        .filter(|x| *x > 0.0 && x.is_finite());
    let (error, at) = largest_error(points, log, Float::ln_mut);
    assert!(error <= 6.3, "{error} u at {at:e}");
}

#[test]
fn log1p_is_within_its_bound() {
    let points = even(-1.0, 2.0, POINTS / 2)
        .chain(binades(f64::from_bits(1), f64::MAX, false, POINTS / 4))
        .chain(binades(f64::from_bits(1), 0.999_999_999, true, POINTS / 4))
        .chain(around([-0.29, 0.41, 1.0, -0.5]))
        .chain([-1.0 + f64::EPSILON / 2.0, f64::MAX])
        .filter(|a| *a > -1.0);
    let (error, at) = largest_error(points, log1p, Float::ln_1p_mut);
    assert!(error <= 7.4, "{error} u at {at:e}");
}
