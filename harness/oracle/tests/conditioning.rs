//! Sensitivities `Σ|x_i · ∂f/∂x_i|` against forms worked by hand, and their cheap bounds around them.

mod ops;

use lossproof_oracle::formula::Lengths;
use lossproof_oracle::formula::Shape::{self, Scalar};
use lossproof_oracle::{Datum, Enclosure, Interval, Program, SignPatterns};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

const BITS: u32 = 512;

/// The sensitivity of every output value by differentiation is the value of the closed form, to 30 digits.
fn agree(program: &Program, closed: &str, row: &[(&str, &[f64])]) -> Result<(), TestCaseError> {
    let names: Vec<_> = row.iter().map(|&(name, _)| (name, Shape::ROW)).collect();
    let shape = program.output_shape();
    let closed = ops::formula(closed, &names, shape, false);
    let inputs: Vec<_> = row.iter().map(|&(_, values)| Datum::Row(values)).collect();
    let n = row[0].1.len();
    let expected: Vec<Interval> = closed.evaluate(&inputs, Lengths::row(n), BITS);
    for (place, expected) in expected.iter().enumerate() {
        let found: Interval = program.sensitivity(&inputs, Lengths::row(n), place, BITS);
        prop_assert!(found.overlaps(expected), "{found:?} and {expected:?}");
        let digits = found.to_decimal(30);
        prop_assert!(digits.is_some(), "{found:?} is wide");
        prop_assert_eq!(digits, expected.to_decimal(30));
    }
    Ok(())
}

/// below ≤ sensitivity ≤ above, as far as the enclosures' ends tell, for every output value.
fn bounded(program: &Program, inputs: &[Datum<'_>], n: usize) -> Result<(), TestCaseError> {
    for patterns in [SignPatterns::Two, SignPatterns::EveryPair] {
        let (below, above): (Vec<Interval>, Vec<Interval>) =
            program.sensitivity_bounds(inputs, Lengths::row(n), patterns, 64);
        prop_assert_eq!(below.len(), above.len());
        for place in 0..below.len() {
            let (lo, hi) = program
                .sensitivity::<Interval>(inputs, Lengths::row(n), place, BITS)
                .ends_to_f64();
            let (lower, upper) = (below[place].ends_to_f64().0, above[place].ends_to_f64().1);
            prop_assert!(lower <= hi, "{lower:e} is not below {hi:e}");
            prop_assert!(lo <= upper, "{upper:e} is not above {lo:e}");
            prop_assert!(upper.is_finite() && lower >= 0.0);
        }
    }
    Ok(())
}

/// The program and its gradients with respect to its row inputs are bounded.
fn all_bounded(
    program: &Program,
    inputs: &[Datum<'_>],
    upstream: &[f64],
) -> Result<(), TestCaseError> {
    let n = upstream.len();
    bounded(program, inputs, n)?;
    let numeric = inputs
        .iter()
        .enumerate()
        .filter(|(_, datum)| matches!(datum, Datum::Row(_)));
    for (place, _) in numeric {
        let mut inputs = inputs.to_vec();
        if program.takes_upstream() {
            inputs.push(Datum::Row(upstream));
        }
        bounded(&program.gradient(place), &inputs, n)?;
    }
    Ok(())
}

fn numbers(n: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-50.0..50.0, n)
}

fn positive(n: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(1e-3..4.0, n)
}

/// Logits, labels and an upstream gradient of one length, `shortest` or more.
fn three_rows(shortest: usize) -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<f64>)> {
    (shortest..7).prop_flat_map(|n| (numbers(n), positive(n), numbers(n)))
}

fn remembering() -> ProptestConfig {
    ProptestConfig {
        cases: 128,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// `|x_k|(1 − s_k) + Σ_{i≠k} |x_i| s_i`, the sensitivity of log-softmax; softmax has `s_k` times it.
const LOG_SOFTMAX: &str =
    "abs(x) * (1 - softmax(x)) + sum(abs(x) * softmax(x)) - abs(x) * softmax(x)";

// One logit has softmax 1, of no sensitivity, and 30 digits of the naive forms' 0 do not exist: rows of two or more.
proptest! {
    #![proptest_config(remembering())]

    #[test]
    fn the_softmax_family((x, ..) in three_rows(2)) {
        let row = [("x", &x[..])];
        agree(&ops::spec("logsumexp"), "sum(abs(x) * softmax(x))", &row)?;
        agree(&ops::spec("log_softmax"), LOG_SOFTMAX, &row)?;
        agree(&ops::spec("softmax"), &format!("softmax(x) * ({LOG_SOFTMAX})"), &row)?;
    }

    #[test]
    fn losses((x, z, _) in three_rows(2)) {
        let row = [("x", &x[..]), ("z", &z[..])];
        agree(
            &ops::spec("softmax_cross_entropy_with_logits"),
            "sum(abs(x * (sum(z) * softmax(x) - z))) + sum(abs(z * log_softmax(x)))",
            &row,
        )?;
        agree(
            &ops::spec("sigmoid_cross_entropy_with_logits"),
            "abs(x * (sigmoid(x) - z)) + abs(z * x)",
            &row,
        )?;
        let p: Vec<f64> = z.iter().rev().copied().collect();
        let row = [("p", &p[..]), ("q", &z[..])];
        agree(&ops::spec("kl_divergence"), "sum(abs(p * (log(p / q) + 1))) + sum(abs(p))", &row)?;
    }

    /// Second derivatives: the gradients' own sensitivities.
    #[test]
    fn gradients((x, z, _) in three_rows(2)) {
        let row = [("x", &x[..])];
        let closed = format!("softmax(x) * ({LOG_SOFTMAX})");
        agree(&ops::spec("logsumexp").gradient(0), &closed, &row)?;
        let row = [("x", &x[..]), ("z", &z[..])];
        // ∂(σ(x) − z): |x| σ(x) σ(−x) + |z|
        agree(
            &ops::spec("sigmoid_cross_entropy_with_logits").gradient(0),
            "abs(x) * sigmoid(x) * sigmoid(-x) + z",
            &row,
        )?;
        let p: Vec<f64> = z.iter().rev().copied().collect();
        let row = [("p", &p[..]), ("q", &z[..])];
        agree(&ops::spec("kl_divergence").gradient(0), "2 + 0 * p", &row)?;
        agree(&ops::spec("kl_divergence").gradient(1), "2 * p / q", &row)?;
    }

    #[test]
    fn bounds_enclose_the_sensitivity((x, z, g) in three_rows(1), label in any::<prop::sample::Index>()) {
        for op in ["softmax", "log_softmax", "logsumexp"] {
            all_bounded(&ops::spec(op), &[Datum::Row(&x)], &g)?;
        }
        for op in ["softmax_cross_entropy_with_logits", "sigmoid_cross_entropy_with_logits"] {
            all_bounded(&ops::spec(op), &[Datum::Row(&x), Datum::Row(&z)], &g)?;
        }
        let index = Datum::Index(i64::try_from(label.index(x.len())).unwrap());
        let sparse = ops::spec("sparse_softmax_cross_entropy_with_logits");
        all_bounded(&sparse, &[Datum::Row(&x), index], &g)?;
        let p: Vec<f64> = z.iter().rev().copied().collect();
        all_bounded(&ops::spec("kl_divergence"), &[Datum::Row(&p), Datum::Row(&z)], &g)?;
    }
}

/// Bounds that said 0 and ∞ would hold too; these are within a small factor where nothing cancels.
#[test]
fn bounds_are_worth_having() {
    let x = [3.0, -1.0, 0.5, 2.0];
    for op in ["softmax", "log_softmax", "logsumexp"] {
        let program = ops::spec(op);
        let (below, above): (Vec<Interval>, Vec<Interval>) =
            program.sensitivity_bounds(&[Datum::Row(&x)], Lengths::row(4), SignPatterns::Two, 64);
        for place in 0..below.len() {
            let (lo, hi) = program
                .sensitivity::<Interval>(&[Datum::Row(&x)], Lengths::row(4), place, BITS)
                .ends_to_f64();
            assert!(
                above[place].ends_to_f64().1 <= 1.000_001 * hi,
                "{op} {place}"
            );
            assert!(below[place].ends_to_f64().0 >= 0.05 * lo, "{op} {place}");
        }
    }
}

/// Two variables that a result depends on equally, with the same signs or opposite ones, at any two places or in two inputs: in some
/// pattern they do not cancel, so the bound is the sensitivity itself.
#[test]
fn no_two_contributions_cancel_in_every_pattern() {
    let shapes = [("x", Shape::ROW), ("y", Shape::ROW)];
    let lengths = Lengths::row(100);
    let closest = |formula: &str, inputs: &[Datum<'_>]| {
        let program = ops::formula(formula, &shapes, Scalar, false);
        let (below, _): (Vec<Interval>, Vec<Interval>) =
            program.sensitivity_bounds(inputs, lengths, SignPatterns::EveryPair, 64);
        let exact: Interval = program.sensitivity(inputs, lengths, 0, BITS);
        assert_eq!(exact.ends_to_f64(), (2.0, 2.0));
        below[0].ends_to_f64().0
    };
    let zeros = [0.0; 100];
    for (a, b) in (0..100).flat_map(|a| (0..a).map(move |b| (a, b))) {
        for sign in [1.0, -1.0] {
            let mut x = zeros;
            (x[a], x[b]) = (1.0, sign);
            let bound = closest(
                "sum(x) + xmul(0, sum(y))",
                &[Datum::Row(&x), Datum::Row(&zeros)],
            );
            assert!(bound >= 1.99, "{a} {b} {sign}: {bound}");
        }
    }
    for (formula, place) in [("sum(x) + sum(y)", 0), ("sum(x) - sum(y)", 99)] {
        let mut x = zeros;
        x[place] = 1.0;
        let bound = closest(formula, &[Datum::Row(&x), Datum::Row(&x)]);
        assert!(bound >= 1.99, "{formula}: {bound}");
    }
}

#[test]
fn condition_numbers_by_hand() {
    let kappa = |program: &Program, row: &[f64], place: usize| {
        let inputs = [Datum::Row(row)];
        let values: Vec<Interval> = program.evaluate(&inputs, Lengths::row(row.len()), BITS);
        let sensitivity: Interval =
            program.sensitivity(&inputs, Lengths::row(row.len()), place, BITS);
        Program::condition_number(&sensitivity, &values[place], BITS)
    };
    // (1 + 2) / |1 − 2|
    let sum = ops::formula("sum(x)", &[("x", Shape::ROW)], Scalar, false);
    assert!(kappa(&sum, &[1.0, -2.0], 0).is_exactly(3.0));
    // 0 from numbers that are not 0: infinitely ill-conditioned; from zeros: 0.
    assert!(kappa(&sum, &[2.0, -2.0], 0).is_exactly(f64::INFINITY));
    assert!(kappa(&sum, &[0.0, 0.0], 0).is_exactly(0.0));
    // s = ½ and |x| = 1 on both sides: ½ + ½.
    assert!(kappa(&ops::spec("softmax"), &[1.0, 1.0], 0).is_exactly(1.0));
    assert!(
        kappa(&ops::spec("softmax"), &[1.0, -3.0, 1.0], 1)
            .ends_to_f64()
            .0
            > 3.0
    );
    // κ of log-softmax of [0, −x] at the first place is x s / log(1 + e^−x), near x for large x.
    let (lo, hi) = kappa(&ops::spec("log_softmax"), &[0.0, -40.0], 0).ends_to_f64();
    assert!(39.999 < lo && hi < 40.001);
    // Elementwise: the neighbours do not matter.
    let square = ops::formula("x * x", &[("x", Shape::ROW)], Shape::ROW, true);
    assert!(kappa(&square, &[f64::NAN, 7.0], 1).is_exactly(2.0));
}
