//! Properties that need no reference. In: subjects, ops and a selection. Out: for each property, subject, op and dtype,
//! how many checks were made and the first that failed, or why the property does not apply.
//!
//! Some are about memory and calls, and compare a kernel's bits with its own bits on the same row called in another way.
//! The others are identities of the functions, and compare results with each other: an identity of exact results holds for
//! computed ones up to a slack, which each of them derives from the ops' ceilings and nothing else. So a kernel within
//! its ceilings cannot fail, and one that fails is proven to exceed a ceiling, with no reference value needed. (Only
//! `subnormals_kept` asks the oracle, whether a result of 0 should have been a subnormal number.)
//!
//! The inputs are those of the case generators: of every class of the op the first [`CASES_PER_CLASS`] cases at most, two
//! rounds through the short lengths, with rows of at most [`LONGEST_ROW`]. Properties of memory and calls take them as
//! they are. Identities take the first [`IDENTITY_CASES_PER_CLASS`], and put what the identity asks for (logits that
//! can be shifted exactly, labels that sum to exactly 1) in the place of what is there, rounded or ranked from it.

mod bench;
mod call;
mod divergence;
mod entropy;
mod inputs;
mod machine;
mod memory;
mod mirror;
mod outcome;
mod permutation;
mod row;
mod shift;
mod slack;
mod sparse;
mod sums;
mod table;
mod uniform;
mod with_itself;

pub use bench::{CASES_PER_CLASS, IDENTITY_CASES_PER_CLASS, LONGEST_ROW};
pub use outcome::{FailedCheck, Finding, PropertyOutcome};
pub use row::{PropertyEntry, PropertyFailure, PropertyRow, PropertyVerdict, property_rows};
pub use table::{Property, properties};

use crate::cases::CaseError;
use crate::reference::Reference;
use crate::run::Selection;
use crate::subject::Subject;
use bench::Bench;
use lossproof_numerics::Dtype;
use rayon::prelude::*;

/// Checks every property of every subject on the ops, dtypes and classes selected; an identity between ops takes the
/// others from `references`, selected or not. The outcomes are in the order of subjects, ops, dtypes and properties.
///
/// Runs on the caller's thread pool. Results do not depend on its size.
///
/// # Errors
/// A spec that names an unknown class.
pub fn check_properties(
    references: &[Reference],
    subjects: &[&dyn Subject],
    selection: &Selection,
    seed: u64,
) -> Result<Vec<PropertyOutcome>, CaseError> {
    let units: Vec<(&dyn Subject, &Reference, Dtype)> = subjects
        .iter()
        .flat_map(|&subject| {
            let ops = references.iter().filter(|reference| {
                selection.ops.is_empty() || selection.ops.contains(&reference.op.name)
            });
            ops.flat_map(move |reference| Dtype::ALL.map(|dtype| (subject, reference, dtype)))
        })
        .filter(|(_, _, dtype)| selection.dtypes.is_empty() || selection.dtypes.contains(dtype))
        .collect();
    let outcomes: Vec<Vec<PropertyOutcome>> = units
        .into_par_iter()
        .map(|(subject, reference, dtype)| {
            let bench = Bench::new(subject, reference, dtype, references, selection, seed)?;
            Ok(properties()
                .iter()
                .map(|property| PropertyOutcome {
                    property: property.name,
                    subject: subject.name().to_owned(),
                    op: reference.op.name.clone(),
                    dtype,
                    finding: property.finding(&bench),
                })
                .collect())
        })
        .collect::<Result<_, CaseError>>()?;
    Ok(outcomes.into_iter().flatten().collect())
}
