//! Which ops a class applies to. In: an op's signature. Out: whether it has the inputs that the class is about.

use std::fmt;

use super::signature::{OpSignature, Role};

/// The inputs that a class is about, along the op's main dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// Any subject: logits, probabilities or real numbers.
    Subject,
    /// Logits or real numbers.
    LogitsOrReal,
    /// Logits or probabilities.
    LogitsOrProbabilities,
    /// Logits.
    Logits,
    /// Dense labels.
    Labels,
    /// Logits with dense labels.
    LogitsAndLabels,
    /// Logits with dense labels or a class index.
    LogitsAndTarget,
    /// Class indices of any kind.
    Index,
    /// A class index into the row of logits.
    PlaceInRow,
    /// Probabilities.
    Probabilities,
    /// Two rows of probabilities.
    Pair,
    /// Real numbers.
    Real,
    /// Two rows of real numbers.
    RealPair,
    /// Cases that were kept.
    Kept,
}

impl Needs {
    /// Whether the op has these inputs.
    pub(super) fn met_by(self, signature: &OpSignature) -> bool {
        let has = |role| signature.along(role).next().is_some();
        let target = has(Role::Labels) || signature.has_place_in_row();
        match self {
            Self::Subject => has(Role::Logits) || has(Role::Probabilities) || has(Role::Real),
            Self::LogitsOrReal => has(Role::Logits) || has(Role::Real),
            Self::LogitsOrProbabilities => has(Role::Logits) || has(Role::Probabilities),
            Self::Logits => has(Role::Logits),
            Self::Labels => has(Role::Labels),
            Self::LogitsAndLabels => has(Role::Logits) && has(Role::Labels),
            Self::LogitsAndTarget => has(Role::Logits) && target,
            Self::Index => (0..signature.inputs.len()).any(|at| !signature.is_numeric(at)),
            Self::PlaceInRow => has(Role::Logits) && signature.has_place_in_row(),
            Self::Probabilities => has(Role::Probabilities),
            Self::Pair => signature.has_pair(Role::Probabilities),
            Self::Real => has(Role::Real),
            Self::RealPair => signature.has_pair(Role::Real),
            Self::Kept => !signature.kept.is_empty(),
        }
    }

    /// Whether the class draws inputs off the main dimension too: those about any subject do.
    pub(super) fn reach_every_input(self) -> bool {
        matches!(self, Self::Subject | Self::LogitsOrReal)
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subject => "an input of role logits, probabilities or real",
            Self::LogitsOrReal => "an input of role logits or real",
            Self::LogitsOrProbabilities => "an input of role logits or probabilities",
            Self::Logits => "an input of role logits",
            Self::Labels => "an input of role labels",
            Self::LogitsAndLabels => "inputs of roles logits and labels",
            Self::LogitsAndTarget => "inputs of roles logits and labels, or logits and label",
            Self::Index => "an input of role label or samples",
            Self::PlaceInRow => "inputs of roles logits and label",
            Self::Probabilities => "an input of role probabilities",
            Self::Pair => "two inputs of role probabilities",
            Self::Real => "an input of role real",
            Self::RealPair => "two inputs of role real and of one shape",
            Self::Kept => "cases kept in golden/worst_cases",
        })
    }
}
