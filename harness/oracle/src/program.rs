//! A formula ready to run: lowered once, then evaluated on row after row, with its gradients and conditioning.

use crate::enclosure::Enclosure;
use crate::evaluate::{Datum, evaluate};
use crate::formula::{Dim, Expr, FormulaError, Lengths, Shape, check_formula};
use crate::graph::{Form, Graph, Node, NodeId};
use crate::rounded::Rounded;
use crate::sensitivity::{Sensitivities, SensitivityBounds};
use lossproof_numerics::Dtype;
use std::sync::OnceLock;

/// An op's formula over its inputs.
#[derive(Debug)]
pub struct Program {
    pub(crate) graph: Graph,
    pub(crate) output: NodeId,
    /// The same formula, operation by operation as written.
    as_written: (Graph, NodeId),
    pub(crate) elementwise: bool,
    /// Whether what stands in one row of the output depends on that row of the inputs alone, so that it can be had without the others.
    row_by_row: bool,
    pub(crate) sensitivities: OnceLock<Sensitivities>,
    pub(crate) sensitivity_bounds: OnceLock<SensitivityBounds>,
}

impl Program {
    fn of_graphs(
        (graph, output): (Graph, NodeId),
        as_written: (Graph, NodeId),
        elementwise: bool,
    ) -> Self {
        Self {
            graph,
            output,
            as_written,
            elementwise,
            row_by_row: false,
            sensitivities: OnceLock::new(),
            sensitivity_bounds: OnceLock::new(),
        }
    }

    /// Checks a formula against its inputs and output and makes it ready to run.
    ///
    /// # Errors
    /// The first name, arity or shape that does not fit.
    pub fn formula(
        expr: &Expr,
        inputs: &[(String, Shape)],
        output: Shape,
        elementwise: bool,
    ) -> Result<Self, FormulaError> {
        check_formula(expr, inputs, output)?;
        let (names, shapes): (Vec<_>, Vec<_>) = inputs.iter().cloned().unzip();
        let lowered = |form| {
            let mut graph = Graph::new(shapes.clone(), form);
            let output = graph.lower(expr, &names)?;
            Ok((graph, output))
        };
        Ok(Self::of_graphs(
            lowered(Form::Tight)?,
            lowered(Form::AsWritten)?,
            elementwise,
        ))
    }

    /// The same program, once it is known that each row of the output depends on its row of the inputs alone: of every matrix of m rows and
    /// every vector of m numbers among them. Values of some rows are then evaluated without the others.
    #[must_use]
    pub fn row_by_row(self) -> Self {
        Self {
            row_by_row: true,
            ..self
        }
    }

    /// The formula differentiated with respect to the input at `place`, of that input's shape: the vector–Jacobian product
    /// where the output is not a scalar and not elementwise, the plain derivative elsewhere (of a program that works row by row, also where
    /// the output is one number for each row).
    ///
    /// The product has one more input of the output's shape, the upstream gradient, after the op's own inputs and before
    /// the attributes that follow them.
    ///
    /// # Panics
    /// When the input is an attribute or a class index, which have no derivative.
    #[must_use]
    pub fn gradient(&self, place: usize) -> Self {
        let variable = self.graph.input_shapes()[place].is_variable();
        assert!(variable, "input {place} is no variable of the op");
        let differentiate = |(graph, output): (&Graph, NodeId)| {
            let mut graph = graph.clone();
            let seed = if self.takes_upstream() {
                graph.add_input_before_attributes(self.output_shape())
            } else {
                graph.literal("1")
            };
            let output = graph.differentiate(output, seed, place);
            (graph, output)
        };
        Self {
            row_by_row: self.row_by_row,
            ..Self::of_graphs(
                differentiate((&self.graph, self.output)),
                differentiate((&self.as_written.0, self.as_written.1)),
                self.elementwise,
            )
        }
    }

    /// The shape of the output: a scalar, a vector or a matrix.
    #[must_use]
    pub fn output_shape(&self) -> Shape {
        self.graph.shape(self.output)
    }

    /// Whether the gradients of this program take an upstream gradient, of the output's shape. One number for each row has a gradient
    /// in its row, as a single number has.
    #[must_use]
    pub fn takes_upstream(&self) -> bool {
        let is_number = match self.output_shape() {
            Shape::Scalar => true,
            Shape::Vector(Dim::M) => self.row_by_row,
            _ => false,
        };
        !(self.elementwise || is_number)
    }

    /// Whether output value i depends on element i of the inputs alone.
    #[must_use]
    pub fn is_elementwise(&self) -> bool {
        self.elementwise
    }

    fn output_length(&self, lengths: Lengths) -> usize {
        lengths.numbers_in(self.output_shape())
    }

    /// Whether some places can be evaluated as a row of their own: nothing asks for the length of the whole row.
    pub(crate) fn works_place_by_place(&self) -> bool {
        let is_length = |&id: &NodeId| *self.graph.get(id) == Node::Length(Dim::N);
        self.elementwise && !self.graph.needed_for(self.output).iter().any(is_length)
    }

    /// How many values a row of the output has, where it can be had without the other rows.
    pub(crate) fn row_width(&self, lengths: Lengths) -> Option<usize> {
        let is_split = self.row_by_row && lengths.m > 0;
        is_split
            .then(|| self.output_length(lengths) / lengths.m)
            .filter(|&width| width > 0)
    }

    /// How many numbers of an input that has so many one output value takes to evaluate, or to find its sensitivity.
    #[must_use]
    pub fn reach(&self, numbers: usize, lengths: Lengths) -> usize {
        if self.works_place_by_place() {
            1
        } else if self.row_width(lengths).is_some() {
            numbers / lengths.m
        } else {
            numbers
        }
    }

    /// Encloses every output value at a working precision: one enclosure for a scalar, one per number otherwise, row by row.
    ///
    /// # Panics
    /// When an input has not the shape and the lengths that the op and the call say.
    #[must_use]
    pub fn evaluate<E: Enclosure>(
        &self,
        inputs: &[Datum<'_>],
        lengths: Lengths,
        precision: E::Precision,
    ) -> Vec<E> {
        evaluate(&self.graph, self.output, inputs, lengths, precision)
    }

    /// Encloses the output values at `places` only; an elementwise program looks at nothing else.
    ///
    /// # Panics
    /// When a place lies beyond the output, or an input does not fit.
    #[must_use]
    pub fn evaluate_at<E: Enclosure>(
        &self,
        inputs: &[Datum<'_>],
        lengths: Lengths,
        places: &[usize],
        precision: E::Precision,
    ) -> Vec<E> {
        let all_in_order = places.len() == self.output_length(lengths)
            && places.iter().enumerate().all(|(at, &place)| at == place);
        if all_in_order {
            return self.evaluate(inputs, lengths, precision);
        }
        if self.works_place_by_place() {
            let gathered = Gathered::places(self.graph.input_shapes(), inputs, places);
            let lengths = Lengths {
                n: places.len(),
                ..lengths
            };
            return self.evaluate(&gathered.data(), lengths, precision);
        }
        if let Some(width) = self.row_width(lengths) {
            let mut rows: Vec<usize> = places.iter().map(|&place| place / width).collect();
            rows.sort_unstable();
            rows.dedup();
            let gathered = Gathered::rows(self.graph.input_shapes(), inputs, &rows);
            let lengths = Lengths {
                m: rows.len(),
                ..lengths
            };
            let all: Vec<E> = self.evaluate(&gathered.data(), lengths, precision);
            let value = |&place: &usize| {
                let row = rows.binary_search(&(place / width));
                all[row.expect("gathered above") * width + place % width].clone()
            };
            return places.iter().map(value).collect();
        }
        let all: Vec<E> = self.evaluate(inputs, lengths, precision);
        places.iter().map(|&place| all[place].clone()).collect()
    }

    /// What a plain program computes: the formula as written, each operation rounded to nearest-even in `dtype`.
    ///
    /// # Panics
    /// When an input has not the shape and the lengths that the op and the call say.
    #[must_use]
    pub fn evaluate_rounded(
        &self,
        inputs: &[Datum<'_>],
        lengths: Lengths,
        dtype: Dtype,
    ) -> Vec<f64> {
        let (graph, output) = &self.as_written;
        let results: Vec<Rounded> = evaluate(graph, *output, inputs, lengths, dtype);
        results.into_iter().map(Rounded::value).collect()
    }
}

/// Inputs cut down to some places or rows; what has none of these stays whole.
pub(crate) struct Gathered<'a> {
    inputs: &'a [Datum<'a>],
    numbers: Vec<Option<Vec<f64>>>,
    /// How many rows were kept.
    rows: usize,
}

impl<'a> Gathered<'a> {
    /// Some places of every row.
    pub(crate) fn places(shapes: &[Shape], inputs: &'a [Datum<'a>], places: &[usize]) -> Self {
        let gather = |(datum, shape): (&Datum<'_>, &Shape)| match *datum {
            Datum::Row(row) if *shape == Shape::ROW => {
                Some(places.iter().map(|&place| row[place]).collect())
            }
            _ => None,
        };
        Self {
            inputs,
            numbers: inputs.iter().zip(shapes).map(gather).collect(),
            rows: 0,
        }
    }

    /// Some rows of every matrix, and the numbers of those rows in every vector of one number for each.
    pub(crate) fn rows(shapes: &[Shape], inputs: &'a [Datum<'a>], rows: &[usize]) -> Self {
        let gather = |(datum, shape): (&Datum<'_>, &Shape)| match (*datum, *shape) {
            (Datum::Row(row), Shape::Vector(Dim::M)) => {
                Some(rows.iter().map(|&at| row[at]).collect())
            }
            (
                Datum::Matrix {
                    numbers, columns, ..
                },
                Shape::Matrix(Dim::M, _),
            ) => {
                let row = |&at: &usize| numbers[at * columns..(at + 1) * columns].iter().copied();
                Some(rows.iter().flat_map(row).collect())
            }
            _ => None,
        };
        Self {
            inputs,
            numbers: inputs.iter().zip(shapes).map(gather).collect(),
            rows: rows.len(),
        }
    }

    pub(crate) fn data(&self) -> Vec<Datum<'_>> {
        let inputs = self.inputs.iter().zip(&self.numbers);
        inputs
            .map(|(&datum, numbers)| match (numbers, datum) {
                (None, whole) => whole,
                (Some(numbers), Datum::Matrix { columns, .. }) => Datum::Matrix {
                    numbers,
                    rows: self.rows,
                    columns,
                },
                (Some(numbers), _) => Datum::Row(numbers),
            })
            .collect()
    }
}
