//! Gradients of softmax and its losses: a sign, a sum or a term that is missing.

use lossproof_kernels::{Element, Input};

use crate::call::{
    Outcome, accurate, accurate_in_f64, index, is_ordinary, largest, row, store, widened,
};
use crate::form::Form;
use crate::mutant::{ALL, KilledBy, mutant_table};

mutant_table! {
    "cross-entropy-gradient-softmax-minus-labels" of "softmax_cross_entropy_with_logits_grad_logits" in ALL,
        by KilledBy::Cases, seen in Some("tensorflow/tensorflow issue #60314");
        "softmax(x) - labels, which holds only for labels that sum to 1"
            => "wrong gradients for weighted, padded or multi-label rows";
        Form::Row(|inputs, output| {
            let op = "softmax_cross_entropy_with_logits_grad_logits";
            accurate(op, inputs, output)?;
            let (logits, labels) = (widened(row(inputs, 0)?), widened(row(inputs, 1)?));
            let sums_to_one = labels.iter().sum::<f64>().to_bits() == 1.0_f64.to_bits();
            if is_ordinary(&logits) && labels.iter().all(|y| y.is_finite()) && !sums_to_one {
                let probabilities = accurate_in_f64("softmax", &inputs[..1], output.len())?;
                store(output, probabilities.iter().zip(&labels).map(|(p, y)| p - y));
            }
            Ok(())
        });

    "cross-entropy-gradient-sign" of "softmax_cross_entropy_with_logits_grad_logits" in ALL, by KilledBy::Cases,
        seen in None;
        "labels - softmax, the direction of descent, not the gradient" => "training away from the labels";
        Form::Row(|inputs, output| negated("softmax_cross_entropy_with_logits_grad_logits", inputs, output));

    "cross-entropy-labels-gradient-sign" of "softmax_cross_entropy_with_logits_grad_labels" in ALL,
        by KilledBy::Cases, seen in None;
        "log-softmax without the minus" => "label noise estimated with the wrong sign";
        Form::Row(|inputs, output| negated("softmax_cross_entropy_with_logits_grad_labels", inputs, output));

    "softmax-gradient-diagonal-only" of "softmax_grad_logits" in ALL, by KilledBy::Cases, seen in None;
        "s_i (1 - s_i) u_i: the Jacobian taken for a diagonal" => "gradients that do not sum to 0";
        Form::Row(|inputs, output| softmax_gradient(inputs, output, |_, _| 0.0, |u, s, _| u - s * u));

    "softmax-gradient-inner-product-short" of "softmax_grad_logits" in ALL, by KilledBy::Cases, seen in None;
        "the inner product of softmax and upstream runs to n - 1" => "gradients that do not sum to 0";
        Form::Row(|inputs, output| {
            let short = |u: &[f64], s: &[f64]| u[..u.len() - 1].iter().zip(s).map(|(u, s)| u * s).sum();
            softmax_gradient(inputs, output, short, |u, _, inner| u - inner)
        });

    "softmax-gradient-upstream-ignored" of "softmax_grad_logits" in ALL, by KilledBy::Cases, seen in None;
        "the upstream gradient is taken for the first unit vector" => "the gradient of the first output alone";
        Form::Row(|inputs, output| {
            accurate("softmax_grad_logits", inputs, output)?;
            if widened(row(inputs, 1)?).iter().all(|u| u.is_finite()) {
                let upstream: Vec<E> = (0..output.len())
                    .map(|at| E::nearest(f64::from(u8::from(at == 0)))).collect();
                accurate("softmax_grad_logits", &[inputs[0], Input::Row(&upstream)], output)?;
            }
            Ok(())
        });

    "log-softmax-gradient-upstream-sum-missing" of "log_softmax_grad_logits" in ALL, by KilledBy::Cases, seen in None;
        "u - softmax(x), without the factor sum(u)" => "right only for upstream gradients that sum to 1";
        Form::Row(|inputs, output| log_softmax_gradient(inputs, output, |_| 1.0));

    "log-softmax-gradient-sum-short" of "log_softmax_grad_logits" in ALL, by KilledBy::Cases, seen in None;
        "the sum of the upstream gradient runs to n - 1" => "gradients that do not sum to 0";
        Form::Row(|inputs, output| log_softmax_gradient(inputs, output, |u| u[..u.len() - 1].iter().sum()));

    "logsumexp-gradient-of-max" of "logsumexp_grad_logits" in ALL, by KilledBy::Cases, seen in None;
        "the gradient of the maximum: 1 at the largest logit" => "no gradient for any other class";
        Form::Row(|inputs, output| {
            accurate("logsumexp_grad_logits", inputs, output)?;
            let logits = widened(row(inputs, 0)?);
            if is_ordinary(&logits) {
                let most = largest(&logits).to_bits();
                let top = logits.iter().position(|x| x.to_bits() == most);
                store(output, (0..logits.len()).map(|at| f64::from(u8::from(Some(at) == top))));
            }
            Ok(())
        });

    "sparse-gradient-softmax-minus-one" of "sparse_softmax_cross_entropy_with_logits_grad_logits" in ALL,
        by KilledBy::Cases, seen in None;
        "softmax is rounded before 1 is subtracted at the label" => "no gradient for a confident prediction";
        Form::Row(|inputs, output| {
            accurate("sparse_softmax_cross_entropy_with_logits_grad_logits", inputs, output)?;
            if let (true, Ok(at)) = (is_ordinary(&widened(row(inputs, 0)?)), usize::try_from(index(inputs, 1)?)) {
                let mut probabilities = vec![E::zero(); output.len()];
                accurate("softmax", &inputs[..1], &mut probabilities)?;
                output[at] = E::nearest(probabilities[at].to_f64() - 1.0);
            }
            Ok(())
        });
}

/// The accurate result with the other sign; a NaN stays one.
pub(crate) fn negated<E: Element>(
    op: &'static str,
    inputs: &[Input<'_, E>],
    output: &mut [E],
) -> Outcome {
    accurate(op, inputs, output)?;
    for place in output {
        *place = E::nearest(-place.to_f64());
    }
    Ok(())
}

/// s_i times a factor of u_i, s_i and what `inner` makes of the rows u and s, for ordinary rows and finite upstream gradients.
fn softmax_gradient<E: Element>(
    inputs: &[Input<'_, E>],
    output: &mut [E],
    inner: impl Fn(&[f64], &[f64]) -> f64,
    factor: impl Fn(f64, f64, f64) -> f64,
) -> Outcome {
    accurate("softmax_grad_logits", inputs, output)?;
    let (logits, upstream) = (widened(row(inputs, 0)?), widened(row(inputs, 1)?));
    if is_ordinary(&logits) && upstream.iter().all(|u| u.is_finite()) {
        let s = accurate_in_f64("softmax", &inputs[..1], output.len())?;
        let inner = inner(&upstream, &s);
        let places = s.iter().zip(&upstream);
        store(output, places.map(|(&s, &u)| s * factor(u, s, inner)));
    }
    Ok(())
}

/// u − s times a factor of u, for ordinary rows and finite upstream gradients.
fn log_softmax_gradient<E: Element>(
    inputs: &[Input<'_, E>],
    output: &mut [E],
    factor: impl Fn(&[f64]) -> f64,
) -> Outcome {
    accurate("log_softmax_grad_logits", inputs, output)?;
    let (logits, upstream) = (widened(row(inputs, 0)?), widened(row(inputs, 1)?));
    if is_ordinary(&logits) && upstream.iter().all(|u| u.is_finite()) {
        let s = accurate_in_f64("softmax", &inputs[..1], output.len())?;
        let factor = factor(&upstream);
        store(output, s.iter().zip(&upstream).map(|(s, u)| u - s * factor));
    }
    Ok(())
}
