//! Softmax cross-entropy with one class index: in, a row of logits and the index; out, the loss or its gradient,
//! correctly rounded.

use crate::ball::Ball;
use crate::element::Element;
use crate::error::KernelError;
use crate::ladder::{Estimate, Formula, climb};
use crate::row::{
    Exponentials, RowClass, classify, expect_label, expect_length, visible_indices, widen,
};

/// `log1p(T) − (x_label − m)`: two nonnegative terms.
pub(crate) struct Loss<'a> {
    pub(crate) logits: &'a [f64],
    pub(crate) label: usize,
}

impl Formula for Loss<'_> {
    fn evaluate<B: Ball>(&self, _pending: &[usize], emit: &mut impl FnMut(usize, Estimate<B>)) {
        let row = Exponentials::<B>::of(self.logits);
        let distance = B::difference(self.logits[self.label], self.logits[row.largest]);
        emit(0, (row.log_total() - distance).into());
    }
}

/// `s_i = e_i/S` away from the label. At it, `s_i − 1`: −T/S if its logit is the largest, and otherwise `s_i ≤ 1/2`.
pub(crate) struct LogitGradient<'a> {
    pub(crate) logits: &'a [f64],
    pub(crate) label: usize,
}

impl Formula for LogitGradient<'_> {
    fn evaluate<B: Ball>(&self, pending: &[usize], emit: &mut impl FnMut(usize, Estimate<B>)) {
        let row = Exponentials::<B>::of(self.logits);
        for &i in pending {
            match (i == self.label, i == row.largest) {
                (true, true) => emit(i, (-(row.tail / row.total)).into()),
                (true, false) => emit(i, Estimate::signed(row.each[i] / row.total - B::ONE, -1)),
                (false, _) => {
                    let (weight, scale) = row.weight(self.logits, i);
                    emit(i, Estimate::scaled(weight / row.total, 1, scale));
                }
            }
        }
    }
}

/// Softmax cross-entropy with a class index: `loss[0]` = `−log softmax(x)_label`, in nats, for a row of n logits.
///
/// A label on a −∞ logit beside a finite one gives +∞. A NaN, a +∞ logit or nothing but −∞ logits give NaN.
/// Error: at most 0.5 ulp (certified). Source: the definition.
///
/// # Errors
/// [`KernelError::LabelOutOfRange`] unless 0 ≤ label < n, checked before anything is read;
/// [`KernelError::ShapeMismatch`] unless `loss` has length 1.
pub fn sparse_softmax_cross_entropy_with_logits<E: Element>(
    logits: &[E],
    label: i64,
    loss: &mut [E],
) -> Result<(), KernelError> {
    let label = expect_label(label, logits.len())?;
    expect_length("loss", 1, loss.len())?;
    let logits = widen(logits);
    if classify(&logits) != RowClass::Ordinary {
        loss[0] = E::nan();
    } else if logits[label].is_infinite() {
        loss[0] = E::infinity(false);
    } else {
        climb(
            &Loss {
                logits: &logits,
                label,
            },
            vec![0],
            loss,
        );
    }
    Ok(())
}

/// The sparse loss's gradient: `gradient[i]` = `softmax(x)_i − [i = label]`, dimensionless, for a row of n logits.
///
/// At a −∞ logit beside a finite one it is −1 at the label and +0 elsewhere; a NaN, a +∞ logit or nothing but −∞ logits
/// make the row NaN. Error: at most 0.5 ulp (certified). Source: differentiation.
///
/// # Errors
/// As [`sparse_softmax_cross_entropy_with_logits`], with `gradient` of length n.
pub fn sparse_softmax_cross_entropy_with_logits_grad_logits<E: Element>(
    logits: &[E],
    label: i64,
    gradient: &mut [E],
) -> Result<(), KernelError> {
    let label = expect_label(label, logits.len())?;
    expect_length("gradient", logits.len(), gradient.len())?;
    let logits = widen(logits);
    if classify(&logits) != RowClass::Ordinary {
        gradient.fill(E::nan());
        return Ok(());
    }
    gradient.fill(E::zero());
    let mut pending = visible_indices(&logits);
    if logits[label].is_infinite() {
        gradient[label] = E::nearest(-1.0);
    } else if !pending.contains(&label) {
        pending.push(label);
    }
    climb(
        &LogitGradient {
            logits: &logits,
            label,
        },
        pending,
        gradient,
    );
    Ok(())
}
