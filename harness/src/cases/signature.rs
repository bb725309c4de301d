//! What an op's inputs mean. In: names, shapes and roles, as a spec states them. Out: the questions generators ask of
//! them.
//!
//! An op has a main dimension, along which its classes draw: n where an input has it, else m, else k. The inputs along it
//! are what a class is about; a vector of another dimension, or a scalar beside vectors, is a companion.

use lossproof_oracle::formula::{Dim, Lengths, Shape};

use super::kept::KeptCases;
pub use crate::spec::Role;

/// Every role, in the order in which a case's inputs are drawn: a later one may depend on an earlier one.
pub(super) const DRAWING_ORDER: [Role; 8] = [
    Role::Logits,
    Role::Real,
    Role::Probabilities,
    Role::Labels,
    Role::Label,
    Role::Samples,
    Role::Counts,
    Role::Upstream,
];

/// One input of an op.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InputSignature {
    /// Its name in the spec.
    pub name: String,
    /// What it means.
    pub role: Role,
    /// What it is made of.
    pub shape: Shape,
}

/// An op and its inputs, in the order of its spec, without its attributes. Of two [`Role::Probabilities`] the first is p
/// and the second q.
#[derive(Debug, Clone, PartialEq)]
pub struct OpSignature {
    /// The op's name, the first part of its cases' ids.
    pub op: String,
    /// Its inputs.
    pub inputs: Vec<InputSignature>,
    /// Its known worst cases.
    pub kept: KeptCases,
}

impl OpSignature {
    /// How many inputs have this role.
    #[must_use]
    pub fn count(&self, role: Role) -> usize {
        self.inputs.iter().filter(|i| i.role == role).count()
    }

    /// Whether some input has this role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.count(role) > 0
    }

    /// Whether some input has this dimension.
    #[must_use]
    pub fn uses(&self, dim: Dim) -> bool {
        self.inputs.iter().any(|i| i.shape.dims().contains(&dim))
    }

    /// The dimension along which classes draw; none where every input is one number or one place.
    #[must_use]
    pub fn main_dimension(&self) -> Option<Dim> {
        Dim::ALL.into_iter().find(|&dim| self.uses(dim))
    }

    /// The shape of the input at a position.
    pub(crate) fn shape(&self, position: usize) -> Shape {
        self.inputs[position].shape
    }

    /// Whether an input is made of numbers along the main dimension.
    pub(super) fn is_main(&self, position: usize) -> bool {
        match (self.shape(position), self.main_dimension()) {
            (Shape::Vector(dim) | Shape::Matrix(_, dim), Some(main)) => dim == main,
            (Shape::Scalar, main) => main.is_none(),
            _ => false,
        }
    }

    /// The positions of the inputs of a role along the main dimension.
    pub(super) fn along(&self, role: Role) -> impl Iterator<Item = usize> {
        let positions = 0..self.inputs.len();
        positions.filter(move |&at| self.inputs[at].role == role && self.is_main(at))
    }

    /// Whether there are two inputs of a role, and of one shape, along the main dimension.
    pub(super) fn has_pair(&self, role: Role) -> bool {
        let shapes: Vec<Shape> = self.along(role).map(|at| self.shape(at)).collect();
        let mut places = shapes.iter().enumerate();
        places.any(|(at, shape)| shapes[..at].contains(shape))
    }

    /// Whether the rows of a matrix of real numbers meet a vector as long as they are, as in a matrix–vector product.
    pub(super) fn multiplies_rows(&self) -> bool {
        let mut shapes = self.along(Role::Real).map(|at| self.shape(at));
        let matrix = shapes.any(|shape| matches!(shape, Shape::Matrix(..)));
        let mut shapes = self.along(Role::Real).map(|at| self.shape(at));
        matrix && shapes.any(|shape| matches!(shape, Shape::Vector(_)))
    }

    /// The dimension that counts a matrix's rows, where there is a matrix.
    fn rows_dimension(&self) -> Option<Dim> {
        self.inputs.iter().find_map(|input| match input.shape {
            Shape::Matrix(rows, _) => Some(rows),
            _ => None,
        })
    }

    /// What a class index at a position counts: the rows of a matrix, where there is one, unless each row has a place of
    /// its own; else the numbers along the main dimension.
    pub(crate) fn index_dimension(&self, position: usize) -> Dim {
        let main = self.main_dimension().unwrap_or(Dim::N);
        match (self.rows_dimension(), self.shape(position)) {
            (Some(rows), Shape::Indices(own)) if own == rows => main,
            (Some(rows), _) => rows,
            (None, _) => main,
        }
    }

    /// Whether an input is a class index, or one for each row, that counts the numbers of a row.
    pub(super) fn is_place_in_row(&self, position: usize) -> bool {
        !self.is_numeric(position) && Some(self.index_dimension(position)) == self.main_dimension()
    }

    /// Whether some input is.
    pub(super) fn has_place_in_row(&self) -> bool {
        (0..self.inputs.len()).any(|at| self.is_place_in_row(at))
    }

    /// What counts the rows of an input that is drawn row by row: a matrix, or a class index for each row of one.
    pub(super) fn rows_of(&self, position: usize) -> Option<Dim> {
        match self.shape(position) {
            Shape::Matrix(rows, _) => Some(rows),
            Shape::Indices(own) => self.rows_dimension().filter(|&rows| rows == own),
            _ => None,
        }
    }

    /// Whether an input is made of numbers of the dtype, not of class indices.
    pub(crate) fn is_numeric(&self, position: usize) -> bool {
        !matches!(self.shape(position), Shape::Index | Shape::Indices(_))
    }

    /// How many numbers each row of an input holds, or how many class indices it has.
    pub(super) fn row_length(&self, position: usize, lengths: Lengths) -> usize {
        match self.shape(position) {
            Shape::Matrix(_, dim) | Shape::Vector(dim) | Shape::Indices(dim) => lengths.get(dim),
            Shape::Scalar | Shape::Index | Shape::Constant => 1,
        }
    }
}
