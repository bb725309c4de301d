//! Textbook Kullback–Leibler divergence and its gradients: in, two rows of weights; out, a sum or a row.

use crate::element::Element;
use crate::error::KernelError;
use crate::row::expect_length;
use crate::textbook::{store, sum};

/// `divergence[0]` = `Σ p_i·(log p_i − log q_i)` over `p_i ≠ 0`.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless `q` has the row's length and `divergence` length 1.
pub fn kl_divergence<E: Element>(
    p: &[E],
    q: &[E],
    divergence: &mut [E],
) -> Result<(), KernelError> {
    expect_length("q", p.len(), q.len())?;
    expect_length("divergence", 1, divergence.len())?;
    let present = p.iter().zip(q).filter(|(p, _)| **p != E::nought());
    divergence[0] = sum(present.map(|(p, q)| p.times(p.logarithm().minus(q.logarithm()))));
    Ok(())
}

/// `gradient[i]` = `(log p_i − log q_i) + 1`.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have one length.
pub fn kl_divergence_grad_p<E: Element>(
    p: &[E],
    q: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("q", p.len(), q.len())?;
    expect_length("gradient", p.len(), gradient.len())?;
    let pairs = p.iter().zip(q);
    store(
        gradient,
        pairs.map(|(p, q)| p.logarithm().minus(q.logarithm()).plus(E::one())),
    );
    Ok(())
}

/// `gradient[i]` = `−p_i/q_i`.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have one length.
pub fn kl_divergence_grad_q<E: Element>(
    p: &[E],
    q: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("q", p.len(), q.len())?;
    expect_length("gradient", p.len(), gradient.len())?;
    store(gradient, p.iter().zip(q).map(|(p, &q)| p.over(q).negated()));
    Ok(())
}
