//! Textbook binary logistic loss and its gradient: in, logits and labels; out, one value an element.

use crate::element::Element;
use crate::error::KernelError;
use crate::row::expect_length;
use crate::textbook::{larger, store};

/// `losses[i]` = (max(x, 0) − x·z) + log1p(exp(−|x|)).
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have one length.
pub fn sigmoid_cross_entropy_with_logits<E: Element>(
    logits: &[E],
    labels: &[E],
    losses: &mut [E],
) -> Result<(), KernelError> {
    expect_length("labels", logits.len(), labels.len())?;
    expect_length("losses", logits.len(), losses.len())?;
    let loss = |(x, &z): (&E, &E)| {
        let tail = x
            .magnitude()
            .negated()
            .exponential()
            .logarithm_of_one_plus();
        larger(*x, E::nought()).minus(x.times(z)).plus(tail)
    };
    store(losses, logits.iter().zip(labels).map(loss));
    Ok(())
}

/// `gradient[i]` = σ(x) − z.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have one length.
pub fn sigmoid_cross_entropy_with_logits_grad_logits<E: Element>(
    logits: &[E],
    labels: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("labels", logits.len(), labels.len())?;
    expect_length("gradient", logits.len(), gradient.len())?;
    let derivative = |(x, &z): (&E, &E)| {
        let exponential = x.magnitude().negated().exponential();
        let numerator = if *x < E::nought() {
            exponential
        } else {
            E::one()
        };
        numerator.over(E::one().plus(exponential)).minus(z)
    };
    store(gradient, logits.iter().zip(labels).map(derivative));
    Ok(())
}
