//! The reference side of an op: its formula ready to run, and what its clauses say about a call.
//!
//! In: an op and a call's inputs. Out: for each output value, what settles it (a clause or the formula), and enclosures
//! of what the formula gives at any precision.

mod batched;
mod gradients;
mod rulings;

pub use gradients::GradientsDisagree;
pub use rulings::{Rulings, Target, accepts_class};

use crate::cases::{Case, OpSignature, Tensor};
use crate::spec::{Clause, Op, Profile};
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::{Dim, FormulaError, Lengths, Shape};
use lossproof_oracle::{Datum, Enclosure, PrecisionBits, Program, SignPatterns};
use std::borrow::Cow;
use std::sync::OnceLock;

/// The most bits that the ladder climbs to when nothing else is asked for: enough to enclose every sum of products of
/// two f64 values to less than half their smallest subnormal.
pub const DEFAULT_PRECISION_LIMIT: PrecisionBits = 8192;

/// An op's formula and clauses, ready for rows.
#[derive(Debug)]
pub struct Reference {
    /// The op.
    pub op: Op,
    /// The conventions whose clauses and formulas apply.
    profile: Profile,
    /// The formula that gives the exact result: the profile's, the op's, the stated gradient, or the differentiated op.
    program: Program,
    /// The differentiated op, where a gradient formula is stated: the two must agree.
    differentiated: Option<Program>,
    names: Vec<String>,
    shapes: Vec<Shape>,
    clauses: Vec<Clause>,
    /// The same on many rows at once, made when first asked for; none where that cannot be.
    batched: OnceLock<Option<Box<Reference>>>,
}

/// One call as the formula sees it: the values of its variables, and the lengths that they give it.
#[derive(Debug)]
pub struct Call<'a> {
    data: Vec<Datum<'a>>,
    /// The lengths; n is 1 where no input has it.
    pub lengths: Lengths,
}

impl Call<'_> {
    /// The most numbers that an input has.
    #[must_use]
    pub fn largest_input(&self) -> usize {
        let numbers = |datum: &Datum<'_>| match datum {
            Datum::Row(row) => row.len(),
            Datum::Matrix { numbers, .. } => numbers.len(),
            Datum::Indices(places) => places.len(),
            Datum::Scalar(_) | Datum::Index(_) => 1,
        };
        self.data.iter().map(numbers).max().unwrap_or(0)
    }
}

/// Inputs that no call can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfitInputs {
    /// Two inputs give one length two values.
    #[error(
        "`{input}` makes {length} {found}, where another input makes it {expected}; inputs must agree in every length"
    )]
    Lengths {
        /// The later input.
        input: String,
        /// The length.
        length: &'static str,
        /// What it gives.
        found: usize,
        /// What the earlier one gave.
        expected: usize,
    },
    /// Something else than the spec's shape.
    #[error("`{input}` must be {shape}")]
    Shape {
        /// The input.
        input: String,
        /// The shape that it must have.
        shape: Shape,
    },
}

impl Reference {
    /// Makes an op's formula ready to run, under one profile of clauses.
    ///
    /// # Errors
    /// A formula that does not fit the op's inputs and output; a loaded spec has none.
    ///
    /// # Panics
    /// When the op is the gradient by an input that its spec does not have.
    pub fn new(op: &Op, profile: Profile) -> Result<Self, FormulaError> {
        Self::of_formulas(op, profile, |program| program)
    }

    /// The same with something done to each formula's program before it is differentiated.
    fn of_formulas(
        op: &Op,
        profile: Profile,
        prepared: impl Fn(Program) -> Program,
    ) -> Result<Self, FormulaError> {
        let spec = &op.spec;
        let variables = op.variables();
        let stated = |formula| {
            Program::formula(formula, &variables, op.output.shape, op.elementwise).map(&prepared)
        };
        if let Some(own) = op.profile_formula(profile) {
            // What the system computes need not be a derivative: there is nothing it should agree with.
            return Ok(Self::of_programs(op, profile, stated(&own.formula)?, None));
        }
        let own_variables = spec.variables();
        let own = Program::formula(
            op.formula(),
            &own_variables,
            spec.output.shape,
            op.elementwise,
        )
        .map(&prepared)?;
        let derivative = op.derivative_of.as_ref().map(|input| {
            let place = spec.inputs.iter().position(|known| known.name == *input);
            own.gradient(place.expect("a gradient is taken by an input of the op"))
        });
        let stated = op.gradient_formula().map(stated).transpose()?;
        let (program, differentiated) = match (stated, derivative) {
            (Some(stated), derivative) => (stated, derivative),
            (None, Some(derivative)) => (derivative, None),
            (None, None) => (own, None),
        };
        Ok(Self::of_programs(op, profile, program, differentiated))
    }

    fn of_programs(
        op: &Op,
        profile: Profile,
        program: Program,
        differentiated: Option<Program>,
    ) -> Self {
        let (names, shapes) = op.variables().into_iter().unzip();
        Self {
            names,
            shapes,
            clauses: op.clauses(profile).cloned().collect(),
            op: op.clone(),
            profile,
            program,
            differentiated,
            batched: OnceLock::new(),
        }
    }

    /// The conventions whose clauses and formulas apply.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// The op as the case generators see it.
    #[must_use]
    pub fn signature(&self) -> OpSignature {
        self.op.signature()
    }

    /// The clauses that apply, in the order in which they are tried.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }

    /// The lengths that a call's inputs give it, once they have the shapes of the spec.
    ///
    /// # Errors
    /// [`UnfitInputs`] when they have not, or disagree in a length.
    pub fn lengths(&self, inputs: &[Tensor]) -> Result<Lengths, UnfitInputs> {
        let mut known: [Option<usize>; 3] = [None; 3];
        for (input, tensor) in self.op.inputs.iter().zip(inputs) {
            let found = extents(input.shape, tensor).ok_or_else(|| UnfitInputs::Shape {
                input: input.name.clone(),
                shape: input.shape,
            })?;
            for (dim, found) in input.shape.dims().into_iter().zip(found) {
                let expected = *known[dim as usize].get_or_insert(found);
                if expected != found {
                    return Err(UnfitInputs::Lengths {
                        input: input.name.clone(),
                        length: dim.name(),
                        found,
                        expected,
                    });
                }
            }
        }
        let length = |dim: Dim| known[dim as usize];
        Ok(Lengths {
            n: length(Dim::N).unwrap_or(1),
            m: length(Dim::M).unwrap_or(0),
            k: length(Dim::K).unwrap_or(0),
        })
    }

    /// A call on these inputs, in the order of the op, and after them the attributes in the dtype.
    ///
    /// # Errors
    /// [`UnfitInputs`] when the inputs do not have the op's shapes.
    pub fn call<'a>(&self, dtype: Dtype, inputs: &'a [Tensor]) -> Result<Call<'a>, UnfitInputs> {
        let lengths = self.lengths(inputs)?;
        let attributes = self.op.spec.attributes.iter();
        let attributes = attributes.map(|attribute| Datum::Scalar(attribute.value(dtype)));
        let data = inputs.iter().map(datum_of).chain(attributes).collect();
        Ok(Call { data, lengths })
    }

    /// The call of a case.
    ///
    /// # Panics
    /// When the case is of another op: the generators give every input the shape of its signature.
    #[must_use]
    pub fn call_on<'a>(&self, case: &'a Case) -> Call<'a> {
        self.call(case.id.dtype, &case.inputs)
            .unwrap_or_else(|unfit| panic!("case {}: {unfit}", case.id))
    }

    /// What a kernel is given: the inputs, and after them the attributes in its dtype.
    #[must_use]
    pub fn arguments<'a>(&self, dtype: Dtype, inputs: &'a [Tensor]) -> Cow<'a, [Tensor]> {
        let attributes = &self.op.spec.attributes;
        if attributes.is_empty() {
            return Cow::Borrowed(inputs);
        }
        let constants = attributes
            .iter()
            .map(|attribute| Tensor::Scalar(attribute.value(dtype)));
        Cow::Owned(inputs.iter().cloned().chain(constants).collect())
    }

    /// What a plain program gives: the formula as written on a kernel's arguments, the attributes among them, each
    /// operation rounded to the dtype.
    ///
    /// # Errors
    /// [`UnfitInputs`] when the inputs do not have the op's shapes.
    ///
    /// # Panics
    /// When these are fewer or more than the op's inputs and attributes.
    pub fn rounded_at_each_step(
        &self,
        dtype: Dtype,
        arguments: &[Tensor],
    ) -> Result<Vec<f64>, UnfitInputs> {
        assert_eq!(
            arguments.len(),
            self.names.len(),
            "an argument for each input and attribute of {}",
            self.op.name
        );
        let lengths = self.lengths(arguments)?;
        let data: Vec<Datum<'_>> = arguments.iter().map(datum_of).collect();
        Ok(self.program.evaluate_rounded(&data, lengths, dtype))
    }

    /// How many values the output has.
    #[must_use]
    pub fn output_length(&self, lengths: Lengths) -> usize {
        lengths.numbers_in(self.op.output.shape)
    }

    /// Encloses the formula's values at some places of the output.
    #[must_use]
    pub fn enclose<E: Enclosure>(
        &self,
        call: &Call<'_>,
        places: &[usize],
        precision: E::Precision,
    ) -> Vec<E> {
        self.program
            .evaluate_at(&call.data, call.lengths, places, precision)
    }

    /// Encloses |f_k| · κ at a place: Σ|x_i · ∂f_k/∂x_i|.
    #[must_use]
    pub fn sensitivity<E: Enclosure>(
        &self,
        call: &Call<'_>,
        place: usize,
        precision: E::Precision,
    ) -> E {
        self.program
            .sensitivity(&call.data, call.lengths, place, precision)
    }

    /// The most numbers of an input that the sensitivity of one value looks at.
    #[must_use]
    pub fn reach(&self, call: &Call<'_>) -> usize {
        self.program.reach(call.largest_input(), call.lengths)
    }

    /// Bounds of the sensitivity of every output value, at the cost of a few passes over the inputs.
    #[must_use]
    pub fn sensitivity_bounds<E: Enclosure>(
        &self,
        call: &Call<'_>,
        patterns: SignPatterns,
        precision: E::Precision,
    ) -> (Vec<E>, Vec<E>) {
        self.program
            .sensitivity_bounds(&call.data, call.lengths, patterns, precision)
    }
}

fn datum_of(tensor: &Tensor) -> Datum<'_> {
    match tensor {
        Tensor::Row(row) => Datum::Row(row),
        Tensor::Scalar(number) => Datum::Scalar(*number),
        Tensor::Index(index) => Datum::Index(*index),
        Tensor::Indices(places) => Datum::Indices(places),
        Tensor::Matrix {
            numbers,
            rows,
            columns,
        } => Datum::Matrix {
            numbers,
            rows: *rows,
            columns: *columns,
        },
    }
}

/// The lengths of a tensor of this shape, outermost first; none when it has another shape.
fn extents(shape: Shape, tensor: &Tensor) -> Option<Vec<usize>> {
    match (shape, tensor) {
        (Shape::Scalar, Tensor::Scalar(_)) | (Shape::Index, Tensor::Index(_)) => Some(vec![]),
        (Shape::Vector(_), Tensor::Row(row)) => Some(vec![row.len()]),
        (Shape::Indices(_), Tensor::Indices(places)) => Some(vec![places.len()]),
        (Shape::Matrix(..), Tensor::Matrix { rows, columns, .. }) => Some(vec![*rows, *columns]),
        _ => None,
    }
}
