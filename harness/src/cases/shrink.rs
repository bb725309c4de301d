//! Simpler forms of a case that fails. In: a case. Out: candidates, and in the end the simplest case that still fails.
//!
//! A failing case shrinks in two passes. First elements are dropped, the same places of one dimension in every input:
//! all of them, then halves, then quarters, down to single elements; of n, then of m, whose elements are the rows of
//! matrices, then of k. A class index moves with its element and stays as valid as it was. Then each number is tried as
//! 0, as 1, without its fraction, and with ever more leading bits. A shrunk case keeps the id of the case that it came
//! from.

use lossproof_numerics::round_f64;
use lossproof_oracle::formula::Dim;
use proptest::strategy::ValueTree;

use super::reshape::Layout;
use super::{Case, OpSignature};

/// A case on its way to a simpler one.
#[derive(Debug, Clone)]
pub struct CaseTree {
    /// The simplest case known to fail.
    accepted: Case,
    /// The case under trial.
    candidate: Option<Case>,
    layout: Layout,
    step: Step,
}

/// The next simplification to try.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// Drop `size` elements of a dimension, counted among [`Dim::ALL`], from `start` on.
    Drop {
        dim: usize,
        size: usize,
        start: usize,
    },
    /// Replace an element of an input by its form of this rank.
    Simplify {
        input: usize,
        place: usize,
        form: usize,
    },
}

impl CaseTree {
    /// A tree whose first value is this case.
    #[must_use]
    pub fn new(accepted: Case, signature: &OpSignature) -> Self {
        Self {
            layout: Layout::of(signature),
            step: first_drop(&accepted, 0),
            accepted,
            candidate: None,
        }
    }

    /// Moves to the next candidate; false when there is none.
    fn advance(&mut self) -> bool {
        loop {
            match self.step {
                Step::Drop { dim, size: 0, .. } if dim + 1 < Dim::ALL.len() => {
                    self.step = first_drop(&self.accepted, dim + 1);
                }
                Step::Drop { size: 0, .. } => {
                    self.step = Step::Simplify {
                        input: 0,
                        place: 0,
                        form: 0,
                    };
                }
                Step::Drop { dim, size, start } if start >= self.length(dim) => {
                    let size = size / 2;
                    self.step = Step::Drop {
                        dim,
                        size,
                        start: 0,
                    };
                }
                Step::Drop { dim, size, start } => {
                    self.step = Step::Drop {
                        dim,
                        size,
                        start: start + size,
                    };
                    self.candidate =
                        self.layout
                            .without(&self.accepted, Dim::ALL[dim], start, size);
                }
                Step::Simplify { input, .. } if input >= self.accepted.inputs.len() => {
                    return false;
                }
                Step::Simplify { input, place, form } => {
                    let numbers = self.accepted.inputs[input].numbers();
                    self.step = if place >= numbers.len() {
                        Step::Simplify {
                            input: input + 1,
                            place: 0,
                            form: 0,
                        }
                    } else if form == FORMS {
                        Step::Simplify {
                            input,
                            place: place + 1,
                            form: 0,
                        }
                    } else {
                        self.candidate = self.simplified(input, place, form);
                        Step::Simplify {
                            input,
                            place,
                            form: form + 1,
                        }
                    };
                }
            }
            if self.candidate.is_some() {
                return true;
            }
        }
    }

    fn length(&self, dim: usize) -> usize {
        self.accepted.lengths.get(Dim::ALL[dim])
    }

    fn simplified(&self, input: usize, place: usize, form: usize) -> Option<Case> {
        let dtype = self.accepted.id.dtype;
        let mut case = self.accepted.clone();
        let number = case.inputs[input].numbers_mut().get_mut(place)?;
        let simple = simple_form(*number, form);
        let fits = round_f64(dtype, simple).to_bits() == simple.to_bits();
        let changed = simple.to_bits() != number.to_bits();
        *number = simple;
        (fits && changed).then_some(case)
    }

    /// After a candidate that failed: this element is done, or the same stretch of the row has new elements.
    fn settle(&mut self) {
        self.step = match self.step {
            Step::Drop { dim, size, start } => Step::Drop {
                dim,
                size,
                start: start.saturating_sub(size),
            },
            Step::Simplify { input, place, .. } => Step::Simplify {
                input,
                place: place + 1,
                form: 0,
            },
        };
    }
}

fn first_drop(case: &Case, dim: usize) -> Step {
    let size = case.lengths.get(Dim::ALL[dim]);
    Step::Drop {
        dim,
        size,
        start: 0,
    }
}

const KEPT_BITS: [u32; 7] = [1, 2, 3, 4, 6, 8, 12];
const FORMS: usize = 4 + KEPT_BITS.len();

/// Simpler forms of a value, the simplest first: 0, 1, −1, its integer part, and its leading bits. A value that has no
/// such form, or is not finite, comes back as it is, or as 0 and 1.
fn simple_form(value: f64, form: usize) -> f64 {
    let is_simple = value == 0.0 && value.is_sign_positive();
    match form {
        _ if is_simple => value,
        0 => 0.0,
        1 => 1.0,
        2 if value.to_bits() != 1f64.to_bits() => -1.0,
        _ if !value.is_finite() || value.abs().to_bits() == 1f64.to_bits() => value,
        3 => value.trunc(),
        _ => {
            let kept = KEPT_BITS[form - 4];
            f64::from_bits(value.to_bits() & (u64::MAX << (53 - kept)))
        }
    }
}

impl ValueTree for CaseTree {
    type Value = Case;

    fn current(&self) -> Case {
        self.candidate.as_ref().unwrap_or(&self.accepted).clone()
    }

    fn simplify(&mut self) -> bool {
        if let Some(failing) = self.candidate.take() {
            self.accepted = failing;
            self.settle();
        }
        self.advance()
    }

    fn complicate(&mut self) -> bool {
        let tried = self.candidate.take().is_some();
        tried && self.advance()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_go_from_simple_to_long() {
        let forms: Vec<f64> = (0..7).map(|form| simple_form(88.722, form)).collect();
        assert_eq!(forms, [0.0, 1.0, -1.0, 88.0, 64.0, 64.0, 80.0]);
        assert!((0..FORMS).all(|form| simple_form(0.0, form).to_bits() == 0));
    }
}
