//! Whether two reports may be compared at all. In: two views. Out: what differs in how they were made, and whether that
//! forbids a comparison.
//!
//! A maximum is a maximum over cases: another seed or tier has other cases, and another profile other right answers, so
//! that a larger number would say nothing about the kernel. Another version or precision limit is worth a note.

use super::view::View;
use std::fmt::Display;

/// Something in which the making of two reports differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What, in a sentence.
    pub what: String,
    /// Whether the numbers cannot be compared.
    pub forbids: bool,
}

/// What differs in how two reports were made.
#[must_use]
pub fn differences(before: &View, after: &View) -> Vec<Difference> {
    let tier = (before.tier.as_deref(), after.tier.as_deref());
    let profile = (before.profile.as_deref(), after.profile.as_deref());
    let schema = (Some(&before.schema), Some(&after.schema));
    let tool = (before.tool.as_deref(), after.tool.as_deref());
    let precision = (before.precision_limit, after.precision_limit);
    let mut found: Vec<Difference> = [
        difference("seed", (before.seed, after.seed), true),
        difference("tier", tier, true),
        difference("profile", profile, true),
        difference("schema", schema, false),
        difference("tool", tool, false),
        difference("precision limit", precision, false),
    ]
    .into_iter()
    .flatten()
    .collect();
    // A report that names no profile of its own was judged by the subjects' profiles.
    if before.profile.is_none() || after.profile.is_none() {
        for subject in &before.subjects {
            let same = after
                .subjects
                .iter()
                .find(|other| other.name == subject.name);
            if let Some(other) = same {
                let what = format!("profile of {}", subject.name);
                let profiles = (subject.profile.as_deref(), other.profile.as_deref());
                found.extend(difference(&what, profiles, true));
            }
        }
    }
    found
}

/// What is stated on one side only is not known to differ.
fn difference<T: PartialEq + Display>(
    what: &str,
    sides: (Option<T>, Option<T>),
    forbids: bool,
) -> Option<Difference> {
    let (Some(before), Some(after)) = sides else {
        return None;
    };
    (before != after).then(|| Difference {
        what: format!("the {what} was {before} and is {after}"),
        forbids,
    })
}
