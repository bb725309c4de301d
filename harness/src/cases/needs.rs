//! Which ops a class applies to. In: an op's signature. Out: whether it has the inputs that the class is about.

use std::fmt;

use super::signature::{OpSignature, Role};

/// The inputs that a class is about.
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
    /// Logits with a class index.
    LogitsAndLabel,
    /// Two rows of probabilities.
    Pair,
}

impl Needs {
    /// Whether the op has these inputs.
    pub(super) fn met_by(self, signature: &OpSignature) -> bool {
        let has = |role| signature.has(role);
        let target = has(Role::Labels) || has(Role::Label);
        match self {
            Self::Subject => has(Role::Logits) || has(Role::Probabilities) || has(Role::Real),
            Self::LogitsOrReal => has(Role::Logits) || has(Role::Real),
            Self::LogitsOrProbabilities => has(Role::Logits) || has(Role::Probabilities),
            Self::Logits => has(Role::Logits),
            Self::Labels => has(Role::Labels),
            Self::LogitsAndLabels => has(Role::Logits) && has(Role::Labels),
            Self::LogitsAndTarget => has(Role::Logits) && target,
            Self::LogitsAndLabel => has(Role::Logits) && has(Role::Label),
            Self::Pair => signature.count(Role::Probabilities) >= 2,
        }
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
            Self::LogitsAndLabel => "inputs of roles logits and label",
            Self::Pair => "two inputs of role probabilities",
        })
    }
}
