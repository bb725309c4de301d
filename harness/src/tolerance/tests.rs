//! Answers worked out by hand.

use super::*;
use lossproof_numerics::round_f64;

fn passing(
    op: &str,
    dtype: Dtype,
    row_length: usize,
    result: f64,
    expected: f64,
) -> Vec<&'static str> {
    let yardsticks = Yardsticks::of(op, dtype, row_length);
    let passed = yardsticks.against(result, expected);
    let named = tolerances().iter().enumerate();
    named
        .filter(|(place, _)| passed.contains(*place))
        .map(|(_, tolerance)| tolerance.name.as_str())
        .collect()
}

#[test]
fn the_table_is_well_formed_and_names_are_unique() {
    let mut names: Vec<&str> = tolerances().iter().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), tolerances().len());
    for tolerance in tolerances() {
        assert!(!tolerance.source.is_empty());
        assert!(tolerance.limit("softmax", Dtype::F32).is_some());
    }
}

/// Of 1000 equal logits every probability is 0.001, which lies above the absolute tolerances of f32 and f64 and below those
/// that JAX and TensorFlow allow in f16 and bf16: 1e-3 + 1e-3 · 0.001 and 1e-2 + 1e-2 · 0.001.
#[test]
fn an_all_zero_softmax_of_a_thousand() {
    let of = |dtype| passing("softmax", dtype, 1000, 0.0, round_f64(dtype, 0.001));
    assert_eq!(of(Dtype::F64), [""; 0]);
    assert_eq!(of(Dtype::F32), [""; 0]);
    // 3·1000 + 3 = 3003 steps fall short of the encoding of 0.001, 0x1419 = 5145.
    assert_eq!(of(Dtype::F16), ["jax", "tensorflow"]);
    assert_eq!(of(Dtype::Bf16), ["jax", "tensorflow"]);
}

/// Of 4096 equal logits it is 2^-12, encoded in f16 as 0x0c00 = 3072, and WebNN allows 3·4096 + 3 = 12291 steps; of 2^20 it
/// is 2^-20 = 9.5e-7, below torch's absolute 1e-5 and TensorFlow's and JAX's 1e-6.
#[test]
fn an_all_zero_softmax_of_more() {
    let short = passing("softmax", Dtype::F16, 4096, 0.0, (-12.0_f64).exp2());
    assert_eq!(short, ["webnn", "jax", "tensorflow"]);
    let long = passing("softmax", Dtype::F32, 1 << 20, 0.0, (-20.0_f64).exp2());
    assert_eq!(long, ["torch", "jax", "tensorflow"]);
}

/// At 1.0 in f32 one ulp is 2^-23 = 1.19e-7: more than numpy's relative 1e-7, less than every other tolerance.
#[test]
fn one_ulp_in_f32() {
    let above = 1.0 + f64::from(f32::EPSILON);
    let passed = passing("softmax", Dtype::F32, 1, above, 1.0);
    assert_eq!(passed, ["torch", "onnx", "webnn", "jax", "tensorflow"]);
    // A unit in the last place of bf16, 2^-7 = 7.8e-3, passes 1.6e-2 and 1e-2 + 1e-2.
    let passed = passing("softmax", Dtype::Bf16, 1, 1.0 + 0.007_812_5, 1.0);
    assert_eq!(passed, ["torch", "jax", "tensorflow"]);
}

/// The lost tail of a binary cross-entropy: 0 where e^-40 = 4.2e-18 is due passes every absolute tolerance.
#[test]
fn a_lost_tail_in_f64() {
    let op = "sigmoid_cross_entropy_with_logits";
    let passed = passing(op, Dtype::F64, 1, 0.0, (-40.0_f64).exp());
    assert_eq!(passed, ["torch", "onnx", "jax", "tensorflow"]);
}

#[test]
fn special_values_are_equal_only_to_themselves() {
    let f32 = |result, expected| passing("softmax", Dtype::F32, 2, result, expected);
    let all = ["torch", "numpy", "onnx", "webnn", "jax", "tensorflow"];
    let (nan, infinity) = (f64::NAN, f64::INFINITY);
    assert_eq!(f32(nan, nan), all[1..], "assert_close has equal_nan=False");
    assert_eq!(f32(nan, 0.0), [""; 0]);
    assert_eq!(f32(0.0, nan), [""; 0]);
    assert_eq!(f32(infinity, infinity), all);
    assert_eq!(f32(-infinity, infinity), [""; 0]);
    assert_eq!(f32(-0.0, 0.0), all, "the tools tell no sign of zero");
    // The encodings of the largest finite value and of infinity are neighbours.
    assert_eq!(f32(infinity, f64::from(f32::MAX)), ["webnn"]);
    // The encodings of the smallest numbers on either side of zero are half their range apart.
    let tiny = f64::from(f32::from_bits(1));
    assert_eq!(f32(-tiny, tiny), ["torch", "onnx", "jax", "tensorflow"]);
}

#[test]
fn webnn_has_rules_for_some_ops_only() {
    let webnn = tolerances().iter().find(|one| one.name == "webnn").unwrap();
    assert_eq!(
        webnn.limit("logsumexp", Dtype::F16),
        Some(Limit::Steps {
            per_value: 2,
            constant: 18
        })
    );
    assert_eq!(webnn.limit("softmax", Dtype::F64), None);
    assert_eq!(webnn.limit("kl_divergence", Dtype::F32), None);
}

#[test]
fn counts_tell_what_is_let_through() {
    use crate::measure::Verdict;
    let mut count = ToleranceCount::default();
    assert!(!count.all_pass(), "nothing compared is no pass");
    count.add(Verdict::Exceeds, true);
    assert!(count.all_pass());
    count.add(Verdict::Faithful, false);
    count.add(Verdict::WrongClass, false);
    count.add(Verdict::CorrectlyRounded, true);
    assert!(!count.all_pass());
    assert_eq!((count.compared, count.passed), (4, 2));
    assert_eq!((count.at_fault, count.let_through), (2, 1));
    assert_eq!(count.rejected_conforming(), 1);
}
