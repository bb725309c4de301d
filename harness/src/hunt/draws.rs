//! Fresh candidates: cases of the op's own classes under other seeds, and inputs whose numbers are spread evenly over the
//! dtype's values. In: an op, its classes and a random stream. Out: cases.

use super::HuntError;
use super::domain::Domain;
use crate::cases::strategy::indices;
use crate::cases::{
    Case, CaseId, Class, Draw, KNOWN_WORST, Layout, OpSignature, Tensor, applies, case,
};
use lossproof_numerics::{Dtype, from_ordinal};
use lossproof_oracle::formula::{Dim, Lengths, Shape};

/// Draws candidates of one op and dtype.
#[derive(Debug)]
pub(super) struct Draws {
    pub(super) signature: OpSignature,
    pub(super) dtype: Dtype,
    pub(super) longest: usize,
    /// Each class with the indices of its cases that are short enough.
    choices: Vec<(&'static Class, Vec<u32>)>,
    domain: Domain,
}

/// The most rows of a matrix, and samples, that are spread evenly.
const MOST_BESIDE: usize = 4;

impl Draws {
    /// For an op whose cases come from these classes, in rows up to a length.
    ///
    /// # Errors
    /// When none of the classes has a case.
    pub(super) fn new(
        signature: OpSignature,
        dtype: Dtype,
        classes: &[&'static Class],
        longest: usize,
    ) -> Result<Self, HuntError> {
        let choices: Vec<_> = classes
            .iter()
            .filter(|class| !class.is_kept() && applies(&signature, class))
            .map(|class| (*class, indices(&signature, class, longest)))
            .filter(|(_, indices)| !indices.is_empty())
            .collect();
        if choices.is_empty() {
            return Err(HuntError::NothingToDraw {
                op: signature.op,
                longest,
            });
        }
        let domain = Domain::of_roles(&signature, dtype);
        Ok(Self {
            signature,
            dtype,
            longest,
            choices,
            domain,
        })
    }

    /// The range that the role of an input gives, in places among the dtype's values.
    pub(super) fn range(&self, input: usize) -> (i64, i64) {
        self.domain.range(input)
    }

    /// How many classes there are.
    pub(super) fn classes(&self) -> usize {
        self.choices.len()
    }

    /// A case of the class in turn, under a seed of its own.
    pub(super) fn of_class(&self, turn: usize, draw: &mut Draw) -> Case {
        let (class, indices) = &self.choices[turn % self.choices.len()];
        let index = indices[draw.below(indices.len())];
        self.sibling(class.name, index, draw)
    }

    /// Another case of a class that one was drawn of.
    pub(super) fn of_the_class(&self, name: &str, draw: &mut Draw) -> Case {
        let known = self
            .choices
            .iter()
            .position(|(class, _)| class.name == name);
        self.of_class(known.expect("a class that was drawn of"), draw)
    }

    /// The case of a class and an index under another seed: of the same variant and length.
    pub(super) fn sibling(&self, class: &str, index: u32, draw: &mut Draw) -> Case {
        let id = CaseId {
            op: self.signature.op.clone(),
            dtype: self.dtype,
            class: class.to_owned(),
            index,
        };
        case(&self.signature, &id, draw.bits()).expect("an index of the class's schedule")
    }

    /// Inputs of short and long rows whose numbers are spread evenly over the values of their roles' ranges.
    pub(super) fn spread(&self, draw: &mut Draw) -> Case {
        let octaves = self.longest.ilog2() as usize;
        let length = ((2 << draw.below(octaves + 1)) - 1).min(self.longest);
        let length = 1 + draw.below(length);
        let mut beside = || 1 + draw.below(MOST_BESIDE);
        let of = |dim, length| if self.signature.uses(dim) { length } else { 0 };
        let lengths = Lengths {
            n: of(Dim::N, length),
            m: of(Dim::M, beside()),
            k: of(Dim::K, beside()),
        };
        self.evenly(lengths, draw)
    }

    /// Inputs of given lengths whose numbers are spread evenly.
    pub(super) fn evenly(&self, lengths: Lengths, draw: &mut Draw) -> Case {
        let positions = 0..self.signature.inputs.len();
        let inputs = positions.map(|position| {
            let shape = self.signature.shape(position);
            let (low, high) = self.domain.range(position);
            let mut number = || from_ordinal(self.dtype, between(low, high, draw));
            match shape {
                Shape::Scalar | Shape::Constant => Tensor::Scalar(number()),
                Shape::Vector(dim) => {
                    Tensor::Row((0..lengths.get(dim)).map(|_| number()).collect())
                }
                Shape::Matrix(rows, columns) => Tensor::Matrix {
                    numbers: (0..lengths.numbers_in(shape)).map(|_| number()).collect(),
                    rows: lengths.get(rows),
                    columns: lengths.get(columns),
                },
                Shape::Index => Tensor::Index(self.place(position, lengths, draw)),
                Shape::Indices(dim) => {
                    let places = 0..lengths.get(dim);
                    Tensor::Indices(
                        places
                            .map(|_| self.place(position, lengths, draw))
                            .collect(),
                    )
                }
            }
        });
        let inputs: Vec<Tensor> = inputs.collect();
        debug_assert!(Layout::of(&self.signature).lengths(&inputs).is_some());
        Case {
            id: self.unnamed(),
            inputs,
            lengths,
        }
    }

    /// A class index that an input may have.
    fn place(&self, position: usize, lengths: Lengths, draw: &mut Draw) -> i64 {
        let range = lengths.get(self.signature.index_dimension(position));
        i64::try_from(draw.below(range.max(1))).expect("a short row")
    }

    /// The id of what is no case of a class (yet).
    fn unnamed(&self) -> CaseId {
        CaseId {
            op: self.signature.op.clone(),
            dtype: self.dtype,
            class: KNOWN_WORST.to_owned(),
            index: 0,
        }
    }
}

/// A whole number in [`low`, `high`].
pub(super) fn between(low: i64, high: i64, draw: &mut Draw) -> i64 {
    let span = u128::from(high.abs_diff(low)) + 1;
    let drawn = i128::try_from((u128::from(draw.bits()) * span) >> 64).expect("below 2^65");
    i64::try_from(i128::from(low) + drawn).expect("at most `high`")
}
