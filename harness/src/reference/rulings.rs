//! The clauses of an op on one call. In: a call. Out: for each output value, what settles it: a clause, or the formula.

use super::{Call, Reference};
use crate::spec::{Clause, Outcome};
use lossproof_oracle::{Conditions, Decision};

/// What settles an output value.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// The place of the clause among [`Reference::clauses`]; none when the formula settles it alone.
    pub clause: Option<usize>,
    /// What is accepted.
    pub accept: &'a [Outcome],
    /// Whether some clause's condition could not be settled, so that the value is undecided whatever the result.
    pub unsettled: bool,
}

impl Reference {
    /// What the clauses say about a call.
    #[must_use]
    pub fn rulings(&self, call: &Call<'_>) -> Rulings<'_> {
        let conditions = Conditions {
            names: &self.names,
            shapes: &self.shapes,
            inputs: &call.data,
            lengths: call.lengths,
        };
        let decisions = self
            .clauses
            .iter()
            .map(|clause| conditions.decide(&clause.when))
            .collect();
        Rulings {
            clauses: &self.clauses,
            decisions,
            values: self.output_length(call.lengths),
        }
    }
}

/// The clauses of an op decided on one call.
#[derive(Debug)]
pub struct Rulings<'a> {
    clauses: &'a [Clause],
    decisions: Vec<Decision>,
    /// How many values the output has.
    values: usize,
}

impl<'a> Rulings<'a> {
    /// What settles the output at a place: the first clause that holds there, else the formula.
    #[must_use]
    pub fn target(&self, place: usize) -> Target<'a> {
        self.first(|decision| match decision {
            // A condition with an answer for each row of a matrix holds along the row.
            Decision::Places(answers) if answers.len() < self.values => {
                answers[place / (self.values / answers.len())]
            }
            decision => decision.at(place),
        })
    }

    /// What settles the call as a whole: row-shaped clauses have no say.
    #[must_use]
    pub fn target_of_call(&self) -> Target<'a> {
        self.first(|decision| match decision {
            Decision::Row(holds) => *holds,
            Decision::Places(_) => Some(false),
        })
    }

    fn first(&self, holds: impl Fn(&Decision) -> Option<bool>) -> Target<'a> {
        for (index, (clause, decision)) in self.clauses.iter().zip(&self.decisions).enumerate() {
            match holds(decision) {
                Some(false) => {}
                found => {
                    return Target {
                        clause: Some(index),
                        accept: &clause.accept,
                        unsettled: found.is_none(),
                    };
                }
            }
        }
        Target {
            clause: None,
            accept: &[Outcome::Formula],
            unsettled: false,
        }
    }
}

/// Whether a value is of a class that a clause accepts by itself, without the formula.
#[must_use]
pub fn accepts_class(accept: &[Outcome], value: f64) -> bool {
    accept.iter().any(|outcome| match outcome {
        Outcome::Nan => value.is_nan(),
        Outcome::PositiveInfinity => value == f64::INFINITY,
        Outcome::NegativeInfinity => value == f64::NEG_INFINITY,
        Outcome::PositiveZero => value == 0.0 && value.is_sign_positive(),
        Outcome::NegativeZero => value == 0.0 && value.is_sign_negative(),
        Outcome::Error | Outcome::Formula | Outcome::Unknown => false,
    })
}
