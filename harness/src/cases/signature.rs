//! What an op's inputs mean. In: names and roles, as a spec states them. Out: the questions generators ask of them.

pub use crate::spec::Role;

/// Every role, in the order in which a case's inputs are drawn: a later one may depend on an earlier one.
pub(super) const DRAWING_ORDER: [Role; 6] = [
    Role::Logits,
    Role::Real,
    Role::Probabilities,
    Role::Labels,
    Role::Label,
    Role::Upstream,
];

/// One input of an op.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InputSignature {
    /// Its name in the spec.
    pub name: String,
    /// What it means.
    pub role: Role,
}

/// An op and its inputs, in the order of its spec. Of two [`Role::Probabilities`] the first is p and the second q.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OpSignature {
    /// The op's name, the first part of its cases' ids.
    pub op: String,
    /// Its inputs.
    pub inputs: Vec<InputSignature>,
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

    /// How many inputs are rows of values (all but class indices).
    pub(super) fn row_count(&self) -> usize {
        self.inputs.len() - self.count(Role::Label)
    }
}
