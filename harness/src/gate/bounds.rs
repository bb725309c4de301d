//! Reviewed bounds as text: tallies in, the content of `golden/bounds/<op>.<dtype>.snap` out, and back.

use crate::measure::{Tally, published};
use lossproof_numerics::Dtype;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The reviewed bound of one class.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassBound {
    /// The largest error in ulps, rounded up to six digits.
    pub max_ulp: f64,
    /// What kind of maximum it is: `sampled n=…`.
    pub coverage: String,
    /// The case that shows it, and the place in its output; empty when no value has a distance.
    pub worst_case: String,
    /// `k of n` values correctly rounded.
    pub correctly_rounded: String,
    /// The counts of all other verdicts.
    pub other_verdicts: String,
}

/// A snapshot that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BoundsError {
    /// No header as insta writes it.
    #[error(
        "{name}: no insta header (`---` … `---`); take the file from version control or accept it anew"
    )]
    Header {
        /// The snapshot.
        name: String,
    },
    /// The content is not what [`render_bounds`] writes.
    #[error("{name}: {problem}; take the file from version control or accept it anew")]
    Content {
        /// The snapshot.
        name: String,
        /// What is wrong and where.
        problem: toml::de::Error,
    },
}

/// The name of the snapshot of an op in a dtype: `softmax.f32`.
#[must_use]
pub fn snapshot_name(op: &str, dtype: Dtype) -> String {
    format!("{op}.{dtype}")
}

impl ClassBound {
    /// The bound that a tally measures.
    #[must_use]
    pub fn of(tally: &Tally) -> Self {
        let verdicts = tally.verdicts;
        let others = [
            ("faithful", verdicts.faithful),
            ("within_bound", verdicts.within_bound),
            ("exceeds", verdicts.exceeds),
            ("wrong_class", verdicts.wrong_class),
            ("undecided", verdicts.undecided),
            ("refused", verdicts.refused),
            ("failed", verdicts.failed),
            ("crashed", verdicts.crashed),
            ("timed_out", verdicts.timed_out),
            ("garbled", verdicts.garbled),
            ("trespassed", verdicts.trespassed),
            ("unspecified", verdicts.unspecified),
        ];
        let counted = others.iter().filter(|(_, count)| *count > 0);
        let other_verdicts: Vec<String> = counted
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let worst = tally.worst.as_ref();
        Self {
            max_ulp: published(worst.map_or(0.0, |worst| worst.upper)),
            coverage: format!("sampled n={}", tally.values),
            worst_case: worst.map_or_else(String::new, |worst| {
                format!("{}[{}]", worst.case, worst.place)
            }),
            correctly_rounded: format!("{} of {}", verdicts.correctly_rounded, tally.values),
            other_verdicts: other_verdicts.join(", "),
        }
    }
}

impl fmt::Display for ClassBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            max_ulp,
            coverage,
            worst_case,
            correctly_rounded,
            other_verdicts,
        } = self;
        write!(
            f,
            "{max_ulp} ulp ({coverage}) at {worst_case}, {correctly_rounded} correct"
        )?;
        if other_verdicts.is_empty() {
            Ok(())
        } else {
            write!(f, ", {other_verdicts}")
        }
    }
}

/// The content of a snapshot: one TOML table per class, in the order of the spec.
///
/// # Panics
/// Never: writing to a string succeeds.
#[must_use]
pub fn render_bounds<'a>(classes: impl IntoIterator<Item = (&'a str, &'a Tally)>) -> String {
    let mut text = String::new();
    for (class, tally) in classes {
        let bound = ClassBound::of(tally);
        let written = write!(
            text,
            "[{class}]\nmax_ulp = {:?}\ncoverage = \"{}\"\nworst_case = \"{}\"\ncorrectly_rounded = \"{}\"\n\
             other_verdicts = \"{}\"\n\n",
            bound.max_ulp,
            bound.coverage,
            bound.worst_case,
            bound.correctly_rounded,
            bound.other_verdicts
        );
        written.expect("writing to a string");
    }
    text.trim_end().to_owned()
}

/// Reads a snapshot file, insta's header included.
///
/// # Errors
/// When it is not what insta and [`render_bounds`] write.
pub fn parse_snapshot(name: &str, text: &str) -> Result<BTreeMap<String, ClassBound>, BoundsError> {
    let header = || BoundsError::Header {
        name: name.to_owned(),
    };
    let after_first = text.strip_prefix("---\n").ok_or_else(header)?;
    let (_, content) = after_first.split_once("\n---\n").ok_or_else(header)?;
    toml::from_str(content).map_err(|problem| BoundsError::Content {
        name: name.to_owned(),
        problem,
    })
}
