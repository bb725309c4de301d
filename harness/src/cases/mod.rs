//! Adversarial cases with permanent ids. In: an op's signature, a case id and a seed. Out: the inputs of one call (rows,
//! matrices, numbers, class indices), every value carried as an `f64` that is exactly a value of the dtype.
//!
//! A [`Class`] is a documented idea of what breaks kernels, with variants and row lengths in a fixed schedule: an id's
//! index names a slot of that schedule, so `softmax/f32/huge_logits/00017` with the same seed is the same case, bit for
//! bit, on every machine and in either tier. Each class makes a claim about its cases, and [`claim_holds`] checks it.

mod binary;
mod cancellation;
mod certainty;
mod claim;
mod class;
mod draft;
mod draw;
mod fill;
mod id;
mod indices;
mod kept;
mod labels;
mod lengths;
mod margin;
mod misuse;
mod needs;
mod ordinary;
mod pairs;
mod range;
mod reshape;
mod schedule;
mod shrink;
mod signature;
mod simplex;
mod special;
pub mod strategy;
mod sums;
mod tensor;
mod ties;
pub(crate) mod values;

use lossproof_numerics::Dtype;

pub use claim::claim_holds;
pub use class::{Class, classes};
pub use id::{CaseId, CaseIdError};
pub use kept::{KNOWN_WORST, KeptCase, KeptCases};
pub use schedule::Tier;
pub use signature::{InputSignature, OpSignature, Role};
pub use tensor::{Case, Tensor};

pub(crate) use draw::Draw;
pub(crate) use reshape::Layout;
use schedule::Slot;

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
    /// An index beyond the cases that were kept.
    #[error(
        "there is no case `{id}`: the known worst cases of {} in {} are {count}, counted from 0 (`lossproof hunt --keep` \
         adds to them)", id.op, id.dtype
    )]
    NotKept {
        /// The id.
        id: CaseId,
        /// How many there are.
        count: u32,
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
    // Without a dimension there is one number of each kind, and no room for a claim about two.
    let room = signature.main_dimension().is_some() || class.shortest <= 1;
    room && class.needs.met_by(signature)
}

/// The longest row of an op with sampled classes.
const LONGEST_SAMPLED: usize = 100;

fn slots(signature: &OpSignature, class: &Class, tier: Tier) -> impl Iterator<Item = Slot> + use<> {
    // An empty row has no valid class index, so it belongs to `bad_label` alone; a number is never empty.
    let indexed = signature.has_place_in_row() && class.needs != needs::Needs::Index;
    let numbers_alone = signature.main_dimension().is_none();
    let applied = applies(signature, class).then(|| {
        let shortest = class.shortest.max(usize::from(indexed || numbers_alone));
        class.budget.slots(shortest, tier)
    });
    // Sampled losses: products of longer rows make logits so far apart that what is left of a class that is both true and
    // sampled takes tens of thousands of bits to enclose.
    let longest = if signature.has(Role::Samples) {
        LONGEST_SAMPLED
    } else {
        usize::MAX
    };
    let slots = applied.into_iter().flatten();
    slots.filter(move |slot| slot.length <= longest)
}

/// How many cases a class has for an op and a dtype: indices 0 to this, less 1. 0 where the class does not apply.
///
/// The quick tier's indices are the first of the full tier's. The dtype matters to cases that were kept alone.
#[must_use]
pub fn case_count(signature: &OpSignature, dtype: Dtype, class: &Class, tier: Tier) -> u32 {
    if class.is_kept() {
        return signature.kept.of(dtype).map(|_| 1).sum();
    }
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
    if class.is_kept() {
        return kept_case(signature, id, class);
    }
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
    let (inputs, lengths) = fill::draw_inputs(signature, id, class, slot, seed);
    Ok(Case {
        id: id.clone(),
        inputs,
        lengths,
    })
}

/// A case that was kept, by its id.
fn kept_case(signature: &OpSignature, id: &CaseId, class: &Class) -> Result<Case, CaseError> {
    let kept = signature.kept.of(id.dtype).nth(id.index as usize);
    let kept = kept.ok_or_else(|| CaseError::NotKept {
        id: id.clone(),
        count: case_count(signature, id.dtype, class, Tier::Full),
    })?;
    Ok(Case {
        id: id.clone(),
        inputs: kept.inputs.clone(),
        lengths: kept.lengths,
    })
}
