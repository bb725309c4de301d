//! Adversarial cases with permanent ids. In: an op's signature, a case id and a seed. Out: one row of inputs, every
//! value carried as an `f64` that is exactly a value of the dtype.
//!
//! A [`Class`] is a documented idea of what breaks kernels, with variants and row lengths in a fixed schedule: an id's
//! index names a slot of that schedule, so `softmax/f32/huge_logits/00017` with the same seed is the same case, bit for
//! bit, on every machine and in either tier. Each class makes a claim about its cases, and [`claim_holds`] checks it.

mod binary;
mod cancellation;
mod class;
mod draft;
mod draw;
mod id;
mod labels;
mod needs;
mod ordinary;
mod pairs;
mod range;
mod schedule;
mod shrink;
mod signature;
mod simplex;
mod special;
pub mod strategy;
mod ties;
mod values;

use lossproof_numerics::Dtype;

pub use class::{Class, classes};
pub use id::{CaseId, CaseIdError};
pub use schedule::Tier;
pub use signature::{InputSignature, OpSignature, Role};

use draft::{Draft, View};
use draw::Draw;
use schedule::Slot;

/// One input of one case.
#[derive(Debug, Clone, PartialEq)]
pub enum Tensor {
    /// A row of values of the dtype.
    Row(Vec<f64>),
    /// A class index.
    Index(i64),
}

impl Tensor {
    /// The row's values; `None` for an index.
    #[must_use]
    pub fn as_row(&self) -> Option<&[f64]> {
        match self {
            Self::Row(values) => Some(values),
            Self::Index(_) => None,
        }
    }
}

/// The inputs of one call on one row. All rows have the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The id that regenerates it.
    pub id: CaseId,
    /// The inputs, in the order of the op's signature.
    pub inputs: Vec<Tensor>,
}

impl Case {
    /// The length of its rows.
    #[must_use]
    pub fn length(&self) -> usize {
        self.inputs
            .iter()
            .find_map(Tensor::as_row)
            .map_or(0, <[f64]>::len)
    }
}

/// Why there is no such case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// A class that does not exist.
    #[error("unknown class `{name}`; the classes are {known}")]
    UnknownClass {
        /// The name as given.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// An id of another op than the signature's.
    #[error("case `{id}` is not of the op `{op}`; give the signature of the op that the id names")]
    OtherOp {
        /// The id.
        id: CaseId,
        /// The signature's op.
        op: String,
    },
    /// A class about inputs that the op does not have.
    #[error(
        "the class `{class}` does not apply to the op `{op}`: it needs {needs}; choose another class for this op"
    )]
    DoesNotApply {
        /// The class.
        class: &'static str,
        /// The op.
        op: String,
        /// The inputs that the class is about.
        needs: String,
    },
    /// An index beyond the full tier.
    #[error("there is no case `{id}`: the index must be below {count}, the full tier's count")]
    IndexBeyond {
        /// The id.
        id: CaseId,
        /// How many cases the class has for this op.
        count: u32,
    },
}

/// The class of this name.
///
/// # Errors
/// [`CaseError::UnknownClass`], which lists the names that exist.
pub fn class_named(name: &str) -> Result<&'static Class, CaseError> {
    classes()
        .iter()
        .find(|class| class.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = classes().iter().map(|class| class.name).collect();
            CaseError::UnknownClass {
                name: name.to_owned(),
                known: known.join(", "),
            }
        })
}

/// Whether an op has the inputs that a class is about.
#[must_use]
pub fn applies(signature: &OpSignature, class: &Class) -> bool {
    class.needs.met_by(signature)
}

fn slots(signature: &OpSignature, class: &Class, tier: Tier) -> impl Iterator<Item = Slot> + use<> {
    // An empty row has no valid class index, so it belongs to `bad_label` alone.
    let indexed = signature.has(Role::Label) && class.needs != needs::Needs::LogitsAndLabel;
    let applied = applies(signature, class).then(|| {
        let shortest = class.shortest.max(usize::from(indexed));
        class.budget.slots(shortest, tier)
    });
    applied.into_iter().flatten()
}

/// How many cases a class has for an op and a dtype: indices 0 to this, less 1. 0 where the class does not apply.
///
/// The quick tier's indices are the first of the full tier's. The dtype does not matter yet; it is part of the question
/// so that it may.
#[must_use]
pub fn case_count(signature: &OpSignature, _dtype: Dtype, class: &Class, tier: Tier) -> u32 {
    slots(signature, class, tier).map(|_| 1).sum()
}

/// Regenerates one case from its id.
///
/// # Errors
/// [`CaseError`] when the class is unknown or does not apply to the op, the id is of another op, or the index lies
/// beyond the full tier.
pub fn case(signature: &OpSignature, id: &CaseId, seed: u64) -> Result<Case, CaseError> {
    if id.op != signature.op {
        return Err(CaseError::OtherOp {
            id: id.clone(),
            op: signature.op.clone(),
        });
    }
    let class = class_named(&id.class)?;
    if !applies(signature, class) {
        return Err(CaseError::DoesNotApply {
            class: class.name,
            op: signature.op.clone(),
            needs: class.needs.to_string(),
        });
    }
    let slot = slots(signature, class, Tier::Full).nth(id.index as usize);
    let slot = slot.ok_or_else(|| CaseError::IndexBeyond {
        id: id.clone(),
        count: case_count(signature, id.dtype, class, Tier::Full),
    })?;
    let inputs = draw_inputs(signature, id, class, slot, seed);
    Ok(Case {
        id: id.clone(),
        inputs,
    })
}

fn draw_inputs(
    signature: &OpSignature,
    id: &CaseId,
    class: &Class,
    slot: Slot,
    seed: u64,
) -> Vec<Tensor> {
    let mut draw = Draw::new(seed, &id.to_string());
    let mut draft = Draft {
        signature,
        dtype: id.dtype,
        length: slot.length,
        variant: slot.variant,
        inputs: vec![None; signature.inputs.len()],
    };
    for role in signature::DRAWING_ORDER {
        for position in 0..signature.inputs.len() {
            if draft.role(position) == role {
                let filled = (class.fill)(&draft, position, &mut draw);
                let tensor =
                    filled.unwrap_or_else(|| ordinary::companion(&draft, position, &mut draw));
                draft.inputs[position] = Some(tensor);
            }
        }
    }
    draft.inputs.into_iter().flatten().collect()
}

/// Checks that a case is what its class claims, and that it is well formed: rows of one length, values of the dtype, a
/// class index inside the row unless the class is about one outside.
///
/// # Errors
/// A sentence that names the case and what does not hold.
pub fn claim_holds(case: &Case, signature: &OpSignature) -> Result<(), String> {
    let id = &case.id;
    let class = class_named(&id.class).map_err(|error| error.to_string())?;
    let length = case.length();
    if case.inputs.len() != signature.inputs.len() {
        let expected = signature.inputs.len();
        return Err(format!(
            "case `{id}` has {} inputs, not {expected}",
            case.inputs.len()
        ));
    }
    for (input, tensor) in signature.inputs.iter().zip(&case.inputs) {
        let name = &input.name;
        match tensor {
            Tensor::Row(row) if input.role != Role::Label => {
                if row.len() != length {
                    return Err(format!(
                        "case `{id}`: `{name}` has {} values, not {length}",
                        row.len()
                    ));
                }
                if let Some(foreign) = row.iter().find(|&&x| !values::belongs(id.dtype, x)) {
                    return Err(format!(
                        "case `{id}`: `{name}` holds {foreign:e}, no value of {}",
                        id.dtype
                    ));
                }
            }
            Tensor::Index(index) if input.role == Role::Label => {
                let inside = usize::try_from(*index).is_ok_and(|index| index < length);
                if !inside && class.needs != needs::Needs::LogitsAndLabel {
                    return Err(format!(
                        "case `{id}`: `{name}` is {index}, outside a row of {length}"
                    ));
                }
            }
            _ => return Err(format!("case `{id}`: `{name}` is no {}", input.role)),
        }
    }
    // An empty row has nothing to claim but the length of its index's range.
    let vacuous = length == 0 && !signature.has(Role::Label);
    if vacuous || (class.holds)(&View { case, signature }) {
        Ok(())
    } else {
        Err(format!(
            "case `{id}` is not what its class claims: {}",
            class.claim
        ))
    }
}
