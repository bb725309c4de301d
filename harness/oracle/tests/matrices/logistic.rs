//! The logistic losses and their gradients where what they are made of cannot be told apart on any rung.

use super::ops;
use super::values::exact;
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::{Lengths, Shape};
use lossproof_oracle::{Bracket, Datum, DoubleBall, Expected, Interval, Reading};

const BITS: u32 = 128;
const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

/// sigmoid(x) − b where sigmoid(x) cannot be told from b = 1 on any rung: it is −sigmoid(−x).
#[test]
fn sigmoids_beside_one_are_not_lost() {
    let shapes = [("x", Shape::ROW), ("b", Shape::ROW)];
    let program = ops::formula("sigmoid(x) - b", &shapes, Shape::ROW, true);
    let complement = ops::formula("-sigmoid(-x) + xmul(0, b)", &shapes, Shape::ROW, true);
    let x = [40.0, 800.0, 1e300, -3.0, INFINITY];
    let inputs = [Datum::Row(&x), Datum::Row(&[1.0; 5])];
    let lengths = Lengths::row(5);
    let brackets: Vec<Bracket> = program.evaluate(&inputs, lengths, ());
    let balls: Vec<DoubleBall> = program.evaluate(&inputs, lengths, ());
    let closely: Vec<Interval> = complement.evaluate(&inputs, lengths, 400);
    for place in 0..x.len() {
        let (lo, hi) = brackets[place].ends();
        assert!(
            closely[place].is_within(&brackets[place].to_interval()),
            "{place}"
        );
        assert!(
            hi <= 0.0 && hi - lo <= -1e-14 * lo + f64::MIN_POSITIVE,
            "{place}: {lo:e} {hi:e}"
        );
        assert!(
            balls[place].to_interval().overlaps(&closely[place]),
            "{place}"
        );
        let (lo, hi) = balls[place].bracket().ends();
        assert!(
            hi - lo <= -1e-15 * lo + f64::MIN_POSITIVE,
            "{place}: {lo:e} {hi:e}"
        );
    }
    // What is as far off as a label can be, and what is no number, is as it was.
    let values: Vec<Interval> = program.evaluate(
        &[
            Datum::Row(&[0.0, 2.0, NAN, 2.0]),
            Datum::Row(&[0.5, INFINITY, 1.0, NAN]),
        ],
        Lengths::row(4),
        BITS,
    );
    exact(&values, &[0.0, -INFINITY, NAN, NAN]);
}

/// A logistic loss a hair beside a tie, on a side that e^−5672 decides: in one tail, for labels that are no probability too.
#[test]
fn a_logistic_loss_beside_a_tie_is_on_its_side() {
    let shapes = [("x", Shape::ROW), ("y", Shape::ROW)];
    let formula = "xmul(y, softplus(-x)) + xmul(1 - y, softplus(x))";
    let program = ops::formula(formula, &shapes, Shape::ROW, true);
    // (1 − 69/64) · 5672 = −443.125 and a hair more; at −x the label is 1 − y.
    let (x, y) = ([5672.0, -5672.0, 5672.0], [69.0 / 64.0, -5.0 / 64.0, 0.5]);
    let inputs = [Datum::Row(&x), Datum::Row(&y)];
    let losses: Vec<Interval> = program.evaluate(&inputs, Lengths::row(3), BITS);
    for loss in &losses[..2] {
        assert_eq!(
            loss.expected(Dtype::F16),
            Expected::Number(-443.0),
            "{loss:?}"
        );
    }
    // Enough bits for the tail itself, through the formula as it stands.
    let plain = ops::formula(
        "y * softplus(-x) + softplus(x) * (1 - y)",
        &shapes,
        Shape::ROW,
        true,
    );
    let closely: Vec<Interval> = plain.evaluate(&inputs, Lengths::row(3), 9000);
    for (loss, closely) in losses.iter().zip(&closely) {
        assert!(closely.is_within(loss), "{loss:?}");
    }
    // Infinities are left to the formula as written.
    let inputs = [
        Datum::Row(&[INFINITY, -INFINITY, INFINITY, 1.0]),
        Datum::Row(&[1.0, 0.0, 0.5, INFINITY]),
    ];
    let values: Vec<Interval> = program.evaluate(&inputs, Lengths::row(4), BITS);
    exact(&values, &[0.0, 0.0, INFINITY, NAN]);
}
