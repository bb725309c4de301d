//! What ceilings promise, turned into slack. In: results and ceilings in ulps. Out: how far results may lie apart, or a sum
//! of them from its exact value, if every kernel keeps to its ceiling.
//!
//! All bounds are rounded outward. Differences and sums of results are taken in MPFR, so nothing is lost in them.

use super::outcome::{Check, Stop};
use crate::cases::Case;
use crate::measure::CeilingOf;
use crate::reference::Reference;
use lossproof_numerics::{Dtype, next_up};
use lossproof_oracle::{Enclosure, Interval, PrecisionBits, Program, SignPatterns};

/// Working precision of sums and differences: sums of a hundred results of ordinary size are exact, all others are
/// rounded outward.
pub(super) const SUM_BITS: PrecisionBits = 256;

/// Working precision of the enclosures from which κ is bounded.
const KAPPA_BITS: PrecisionBits = 128;

/// A computed result z of an exact result v, with |z − v| ≤ `ceiling_ulps` · ulp(v).
#[derive(Debug, Clone, Copy)]
pub(super) struct Approximation {
    pub(super) dtype: Dtype,
    pub(super) result: f64,
    pub(super) ceiling_ulps: f64,
}

/// The ceiling of every output value of a case; none where one of them is too high to promise anything.
///
/// A ceiling never falls as κ grows, so its value at κ = ∞ holds whatever κ is. Only where that promises nothing is κ
/// bounded from above, and the ceiling at the bound taken.
pub(super) fn ceilings(reference: &Reference, case: &Case) -> Option<Vec<f64>> {
    let dtype = case.id.dtype;
    let call = reference.call_on(case);
    let ceiling = CeilingOf::new(reference.op.ceiling(dtype), call.lengths.n);
    let length = reference.output_length(call.lengths);
    let unconditional = ceiling.ulps(f64::INFINITY);
    if promises(dtype, unconditional) {
        return Some(vec![unconditional; length]);
    }
    let places: Vec<usize> = (0..length).collect();
    let enclosures = reference.enclose(&call, &places, KAPPA_BITS);
    let (_, sensitivities) = reference.sensitivity_bounds(&call, SignPatterns::Two, KAPPA_BITS);
    let of_place = |(sensitivity, enclosure): (&Interval, &Interval)| {
        let kappa = Program::condition_number(sensitivity, enclosure, KAPPA_BITS);
        let limit = ceiling.ulps(kappa.ends_to_f64().1);
        promises(dtype, limit).then_some(limit)
    };
    sensitivities
        .iter()
        .zip(&enclosures)
        .map(of_place)
        .collect()
}

/// Whether a ceiling leaves a result at least half its digits' worth: c · 2^(1 − p) ≤ 1/2, which the proofs below need.
fn promises(dtype: Dtype, ceiling_ulps: f64) -> bool {
    ceiling_ulps * 4.0 * dtype.unit_roundoff() <= 1.0
}

/// 2^`exponent`, for exponents of ulps of any dtype.
fn power_of_two(exponent: i64) -> f64 {
    libm::ldexp(1.0, i32::try_from(exponent).expect("an exponent of f64"))
}

/// ulp(`magnitude`) in the dtype.
fn ulp(dtype: Dtype, magnitude: f64) -> f64 {
    let exponent = if magnitude < dtype.min_normal() {
        i64::MIN
    } else {
        // Normal in f64 as it is in the dtype, so the exponent field tells; beyond f64's range it says 1024.
        (magnitude.to_bits() >> 52).cast_signed() - 1023
    };
    power_of_two(dtype.ulp_exponent(exponent))
}

impl Approximation {
    /// An upper bound of ulp(v), for a finite result z.
    ///
    /// With t = c · 2^(1 − p) ≤ 1/2: where v is normal, ulp(v) ≤ 2^(1 − p)·|v|, so |v|·(1 − t) ≤ |z| and
    /// |v| ≤ |z|·(1 + 2t), which (1 + 4t) exceeds by more than rounding takes away. Where v is subnormal its ulp is the
    /// smallest there is. ulp never falls as its argument grows.
    fn ulp_of_exact(&self) -> f64 {
        let t = self.ceiling_ulps * 2.0 * self.dtype.unit_roundoff();
        let most = next_up(Dtype::F64, self.result.abs() * (1.0 + 4.0 * t));
        ulp(self.dtype, most)
    }

    /// An upper bound of |z − v|, for a finite result z: c · ulp(v), rounded up.
    pub(super) fn radius(&self) -> f64 {
        next_up(Dtype::F64, self.ceiling_ulps * self.ulp_of_exact())
    }

    /// The result exactly.
    pub(super) fn exactly(&self) -> Interval {
        Interval::exactly(SUM_BITS, self.result)
    }

    /// The same numbers with the opposite sign.
    pub(super) fn negated(self) -> Self {
        Self {
            result: -self.result,
            ..self
        }
    }
}

/// The sum of terms that are not negative, rounded up: f64 loses less than 2^−53 of the sum in each addition, and 2^−40
/// makes up for 8192 of them.
pub(super) fn sum_up(terms: impl IntoIterator<Item = f64>) -> f64 {
    let sum: f64 = terms.into_iter().sum();
    next_up(Dtype::F64, sum * (1.0 + power_of_two(-40)))
}

/// Checks that two results can have one exact result v.
///
/// Both within their ceilings, they lie at most (c₁ + c₂)·ulp(v) apart, with ulp(v) bounded from either. NaN agrees with
/// NaN alone, and two infinities when they are the same. An infinity beside a finite result stands for
/// 2^(emax + 1) = 2^p·U: it promises v ≥ 2^(emax + 1) − max(c₁, ½)·U, with U the largest finite numbers' ulp, because from
/// (2 − 2^−p)·2^emax = 2^(emax + 1) − U/2 on it has error 0. The finite result lies c₂·ulp(v) below v at most, which
/// is c₂·U for v below 2^(emax + 1), and 2·c₂·U above where v gains more than ulp(v) does. So they are apart by no more
/// than 2·(max(c₁, ½) + c₂)·U.
pub(super) fn agree(one: Approximation, other: Approximation) -> Result<(), String> {
    let (a, b) = (one.result, other.result);
    let dtype = one.dtype;
    let disagree = || format!("{a:e} and {b:e} differ in class");
    if a.is_nan() || b.is_nan() {
        return if a.is_nan() && b.is_nan() {
            Ok(())
        } else {
            Err(disagree())
        };
    }
    let slack = match (a.is_infinite(), b.is_infinite()) {
        (true, true) if a.is_sign_negative() == b.is_sign_negative() => return Ok(()),
        (true, true) => return Err(disagree()),
        (false, false) => {
            let ulps = sum_up([one.ceiling_ulps, other.ceiling_ulps]);
            // Inexact among f64's subnormals only, whose differences are whole multiples of their ulp as the product is.
            ulps * one.ulp_of_exact().min(other.ulp_of_exact())
        }
        (true, false) | (false, true) => {
            let ulps = sum_up([one.ceiling_ulps.max(0.5), other.ceiling_ulps.max(0.5)]);
            2.0 * ulps * ulp(dtype, dtype.max_finite())
        }
    };
    let stand_in = |result: f64| {
        if result.is_infinite() {
            let half = power_of_two(i64::from(dtype.emax())).copysign(result);
            let half = Interval::exactly(SUM_BITS, half);
            half.add(&half, SUM_BITS)
        } else {
            Interval::exactly(SUM_BITS, result)
        }
    };
    let apart = stand_in(a).subtract(&stand_in(b), SUM_BITS);
    within(&apart, slack).map_err(|apart| {
        format!("{a:e} and {b:e} are {apart:.3e} apart, and their ceilings allow {slack:.3e}")
    })
}

/// Checks that |`number`| may be at most `slack`; the error is a proven lower bound of it.
pub(super) fn within(number: &Interval, slack: f64) -> Result<(), f64> {
    let (least, most) = number.ends_to_f64();
    let magnitude = least.max(-most).max(0.0);
    if magnitude > slack {
        Err(magnitude)
    } else {
        Ok(())
    }
}

/// Checks that two outputs agree place by place, the second taken at `partner(place)`.
pub(super) fn all_agree(
    one: &[Approximation],
    other: &[Approximation],
    partner: impl Fn(usize) -> usize,
) -> Check {
    for (place, &result) in one.iter().enumerate() {
        agree(result, other[partner(place)])
            .map_err(|why| Stop::Broken(format!("at place {place}, {why}")))?;
    }
    Ok(())
}

/// Checks that exact results sum to `total`: the computed sum may be off by the sum of the radii.
///
/// |Σ z_i − Σ v_i| ≤ Σ |z_i − v_i| ≤ Σ c_i · ulp(v_i).
pub(super) fn sums_to(results: &[Approximation], total: f64) -> Check {
    if let Some(place) = results.iter().position(|one| !one.result.is_finite()) {
        let result = results[place].result;
        return Err(Stop::Broken(format!(
            "the result at place {place} is {result}"
        )));
    }
    let start = Interval::exactly(SUM_BITS, -total);
    let excess = results
        .iter()
        .fold(start, |sum, one| sum.add(&one.exactly(), SUM_BITS));
    let slack = sum_up(results.iter().map(Approximation::radius));
    within(&excess, slack).map_err(|excess| {
        Stop::Broken(format!(
            "the results sum to {excess:.3e} beside {total}, and their ceilings allow {slack:.3e}"
        ))
    })
}

#[cfg(test)]
#[path = "slack_tests.rs"]
mod tests;
