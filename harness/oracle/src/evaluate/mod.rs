//! Evaluation of a graph on one call's inputs, in any enclosure: inputs in, one enclosure per output value out.

mod datum;
mod elementwise;
mod gather;
mod primitives;

pub use datum::Datum;

use crate::enclosure::Enclosure;
use crate::formula::{Dim, Lengths, Shape};
use crate::graph::{Graph, Jacobian, Node, NodeId};
use primitives::Shifted;
use std::collections::HashMap;

/// A node's numbers, row by row; its shape is the graph's to know.
type Numbers<E> = Vec<E>;

/// Evaluates `output` at a working precision; a scalar output gives one enclosure, the others one per number.
///
/// The enclosures contain the exact result because every node's operation contains it for all exact operands inside
/// its operands' enclosures. Numbers are dropped after their last use, so memory follows the graph's width, not its size.
///
/// # Panics
/// When an input has not the shape and the lengths that the graph and the call say.
pub(crate) fn evaluate<E: Enclosure>(
    graph: &Graph,
    output: NodeId,
    inputs: &[Datum<'_>],
    lengths: Lengths,
    precision: E::Precision,
) -> Vec<E> {
    for (place, (datum, &shape)) in inputs.iter().zip(graph.input_shapes()).enumerate() {
        assert!(
            datum.fits(shape, lengths),
            "input {place} is not {shape} of {lengths:?}"
        );
    }
    let order = graph.needed_for(output);
    let mut uses_left: HashMap<NodeId, usize> = HashMap::new();
    for &id in &order {
        for operand in graph.operands(id) {
            *uses_left.entry(operand).or_default() += 1;
        }
    }
    let mut evaluation = Evaluation {
        graph,
        inputs,
        lengths,
        precision,
        numbers: HashMap::new(),
        shifted: HashMap::new(),
    };
    for &id in &order {
        let numbers = evaluation.numbers_of(id);
        evaluation.numbers.insert(id, numbers);
        for operand in graph.operands(id) {
            let left = uses_left.get_mut(&operand).expect("counted above");
            *left -= 1;
            if *left == 0 {
                evaluation.numbers.remove(&operand);
                evaluation.shifted.remove(&operand);
            }
        }
    }
    let output = evaluation.numbers.remove(&output);
    output.expect("the output is the last node evaluated and no node uses it")
}

struct Evaluation<'a, E: Enclosure> {
    graph: &'a Graph,
    inputs: &'a [Datum<'a>],
    lengths: Lengths,
    precision: E::Precision,
    numbers: HashMap<NodeId, Numbers<E>>,
    /// Shifted exponentials of each row of a node, shared by the softmax family's nodes over it.
    shifted: HashMap<NodeId, Shifted<E>>,
}

impl<E: Enclosure> Evaluation<'_, E> {
    fn numbers_of(&mut self, id: NodeId) -> Numbers<E> {
        let precision = self.precision;
        match self.graph.get(id) {
            Node::Input(place) => self.input(*place),
            Node::Length(dim) => vec![self.length(*dim)],
            Node::Literal(text) => vec![
                E::literal(precision, text)
                    .expect("the parser reads only literals that denote numbers"),
            ],
            Node::Unary(function, a) => self.map_unary(*function, *a),
            Node::Binary(function, a, b) => self.map_binary(*function, id, *a, *b),
            Node::Repeat(a, shape) => self.repeat(*a, *shape),
            Node::Stack(a, rows) => {
                let copies = self.lengths.get(*rows);
                let row = &self.numbers[a];
                row.iter()
                    .cycle()
                    .take(row.len() * copies)
                    .cloned()
                    .collect()
            }
            Node::Sum(a) => self.per_row(*a, |row| vec![E::sum(row, precision)]),
            Node::SumOfRows(a) => self.sum_of_rows(id, *a),
            Node::SumOthers(a) => self.per_row(*a, |row| E::sums_of_others(row, precision)),
            Node::Logsumexp(x) => self.shifted(*x).logsumexp(precision),
            Node::Softmax(x) => self.shifted(*x).softmax(precision),
            Node::SoftmaxComplement(x) => self.shifted(*x).complement(precision),
            Node::LogSoftmax(x) => self.shifted(*x).log_softmax(precision),
            Node::JacobianProduct(jacobian, product) => {
                self.shift(product.x);
                let (x, rows) = (&self.shifted[&product.x], &self.numbers[&product.row]);
                match jacobian {
                    Jacobian::Softmax => x.softmax_product(rows, precision),
                    Jacobian::LogSoftmax => x.log_softmax_product(rows, precision),
                }
            }
            Node::WeightedLogSoftmax { weights, x, .. } => {
                self.shift(*x);
                self.shifted[x].weighted_log_softmax(&self.numbers[weights], precision)
            }
            Node::Gather { of, places } => self.gather(*of, *places),
            Node::Scatter { of, places, shape } => self.scatter(*of, *places, *shape),
            Node::AtLargest { of, row } => self.at_largest(*of, *row),
        }
    }

    fn input(&self, place: usize) -> Numbers<E> {
        let exactly = |&number: &f64| E::exactly(self.precision, number);
        // Only conditions compute with an index; class indices beyond 2^53 are out of range for any row.
        #[expect(clippy::cast_precision_loss, reason = "rows are shorter than 2^53")]
        let of_place = |&index: &i64| E::exactly(self.precision, index as f64);
        match &self.inputs[place] {
            Datum::Row(numbers) | Datum::Matrix { numbers, .. } => {
                numbers.iter().map(exactly).collect()
            }
            Datum::Scalar(number) => vec![exactly(number)],
            Datum::Index(index) => vec![of_place(index)],
            Datum::Indices(places) => places.iter().map(of_place).collect(),
        }
    }

    fn length(&self, dim: Dim) -> E {
        #[expect(clippy::cast_precision_loss, reason = "rows are shorter than 2^53")]
        let length = self.lengths.get(dim) as f64;
        E::exactly(self.precision, length)
    }

    /// How many rows a shape has, and how many numbers are in each: a vector is one row, even an empty one.
    fn rows_of(&self, shape: Shape) -> (usize, usize) {
        match shape {
            Shape::Matrix(rows, columns) => (self.lengths.get(rows), self.lengths.get(columns)),
            shape => (1, self.lengths.numbers_in(shape)),
        }
    }

    fn row(&self, id: NodeId, row: usize) -> &[E] {
        let (_, length) = self.rows_of(self.graph.shape(id));
        &self.numbers[&id][row * length..(row + 1) * length]
    }

    /// What a function of a row gives for each row, one after the other.
    fn per_row(&self, a: NodeId, function: impl Fn(&[E]) -> Vec<E>) -> Numbers<E> {
        let (rows, _) = self.rows_of(self.graph.shape(a));
        joined((0..rows).map(|row| function(self.row(a, row))))
    }

    fn shift(&mut self, x: NodeId) {
        if !self.shifted.contains_key(&x) {
            let rows = self.rows_of(self.graph.shape(x));
            let shifted = Shifted::of(&self.numbers[&x], rows, self.precision);
            self.shifted.insert(x, shifted);
        }
    }

    fn shifted(&mut self, x: NodeId) -> &Shifted<E> {
        self.shift(x);
        &self.shifted[&x]
    }

    fn sum_of_rows(&self, id: NodeId, a: NodeId) -> Numbers<E> {
        let (rows, _) = self.rows_of(self.graph.shape(a));
        let length = self.lengths.numbers_in(self.graph.shape(id));
        let mut sums = vec![E::exactly(self.precision, 0.0); length];
        for row in 0..rows {
            for (sum, term) in sums.iter_mut().zip(self.row(a, row)) {
                *sum = sum.add(term, self.precision);
            }
        }
        sums
    }

    fn at_largest(&self, of: NodeId, row: NodeId) -> Numbers<E> {
        let (rows, _) = self.rows_of(self.graph.shape(row));
        let at_largest = |place| {
            let largest = primitives::largest(self.row(row, place));
            largest.map_or_else(
                || E::exactly(self.precision, f64::NAN),
                |largest| self.row(of, place)[largest].clone(),
            )
        };
        (0..rows).map(at_largest).collect()
    }
}

/// Rows one after the other; the only one, as it is.
fn joined<E>(mut rows: impl Iterator<Item = Numbers<E>>) -> Numbers<E> {
    let mut numbers = rows.next().unwrap_or_default();
    rows.for_each(|row| numbers.extend(row));
    numbers
}
