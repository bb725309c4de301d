//! Textbook softmax cross-entropy, dense and sparse, and its gradients: in, logits and labels; out, a loss or a row.

use crate::element::Element;
use crate::error::KernelError;
use crate::row::{expect_label, expect_length};
use crate::textbook::{probabilities_of, row_log_probabilities, shifted_sum, store, sum};

/// `loss[0]` = `−Σ y_i·((x_i − max) − log Σ exp(x_j − max))`.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless `labels` has the row's length and `loss` length 1.
pub fn softmax_cross_entropy_with_logits<E: Element>(
    logits: &[E],
    labels: &[E],
    loss: &mut [E],
) -> Result<(), KernelError> {
    expect_length("labels", logits.len(), labels.len())?;
    expect_length("loss", 1, loss.len())?;
    loss[0] = sum(labels
        .iter()
        .zip(row_log_probabilities(logits))
        .map(|(y, l)| y.times(l)))
    .negated();
    Ok(())
}

/// `gradient[i]` = `(Σ y_j)·s_i − y_i`.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have one length.
pub fn softmax_cross_entropy_with_logits_grad_logits<E: Element>(
    logits: &[E],
    labels: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("labels", logits.len(), labels.len())?;
    expect_length("gradient", logits.len(), gradient.len())?;
    let total = sum(labels.iter().copied());
    let s = probabilities_of(logits);
    store(
        gradient,
        s.iter().zip(labels).map(|(s, &y)| total.times(*s).minus(y)),
    );
    Ok(())
}

/// `gradient[i]` = −log-softmax at i.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have one length.
pub fn softmax_cross_entropy_with_logits_grad_labels<E: Element>(
    logits: &[E],
    labels: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("labels", logits.len(), labels.len())?;
    expect_length("gradient", logits.len(), gradient.len())?;
    store(gradient, row_log_probabilities(logits).map(E::negated));
    Ok(())
}

/// `loss[0]` = `log Σ exp(x_j − max) − (x_label − max)`.
///
/// # Errors
/// [`KernelError::LabelOutOfRange`] unless 0 ≤ label < n; [`KernelError::ShapeMismatch`] unless `loss` has length 1.
pub fn sparse_softmax_cross_entropy_with_logits<E: Element>(
    logits: &[E],
    label: i64,
    loss: &mut [E],
) -> Result<(), KernelError> {
    let label = expect_label(label, logits.len())?;
    expect_length("loss", 1, loss.len())?;
    let (shift, total) = shifted_sum(logits);
    loss[0] = total.logarithm().minus(logits[label].minus(shift));
    Ok(())
}

/// `gradient[i]` = `s_i − [i = label]`.
///
/// # Errors
/// [`KernelError::LabelOutOfRange`] unless 0 ≤ label < n; [`KernelError::ShapeMismatch`] unless `gradient` has length n.
pub fn sparse_softmax_cross_entropy_with_logits_grad_logits<E: Element>(
    logits: &[E],
    label: i64,
    gradient: &mut [E],
) -> Result<(), KernelError> {
    let label = expect_label(label, logits.len())?;
    expect_length("gradient", logits.len(), gradient.len())?;
    store(gradient, probabilities_of(logits));
    gradient[label] = gradient[label].minus(E::one());
    Ok(())
}
