//! A formula ready to run: lowered once, then evaluated on row after row, with its gradients and conditioning.

use crate::enclosure::Enclosure;
use crate::evaluate::{Datum, evaluate};
use crate::formula::{Expr, FormulaError, Shape, check_formula};
use crate::graph::{Graph, Node, NodeId};
use crate::interval::{Interval, PrecisionBits};
use std::sync::OnceLock;

/// An op's formula over its inputs.
#[derive(Debug)]
pub struct Program {
    graph: Graph,
    output: NodeId,
    elementwise: bool,
    sensitivities: OnceLock<Sensitivities>,
}

/// The graph of the derivatives with respect to every numeric input.
#[derive(Debug)]
struct Sensitivities {
    graph: Graph,
    /// Σ_i |x_i · Σ_k seed_k ∂f_k/∂x_i| per element for elementwise programs, in total for the others.
    total: NodeId,
    /// Whether the last input is a seed that selects the output value.
    has_seed: bool,
}

impl Program {
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
        let mut graph = Graph::new(shapes);
        let output = graph.lower(expr, &names)?;
        Ok(Self {
            graph,
            output,
            elementwise,
            sensitivities: OnceLock::new(),
        })
    }

    /// The formula differentiated with respect to the input at `place`: the vector–Jacobian product with one more row
    /// input, the upstream gradient, where the output is a row and not elementwise; the plain derivative elsewhere.
    #[must_use]
    pub fn gradient(&self, place: usize) -> Self {
        let mut graph = self.graph.clone();
        let seed = if self.takes_upstream() {
            graph.add_input(Shape::Row)
        } else {
            graph.literal("1")
        };
        let output = graph.differentiate(self.output, seed, place);
        Self {
            graph,
            output,
            elementwise: self.elementwise,
            sensitivities: OnceLock::new(),
        }
    }

    /// A number inside a condition, where an index is a number too; `None` when the expression has no value.
    pub(crate) fn numbers_in_condition(
        expr: &Expr,
        names: &[String],
        inputs: &[Datum<'_>],
    ) -> Option<Self> {
        let shape = |datum: &Datum<'_>| match datum {
            Datum::Row(_) => Shape::Row,
            Datum::Scalar(_) => Shape::Scalar,
            Datum::Index(_) => Shape::Index,
        };
        let mut graph = Graph::new(inputs.iter().map(shape).collect());
        let output = graph.lower(expr, names).ok()?;
        Some(Self {
            graph,
            output,
            elementwise: false,
            sensitivities: OnceLock::new(),
        })
    }

    /// Whether the output is a row of n values, not a scalar.
    #[must_use]
    pub fn output_is_row(&self) -> bool {
        self.graph.shape(self.output) == Shape::Row
    }

    /// Whether the gradients of this program take an upstream row.
    #[must_use]
    pub fn takes_upstream(&self) -> bool {
        !self.elementwise && self.output_is_row()
    }

    /// Whether output value i depends on element i of the inputs alone.
    #[must_use]
    pub fn is_elementwise(&self) -> bool {
        self.elementwise
    }

    /// Encloses every output value at a working precision: n enclosures for a row, one for a scalar.
    #[must_use]
    pub fn evaluate<E: Enclosure>(
        &self,
        inputs: &[Datum<'_>],
        row_length: usize,
        precision: E::Precision,
    ) -> Vec<E> {
        evaluate(&self.graph, self.output, inputs, row_length, precision)
    }

    /// Encloses the output values at `places` only; an elementwise program looks at nothing else.
    #[must_use]
    pub fn evaluate_at(
        &self,
        inputs: &[Datum<'_>],
        row_length: usize,
        places: &[usize],
        precision: PrecisionBits,
    ) -> Vec<Interval> {
        if self.elementwise {
            let gathered = Gathered::new(inputs, places);
            return self.evaluate(&gathered.data(), places.len(), precision);
        }
        let mut all: Vec<Option<Interval>> = self
            .evaluate(inputs, row_length, precision)
            .into_iter()
            .map(Some)
            .collect();
        places
            .iter()
            .map(|&place| all[place].take().expect("places are distinct"))
            .collect()
    }

    /// Encloses Σ_i |x_i · ∂f_k/∂x_i| over all numeric inputs, for the output value at `place`: |f_k| times the condition
    /// number κ of DESIGN.md §1.
    #[must_use]
    pub fn sensitivity(
        &self,
        inputs: &[Datum<'_>],
        row_length: usize,
        place: usize,
        precision: PrecisionBits,
    ) -> Interval {
        let sensitivities = self
            .sensitivities
            .get_or_init(|| self.differentiate_fully());
        let run = |inputs: &[Datum<'_>], row_length| {
            let values: Vec<Interval> = evaluate(
                &sensitivities.graph,
                sensitivities.total,
                inputs,
                row_length,
                precision,
            );
            values.into_iter().next().expect("one value is asked for")
        };
        if self.elementwise {
            let gathered = Gathered::new(inputs, &[place]);
            return run(&gathered.data(), 1);
        }
        if !sensitivities.has_seed {
            return run(inputs, row_length);
        }
        let mut seed = vec![0.0; row_length];
        seed[place] = 1.0;
        let mut inputs = inputs.to_vec();
        inputs.push(Datum::Row(&seed));
        run(&inputs, row_length)
    }

    /// Encloses the condition number κ = Σ|x_i · ∂f_k/∂x_i| / |f_k|, given the enclosure of f_k; where f_k = 0 it is 0/0 or ∞.
    #[must_use]
    pub fn condition_number(
        sensitivity: &Interval,
        value: &Interval,
        precision: PrecisionBits,
    ) -> Interval {
        sensitivity.divide(&value.abs(), precision)
    }

    fn differentiate_fully(&self) -> Sensitivities {
        use crate::graph::{Binary, Unary};
        let mut graph = self.graph.clone();
        let numeric: Vec<usize> = (0..graph.input_shapes().len())
            .filter(|&place| graph.input_shapes()[place] != Shape::Index)
            .collect();
        let has_seed = self.takes_upstream();
        let seed = if has_seed {
            graph.add_input(Shape::Row)
        } else {
            graph.literal("1")
        };
        let mut total = graph.literal("0");
        for place in numeric {
            let derivative = graph.differentiate(self.output, seed, place);
            let input = graph.node(Node::Input(place));
            // The derivative leads: where it vanishes, an infinite input does not matter.
            let product = graph.binary(Binary::Xmul, derivative, input);
            let magnitude = graph.unary(Unary::Abs, product);
            let share = if !self.elementwise && graph.shape(magnitude) == Shape::Row {
                graph.node(Node::Sum(magnitude))
            } else {
                magnitude
            };
            total = graph.binary(Binary::Add, total, share);
        }
        Sensitivities {
            graph,
            total,
            has_seed,
        }
    }
}

/// Inputs of an elementwise program cut down to some places.
enum GatheredDatum {
    Row(Vec<f64>),
    Scalar(f64),
    Index(i64),
}

struct Gathered(Vec<GatheredDatum>);

impl Gathered {
    fn new(inputs: &[Datum<'_>], places: &[usize]) -> Self {
        let gather = |datum: &Datum<'_>| match *datum {
            Datum::Row(row) => GatheredDatum::Row(places.iter().map(|&place| row[place]).collect()),
            Datum::Scalar(number) => GatheredDatum::Scalar(number),
            Datum::Index(index) => GatheredDatum::Index(index),
        };
        Self(inputs.iter().map(gather).collect())
    }

    fn data(&self) -> Vec<Datum<'_>> {
        self.0.iter().map(GatheredDatum::as_datum).collect()
    }
}

impl GatheredDatum {
    fn as_datum(&self) -> Datum<'_> {
        match self {
            Self::Row(row) => Datum::Row(row),
            Self::Scalar(number) => Datum::Scalar(*number),
            Self::Index(index) => Datum::Index(*index),
        }
    }
}
