//! Conditioning: how strongly an output value depends on the inputs, relative to both.
//!
//! The sensitivity of f_k is Σ_i |x_i · ∂f_k/∂x_i| over all variables, that is all numbers of the numeric inputs that are no
//! attributes; divided by |f_k| it is the condition number κ of DESIGN.md §1. Exactly it costs a pass per output value;
//! bounds for a whole row cost three passes, or one more for each binary digit of its length.

use crate::enclosure::Enclosure;
use crate::evaluate::{Datum, evaluate};
use crate::formula::{Lengths, Shape};
use crate::graph::{Binary, Forward, Graph, Node, NodeId, Unary};
use crate::program::{Gathered, Program};

/// The graph of the derivatives with respect to every variable.
#[derive(Debug)]
pub(crate) struct Sensitivities {
    graph: Graph,
    /// Σ_i |x_i · Σ_k seed_k ∂f_k/∂x_i| in total; of a single place's numbers for programs that work place by place.
    total: NodeId,
    /// The shape of the last input, a seed that selects the output value; none where there is one value.
    seed: Option<Shape>,
}

/// The graph of bounds for all output values.
#[derive(Debug)]
pub(crate) struct SensitivityBounds {
    graph: Graph,
    above: NodeId,
    below: NodeId,
    /// The shapes of the sign inputs, which come after the program's own.
    signs: Vec<Shape>,
}

/// The sign patterns that lower bounds of sensitivities are taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignPatterns {
    /// Two, which differ in half their places: where contributions cancel in one, they rarely do in both.
    Two,
    /// Those, one without a minus, and one for each binary digit of a variable's number, counted through all inputs. Any two variables have
    /// the same sign in one pattern and different ones in another, so two large contributions to a value cannot cancel in all.
    EveryPair,
}

impl SignPatterns {
    /// How many there are for so many variables.
    fn count(self, variables: usize) -> u32 {
        match self {
            Self::Two => 2,
            Self::EveryPair => 3 + usize::BITS - variables.leading_zeros(),
        }
    }

    /// The sign in one of the patterns at a place of an input, of the variable with this number.
    fn sign(pattern: u32, place: usize, variable: usize) -> f64 {
        let digit = match pattern {
            0 | 1 => (place ^ (place >> 2) ^ (place >> 5)) >> pattern,
            2 => 0,
            digit => variable >> (digit - 3),
        };
        if digit & 1 == 0 { 1.0 } else { -1.0 }
    }
}

impl Program {
    /// Encloses Σ_i |x_i · ∂f_k/∂x_i| over all variables, for the output value at `place`: |f_k| times the condition
    /// number κ of DESIGN.md §1.
    ///
    /// # Panics
    /// When the place lies beyond the output, or an input does not fit.
    #[must_use]
    pub fn sensitivity<E: Enclosure>(
        &self,
        inputs: &[Datum<'_>],
        lengths: Lengths,
        place: usize,
        precision: E::Precision,
    ) -> E {
        let sensitivities = self
            .sensitivities
            .get_or_init(|| self.differentiate_fully());
        let run = |inputs: &[Datum<'_>], lengths, place| {
            let (graph, total) = (&sensitivities.graph, sensitivities.total);
            let mut values: Vec<E> = evaluate(graph, total, inputs, lengths, precision);
            values.swap_remove(place)
        };
        if self.works_place_by_place() {
            let gathered = Gathered::places(self.graph.input_shapes(), inputs, &[place]);
            return run(&gathered.data(), Lengths { n: 1, ..lengths }, 0);
        }
        if let Some(width) = self.row_width(lengths)
            && lengths.m > 1
        {
            let gathered = Gathered::rows(self.graph.input_shapes(), inputs, &[place / width]);
            let lengths = Lengths { m: 1, ..lengths };
            return self.sensitivity(&gathered.data(), lengths, place % width, precision);
        }
        let Some(shape) = sensitivities.seed else {
            return run(inputs, lengths, 0);
        };
        let mut seed = vec![0.0; lengths.numbers_in(shape)];
        seed[place] = 1.0;
        let mut inputs = inputs.to_vec();
        inputs.push(shaped(&seed, shape, lengths));
        run(&inputs, lengths, 0)
    }

    /// Encloses the condition number κ = Σ|x_i · ∂f_k/∂x_i| / |f_k|, given the enclosure of f_k; where f_k = 0 it is ∞, or 0
    /// if the sensitivity is 0 too.
    #[must_use]
    pub fn condition_number<E: Enclosure>(
        sensitivity: &E,
        value: &E,
        precision: E::Precision,
    ) -> E {
        if sensitivity.is_exactly(0.0) {
            // What does not depend on its inputs is well conditioned, zero or not.
            return E::exactly(precision, 0.0);
        }
        sensitivity.divide(&value.abs(), precision)
    }

    fn differentiate_fully(&self) -> Sensitivities {
        let mut graph = self.graph.clone();
        let variables = variables(&graph);
        let has_seed = !self.works_place_by_place() && self.output_shape() != Shape::Scalar;
        let seed_shape = has_seed.then(|| self.output_shape());
        let seed = match seed_shape {
            Some(shape) => graph.add_input(shape),
            None => graph.literal("1"),
        };
        let mut total = graph.literal("0");
        for (place, _) in variables {
            let derivative = graph.differentiate(self.output, seed, place);
            let input = graph.node(Node::Input(place));
            // Where either vanishes the other does not matter: an infinite logit that is masked, a zero probability.
            let product = graph.binary(Binary::Contribution, derivative, input);
            let magnitude = graph.unary(Unary::Abs, product);
            let share = if self.works_place_by_place() {
                magnitude
            } else {
                graph.sum_of_all(magnitude)
            };
            total = graph.binary(Binary::Add, total, share);
        }
        Sensitivities {
            graph,
            total,
            seed: seed_shape,
        }
    }

    /// Bounds of the sensitivity of every output value: `below[k]` has a lower end, `above[k]` an upper end, that hold.
    ///
    /// # Panics
    /// When an input has not the shape and the lengths that the op and the call say.
    #[must_use]
    pub fn sensitivity_bounds<E: Enclosure>(
        &self,
        inputs: &[Datum<'_>],
        lengths: Lengths,
        patterns: SignPatterns,
        precision: E::Precision,
    ) -> (Vec<E>, Vec<E>) {
        let bounds = self
            .sensitivity_bounds
            .get_or_init(|| self.bound_sensitivities());
        let run = |inputs: &[Datum<'_>], output| {
            evaluate::<E>(&bounds.graph, output, inputs, lengths, precision)
        };
        let above = run(inputs, bounds.above);
        let mut below: Vec<E> = vec![E::exactly(precision, 0.0); above.len()];
        let counts: Vec<usize> = bounds
            .signs
            .iter()
            .map(|&shape| lengths.numbers_in(shape))
            .collect();
        for pattern in 0..patterns.count(counts.iter().sum()) {
            let mut first = 0;
            let signs = |&count: &usize| {
                let sign = |place| SignPatterns::sign(pattern, place, first + place);
                let signs: Vec<f64> = (0..count).map(sign).collect();
                first += count;
                signs
            };
            let signs: Vec<Vec<f64>> = counts.iter().map(signs).collect();
            let mut inputs = inputs.to_vec();
            let shapes = bounds.signs.iter();
            inputs.extend(
                shapes
                    .zip(&signs)
                    .map(|(&shape, signs)| shaped(signs, shape, lengths)),
            );
            for (bound, tangent) in below.iter_mut().zip(run(&inputs, bounds.below)) {
                let magnitude = tangent.abs();
                if magnitude.is_finite() && magnitude.seems_greater(bound) {
                    *bound = magnitude;
                }
            }
        }
        (below, above)
    }

    fn bound_sensitivities(&self) -> SensitivityBounds {
        let mut graph = self.graph.clone();
        let above = graph.forward(self.output, &Forward::Magnitudes);
        let variables = variables(&graph);
        let signs = variables
            .iter()
            .map(|&(place, shape)| (place, graph.add_input(shape)))
            .collect();
        let below = graph.forward(self.output, &Forward::Tangents { signs });
        let signs = variables.iter().map(|&(_, shape)| shape).collect();
        SensitivityBounds {
            graph,
            above,
            below,
            signs,
        }
    }
}

/// The inputs that a condition number counts, by place.
fn variables(graph: &Graph) -> Vec<(usize, Shape)> {
    let inputs = graph.input_shapes().iter().copied().enumerate();
    inputs.filter(|(_, shape)| shape.is_variable()).collect()
}

/// Numbers as an input of that shape.
fn shaped(numbers: &[f64], shape: Shape, lengths: Lengths) -> Datum<'_> {
    match shape {
        Shape::Matrix(rows, columns) => Datum::Matrix {
            numbers,
            rows: lengths.get(rows),
            columns: lengths.get(columns),
        },
        Shape::Vector(_) => Datum::Row(numbers),
        _ => Datum::Scalar(numbers[0]),
    }
}
