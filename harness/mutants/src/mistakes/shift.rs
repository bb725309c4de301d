//! Softmax shifted by something other than the row's maximum: correct until an exponential, or their sum, leaves the
//! range of the element type.

use lossproof_kernels::{Element, Input};

use crate::call::{
    Outcome, accurate, exponentials, is_ordinary, largest, row, smallest_normal, store, widened,
};
use crate::form::Form;
use crate::mutant::{ALL, KilledBy, mutant_table};

mutant_table! {
    "softmax-no-max-shift" of "softmax" in ALL, by KilledBy::Cases,
        seen in Some("deeplearning4j/deeplearning4j issue #6039");
        "exp(x) / sum exp(x) without subtracting the row's maximum" => "NaN for logits beyond the overflow of exp";
        Form::Row(|inputs, output| softmax("softmax", inputs, output, |_| 0.0));

    "logsumexp-no-max-shift" of "logsumexp" in ALL, by KilledBy::Cases, seen in None;
        "log(sum exp(x)) without subtracting the row's maximum" => "infinities for logits beyond the range of exp";
        Form::Row(|inputs, output| logsumexp(inputs, output, |_| 0.0));

    "log-softmax-no-max-shift" of "log_softmax" in ALL, by KilledBy::Cases,
        seen in Some("tracel-ai/burn issue #315");
        "x - log(sum exp(x)) without subtracting the row's maximum" => "infinities for logits beyond the range of exp";
        Form::Row(|inputs, output| log_softmax(inputs, output, |_| 0.0));

    "softmax-max-starts-at-zero" of "softmax" in ALL, by KilledBy::Cases,
        seen in Some("FluxML/NNlib.jl pull request #43");
        "the search for the maximum starts at 0" => "NaN where all logits lie far below 0";
        Form::Row(|inputs, output| softmax("softmax", inputs, output, |logits| largest(logits).max(0.0)));

    "log-softmax-max-starts-at-smallest-positive" of "log_softmax" in ALL, by KilledBy::Cases,
        seen in Some("mit-han-lab/tinyengine issue #107");
        "the search for the maximum starts at FLT_MIN, the smallest positive normal number"
            => "infinities where all logits lie far below 0";
        Form::Row(|inputs, output| {
            log_softmax(inputs, output, |logits| largest(logits).max(smallest_normal::<E>()))
        });

    "softmax-max-of-magnitudes" of "softmax" in ALL, by KilledBy::Cases, seen in None;
        "the shift is the largest magnitude, not the largest logit" => "NaN where all logits lie far below 0";
        Form::Row(|inputs, output| softmax("softmax", inputs, output, |logits| {
            logits.iter().filter(|x| x.is_finite()).fold(0.0, |most, x| x.abs().max(most))
        }));

    "softmax-shift-by-mean" of "softmax" in ALL, by KilledBy::Cases, seen in None;
        "the shift is the row's mean, not its maximum" => "NaN where one logit lies far above the mean";
        Form::Row(|inputs, output| softmax("softmax", inputs, output, |logits| {
            let finite = || logits.iter().filter(|x| x.is_finite());
            // Halved, so that the sum of the largest numbers stays finite for rows of any length.
            let count = crate::call::count(finite().count());
            finite().map(|x| x / count).sum()
        }));

    "softmax-online-without-rescale" of "softmax" in ALL, by KilledBy::Cases, seen in None;
        "the online sum is not rescaled when a larger logit is met" => "probabilities that do not sum to 1";
        Form::Row(online_without_rescale);
}

/// exp(x − shift), each rounded to the element type: what overflows is infinite, what underflows 0.
fn ranged<E: Element>(logits: &[f64], shift: f64) -> Vec<f64> {
    let terms = exponentials(logits, shift);
    terms
        .iter()
        .map(|&term| E::nearest(term).to_f64())
        .collect()
}

/// Softmax with some shift.
pub(crate) fn softmax<E: Element>(
    op: &'static str,
    inputs: &[Input<'_, E>],
    output: &mut [E],
    shift: impl Fn(&[f64]) -> f64,
) -> Outcome {
    accurate(op, inputs, output)?;
    let logits = widened(row(inputs, 0)?);
    if is_ordinary(&logits) {
        softmax_shifted_by(&logits, shift(&logits), output);
    }
    Ok(())
}

/// Replaces those probabilities of an ordinary row that a shift spoils.
pub(crate) fn softmax_shifted_by<E: Element>(logits: &[f64], shift: f64, output: &mut [E]) {
    let terms = ranged::<E>(logits, shift);
    let total = E::nearest(terms.iter().sum()).to_f64();
    let total_is_out = total.is_infinite() || total < smallest_normal::<E>();
    for ((place, term), x) in output.iter_mut().zip(&terms).zip(logits) {
        if x.is_finite() && (total_is_out || *term < smallest_normal::<E>()) {
            *place = E::nearest(term / total);
        }
    }
}

/// The logarithm of the total of a shifted row, where that total has left the range.
fn spoilt_log_total<E: Element>(logits: &[f64], shift: f64) -> Option<f64> {
    let total = E::nearest(ranged::<E>(logits, shift).iter().sum()).to_f64();
    let is_out = total.is_infinite() || total < smallest_normal::<E>();
    is_out.then(|| libm::log(total))
}

fn logsumexp<E: Element>(
    inputs: &[Input<'_, E>],
    output: &mut [E],
    shift: impl Fn(&[f64]) -> f64,
) -> Outcome {
    accurate("logsumexp", inputs, output)?;
    let logits = widened(row(inputs, 0)?);
    if is_ordinary(&logits) {
        let shift = shift(&logits);
        if let Some(log_total) = spoilt_log_total::<E>(&logits, shift) {
            output[0] = E::nearest(shift + log_total);
        }
    }
    Ok(())
}

fn log_softmax<E: Element>(
    inputs: &[Input<'_, E>],
    output: &mut [E],
    shift: impl Fn(&[f64]) -> f64,
) -> Outcome {
    accurate("log_softmax", inputs, output)?;
    let logits = widened(row(inputs, 0)?);
    if is_ordinary(&logits) {
        let shift = shift(&logits);
        if let Some(log_total) = spoilt_log_total::<E>(&logits, shift) {
            store(output, logits.iter().map(|x| (x - shift) - log_total));
        }
    }
    Ok(())
}

fn online_without_rescale<E: Element>(inputs: &[Input<'_, E>], output: &mut [E]) -> Outcome {
    accurate("softmax", inputs, output)?;
    let logits = widened(row(inputs, 0)?);
    if !is_ordinary(&logits) {
        return Ok(());
    }
    let (mut maximum, mut total, mut is_spoilt) = (f64::NEG_INFINITY, 0.0, false);
    for &x in logits.iter().filter(|x| x.is_finite()) {
        if x > maximum {
            is_spoilt |= total > 0.0;
            maximum = x;
        }
        total += libm::exp(x - maximum);
    }
    if is_spoilt {
        let terms = exponentials(&logits, maximum);
        store(output, terms.iter().map(|term| term / total));
    }
    Ok(())
}
