//! The hunt: a kernel and an op in, inputs that make it worse out, shrunk to the simplest that show it.
//!
//! It starts from what is known to be bad, looks at cases of the op's own classes, and goes on by three means in turn:
//! bisection of the arguments' ranges where there are few of them, climbing by small moves from the best inputs found
//! so far, and fresh looks. Where the exact result changes its sign between two of them, the stretch between is halved down to
//! the zero. Every batch of candidates is drawn before any of it is measured, so what is found depends on
//! the seed and on how many evaluations there were, and on nothing else. An error is the one that an enclosure proves: the
//! lower end of its interval counts.

mod bisect;
mod climb;
mod domain;
mod draws;
mod evaluate;
mod looks;
mod moves;
mod numbers;
mod plain;
mod roots;
mod search;
mod shrink;

pub use evaluate::{Judge, Objective, Score, WorstOutput};
pub use plain::{Baseline, plain_sampling};
pub use search::{Fault, Find, Hunted, Plan, Start, hunt};
pub use shrink::{KEPT_SHARE, shrink};

use crate::reference::GradientsDisagree;

/// Somebody who watches a hunt and may end it.
pub trait Watch: Sync {
    /// So many evaluations are done, and the best objective is this.
    fn evaluated(&self, evaluations: u64, best: f64);
    /// Whether to stop before the next batch.
    fn is_over(&self) -> bool;
}

/// Nobody.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn evaluated(&self, _: u64, _: f64) {}

    fn is_over(&self) -> bool {
        false
    }
}

/// Why a hunt could not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HuntError {
    /// A spec contradicts itself.
    #[error(transparent)]
    Gradients(#[from] GradientsDisagree),
    /// None of the classes has a case that is short enough.
    #[error(
        "no class of `{op}` has a case of at most {longest} values a row; choose other classes, or a larger --longest"
    )]
    NothingToDraw {
        /// The op.
        op: String,
        /// The longest row.
        longest: usize,
    },
}
