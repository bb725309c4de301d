//! Losses and gradients near 0: the classes `near_zero_loss` and `cancelling`.

use super::Tensor;
use super::draft::{Draft, View, largest};
use super::draw::Draw;
use super::labels::opposites;
use super::range::{lead, top_target};
use super::signature::Role;
use super::simplex::{log_softmax, softmax};
use super::values::{count, ln_precision, nearest, stepped};

/// The class `near_zero_loss`: the target is the dominant logit, with gaps from 0.55 to 1.25 times p · ln 2 (20 to 45
/// in f64), the gap above 0, below 0, on both sides, or halved on both.
pub(super) fn fill_near_zero(
    draft: &Draft<'_>,
    position: usize,
    draw: &mut Draw,
) -> Option<Tensor> {
    let (dtype, length) = (draft.dtype, draft.length);
    match draft.role(position) {
        Role::Logits => {}
        Role::Labels | Role::Label => return Some(top_target(draft, position)),
        _ => return None,
    }
    let precision = ln_precision(dtype);
    let gap = match draw.below(4) {
        0 => draw.pick(&[1.0, 1.0 + 1.0 / 64.0, 1.0 - 1.0 / 64.0]) * precision,
        // 40 in f64.
        1 => precision * (40.0 / (53.0 * std::f64::consts::LN_2)),
        _ => precision * draw.between(0.55, 1.25),
    };
    let (top, others) = match draft.kind(5) {
        0 => (0.0, -gap),
        1 => (gap, 0.0),
        2 => (gap, -gap),
        3 => (gap / 2.0, -gap / 2.0),
        _ => (0.0, -gap - libm::log(count(length))),
    };
    let scatter = draw.pick(&[0.0, 1.0]);
    let place = draw.place(length);
    let mut row: Vec<f64> = (0..length)
        .map(|_| nearest(dtype, others - scatter * draw.unit()))
        .collect();
    row[place] = nearest(dtype, top);
    Some(Tensor::Row(row))
}

/// What `near_zero_loss` claims.
pub(super) fn near_zero_holds(view: &View<'_>) -> bool {
    let logits = view.row(Role::Logits);
    let top = largest(logits);
    let labels = view.row(Role::Labels);
    let is_one_hot = |row: &[f64]| {
        row.iter()
            .enumerate()
            .all(|(at, &x)| x.to_bits() == f64::from(u8::from(at == top)).to_bits())
    };
    lead(logits) >= 0.5 * ln_precision(view.dtype())
        && view
            .index()
            .is_none_or(|index| usize::try_from(index) == Ok(top))
        && (labels.is_empty() || is_one_hot(labels))
}

/// The class `cancelling`: labels of both signs whose last one balances the others' share of the loss; opposite labels
/// on equal logits, whose loss is exactly 0; and labels equal to the rounded softmax, or one ulp beside it, at which
/// the gradient nearly vanishes.
pub(super) fn fill_cancelling(
    draft: &Draft<'_>,
    position: usize,
    draw: &mut Draw,
) -> Option<Tensor> {
    let (dtype, length) = (draft.dtype, draft.length);
    let kind = draft.kind(6);
    let row = match (draft.role(position), kind) {
        (Role::Logits, 2) => vec![nearest(dtype, draw.normal() * 3.0); length],
        (Role::Logits, _) => {
            let scale = draw.pick(&[0.5, 1.0, 2.0]);
            (0..length)
                .map(|_| nearest(dtype, draw.normal() * scale))
                .collect()
        }
        (Role::Labels, 0 | 1) => balanced(draft, kind == 1, draw),
        (Role::Labels, 2) => opposites(dtype, length, draw),
        (Role::Labels, _) => {
            let exact = softmax(draft.logits());
            let mut row: Vec<f64> = exact.iter().map(|&share| nearest(dtype, share)).collect();
            let place = draw.place(length);
            match kind {
                4 => row[place] = stepped(dtype, row[place], 1),
                5 => row
                    .iter_mut()
                    .for_each(|x| *x = stepped(dtype, *x, draw.steps(1))),
                _ => {}
            }
            row
        }
        _ => return None,
    };
    Some(Tensor::Row(row))
}

/// Random labels, but for that of the smallest logit: it makes Σ y · log-softmax as near to 0 as its rounding allows.
fn balanced(draft: &Draft<'_>, coarse: bool, draw: &mut Draw) -> Vec<f64> {
    let dtype = draft.dtype;
    let log_shares = log_softmax(draft.logits());
    let negated: Vec<f64> = log_shares.iter().map(|x| -x).collect();
    // The largest magnitude, so that the balancing label stays moderate.
    let last = largest(&negated);
    let mut row: Vec<f64> = log_shares
        .iter()
        .map(|_| {
            let label = if coarse {
                f64::from(draw.steps(4)) / 4.0
            } else {
                draw.normal()
            };
            nearest(dtype, label)
        })
        .collect();
    if last == 0 {
        row[1] = 1.0;
    } else {
        row[0] = 1.0;
    }
    row[last] = 0.0;
    let others: f64 = row
        .iter()
        .zip(&log_shares)
        .map(|(y, share)| y * share)
        .sum();
    row[last] = nearest(dtype, -others / log_shares[last]);
    row
}

/// What `cancelling` claims.
pub(super) fn cancelling_holds(view: &View<'_>) -> bool {
    let (logits, labels) = (view.row(Role::Logits), view.row(Role::Labels));
    let dtype = view.dtype();
    let log_shares = log_softmax(logits);
    let terms = || labels.iter().zip(&log_shares).map(|(y, share)| y * share);
    let (loss, size) = (
        terms().sum::<f64>().abs(),
        terms().map(f64::abs).sum::<f64>(),
    );
    let slack = 2.0 * dtype.unit_roundoff() + count(labels.len()) * 4.0 * f64::EPSILON;
    let lowest = log_shares
        .iter()
        .fold(0.0, |low: f64, &share| low.min(share));
    let cancels = size > 0.0 && loss <= size * slack - dtype.min_subnormal() * lowest;
    let shares = softmax(logits);
    let vanishes = labels.iter().zip(&shares).all(|(y, share)| {
        let slack = share * (4.0 * dtype.unit_roundoff() + 64.0 * f64::EPSILON);
        (y - share).abs() <= slack + 2.0 * dtype.min_subnormal()
    });
    cancels || vanishes
}
