//! Answers worked out by hand or published, against the accurate kernels.

use half::{bf16, f16};
use lossproof_kernels::{
    Element, kl_divergence, kl_divergence_grad_p, kl_divergence_grad_q, log_softmax, logsumexp,
    sigmoid_cross_entropy_with_logits, sigmoid_cross_entropy_with_logits_grad_logits, softmax,
    softmax_cross_entropy_with_logits, softmax_cross_entropy_with_logits_grad_logits,
    softmax_grad_logits, sparse_softmax_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits_grad_logits,
};

/// Runs a kernel of one row.
fn one<E: Element, R>(run: impl Fn(&[E], &mut [E]) -> R, row: &[E], outputs: usize) -> Vec<E> {
    let mut output = vec![E::nan(); outputs];
    run(row, &mut output);
    output
}

/// Runs a kernel of two rows.
fn two<E: Element, R>(
    run: impl Fn(&[E], &[E], &mut [E]) -> R,
    first: &[E],
    second: &[E],
    outputs: usize,
) -> Vec<E> {
    let mut output = vec![E::nan(); outputs];
    run(first, second, &mut output);
    output
}

fn bits<E: Element>(row: &[E]) -> Vec<u64> {
    row.iter().map(|value| value.encoding()).collect()
}

#[track_caller]
fn assert_same<E: Element>(found: &[E], expected: &[E]) {
    assert_eq!(
        bits(found),
        bits(expected),
        "found {found:?}, expected {expected:?}"
    );
}

/// Published figures are rounded results of other kernels: they must lie within one ulp of the correct rounding.
#[track_caller]
fn assert_within_one_ulp<E: Element>(found: &[E], published: &[E]) {
    for (found, published) in found.iter().zip(published) {
        let distance = found.encoding().abs_diff(published.encoding());
        assert!(distance <= 1, "found {found:?}, published {published:?}");
    }
}

#[test]
fn published_softmax() {
    let probabilities = one(softmax, &[0.1_f32, 0.3, 0.5, 0.9], 4);
    assert_within_one_ulp(
        &probabilities,
        &[0.168_385_08, 0.205_666, 0.251_201_02, 0.374_747_9],
    );
    // To 20 digits: 0.16838508306988878884, 0.20566600703985509915, 0.25120102526371833075, 0.37474788462653778126.
    let exact = [
        0.168_385_083_069_888_8,
        0.205_666_007_039_855_1,
        0.251_201_025_263_718_3,
        0.374_747_884_626_537_8,
    ];
    assert_same(&probabilities, &exact.map(f32::nearest));
}

#[test]
fn published_cross_entropy() {
    let loss = two(
        softmax_cross_entropy_with_logits,
        &[1.0_f32, -3.0, 10.0],
        &[0.1, 0.02, 0.88],
        1,
    );
    assert_same(&loss, &[1.160_125_6]);
    let loss = two(
        softmax_cross_entropy_with_logits,
        &[1.0_f64, -3.0, 10.0],
        &[0.1, 0.02, 0.88],
        1,
    );
    assert_within_one_ulp(&loss, &[1.160_125_662_237_664_1]);
    // To 25 digits: 1.160125662237663996209643.
    assert_same(&loss, &[1.160_125_662_237_664]);
}

#[test]
fn binary_tail() {
    let losses = two(
        sigmoid_cross_entropy_with_logits,
        &[-40.0, 40.0, 0.0],
        &[0.0, 1.0, 0.5],
        3,
    );
    assert_same(
        &losses,
        &[
            4.248_354_255_291_589e-18,
            4.248_354_255_291_589e-18,
            std::f64::consts::LN_2,
        ],
    );
    let slopes = two(
        sigmoid_cross_entropy_with_logits_grad_logits,
        &[-40.0, 40.0, 0.0],
        &[0.0, 1.0, 0.5],
        3,
    );
    assert_same(
        &slopes,
        &[4.248_354_255_291_589e-18, -4.248_354_255_291_589e-18, 0.0],
    );
}

#[test]
fn equal_logits() {
    assert_same(&one(softmax, &[7.0; 3], 3), &[1.0 / 3.0; 3]);
    assert_same(
        &one(log_softmax, &[7.0; 2], 2),
        &[-std::f64::consts::LN_2; 2],
    );
    assert_same(&one(logsumexp, &[0.0; 10], 1), &[std::f64::consts::LN_10]);
    assert_same(
        &one(softmax, &[f16::from_f32(-3.0); 8], 8),
        &[f16::from_f32(0.125); 8],
    );
}

#[test]
fn ties_and_hairs_beside_them() {
    // log-softmax of [1, −2^53] is −2^53 − 1 − e^−9e15 in its second value: just beyond a tie whose even side is −2^53.
    let edge = 9_007_199_254_740_992.0;
    assert_same(&one(log_softmax, &[1.0, -edge], 2), &[-0.0, -edge - 2.0]);
    assert_same(
        &one(log_softmax, &[1.0_f32, -16_777_216.0], 2),
        &[-0.0, -16_777_218.0],
    );
    // 1 − z for z = −2^−53 lies on a tie; σ(40000) is a hair below 1.
    let slope = two(
        sigmoid_cross_entropy_with_logits_grad_logits,
        &[40_000.0],
        &[-f64::EPSILON * 1.5],
        1,
    );
    assert_same(&slope, &[1.0 + f64::EPSILON]);
    // Σy/2 − y_i = −2^−1075 exactly: half the smallest subnormal, even is zero, with the sign of the exact value.
    let tiny = f64::from_bits(1);
    let slopes = two(
        softmax_cross_entropy_with_logits_grad_logits,
        &[5.0, 5.0],
        &[tiny, 0.0],
        2,
    );
    assert_same(&slopes, &[-0.0, 0.0]);
}

#[test]
fn no_range_is_lost() {
    // A common offset cancels exactly; the spread underflows through the subnormals.
    assert_same(&one(softmax, &[1e300, 1e300], 2), &[0.5, 0.5]);
    assert_same(
        &one(softmax, &[1e8 + 1.0, 1e8], 2),
        &one(softmax, &[1.0, 0.0], 2),
    );
    assert_same(
        &one(softmax, &[0.0, -745.0, -746.0], 3),
        &[1.0, f64::from_bits(1), 0.0],
    );
    assert_same(
        &one(log_softmax, &[f64::MAX, -f64::MAX], 2),
        &[-0.0, f64::NEG_INFINITY],
    );
    assert_same(&one(logsumexp, &[f64::MAX, f64::MAX], 1), &[f64::MAX]);
    assert_same(&one(logsumexp, &[f16::MAX; 3], 1), &[f16::MAX]);
    let loss = sparse(&[bf16::MAX, bf16::MIN], 1);
    assert_same(&loss, &[bf16::INFINITY]);
}

fn sparse<E: Element>(logits: &[E], label: i64) -> [E; 1] {
    let mut loss = [E::nan()];
    sparse_softmax_cross_entropy_with_logits(logits, label, &mut loss)
        .expect("the label is in range");
    loss
}

#[test]
fn the_sign_of_an_underflow_is_the_exact_one() {
    // s_0·(u_0 − Σ s·u) = −(e^−1e308 − e^−1.5e308)·…: both vanish, the nearer one decides.
    let logits = [0.0, -1e308, -1.5e308];
    assert_same(
        &two(softmax_grad_logits, &logits, &[0.0, 1.0, -1.0], 3),
        &[-0.0, 0.0, -0.0],
    );
    assert_same(
        &two(softmax_grad_logits, &logits, &[0.0, -1.0, 1.0], 3),
        &[0.0, -0.0, 0.0],
    );
    assert_same(
        &two(softmax_grad_logits, &logits, &[3.0, 3.0, 3.0], 3),
        &[0.0, 0.0, 0.0],
    );
}

#[test]
fn one_hot_gradients_are_exact_in_the_confident_tail() {
    // e^−60/(1 + e^−60) to 53 bits is e^−60 = 8.75651076269652e-27.
    let expected = [-8.756_510_762_696_52e-27, 8.756_510_762_696_52e-27];
    let dense = two(
        softmax_cross_entropy_with_logits_grad_logits,
        &[60.0, 0.0],
        &[1.0, 0.0],
        2,
    );
    assert_same(&dense, &expected);
    let mut gradient = [0.0; 2];
    sparse_softmax_cross_entropy_with_logits_grad_logits(&[60.0, 0.0], 0, &mut gradient)
        .expect("in range");
    assert_same(&gradient, &expected);
    assert_same(&sparse(&[60.0, 0.0], 0), &[8.756_510_762_696_52e-27]);
}

#[test]
fn divergences() {
    assert_same(&two(kl_divergence, &[0.5, 0.5], &[0.5, 0.5], 1), &[0.0]);
    // ½·log 2 + ¼·log ¼ = 0 and 3·log 3 − log 27 = 0, exactly, with no term zero.
    assert_same(&two(kl_divergence, &[0.5, 0.25], &[0.25, 1.0], 1), &[0.0]);
    assert_same(&two(kl_divergence, &[3.0, 1.0], &[1.0, 27.0], 1), &[0.0]);
    assert_same(
        &two(kl_divergence, &[1.0, 0.0], &[0.5, 0.5], 1),
        &[std::f64::consts::LN_2],
    );
    // log(1 + 2^−52) = 2^−52 − 2^−105 + …, just below 2^−52.
    let next = 1.0 + f64::EPSILON;
    assert_same(&two(kl_divergence, &[next], &[1.0], 1), &[f64::EPSILON]);
    // log(2^−1074/1) + 1.
    let tiny = f64::from_bits(1);
    assert_same(
        &two(kl_divergence_grad_p, &[tiny], &[1.0], 1),
        &[1.0 - 744.440_071_921_381_2],
    );
    assert_same(
        &two(
            kl_divergence_grad_q,
            &[tiny, 1.0, 3.0],
            &[2.0, tiny, 2.0],
            3,
        ),
        &[-0.0, f64::NEG_INFINITY, -1.5],
    );
}

#[test]
fn exponentials_beyond_every_exponent_keep_their_sign() {
    // exp(−5.6e17) has an exponent, exp(−6e17) none; the largest's log-softmax is −(both), not 0.
    let found = one(log_softmax, &[0.0_f64, -5.6e17, -6e17], 3);
    assert_same(&found, &[-0.0, -5.6e17, -6e17]);
}

#[test]
fn what_remains_of_an_exact_cancellation_keeps_its_sign() {
    // The third slope is 1·(1 − 0) + 1·(1 − 2) + e^−2^24·(1 − 2): the equal logits' terms cancel exactly.
    let logits = [0.0, 0.0, -16_777_216.0, -16_777_216.0];
    let gradient = two(softmax_grad_logits, &logits, &[0.0, 2.0, 1.0, 2.0], 4);
    assert_same(&gradient[2..3], &[-0.0]);
}
