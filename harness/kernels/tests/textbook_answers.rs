//! The textbook kernels: right to a few ulps where nothing is hard, and rounded to their type in every operation.

use half::f16;
use lossproof_kernels::{Element, textbook};

#[track_caller]
fn assert_near(found: f64, expected: f64, tolerance: f64) {
    assert!(
        (found - expected).abs() <= tolerance * expected.abs(),
        "found {found}, expected {expected}"
    );
}

#[test]
fn published_figures() {
    let mut probabilities = [0.0_f32; 4];
    textbook::softmax(&[0.1, 0.3, 0.5, 0.9], &mut probabilities).expect("the shapes fit");
    for (found, expected) in
        probabilities
            .iter()
            .zip([0.168_385_08, 0.205_666, 0.251_201_02, 0.374_747_89])
    {
        assert_near(found.to_f64(), expected, 3e-7);
    }
    let mut loss = [0.0_f64];
    textbook::softmax_cross_entropy_with_logits(&[1.0, -3.0, 10.0], &[0.1, 0.02, 0.88], &mut loss)
        .expect("the shapes fit");
    assert_near(loss[0], 1.160_125_662_237_664_1, 1e-15);
    textbook::sigmoid_cross_entropy_with_logits(&[-40.0], &[0.0], &mut loss)
        .expect("the shapes fit");
    assert_near(loss[0], 4.248_354_255_291_589e-18, 1e-15);
}

#[test]
fn half_sums_stagnate_as_they_must() {
    // 4096 ones summed from left to right in f16 stop at 2048, whose ulp is 2.
    let mut probabilities = [f16::ZERO; 4096];
    textbook::softmax(&[f16::ONE; 4096], &mut probabilities).expect("the shapes fit");
    assert_eq!(
        probabilities[0].to_bits(),
        f16::from_f32(1.0 / 2048.0).to_bits()
    );
}
