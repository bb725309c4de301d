//! Values worked by hand: exact ones, special ones, and those at the ends of what shapes allow.

use super::{batch_cross_entropy, least_squares, ops, sampled_softmax};
use lossproof_oracle::formula::{Dim, Lengths, Shape};
use lossproof_oracle::{Datum, Enclosure, Interval, Program};
use std::f64::consts::LN_2;

const BITS: u32 = 128;
const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;
const LENGTHS: Lengths = Lengths { n: 3, m: 2, k: 4 };
const MATRIX: Shape = Shape::Matrix(Dim::M, Dim::N);

fn matrix(numbers: &[f64]) -> Datum<'_> {
    Datum::Matrix {
        numbers,
        rows: 2,
        columns: 3,
    }
}

fn of_matrix(text: &str, output: Shape, numbers: &[f64]) -> Vec<Interval> {
    let program = ops::formula(text, &[("a", MATRIX)], output, false);
    program.evaluate(&[matrix(numbers)], LENGTHS, BITS)
}

fn of_scalar(text: &str, a: f64) -> Interval {
    let program = ops::formula(text, &[("a", Shape::Scalar)], Shape::Scalar, false);
    let values = program.evaluate(&[Datum::Scalar(a)], Lengths::default(), BITS);
    values.into_iter().next().unwrap()
}

pub(super) fn exact(values: &[Interval], expected: &[f64]) {
    assert_eq!(values.len(), expected.len(), "{values:?}");
    for (value, &expected) in values.iter().zip(expected) {
        let fits = if expected.is_nan() {
            value.is_nan()
        } else {
            value.is_exactly(expected)
        };
        assert!(fits, "{value:?} is not {expected}");
    }
}

fn near(value: &Interval, expected: f64) {
    let (lo, hi) = value.ends_to_f64();
    let allowed = 4.0 * f64::EPSILON * expected.abs();
    assert!(
        (lo - expected).abs() <= allowed && (hi - expected).abs() <= allowed,
        "{value:?} is not {expected}"
    );
}

#[test]
fn functions_of_a_row_act_on_each_row() {
    let numbers = [1.0, 2.0, 4.0, -8.0, 0.5, 0.0];
    exact(
        &of_matrix("sum(a)", Shape::Vector(Dim::M), &numbers),
        &[7.0, -7.5],
    );
    exact(
        &of_matrix(
            "mean(mean(a))",
            Shape::Scalar,
            &[1.0, 2.0, 3.0, 4.0, 5.0, 9.0],
        ),
        &[4.0],
    );
    exact(
        &of_matrix("mean(sum(a) * 0 + 1)", Shape::Scalar, &numbers),
        &[1.0],
    );
    exact(
        &of_matrix("sum(a) * n / m", Shape::Vector(Dim::M), &numbers),
        &[10.5, -11.25],
    );
    // Equal logits in one row, a NaN in the other: neither row sees the other.
    let third = 1.0 / 3.0;
    let softmax = of_matrix("softmax(a)", MATRIX, &[5.0, 5.0, 5.0, 1.0, NAN, 2.0]);
    softmax[..3].iter().for_each(|value| near(value, third));
    exact(&softmax[3..], &[NAN, NAN, NAN]);
    let infinite = [-INFINITY, 0.0, -INFINITY, INFINITY, 0.0, 0.0];
    exact(
        &of_matrix("logsumexp(a)", Shape::Vector(Dim::M), &infinite),
        &[0.0, INFINITY],
    );
    exact(
        &of_matrix("log_softmax(a)", MATRIX, &infinite),
        &[-INFINITY, 0.0, -INFINITY, NAN, NAN, NAN],
    );
    let squares = of_matrix("square(a)", MATRIX, &numbers);
    exact(&squares, &[1.0, 4.0, 16.0, 64.0, 0.25, 0.0]);
}

/// Each row of a matrix gives what the spec's op gives for that row alone, end for end.
#[test]
fn a_matrix_is_its_rows() {
    let numbers = [1.0, -3.0, 10.0, 0.5, 1.5, 0.1];
    for (op, text) in [
        ("softmax", "softmax(a)"),
        ("log_softmax", "log_softmax(a)"),
        ("logsumexp", "logsumexp(a)"),
    ] {
        let alone = ops::spec(op);
        let output = match alone.output_shape() {
            Shape::Scalar => Shape::Vector(Dim::M),
            _ => MATRIX,
        };
        let rows = numbers.chunks(3).flat_map(|row| -> Vec<Interval> {
            alone.evaluate(&[Datum::Row(row)], Lengths::row(3), BITS)
        });
        let together = of_matrix(text, output, &numbers);
        let ends = |value: &Interval| (value.ends_to_hex(), value.open_ends());
        let rows: Vec<_> = rows.map(|value| ends(&value)).collect();
        assert_eq!(rows, together.iter().map(ends).collect::<Vec<_>>());
    }
}

#[test]
fn a_product_with_a_vector_is_a_sum_for_each_row() {
    let shapes = [("a", MATRIX), ("x", Shape::ROW)];
    let product = ops::formula("matvec(a, x)", &shapes, Shape::Vector(Dim::M), false);
    let run = |numbers: &[f64], x: &[f64]| -> Vec<Interval> {
        product.evaluate(&[matrix(numbers), Datum::Row(x)], LENGTHS, BITS)
    };
    let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    exact(&run(&numbers, &[1.0, -1.0, 2.0]), &[5.0, 11.0]);
    // 0 · ∞ is NaN, and only its own row's.
    exact(
        &run(&[1.0, 0.0, 0.0, 1.0, 1.0, 0.0], &[2.0, INFINITY, 0.0]),
        &[NAN, INFINITY],
    );
}

#[test]
fn places_are_taken_in_order_and_as_often_as_named() {
    let gather = |of, output| {
        let shapes = [
            ("a", MATRIX),
            ("b", Shape::Vector(Dim::M)),
            ("place", Shape::Index),
            ("places", Shape::Indices(Dim::K)),
        ];
        ops::formula(of, &shapes, output, false)
    };
    let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let run = |program: &Program, place: i64, places: &[i64; 4]| -> Vec<Interval> {
        let inputs = [
            matrix(&numbers),
            Datum::Row(&[7.0, 8.0]),
            Datum::Index(place),
            Datum::Indices(places),
        ];
        program.evaluate(&inputs, LENGTHS, BITS)
    };
    let inside = [1, 0, 1, 1];
    let row = gather("a[place]", Shape::ROW);
    exact(&run(&row, 1, &inside), &[4.0, 5.0, 6.0]);
    exact(&run(&row, 2, &inside), &[NAN; 3]);
    exact(&run(&row, -1, &inside), &[NAN; 3]);
    let number = gather("b[place]", Shape::Scalar);
    exact(&run(&number, 0, &inside), &[7.0]);
    exact(&run(&number, i64::MAX, &inside), &[NAN]);
    let numbers = gather("b[places]", Shape::Vector(Dim::K));
    exact(&run(&numbers, 0, &inside), &[8.0, 7.0, 8.0, 8.0]);
    exact(&run(&numbers, 0, &[1, 2, -1, 0]), &[8.0, NAN, NAN, 7.0]);
    let rows = gather("a[places]", Shape::Matrix(Dim::K, Dim::N));
    let (first, second) = ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0]);
    exact(
        &run(&rows, 0, &inside),
        &[second, first, second, second].concat(),
    );
    exact(
        &run(&rows, 0, &[0, 2, 0, 1]),
        &[first, [NAN; 3], first, second].concat(),
    );
    // The derivative of Σ_j b[places_j] counts the places, and nothing is known of it once one lies outside.
    let counts = gather("sum(b[places])", Shape::Scalar).gradient(1);
    exact(&run(&counts, 0, &inside), &[1.0, 3.0]);
    exact(&run(&counts, 0, &[0, 0, 5, 1]), &[NAN, NAN]);
}

/// A vector is one row, however short; a matrix has as many as it says, however short they are.
#[test]
fn nothing_to_add_up_is_as_good_as_something() {
    let lengths = |n, m, k| Lengths { n, m, k };
    let run = |text: &str, output, lengths: Lengths| -> Vec<Interval> {
        let program = ops::formula(text, &[("a", MATRIX), ("x", Shape::ROW)], output, false);
        let datum = Datum::Matrix {
            numbers: &vec![1.0; lengths.m * lengths.n],
            rows: lengths.m,
            columns: lengths.n,
        };
        program.evaluate(&[datum, Datum::Row(&vec![1.0; lengths.n])], lengths, BITS)
    };
    let (of_m, no_columns, no_rows) = (Shape::Vector(Dim::M), lengths(0, 2, 0), lengths(2, 0, 0));
    exact(&run("sum(a)", of_m, no_columns), &[0.0, 0.0]);
    exact(&run("mean(a)", of_m, no_columns), &[NAN, NAN]);
    exact(
        &run("logsumexp(a)", of_m, no_columns),
        &[-INFINITY, -INFINITY],
    );
    exact(&run("matvec(a, x)", of_m, no_columns), &[0.0, 0.0]);
    exact(&run("softmax(a)", MATRIX, no_columns), &[]);
    exact(&run("sum(softmax(a) * a)", of_m, no_columns), &[0.0, 0.0]);
    exact(&run("sum(a)", of_m, no_rows), &[]);
    exact(&run("sum(sum(a))", Shape::Scalar, no_rows), &[0.0]);
    exact(&run("mean(sum(a))", Shape::Scalar, no_rows), &[NAN]);
    exact(&run("sum(softmax(x))", Shape::Scalar, no_columns), &[0.0]);
    exact(
        &run("logsumexp(matvec(a, x))", Shape::Scalar, no_rows),
        &[-INFINITY],
    );

    // The losses of nothing, and their gradients.
    let empty = Datum::Matrix {
        numbers: &[],
        rows: 0,
        columns: 2,
    };
    let inputs = [
        empty,
        Datum::Row(&[1.0, 2.0]),
        Datum::Row(&[]),
        Datum::Row(&[]),
    ];
    exact(&least_squares().evaluate(&inputs, no_rows, BITS), &[NAN]);
    exact(
        &least_squares().gradient(0).evaluate(&inputs, no_rows, BITS),
        &[],
    );
    exact(
        &batch_cross_entropy().evaluate(&[empty, empty], no_rows, BITS),
        &[NAN],
    );
    exact(
        &batch_cross_entropy()
            .gradient(1)
            .evaluate(&[empty, empty], no_rows, BITS),
        &[],
    );
    let inputs = [
        Datum::Matrix {
            numbers: &[1.0, 2.0],
            rows: 1,
            columns: 2,
        },
        Datum::Row(&[0.0]),
        Datum::Row(&[0.5, 0.25]),
        Datum::Index(0),
        Datum::Indices(&[]),
        Datum::Scalar(1.0),
        Datum::Row(&[]),
    ];
    // Without samples the true class has all the probability.
    exact(
        &sampled_softmax().evaluate(&inputs, lengths(2, 1, 0), BITS),
        &[0.0],
    );
    exact(
        &sampled_softmax()
            .gradient(0)
            .evaluate(&inputs, lengths(2, 1, 0), BITS),
        &[0.0, 0.0],
    );
}

#[test]
fn powers_of_two_have_exact_binary_logarithms() {
    for exponent in [-1074, -1000, -1, 0, 1, 3, 1023] {
        let power = 2f64.powi(exponent.max(-1022)) * 2f64.powi(exponent.min(-1022) + 1022);
        exact(&[of_scalar("log2(a)", power)], &[f64::from(exponent)]);
    }
    exact(
        &[of_scalar("log2(a)", 0.0), of_scalar("log2(a)", -1.0)],
        &[-INFINITY, NAN],
    );
    exact(
        &[of_scalar("log2(a)", INFINITY), of_scalar("log2(a)", NAN)],
        &[INFINITY, NAN],
    );
    let three = of_scalar("log2(a)", 3.0);
    assert_eq!(three.open_ends(), (true, true));
    near(&three, 3f64.log2());
    // A number known only to be near 8 has a logarithm near 3.
    near(&of_scalar("log2(8 + sqrt(a) * sqrt(a) - a)", 3.0), 3.0);
    let derivative =
        ops::formula("log2(a)", &[("a", Shape::Scalar)], Shape::Scalar, false).gradient(0);
    let values: Vec<Interval> =
        derivative.evaluate(&[Datum::Scalar(4.0)], Lengths::default(), BITS);
    near(&values[0], 0.25 / LN_2);
}

/// √3 · √3 − 3 is 0, which its enclosure surrounds; its square is enclosed from 0 on, so its root is a number.
#[test]
fn squares_are_never_negative() {
    for text in [
        "square(sqrt(a) * sqrt(a) - a)",
        "(sqrt(a) * sqrt(a) - a) * (sqrt(a) * sqrt(a) - a)",
        "xmul(sqrt(a) * sqrt(a) - a, sqrt(a) * sqrt(a) - a)",
    ] {
        let value = of_scalar(text, 3.0);
        let (lo, hi) = value.ends_to_f64();
        assert!(
            lo == 0.0 && !value.open_ends().0 && hi > 0.0,
            "{text}: {value:?}"
        );
        assert!(
            of_scalar(&format!("sqrt({text})"), 3.0).is_finite(),
            "{text}"
        );
    }
    let written_apart = of_scalar(
        "(sqrt(a) * sqrt(a) - a) * (sqrt(a) * sqrt(a) - a * 1.0)",
        3.0,
    );
    assert!(
        written_apart.ends_to_f64().0 < 0.0,
        "the rewrite is what helps: {written_apart:?}"
    );
    let specials = [-INFINITY, INFINITY, 0.0, NAN, -3.0, 2f64.powi(600)];
    for (a, expected) in specials
        .into_iter()
        .zip([INFINITY, INFINITY, 0.0, NAN, 9.0])
    {
        exact(
            &[of_scalar("square(a)", a), of_scalar("a * a", a)],
            &[expected; 2],
        );
    }
    exact(
        &[of_scalar("square(a) / square(a)", 2f64.powi(600))],
        &[1.0],
    );
}

/// log(softmax(x)) is log-softmax, where softmax alone cannot be told from 0.
#[test]
fn logarithms_of_softmax_are_not_lost_to_underflow() {
    let numbers = [0.0, -1e300, -INFINITY, -INFINITY, -INFINITY, -INFINITY];
    let values = of_matrix("log(softmax(a))", MATRIX, &numbers);
    near(&values[1], -1e300);
    exact(&values[2..], &[-INFINITY, NAN, NAN, NAN]);
    assert!(values[0].is_finite() && values[0].ends_to_f64().1 <= 0.0);
    let program = ops::formula(
        "sum(log(softmax(a))[place])",
        &[("a", MATRIX), ("place", Shape::Index)],
        Shape::Scalar,
        false,
    );
    let inputs = [
        matrix(&[0.0, -1e300, -INFINITY, 0.0, 0.0, 0.0]),
        Datum::Index(0),
    ];
    let gradient: Vec<Interval> = program.gradient(0).evaluate(&inputs, LENGTHS, BITS);
    // Σ_j ∂ log softmax_j / ∂x_i = 1 − n · softmax_i; nothing depends on the other row.
    near(&gradient[0], -2.0);
    near(&gradient[1], 1.0);
    exact(&gradient[2..], &[1.0, 0.0, 0.0, 0.0]);
}

/// NaN goes through `max` and `min` from either side, and clipping differentiates to the mean of both sides at its ends.
#[test]
fn clipping() {
    for text in [
        "max(a, 1)",
        "max(1, a)",
        "min(a, 1)",
        "min(1, a)",
        "min(max(a, 0), 1)",
    ] {
        exact(&[of_scalar(text, NAN)], &[NAN]);
    }
    let shapes = [("p", Shape::ROW), ("epsilon", Shape::Constant)];
    let clip = ops::formula("min(max(p, epsilon), 1)", &shapes, Shape::ROW, true);
    let p = [-1.0, 0.25, 0.5, 1.0, 2.0, NAN, INFINITY, -INFINITY];
    let inputs = [Datum::Row(&p), Datum::Scalar(0.25)];
    let lengths = Lengths::row(p.len());
    exact(
        &clip.evaluate(&inputs, lengths, BITS),
        &[0.25, 0.25, 0.5, 1.0, 1.0, NAN, 1.0, 0.25],
    );
    exact(
        &clip.gradient(0).evaluate(&inputs, lengths, BITS),
        &[0.0, 0.5, 1.0, 0.5, 0.0, NAN, 0.0, 0.0],
    );
}

/// A hex literal is the number it denotes, at any number of digits.
#[test]
fn hex_literals_are_exact() {
    exact(&[of_scalar("a + 0x1.8p-3", 0.0)], &[0.1875]);
    let beside_one = of_scalar("0x1.00000000000000000001p+0 - a", 1.0);
    exact(&[beside_one], &[2f64.powi(-80)]);
    exact(&[of_scalar("a + 0x10", 0.0)], &[16.0]);
    exact(&[of_scalar("0x1p-2000 * 0x1p+2000 + a", 0.0)], &[1.0]);
}

#[test]
#[should_panic(expected = "input 0 is not a matrix of m by n")]
fn a_matrix_of_other_lengths_is_refused() {
    let program = ops::formula("sum(sum(a))", &[("a", MATRIX)], Shape::Scalar, false);
    let lengths = Lengths { m: 3, ..LENGTHS };
    let _: Vec<Interval> = program.evaluate(&[matrix(&[0.0; 6])], lengths, BITS);
}

#[test]
#[should_panic(expected = "input 1 is no variable of the op")]
fn an_attribute_has_no_derivative() {
    let shapes = [("a", MATRIX), ("epsilon", Shape::Constant)];
    let _ = ops::formula("sum(sum(a + epsilon))", &shapes, Shape::Scalar, false).gradient(1);
}
