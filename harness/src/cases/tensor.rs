//! The values of a case. In: numbers of a dtype as `f64`, and places. Out: the rows that claims and measurements read.

use lossproof_oracle::formula::{Lengths, Shape};

use super::CaseId;

/// One input of one case.
#[derive(Debug, Clone, PartialEq)]
pub enum Tensor {
    /// A vector of values of the dtype.
    Row(Vec<f64>),
    /// One value of the dtype.
    Scalar(f64),
    /// A class index.
    Index(i64),
    /// Class indices.
    Indices(Vec<i64>),
    /// Rows of values of the dtype, one after the other.
    Matrix {
        /// Its values, row by row.
        numbers: Vec<f64>,
        /// How many rows.
        rows: usize,
        /// How many values in each row.
        columns: usize,
    },
}

impl Tensor {
    /// A vector's values; `None` for everything else.
    #[must_use]
    pub fn as_row(&self) -> Option<&[f64]> {
        match self {
            Self::Row(values) => Some(values),
            Self::Scalar(_) | Self::Index(_) | Self::Indices(_) | Self::Matrix { .. } => None,
        }
    }

    /// Its values of the dtype, a matrix's row by row; none for class indices.
    #[must_use]
    pub fn numbers(&self) -> &[f64] {
        match self {
            Self::Row(numbers) | Self::Matrix { numbers, .. } => numbers,
            Self::Scalar(number) => std::slice::from_ref(number),
            Self::Index(_) | Self::Indices(_) => &[],
        }
    }

    /// Its values of the dtype, to be changed in place.
    pub(crate) fn numbers_mut(&mut self) -> &mut [f64] {
        match self {
            Self::Row(numbers) | Self::Matrix { numbers, .. } => numbers,
            Self::Scalar(number) => std::slice::from_mut(number),
            Self::Index(_) | Self::Indices(_) => &mut [],
        }
    }

    /// Its class indices; none for numbers.
    #[must_use]
    pub fn indices(&self) -> &[i64] {
        match self {
            Self::Index(index) => std::slice::from_ref(index),
            Self::Indices(indices) => indices,
            Self::Row(_) | Self::Scalar(_) | Self::Matrix { .. } => &[],
        }
    }

    /// A matrix's row at a place, empty beyond the last; of anything else, all its numbers.
    pub(super) fn row(&self, place: usize) -> &[f64] {
        match self {
            Self::Matrix {
                numbers, columns, ..
            } => numbers
                .get(place * columns..(place + 1) * columns)
                .unwrap_or(&[]),
            _ => self.numbers(),
        }
    }

    /// Whether it is of a shape, under these lengths.
    pub(crate) fn fits(&self, shape: Shape, lengths: Lengths) -> bool {
        match (self, shape) {
            (Self::Row(values), Shape::Vector(dim)) => values.len() == lengths.get(dim),
            (Self::Indices(indices), Shape::Indices(dim)) => indices.len() == lengths.get(dim),
            (
                Self::Matrix {
                    numbers,
                    rows,
                    columns,
                },
                Shape::Matrix(down, across),
            ) => {
                (*rows, *columns) == (lengths.get(down), lengths.get(across))
                    && numbers.len() == rows * columns
            }
            (Self::Scalar(_), Shape::Scalar) | (Self::Index(_), Shape::Index) => true,
            _ => false,
        }
    }
}

/// The inputs of one call.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The id that regenerates it.
    pub id: CaseId,
    /// The inputs, in the order of the op's signature.
    pub inputs: Vec<Tensor>,
    /// The lengths that the inputs share; 0 for one that the op does not have.
    pub lengths: Lengths,
}

impl Case {
    /// A case whose inputs are rows of one length, and class indices.
    #[must_use]
    pub fn of_rows(id: CaseId, inputs: Vec<Tensor>) -> Self {
        let length = inputs.iter().find_map(Tensor::as_row).map_or(0, <[_]>::len);
        Self {
            id,
            inputs,
            lengths: Lengths::row(length),
        }
    }

    /// The length n of its rows; 0 if the op has none.
    #[must_use]
    pub fn length(&self) -> usize {
        self.lengths.n
    }

    /// How many rows its matrices have, at most; 1 where it has none.
    pub(super) fn row_count(&self) -> usize {
        let rows = self.inputs.iter().filter_map(|tensor| match tensor {
            Tensor::Matrix { rows, .. } => Some(*rows),
            _ => None,
        });
        rows.max().unwrap_or(1)
    }

    /// All its lengths.
    #[must_use]
    pub fn lengths(&self) -> Lengths {
        self.lengths
    }
}
