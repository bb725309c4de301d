//! Cases made shorter and longer. In: a case and places along one of its lengths. Out: the case without them, or with
//! them once more at the end.
//!
//! A class index moves with its element and stays as valid as it was.

use std::ops::Range;

use lossproof_oracle::formula::{Dim, Lengths, Shape};

use super::{Case, OpSignature, Tensor};

/// What a case's inputs are made of.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The shape of each input, and the dimension in which it names places.
    shapes: Vec<(Shape, Option<Dim>)>,
}

impl Layout {
    /// The layout of an op's cases.
    pub(crate) fn of(signature: &OpSignature) -> Self {
        let positions = 0..signature.inputs.len();
        let shapes = positions.map(|at| {
            let names_places = !signature.is_numeric(at);
            let named = names_places.then(|| signature.index_dimension(at));
            (signature.shape(at), named)
        });
        Self {
            shapes: shapes.collect(),
        }
    }

    /// The lengths that inputs give, 0 for one that the op does not have; none when they have other shapes or disagree.
    pub(crate) fn lengths(&self, inputs: &[Tensor]) -> Option<Lengths> {
        let mut lengths = Lengths::default();
        for (tensor, &(shape, _)) in inputs.iter().zip(&self.shapes) {
            let found = match tensor {
                Tensor::Row(row) => vec![row.len()],
                Tensor::Indices(places) => vec![places.len()],
                Tensor::Matrix { rows, columns, .. } => vec![*rows, *columns],
                Tensor::Scalar(_) | Tensor::Index(_) => vec![],
            };
            for (dim, found) in shape.dims().into_iter().zip(found) {
                set(&mut lengths, dim, found);
            }
        }
        let fit = inputs
            .iter()
            .zip(&self.shapes)
            .all(|(tensor, &(shape, _))| tensor.fits(shape, lengths));
        (fit && inputs.len() == self.shapes.len()).then_some(lengths)
    }

    /// The lengths that an input has or names places along, so that a case needs at least one place of each.
    fn needs_one(&self, dim: Dim) -> bool {
        self.shapes.iter().any(|&(shape, named)| {
            named == Some(dim) || matches!(shape, Shape::Matrix(rows, _) if rows == dim)
        })
    }

    /// The case without some places of a dimension, `size` from `start` on, unless a class index would have none left to
    /// name, or a batch no row.
    pub(crate) fn without(&self, case: &Case, dim: Dim, start: usize, size: usize) -> Option<Case> {
        let length = case.lengths.get(dim);
        let end = (start + size).min(length);
        let left = length.checked_sub(end.checked_sub(start)?)?;
        if left == length || (left == 0 && self.needs_one(dim)) {
            return None;
        }
        let mut case = case.clone();
        set(&mut case.lengths, dim, left);
        for (tensor, &(shape, named)) in case.inputs.iter_mut().zip(&self.shapes) {
            drop_places(tensor, shape, dim, start..end);
            for place in places_of(tensor) {
                if named == Some(dim) {
                    *place = moved(*place, length, start, end);
                }
            }
        }
        Some(case)
    }

    /// The case with some places of a dimension once more at its end; none where they lie beyond it.
    pub(crate) fn with_again(&self, case: &Case, dim: Dim, places: Range<usize>) -> Option<Case> {
        let length = case.lengths.get(dim);
        if places.is_empty() || places.end > length {
            return None;
        }
        let mut case = case.clone();
        set(&mut case.lengths, dim, length + places.len());
        for (tensor, &(shape, _)) in case.inputs.iter_mut().zip(&self.shapes) {
            append_places(tensor, shape, dim, places.clone());
        }
        Some(case)
    }
}

/// The class indices of a tensor, to be changed in place.
fn places_of(tensor: &mut Tensor) -> &mut [i64] {
    match tensor {
        Tensor::Index(index) => std::slice::from_mut(index),
        Tensor::Indices(indices) => indices,
        _ => &mut [],
    }
}

fn set(lengths: &mut Lengths, dim: Dim, length: usize) {
    match dim {
        Dim::N => lengths.n = length,
        Dim::M => lengths.m = length,
        Dim::K => lengths.k = length,
    }
}

/// Takes out what lies at these places of a dimension: elements of a vector, samples, a matrix's columns or rows.
fn drop_places(tensor: &mut Tensor, shape: Shape, dim: Dim, places: Range<usize>) {
    match (tensor, shape) {
        (Tensor::Row(values), Shape::Vector(own)) if own == dim => drop(values.drain(places)),
        (Tensor::Indices(indices), Shape::Indices(own)) if own == dim => {
            drop(indices.drain(places));
        }
        (
            Tensor::Matrix {
                numbers,
                rows,
                columns,
            },
            Shape::Matrix(down, across),
        ) => {
            if across == dim {
                let width = *columns;
                let mut at = 0..;
                numbers.retain(|_| {
                    let at = at.next().unwrap_or(0);
                    !places.contains(&(at % width))
                });
                *columns -= places.len();
            }
            if down == dim {
                numbers.drain(places.start * *columns..places.end * *columns);
                *rows -= places.len();
            }
        }
        _ => {}
    }
}

/// Repeats at the end what lies at these places of a dimension.
fn append_places(tensor: &mut Tensor, shape: Shape, dim: Dim, places: Range<usize>) {
    match (tensor, shape) {
        (Tensor::Row(values), Shape::Vector(own)) if own == dim => {
            values.extend_from_within(places);
        }
        (Tensor::Indices(indices), Shape::Indices(own)) if own == dim => {
            indices.extend_from_within(places);
        }
        (
            Tensor::Matrix {
                numbers,
                rows,
                columns,
            },
            Shape::Matrix(down, across),
        ) => {
            if down == dim {
                numbers.extend_from_within(places.start * *columns..places.end * *columns);
                *rows += places.len();
            }
            if across == dim {
                let longer = numbers.chunks(usize::max(*columns, 1));
                let longer = longer.flat_map(|row| row.iter().chain(&row[places.clone()]));
                *numbers = longer.copied().collect();
                *columns += places.len();
            }
        }
        _ => {}
    }
}

/// Where a class index lies after the places `start..end` of a row are dropped. An index outside the row stays as it is.
fn moved(index: i64, length: usize, start: usize, end: usize) -> i64 {
    let Some(place) = usize::try_from(index).ok().filter(|&place| place < length) else {
        return index;
    };
    let place = if place >= end {
        place - (end - start)
    } else {
        place.min(start)
    };
    let last = (length - (end - start)).saturating_sub(1);
    i64::try_from(place.min(last)).expect("no longer than before")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_follows_its_element() {
        // Row of 10 without places 2..5.
        for (before, after) in [
            (0, 0),
            (1, 1),
            (2, 2),
            (4, 2),
            (5, 2),
            (9, 6),
            (-1, -1),
            (10, 10),
        ] {
            assert_eq!(moved(before, 10, 2, 5), after, "{before}");
        }
        // Its element and everything behind it dropped.
        assert_eq!(moved(9, 10, 5, 10), 4);
    }

    #[test]
    fn what_is_appended_is_what_was_there() {
        let mut row = Tensor::Row(vec![1.0, 2.0, 3.0]);
        append_places(&mut row, Shape::ROW, Dim::N, 1..3);
        assert_eq!(row, Tensor::Row(vec![1.0, 2.0, 3.0, 2.0, 3.0]));
        let matrix = |numbers: &[f64], rows, columns| Tensor::Matrix {
            numbers: numbers.to_vec(),
            rows,
            columns,
        };
        let shape = Shape::Matrix(Dim::M, Dim::N);
        let mut wider = matrix(&[1.0, 2.0, 3.0, 4.0], 2, 2);
        append_places(&mut wider, shape, Dim::N, 0..1);
        assert_eq!(wider, matrix(&[1.0, 2.0, 1.0, 3.0, 4.0, 3.0], 2, 3));
        append_places(&mut wider, shape, Dim::M, 1..2);
        let taller = [1.0, 2.0, 1.0, 3.0, 4.0, 3.0, 3.0, 4.0, 3.0];
        assert_eq!(wider, matrix(&taller, 3, 3));
    }
}
