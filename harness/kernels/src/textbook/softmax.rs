//! Textbook softmax, log-softmax, logsumexp and their gradients: in, a row of logits; out, one value or one a logit.

use crate::element::Element;
use crate::error::KernelError;
use crate::row::expect_length;
use crate::textbook::{probabilities_of, row_log_probabilities, shifted_sum, store, sum};

/// `probabilities[i]` = `exp(x_i − max) / Σ exp(x_j − max)`.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless both slices have one length.
pub fn softmax<E: Element>(logits: &[E], probabilities: &mut [E]) -> Result<(), KernelError> {
    expect_length("probabilities", logits.len(), probabilities.len())?;
    store(probabilities, probabilities_of(logits));
    Ok(())
}

/// `log_probabilities[i]` = `(x_i − max) − log Σ exp(x_j − max)`.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless both slices have one length.
pub fn log_softmax<E: Element>(
    logits: &[E],
    log_probabilities: &mut [E],
) -> Result<(), KernelError> {
    expect_length("log_probabilities", logits.len(), log_probabilities.len())?;
    store(log_probabilities, row_log_probabilities(logits));
    Ok(())
}

/// `value[0]` = `max + log Σ exp(x_j − max)`.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless `value` has length 1.
pub fn logsumexp<E: Element>(logits: &[E], value: &mut [E]) -> Result<(), KernelError> {
    expect_length("value", 1, value.len())?;
    let (shift, total) = shifted_sum(logits);
    value[0] = shift.plus(total.logarithm());
    Ok(())
}

/// `gradient[i]` = `s_i`, the softmax.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless both slices have one length.
pub fn logsumexp_grad_logits<E: Element>(
    logits: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("gradient", logits.len(), gradient.len())?;
    store(gradient, probabilities_of(logits));
    Ok(())
}

/// `gradient[i]` = `s_i·(u_i − Σ s_j·u_j)`.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have one length.
pub fn softmax_grad_logits<E: Element>(
    logits: &[E],
    upstream: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("upstream", logits.len(), upstream.len())?;
    expect_length("gradient", logits.len(), gradient.len())?;
    let s = probabilities_of(logits);
    let dot = sum(s.iter().zip(upstream).map(|(s, &u)| s.times(u)));
    store(
        gradient,
        s.iter().zip(upstream).map(|(s, u)| s.times(u.minus(dot))),
    );
    Ok(())
}

/// `gradient[i]` = `u_i − s_i·Σ u_j`.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have one length.
pub fn log_softmax_grad_logits<E: Element>(
    logits: &[E],
    upstream: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("upstream", logits.len(), upstream.len())?;
    expect_length("gradient", logits.len(), gradient.len())?;
    let total = sum(upstream.iter().copied());
    let s = probabilities_of(logits);
    store(
        gradient,
        s.iter().zip(upstream).map(|(s, u)| u.minus(s.times(total))),
    );
    Ok(())
}
