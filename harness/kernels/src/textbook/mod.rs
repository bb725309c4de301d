//! The textbook kernels: in, rows of one element type; out, what a good textbook computes in that type.
//!
//! The row is shifted by its maximum, sums run from left to right, and every operation is rounded to the type;
//! the half formats compute it in `f32` and round back. Nothing else is done for accuracy or for special values: these
//! kernels are the comparison, and their errors grow with n. Shapes and units are those of the functions of the same
//! name at the crate's root, and so are the refusals.

mod binary;
mod cross_entropy;
mod divergence;
mod softmax;

use crate::element::Element;

pub use binary::{
    sigmoid_cross_entropy_with_logits, sigmoid_cross_entropy_with_logits_grad_logits,
};
pub use cross_entropy::{
    softmax_cross_entropy_with_logits, softmax_cross_entropy_with_logits_grad_labels,
    softmax_cross_entropy_with_logits_grad_logits, sparse_softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits_grad_logits,
};
pub use divergence::{kl_divergence, kl_divergence_grad_p, kl_divergence_grad_q};
pub use softmax::{
    log_softmax, log_softmax_grad_logits, logsumexp, logsumexp_grad_logits, softmax,
    softmax_grad_logits,
};

/// Left-to-right sum.
fn sum<E: Element>(terms: impl Iterator<Item = E>) -> E {
    terms.fold(E::nought(), E::plus)
}

/// The larger, keeping the first on a tie or NaN.
fn larger<E: Element>(a: E, b: E) -> E {
    if b > a { b } else { a }
}

fn largest<E: Element>(row: &[E]) -> E {
    row.iter().copied().fold(E::infinity(true), larger)
}

/// (max, Σ exp(x − max)).
fn shifted_sum<E: Element>(logits: &[E]) -> (E, E) {
    let shift = largest(logits);
    (
        shift,
        sum(logits.iter().map(|x| x.minus(shift).exponential())),
    )
}

/// log-softmax by its textbook formula, (x − max) − log Σ exp(x − max).
fn row_log_probabilities<E: Element>(logits: &[E]) -> impl Iterator<Item = E> {
    let (shift, total) = shifted_sum(logits);
    let log_total = total.logarithm();
    logits.iter().map(move |x| x.minus(shift).minus(log_total))
}

fn probabilities_of<E: Element>(logits: &[E]) -> Vec<E> {
    let (shift, total) = shifted_sum(logits);
    logits
        .iter()
        .map(|x| x.minus(shift).exponential().over(total))
        .collect()
}

fn store<E: Element>(output: &mut [E], values: impl IntoIterator<Item = E>) {
    for (place, value) in output.iter_mut().zip(values) {
        *place = value;
    }
}
