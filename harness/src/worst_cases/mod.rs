//! Known worst cases as files: `golden/worst_cases/<op>.<dtype>.toml` in, the cases of the class `known_worst` out, and
//! back.
//!
//! ```toml
//! [[case]]
//! id          = 0                                  # counts up from 0; a case that is kept stays, so ids are permanent
//! inputs.logits = ["0x1.04a748p+5", "0x0p+0 * 15"] # hex floats; `* 15`: fifteen times
//! inputs.label = 1                                 # class indices are whole numbers; a matrix is a list of rows
//! place       = 0                                  # the output value with the error
//! ulps        = [16714200.0, 16714300.0]           # bounds of the error, rounded outwards
//! subject     = "builtin:textbook"                 # the kernel that has it
//! version     = "0.1.0"
//! profile     = "exact"
//! objective   = "ulps"                             # what the hunt made large
//! seed        = 0
//! evaluations = 10000
//! longest     = 64                                 # the longest row that was tried
//! fresh       = true                               # whether it began with nothing known
//! by          = "common shift, from class ties"    # how it was found
//! ```
//!
//! An input also takes `inf`, `-inf`, and `bits:` with an encoding in hex for a NaN. Whatever else stands in a file is an
//! error that names its line, and [`render`] writes the one form that a file has.

mod decode;
mod encode;

pub use decode::{WorstCasesError, parse};
pub use encode::render;

use crate::cases::{KeptCase, Tensor};
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::Lengths;

/// A case of the class `known_worst`, and how it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct WorstCase {
    /// Its index in the class.
    pub id: u32,
    /// Its inputs, in the order of the op.
    pub inputs: Vec<Tensor>,
    /// The lengths that they share.
    pub lengths: Lengths,
    /// The place of the output value with the error.
    pub place: usize,
    /// Bounds of the error in ulps, rounded outwards.
    pub ulp_error: (f64, f64),
    /// How it was found.
    pub found: Provenance,
}

/// How a case was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The subject whose kernel it was found for.
    pub subject: String,
    /// The subject's version.
    pub version: String,
    /// The profile that the kernel was judged by.
    pub profile: String,
    /// What the hunt made as large as it could.
    pub objective: String,
    /// The seed of the hunt.
    pub seed: u64,
    /// How many inputs it evaluated.
    pub evaluations: u64,
    /// The longest row that it tried.
    pub longest: usize,
    /// Whether it began with nothing known, so that the same command finds the same whatever else is kept by then.
    pub fresh: bool,
    /// The moves that made it.
    pub by: String,
}

impl WorstCase {
    /// Whether another case has the same inputs, NaN payloads and signs of zeros included.
    #[must_use]
    pub fn has_inputs_of(&self, other: &Self) -> bool {
        let bits = |case: &Self| -> Vec<u64> {
            let numbers = case.inputs.iter().flat_map(Tensor::numbers);
            numbers.map(|x| x.to_bits()).collect()
        };
        let places = |case: &Self| -> Vec<i64> {
            let places = case.inputs.iter().flat_map(Tensor::indices);
            places.copied().collect()
        };
        self.lengths == other.lengths && bits(self) == bits(other) && places(self) == places(other)
    }

    /// The case as the generators know it.
    #[must_use]
    pub fn kept(&self, dtype: Dtype) -> KeptCase {
        let found = &self.found;
        KeptCase {
            dtype,
            inputs: self.inputs.clone(),
            lengths: self.lengths,
            origin: format!(
                "found for {} {}, which is {} … {} ulp off here",
                found.subject, found.version, self.ulp_error.0, self.ulp_error.1
            ),
        }
    }
}

/// The name of the file of an op in a dtype: `softmax.f32.toml`.
#[must_use]
pub fn file_name(op: &str, dtype: Dtype) -> String {
    format!("{op}.{dtype}.toml")
}
