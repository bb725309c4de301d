//! Binary logistic loss, element by element: in, logits and labels; out, losses or derivatives, correctly rounded.

use crate::ball::Ball;
use crate::element::Element;
use crate::error::KernelError;
use crate::ladder::{Estimate, Formula, climb};
use crate::row::{expect_length, widen};

/// Rows of logits x and labels z.
pub(crate) struct Pairs<'a> {
    pub(crate) logits: &'a [f64],
    pub(crate) labels: &'a [f64],
}

impl Pairs<'_> {
    /// The positions whose logit and label are both finite.
    fn finite(&self) -> Vec<usize> {
        (0..self.logits.len())
            .filter(|&i| self.logits[i].is_finite() && self.labels[i].is_finite())
            .collect()
    }
}

/// z·softplus(−x) + (1 − z)·softplus(x) = log1p(e^−|x|) + w·|x| with w = 1 − z for x ≥ 0, else z: for labels in [0, 1]
/// two nonnegative terms, and the second vanishes exactly with its weight.
pub(crate) struct Loss<'a>(pub(crate) Pairs<'a>);

impl Formula for Loss<'_> {
    fn evaluate<B: Ball>(&self, pending: &[usize], emit: &mut impl FnMut(usize, Estimate<B>)) {
        for &i in pending {
            let (x, z) = (self.0.logits[i], self.0.labels[i]);
            let weight = if x >= 0.0 {
                B::difference(1.0, z)
            } else {
                B::exact(z)
            };
            let loss = B::exact(-x.abs()).exp().log1p() + weight * B::exact(x.abs());
            emit(
                i,
                Estimate::signed(loss, i8::from((0.0..=1.0).contains(&z))),
            );
        }
    }
}

/// σ(x) − z: with e = e^−|x|, (1 − z) − e/(1 + e) for x ≥ 0, else e/(1 + e) − z, each an exact number beside one positive
/// quotient of at most 1/2.
pub(crate) struct LogitGradient<'a>(pub(crate) Pairs<'a>);

impl Formula for LogitGradient<'_> {
    fn evaluate<B: Ball>(&self, pending: &[usize], emit: &mut impl FnMut(usize, Estimate<B>)) {
        for &i in pending {
            let (x, z) = (self.0.logits[i], self.0.labels[i]);
            let exponential = B::exact(-x.abs()).exp();
            let smaller = exponential / (B::ONE + exponential);
            let slope = if x >= 0.0 {
                B::difference(1.0, z) - smaller
            } else {
                smaller - B::exact(z)
            };
            emit(i, slope.into());
        }
    }
}

/// 1 − z as a formula: the derivative at x = +∞.
struct Complement<'a>(&'a [f64]);

impl Formula for Complement<'_> {
    fn evaluate<B: Ball>(&self, pending: &[usize], emit: &mut impl FnMut(usize, Estimate<B>)) {
        for &i in pending {
            emit(i, B::difference(1.0, self.0[i]).into());
        }
    }
}

/// Binary logistic loss: `losses[i]` = max(x, 0) − x·z + log(1 + e^−|x|), in nats, element by element, rows of n.
///
/// Labels may lie outside [0, 1]. At x = +∞: 0 for z = 1, +∞ below, −∞ above; at x = −∞: 0 for z = 0, +∞ above, −∞
/// below. A NaN or an infinite label gives NaN for that element.
/// Error: at most 0.5 ulp (certified), in the far tails and where labels outside [0, 1] make the terms cancel.
/// Source: the definition, z·softplus(−x) + (1 − z)·softplus(x).
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have length n.
pub fn sigmoid_cross_entropy_with_logits<E: Element>(
    logits: &[E],
    labels: &[E],
    losses: &mut [E],
) -> Result<(), KernelError> {
    expect_length("labels", logits.len(), labels.len())?;
    expect_length("losses", logits.len(), losses.len())?;
    let (logits, labels) = (widen(logits), widen(labels));
    for (loss, (&x, &z)) in losses.iter_mut().zip(logits.iter().zip(&labels)) {
        let wrong = if x > 0.0 { 1.0 - z } else { z };
        *loss = if x.is_nan() || !z.is_finite() {
            E::nan()
        } else if x.is_infinite() && wrong != 0.0 {
            E::infinity(wrong < 0.0)
        } else {
            E::zero()
        };
    }
    let pairs = Pairs {
        logits: &logits,
        labels: &labels,
    };
    let pending = pairs.finite();
    climb(&Loss(pairs), pending, losses);
    Ok(())
}

/// The binary loss's derivative: `gradient[i]` = σ(x) − z, dimensionless, element by element, rows of n.
///
/// At x = +∞ it is 1 − z, at −∞ −z. A NaN or an infinite label gives NaN for that element.
/// Error: at most 0.5 ulp (certified), also for labels next to σ(x). Source: differentiation.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have length n.
pub fn sigmoid_cross_entropy_with_logits_grad_logits<E: Element>(
    logits: &[E],
    labels: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("labels", logits.len(), labels.len())?;
    expect_length("gradient", logits.len(), gradient.len())?;
    let (logits, labels) = (widen(logits), widen(labels));
    let mut saturated = Vec::new();
    for (i, (&x, &z)) in logits.iter().zip(&labels).enumerate() {
        if x.is_nan() || !z.is_finite() {
            gradient[i] = E::nan();
        } else if x == f64::INFINITY {
            saturated.push(i);
        } else if x == f64::NEG_INFINITY {
            // Adding +0 makes an exact zero positive.
            gradient[i] = E::nearest(-z + 0.0);
        }
    }
    climb(&Complement(&labels), saturated, gradient);
    let pairs = Pairs {
        logits: &logits,
        labels: &labels,
    };
    let pending = pairs.finite();
    climb(&LogitGradient(pairs), pending, gradient);
    Ok(())
}
