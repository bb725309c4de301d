//! Cases that were found, not drawn: the class `known_worst`. In: inputs that a search found and somebody kept. Out: cases
//! by dtype and index.
//!
//! Their indices count up from 0 in each op and dtype, and a case that was kept stays, so their ids are as permanent as
//! those of drawn cases. They depend on no seed and are the same in both tiers.

use lossproof_numerics::Dtype;
use lossproof_oracle::formula::Lengths;
use std::sync::Arc;

use super::Tensor;

/// The name of the class.
pub const KNOWN_WORST: &str = "known_worst";

/// A case that was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptCase {
    /// The dtype of its values.
    pub dtype: Dtype,
    /// Its inputs, in the order of the op.
    pub inputs: Vec<Tensor>,
    /// The lengths that they share; 0 for one that the op does not have.
    pub lengths: Lengths,
    /// Where it comes from, in a sentence.
    pub origin: String,
}

/// The kept cases of an op, in the order of their indices; cheap to clone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KeptCases(Arc<[KeptCase]>);

impl KeptCases {
    /// These, each dtype's in the order of their indices.
    #[must_use]
    pub fn new(cases: Vec<KeptCase>) -> Self {
        Self(cases.into())
    }

    /// Whether there is none in any dtype.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of a dtype, in the order of their indices.
    pub fn of(&self, dtype: Dtype) -> impl Iterator<Item = &KeptCase> {
        self.0.iter().filter(move |kept| kept.dtype == dtype)
    }
}
