//! Permanent case ids. In and out: text such as `softmax/f32/huge_logits/00017`.

use std::fmt;
use std::str::FromStr;

use lossproof_numerics::{Dtype, UnknownDtype};

/// The permanent name of a case: with a seed and the op's signature it regenerates the case, bit for bit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CaseId {
    /// The op.
    pub op: String,
    /// The dtype of the values.
    pub dtype: Dtype,
    /// The class.
    pub class: String,
    /// The place in the class's schedule, from 0.
    pub index: u32,
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            op,
            dtype,
            class,
            index,
        } = self;
        f.pad(&format!("{op}/{dtype}/{class}/{index:05}"))
    }
}

/// Why a text is no case id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseIdError {
    /// Not four parts between slashes.
    #[error(
        "`{0}` is no case id; write op/dtype/class/index, for example softmax/f32/huge_logits/00017"
    )]
    Form(String),
    /// An op or a class that is no name.
    #[error(
        "case id `{id}`: `{name}` is no name; ops and classes are lower-case letters, digits and `_`"
    )]
    Name {
        /// The whole text.
        id: String,
        /// The part in question.
        name: String,
    },
    /// A dtype that does not exist.
    #[error("case id `{id}`: {source}")]
    Dtype {
        /// The whole text.
        id: String,
        /// Which dtype, and which ones exist.
        source: UnknownDtype,
    },
    /// An index in another form than the one that is printed.
    #[error(
        "case id `{id}`: `{index}` is no index; write five digits or more, padded with zeros to five, for example 00017"
    )]
    Index {
        /// The whole text.
        id: String,
        /// The part in question.
        index: String,
    },
}

impl FromStr for CaseId {
    type Err = CaseIdError;

    fn from_str(text: &str) -> Result<Self, CaseIdError> {
        let id = || text.to_owned();
        let parts: Vec<&str> = text.split('/').collect();
        let [op, dtype, class, index] = parts[..] else {
            return Err(CaseIdError::Form(id()));
        };
        for name in [op, class] {
            let in_alphabet = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if name.is_empty() || !name.chars().all(in_alphabet) {
                let name = name.to_owned();
                return Err(CaseIdError::Name { id: id(), name });
            }
        }
        let dtype =
            Dtype::from_str(dtype).map_err(|source| CaseIdError::Dtype { id: id(), source })?;
        // An id has one spelling, so that equal cases have equal names.
        let number = index
            .parse()
            .ok()
            .filter(|n: &u32| format!("{n:05}") == index);
        let number = number.ok_or_else(|| CaseIdError::Index {
            id: id(),
            index: index.to_owned(),
        })?;
        Ok(Self {
            op: op.to_owned(),
            dtype,
            class: class.to_owned(),
            index: number,
        })
    }
}
