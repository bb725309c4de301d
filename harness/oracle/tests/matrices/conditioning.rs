//! Sensitivities `Σ|x_i · ∂f/∂x_i|` over matrices: against forms worked by hand, with attributes left out, and inside their
//! bounds.

use super::{Call, batch_cross_entropy, calls, least_squares, ops, remembering, sampled_softmax};
use lossproof_oracle::formula::{Dim, Lengths, Shape};
use lossproof_oracle::{Datum, Enclosure, Interval, Program, SignPatterns};
use proptest::prelude::*;

const BITS: u32 = 256;

fn exactly(sensitivity: &Interval, expected: f64) {
    assert!(
        sensitivity.is_exactly(expected),
        "{sensitivity:?} is not {expected}"
    );
}

#[test]
fn an_attribute_takes_no_part() {
    let lengths = Lengths::row(3);
    let row = [1.0, -2.0, 4.0];
    let inputs = [Datum::Row(&row), Datum::Scalar(-3.0)];
    let scaled = |shape, elementwise, output| {
        let text = if elementwise {
            "x * scale"
        } else {
            "sum(x * scale)"
        };
        ops::formula(
            text,
            &[("x", Shape::ROW), ("scale", shape)],
            output,
            elementwise,
        )
    };
    // Σ|x_i s| = 21 for the numbers, and |s Σ x_i| = 9 more where s is a variable.
    let attribute = scaled(Shape::Constant, false, Shape::Scalar);
    exactly(&attribute.sensitivity(&inputs, lengths, 0, BITS), 21.0);
    let variable = scaled(Shape::Scalar, false, Shape::Scalar);
    exactly(&variable.sensitivity(&inputs, lengths, 0, BITS), 30.0);
    let (_, above) =
        attribute.sensitivity_bounds::<Interval>(&inputs, lengths, SignPatterns::Two, 64);
    assert!(above[0].ends_to_f64().1 < 21.5, "{above:?}");
    let by_element = scaled(Shape::Constant, true, Shape::ROW);
    for (place, expected) in [3.0, 6.0, 12.0].into_iter().enumerate() {
        exactly(
            &by_element.sensitivity(&inputs, lengths, place, BITS),
            expected,
        );
    }
    let by_element = scaled(Shape::Scalar, true, Shape::ROW);
    for (place, expected) in [6.0, 12.0, 24.0].into_iter().enumerate() {
        exactly(
            &by_element.sensitivity(&inputs, lengths, place, BITS),
            expected,
        );
    }
}

/// An elementwise formula that uses the row's length works on the row, and by place alike.
#[test]
fn the_length_of_the_row_survives_looking_at_one_place() {
    let program = ops::formula("x / n", &[("x", Shape::ROW)], Shape::ROW, true);
    let row = [1.0, -2.0, 4.0, 8.0];
    let inputs = [Datum::Row(&row)];
    let at = program.evaluate_at(&inputs, Lengths::row(4), &[2], BITS);
    exactly(&at[0], 1.0);
    exactly(&program.sensitivity(&inputs, Lengths::row(4), 3, BITS), 2.0);
}

/// |M_ij x_j| counts for M and for x: twice Σ_j |M_ij x_j| for each place of `matvec(M, x)`.
#[test]
fn of_a_matrix_and_a_vector_by_hand() {
    let shapes = [("matrix", Shape::Matrix(Dim::M, Dim::N)), ("x", Shape::ROW)];
    let program = ops::formula("matvec(matrix, x)", &shapes, Shape::Vector(Dim::M), false);
    let inputs = [
        Datum::Matrix {
            numbers: &[1.0, 2.0, 3.0, -4.0, 5.0, -6.0],
            rows: 2,
            columns: 3,
        },
        Datum::Row(&[1.0, -1.0, 0.5]),
    ];
    let lengths = Lengths { n: 3, m: 2, k: 0 };
    let values: Vec<Interval> = program.evaluate(&inputs, lengths, BITS);
    exactly(&values[0], 0.5);
    exactly(&values[1], -12.0);
    for (place, expected) in [9.0, 24.0].into_iter().enumerate() {
        exactly(
            &program.sensitivity(&inputs, lengths, place, BITS),
            expected,
        );
    }
}

fn bounded(program: &Program, inputs: &[Datum<'_>], lengths: Lengths) -> Result<(), TestCaseError> {
    let (below, above) =
        program.sensitivity_bounds::<Interval>(inputs, lengths, SignPatterns::Two, 64);
    let count = lengths.numbers_in(program.output_shape());
    prop_assert_eq!((below.len(), above.len()), (count, count));
    for place in 0..count {
        let sensitivity: Interval = program.sensitivity(inputs, lengths, place, BITS);
        let (lo, hi) = sensitivity.ends_to_f64();
        let (lower, upper) = (below[place].ends_to_f64().0, above[place].ends_to_f64().1);
        prop_assert!(lower <= hi, "{lower:e} is not below {hi:e}");
        prop_assert!(lo <= upper, "{upper:e} is not above {lo:e}");
        prop_assert!(upper.is_finite() && lower >= 0.0);
    }
    Ok(())
}

/// The program and its gradients, which are scalars' and take no upstream gradient, are bounded.
fn all_bounded(program: &Program, inputs: &[Datum<'_>], call: &Call) -> Result<(), TestCaseError> {
    bounded(program, inputs, call.lengths)?;
    for (place, datum) in inputs.iter().enumerate() {
        if !matches!(datum, Datum::Index(_) | Datum::Indices(_)) {
            bounded(&program.gradient(place), inputs, call.lengths)?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(remembering(12))]

    #[test]
    fn bounds_enclose_the_sensitivity(call in calls()) {
        all_bounded(&least_squares(), &call.least_squares(), &call)?;
        all_bounded(&sampled_softmax(), &call.sampled_softmax(), &call)?;
        all_bounded(&batch_cross_entropy(), &call.batch_cross_entropy(), &call)?;
        let matrix = [("a", Shape::Matrix(Dim::M, Dim::N))];
        let softmax = ops::formula("softmax(a)", &matrix, Shape::Matrix(Dim::M, Dim::N), false);
        bounded(&softmax, &[call.matrix_of(&call.matrix)], call.lengths)?;
        let logsumexp = ops::formula("logsumexp(square(a))", &matrix, Shape::Vector(Dim::M), false);
        bounded(&logsumexp, &[call.matrix_of(&call.matrix)], call.lengths)?;
    }
}
