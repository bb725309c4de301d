//! Formulas over matrices, gathered places and attributes: values, gradients and conditioning, against forms derived by hand
//! and computed by another route.

mod conditioning;
mod differences;
mod gradients;
mod logistic;
#[path = "../ops/mod.rs"]
mod ops;
mod real;
mod values;

use lossproof_oracle::formula::{Dim, Lengths, Shape};
use lossproof_oracle::{Datum, Program};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// `mean((y − (M x + b))²)`, a user's least-squares loss.
fn least_squares() -> Program {
    ops::formula(
        "mean(square(y - (matvec(matrix, x) + b)))",
        &[
            ("matrix", Shape::Matrix(Dim::M, Dim::N)),
            ("x", Shape::ROW),
            ("b", Shape::Vector(Dim::M)),
            ("y", Shape::Vector(Dim::M)),
        ],
        Shape::Scalar,
        false,
    )
}

/// Softmax cross-entropy over a true and k sampled classes, −log(e^t / (e^t + Σ e^s_j)) = softplus(logsumexp(s) − t).
fn sampled_softmax() -> Program {
    ops::formula(
        "softplus(logsumexp(matvec(weights[samples], hidden) + biases[samples] - log(sampled_counts)) \
         - (sum(weights[label] * hidden) + biases[label] - log(true_count)))",
        &[
            ("weights", Shape::Matrix(Dim::M, Dim::N)),
            ("biases", Shape::Vector(Dim::M)),
            ("hidden", Shape::ROW),
            ("label", Shape::Index),
            ("samples", Shape::Indices(Dim::K)),
            ("true_count", Shape::Scalar),
            ("sampled_counts", Shape::Vector(Dim::K)),
        ],
        Shape::Scalar,
        false,
    )
}

/// The mean over a batch of softmax cross-entropies.
fn batch_cross_entropy() -> Program {
    ops::formula(
        "mean(-sum(xmul(labels, log_softmax(logits))))",
        &[
            ("logits", Shape::Matrix(Dim::M, Dim::N)),
            ("labels", Shape::Matrix(Dim::M, Dim::N)),
        ],
        Shape::Scalar,
        false,
    )
}

/// One call's numbers for the programs above: a matrix, another one, vectors of m, n and k, and places among the m rows,
/// with repetitions whenever k > m.
#[derive(Debug, Clone)]
struct Call {
    lengths: Lengths,
    matrix: Vec<f64>,
    positive_matrix: Vec<f64>,
    of_n: Vec<f64>,
    of_m: Vec<f64>,
    also_of_m: Vec<f64>,
    positive_of_k: Vec<f64>,
    label: i64,
    samples: Vec<i64>,
}

impl Call {
    fn matrix_of<'a>(&self, numbers: &'a [f64]) -> Datum<'a> {
        Datum::Matrix {
            numbers,
            rows: self.lengths.m,
            columns: self.lengths.n,
        }
    }

    fn least_squares(&self) -> [Datum<'_>; 4] {
        let matrix = self.matrix_of(&self.matrix);
        let vectors = [&self.of_n, &self.of_m, &self.also_of_m].map(|numbers| Datum::Row(numbers));
        [matrix, vectors[0], vectors[1], vectors[2]]
    }

    fn sampled_softmax(&self) -> [Datum<'_>; 7] {
        [
            self.matrix_of(&self.matrix),
            Datum::Row(&self.of_m),
            Datum::Row(&self.of_n),
            Datum::Index(self.label),
            Datum::Indices(&self.samples),
            Datum::Scalar(0.25),
            Datum::Row(&self.positive_of_k),
        ]
    }

    fn batch_cross_entropy(&self) -> [Datum<'_>; 2] {
        [
            self.matrix_of(&self.matrix),
            self.matrix_of(&self.positive_matrix),
        ]
    }
}

/// Multiples of 2^−10, so that a step of 2^−20 from one is exact in f64.
fn on_a_grid(count: usize, lowest: i32) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(
        (lowest..4096).prop_map(|grid| f64::from(grid) / 1024.0),
        count,
    )
}

fn calls() -> impl Strategy<Value = Call> {
    (1usize..5, 1usize..5, 1usize..7).prop_flat_map(|(n, m, k)| {
        let rows = i64::try_from(m).unwrap();
        (
            (on_a_grid(n * m, -4096), on_a_grid(n * m, 512)),
            (
                on_a_grid(n, -4096),
                on_a_grid(m, -4096),
                on_a_grid(m, -4096),
            ),
            on_a_grid(k, 512),
            (0..rows, prop::collection::vec(0..rows, k)),
        )
            .prop_map(move |(matrices, vectors, positive_of_k, places)| Call {
                lengths: Lengths { n, m, k },
                matrix: matrices.0,
                positive_matrix: matrices.1,
                of_n: vectors.0,
                of_m: vectors.1,
                also_of_m: vectors.2,
                positive_of_k,
                label: places.0,
                samples: places.1,
            })
    })
}

fn remembering(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}
