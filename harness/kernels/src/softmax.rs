//! Softmax, log-softmax and logsumexp: in, a row of logits; out, their values, correctly rounded.
//!
//! With m the largest logit, `e_j = exp(x_j − m)`, T the sum of the other `e_j` and `S = 1 + T`: softmax is `e_i/S`,
//! log-softmax `(x_i − m) − log1p(T)`, logsumexp `m + log1p(T)`. Only the last can cancel, where m ≈ −log1p(T).

use crate::ball::Ball;
use crate::element::Element;
use crate::error::KernelError;
use crate::ladder::{Estimate, Formula, climb};
use crate::row::{
    Exponentials, RowClass, classify, expect_length, finite_indices, visible_indices, widen,
};

pub(crate) struct Softmax<'a>(pub(crate) &'a [f64]);

impl Formula for Softmax<'_> {
    fn evaluate<B: Ball>(&self, pending: &[usize], emit: &mut impl FnMut(usize, Estimate<B>)) {
        let row = Exponentials::<B>::of(self.0);
        for &i in pending {
            let (weight, scale) = row.weight(self.0, i);
            emit(i, Estimate::scaled(weight / row.total, 1, scale));
        }
    }
}

/// log-softmax, or its negative.
pub(crate) struct LogSoftmax<'a> {
    pub(crate) logits: &'a [f64],
    pub(crate) negated: bool,
}

impl Formula for LogSoftmax<'_> {
    fn evaluate<B: Ball>(&self, pending: &[usize], emit: &mut impl FnMut(usize, Estimate<B>)) {
        let row = Exponentials::<B>::of(self.logits);
        let log_total = row.log_total();
        for &i in pending {
            let value = B::difference(self.logits[i], self.logits[row.largest]) - log_total;
            emit(i, (if self.negated { -value } else { value }).into());
        }
    }
}

pub(crate) struct LogSumExp<'a>(pub(crate) &'a [f64]);

impl Formula for LogSumExp<'_> {
    fn evaluate<B: Ball>(&self, _pending: &[usize], emit: &mut impl FnMut(usize, Estimate<B>)) {
        let row = Exponentials::<B>::of(self.0);
        emit(0, (B::exact(self.0[row.largest]) + row.log_total()).into());
    }
}

/// softmax: `probabilities[i]` = `exp(x_i) / Σ_j exp(x_j)`, dimensionless, for a row of n logits.
///
/// Domain: any row. A −∞ logit beside a finite one has probability +0; a NaN, a +∞ or nothing but −∞ makes the row NaN.
/// Error: at most 0.5 ulp, as every result is certified by its rounding test (see the crate's documentation).
/// Source: the definition; the shift by the maximum is Blanchard, Higham and Higham, IMA J. Numer. Anal. 41, 2021.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless both slices have length n.
pub fn softmax<E: Element>(logits: &[E], probabilities: &mut [E]) -> Result<(), KernelError> {
    expect_length("probabilities", logits.len(), probabilities.len())?;
    let logits = widen(logits);
    if classify(&logits) == RowClass::Ordinary {
        probabilities.fill(E::zero());
        climb(&Softmax(&logits), visible_indices(&logits), probabilities);
    } else {
        probabilities.fill(E::nan());
    }
    Ok(())
}

/// log-softmax: `log_probabilities[i]` = `x_i − log Σ_j exp(x_j)`, in nats, for a row of n logits.
///
/// Domain: any row. A −∞ logit beside a finite one gives −∞; a NaN, a +∞ or nothing but −∞ makes the row NaN.
/// Error: at most 0.5 ulp (certified). Source: as [`softmax`].
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless both slices have length n.
pub fn log_softmax<E: Element>(
    logits: &[E],
    log_probabilities: &mut [E],
) -> Result<(), KernelError> {
    expect_length("log_probabilities", logits.len(), log_probabilities.len())?;
    signed_log_softmax(&widen(logits), false, log_probabilities);
    Ok(())
}

/// log-softmax times −1 if `negated`, into a slice of the same length.
pub(crate) fn signed_log_softmax<E: Element>(logits: &[f64], negated: bool, output: &mut [E]) {
    if classify(logits) == RowClass::Ordinary {
        output.fill(E::infinity(!negated));
        climb(
            &LogSoftmax { logits, negated },
            finite_indices(logits),
            output,
        );
    } else {
        output.fill(E::nan());
    }
}

/// logsumexp: `value[0]` = `log Σ_j exp(x_j)`, in nats, for a row of n logits.
///
/// Domain: any row. −∞ logits drop out; only those, or none at all, give −∞; a +∞ gives +∞, a NaN NaN.
/// Error: at most 0.5 ulp (certified), also where the largest logit and log1p(T) cancel. Source: as [`softmax`].
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless `value` has length 1.
pub fn logsumexp<E: Element>(logits: &[E], value: &mut [E]) -> Result<(), KernelError> {
    expect_length("value", 1, value.len())?;
    let logits = widen(logits);
    match classify(&logits) {
        RowClass::Nan => value.fill(E::nan()),
        RowClass::Empty | RowClass::AllNegativeInfinity => value.fill(E::infinity(true)),
        RowClass::PositiveInfinity => value.fill(E::infinity(false)),
        RowClass::Ordinary => climb(&LogSumExp(&logits), vec![0], value),
    }
    Ok(())
}

/// The gradient of logsumexp: `gradient[i]` = `softmax(x)_i`, dimensionless; everything as in [`softmax`].
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless both slices have length n.
pub fn logsumexp_grad_logits<E: Element>(
    logits: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("gradient", logits.len(), gradient.len())?;
    softmax(logits, gradient)
}
