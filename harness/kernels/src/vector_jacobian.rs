//! Gradients through softmax and log-softmax: in, a row of logits and one of upstream gradients; out, their products
//! with the Jacobian, correctly rounded.

use crate::ball::{Ball, sum};
use crate::cross_entropy::row_gradient;
use crate::element::Element;
use crate::error::KernelError;
use crate::ladder::{Estimate, Formula, climb};
use crate::row::{
    Exponentials, RowClass, all_finite, classify, expect_length, finite_indices, widen,
};

/// `s_i · Σ_j s_j·(u_i − u_j) = e_i · (d_i·S − Q)/S²`, where `d = u − u_k` exactly, k is the largest logit's position
/// and `Q = Σ_{j≠k} e_j·d_j`. Equal upstream values give exactly 0. `d_i·e_k = d_i` is not in Q: nothing cancels but
/// what the upstream values themselves make cancel.
pub(crate) struct SoftmaxGradient<'a> {
    pub(crate) logits: &'a [f64],
    pub(crate) upstream: &'a [f64],
}

/// Rows up to this length afford one sum over the row for an output.
const LONGEST_DIRECT_ROW: usize = 512;

impl SoftmaxGradient<'_> {
    /// `Σ_j e_j·(u_i − u_j)`, term by term: for outputs at which the large terms cancel exactly (equal logits with
    /// opposite differences) and what remains is too small to stand beside them.
    fn direct_slope<B: Ball>(&self, row: &Exponentials<B>, i: usize) -> B {
        sum(self.logits.len(), &|j| {
            row.each[j] * B::difference(self.upstream[i], self.upstream[j])
        })
    }

    /// Q. Where all its terms lie below e^−2^50, the largest exponential is a factor of the sum, so that its sign is
    /// found even where no exponent can hold it.
    fn weighted_tail<B: Ball>(&self, row: &Exponentials<B>, relative: &[B]) -> B {
        const FAR: f64 = 1_125_899_906_842_624.0;
        let (logits, k) = (self.logits, row.largest);
        let matters =
            |j: usize| logits[j].is_finite() && self.upstream[j] - self.upstream[k] != 0.0;
        let second = (0..logits.len())
            .filter(|&j| matters(j))
            .reduce(|best, j| if logits[j] > logits[best] { j } else { best });
        let Some(second) = second else { return B::ZERO };
        if logits[k] - logits[second] < FAR {
            return sum(logits.len(), &|j| {
                if matters(j) {
                    row.each[j] * relative[j]
                } else {
                    B::ZERO
                }
            });
        }
        let inner = sum(logits.len(), &|j| {
            if matters(j) {
                B::difference(logits[j], logits[second]).exp() * relative[j]
            } else {
                B::ZERO
            }
        });
        row.each[second] * inner
    }
}

impl Formula for SoftmaxGradient<'_> {
    fn evaluate<B: Ball>(&self, pending: &[usize], emit: &mut impl FnMut(usize, Estimate<B>)) {
        let row = Exponentials::<B>::of(self.logits);
        let relative: Vec<B> = self
            .upstream
            .iter()
            .map(|&u| B::difference(u, self.upstream[row.largest]))
            .collect();
        let tail = self.weighted_tail(&row, &relative);
        let square = row.total * row.total;
        for &i in pending {
            let mut slope = relative[i] * row.total - tail;
            if slope.sign() == 0 && self.logits.len() <= LONGEST_DIRECT_ROW {
                slope = self.direct_slope(&row, i);
            }
            let (weight, scale) = row.weight(self.logits, i);
            emit(
                i,
                Estimate::scaled(weight * slope / square, slope.sign(), scale),
            );
        }
    }
}

/// Softmax's vector–Jacobian product: `gradient[i]` = `s_i·(u_i − Σ_j s_j·u_j)`, in units of `upstream`, rows of n.
///
/// Domain: any finite upstream values; an infinite one makes the row NaN, as do a NaN, a +∞ logit and nothing but −∞
/// logits. At a −∞ logit beside a finite one the result is +0.
/// Error: at most 0.5 ulp (certified). Source: differentiation of softmax.
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have length n.
pub fn softmax_grad_logits<E: Element>(
    logits: &[E],
    upstream: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("upstream", logits.len(), upstream.len())?;
    expect_length("gradient", logits.len(), gradient.len())?;
    let (logits, upstream) = (widen(logits), widen(upstream));
    if classify(&logits) == RowClass::Ordinary && all_finite(&upstream) {
        gradient.fill(E::zero());
        let formula = SoftmaxGradient {
            logits: &logits,
            upstream: &upstream,
        };
        climb(&formula, finite_indices(&logits), gradient);
    } else {
        gradient.fill(E::nan());
    }
    Ok(())
}

/// Log-softmax's vector–Jacobian product: `gradient[i]` = `u_i − s_i·Σ_j u_j`, in units of `upstream`, rows of n.
///
/// It is the dense loss's gradient with labels u, negated, and computed as that. At a −∞ logit it is `u_i`; domain and
/// error otherwise as [`softmax_grad_logits`].
///
/// # Errors
/// [`KernelError::ShapeMismatch`] unless all slices have length n.
pub fn log_softmax_grad_logits<E: Element>(
    logits: &[E],
    upstream: &[E],
    gradient: &mut [E],
) -> Result<(), KernelError> {
    expect_length("upstream", logits.len(), upstream.len())?;
    expect_length("gradient", logits.len(), gradient.len())?;
    row_gradient(&widen(logits), &widen(upstream), true, gradient);
    Ok(())
}
