//! Probability distributions. In: a dtype, a length and a kind. Out: rows of the dtype whose sum is 1 as nearly as
//! rounding each element allows, and `f64` softmaxes to build other rows on.

use lossproof_numerics::Dtype;

use super::draft::largest;
use super::draw::Draw;
use super::values::{count, nearest};

/// How many kinds [`simplex`] knows.
pub(super) const KINDS: u32 = 7;

/// A random distribution: even weights, skewed ones, one heavy element, a softmax, uniform, sparse, two levels.
pub(super) fn simplex(dtype: Dtype, length: usize, kind: u32, draw: &mut Draw) -> Vec<f64> {
    let heavy = draw.below(length.max(1));
    let weights: Vec<f64> = match kind % KINDS {
        0 => (0..length).map(|_| 1.0 - draw.unit()).collect(),
        1 => (0..length)
            .map(|_| eighth_power(1.0 - draw.unit()))
            .collect(),
        2 => {
            let weight = count(length) * draw.pick(&[1.0, 9.0, 99.0]);
            let light = |at| {
                if at == heavy {
                    weight
                } else {
                    1.0 - draw.unit()
                }
            };
            (0..length).map(light).collect()
        }
        3 => softmax(&(0..length).map(|_| draw.normal() * 3.0).collect::<Vec<_>>()),
        4 => vec![1.0; length],
        5 => {
            let sparse = |at| {
                if at == heavy || draw.below(3) == 0 {
                    1.0 - draw.unit()
                } else {
                    0.0
                }
            };
            (0..length).map(sparse).collect()
        }
        _ => (0..length)
            .map(|at| if at % 2 == 0 { 1.0 } else { 0.25 })
            .collect(),
    };
    normalised(dtype, &weights)
}

/// A distribution with no zero: where rounding gave 0, the smallest positive value stands instead.
pub(super) fn positive_simplex(
    dtype: Dtype,
    length: usize,
    kind: u32,
    draw: &mut Draw,
) -> Vec<f64> {
    let kind = if kind % KINDS == 5 { 0 } else { kind };
    let mut row = simplex(dtype, length, kind, draw);
    for value in &mut row {
        *value = value.max(dtype.min_subnormal());
    }
    row
}

/// The weights divided by their sum, each rounded to the dtype.
pub(super) fn normalised(dtype: Dtype, weights: &[f64]) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    weights
        .iter()
        .map(|weight| nearest(dtype, weight / total))
        .collect()
}

/// Whether a row lies in [0, 1] and sums to 1 as nearly as rounding each element to the dtype allows.
pub(super) fn is_distribution(dtype: Dtype, row: &[f64]) -> bool {
    let total: f64 = row.iter().sum();
    row.iter().all(|value| (0.0..=1.0).contains(value))
        && (total - 1.0).abs() <= tolerance(dtype, row.len())
}

/// How far rounding each element, and summing in `f64`, can move a sum of 1: u relative and half a subnormal each, with
/// room for as much again.
pub(super) fn tolerance(dtype: Dtype, length: usize) -> f64 {
    4.0 * dtype.unit_roundoff() + count(length) * (dtype.min_subnormal() + f64::EPSILON)
}

/// log-softmax in `f64`, good to a few of its ulps, with no platform's exp or log.
pub(super) fn log_softmax(row: &[f64]) -> Vec<f64> {
    let Some(&top) = row.get(largest(row)) else {
        return Vec::new();
    };
    let others = row.iter().enumerate().filter(|&(at, _)| at != largest(row));
    let tail: f64 = others.map(|(_, x)| libm::exp(x - top)).sum();
    let log_total = libm::log1p(tail);
    row.iter().map(|x| (x - top) - log_total).collect()
}

/// softmax in `f64`, likewise.
pub(super) fn softmax(row: &[f64]) -> Vec<f64> {
    log_softmax(row).into_iter().map(libm::exp).collect()
}

fn eighth_power(value: f64) -> f64 {
    let square = value * value;
    let fourth = square * square;
    fourth * fourth
}
