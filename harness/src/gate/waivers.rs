//! Waivers: `golden/waivers.toml` in, checked exceptions out. Each names its trial, its reason and its last day.
//!
//! ```toml
//! [[waiver]]
//! op      = "softmax"
//! dtype   = "f64"
//! class   = "wide_spread"
//! reason  = "why the ceiling cannot be held for now"
//! expires = 2027-01-31
//! ```

use lossproof_numerics::Dtype;
use serde::Deserialize;
use std::str::FromStr;

/// One waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: Dtype,
    /// The class.
    pub class: String,
    /// Why the ceiling may be passed.
    pub reason: String,
    /// The last day on which it counts, YYYY-MM-DD.
    pub expires: String,
}

impl Waiver {
    /// The trial it is about: `softmax/f64/wide_spread`.
    #[must_use]
    pub fn trial(&self) -> String {
        format!("{}/{}/{}", self.op, self.dtype, self.class)
    }
}

/// A waivers file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WaiverError {
    /// It is not TOML of this form.
    #[error("{file}: {problem}")]
    Form {
        /// The file.
        file: String,
        /// What is wrong and where.
        problem: toml::de::Error,
    },
    /// One waiver says something impossible.
    #[error("{file}: waiver {number}: {problem}")]
    Content {
        /// The file.
        file: String,
        /// The waiver's place, from 1.
        number: usize,
        /// What is wrong and what to write.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiversFile {
    #[serde(default)]
    waiver: Vec<RawWaiver>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWaiver {
    op: String,
    dtype: String,
    class: String,
    reason: String,
    expires: toml::value::Datetime,
}

/// Reads the waivers of a file's text; an empty file has none.
///
/// # Errors
/// Unknown or missing keys, an unknown dtype, an empty reason, a date with a time, two waivers of one trial.
pub fn parse_waivers(file: &str, text: &str) -> Result<Vec<Waiver>, WaiverError> {
    let raw: WaiversFile = toml::from_str(text).map_err(|problem| WaiverError::Form {
        file: file.to_owned(),
        problem,
    })?;
    let mut waivers: Vec<Waiver> = Vec::new();
    for (index, raw) in raw.waiver.into_iter().enumerate() {
        let problem = |problem: String| WaiverError::Content {
            file: file.to_owned(),
            number: index + 1,
            problem,
        };
        let dtype = Dtype::from_str(&raw.dtype).map_err(|error| problem(error.to_string()))?;
        if raw.reason.trim().is_empty() {
            return Err(problem(
                "the reason is empty; say why the ceiling cannot be held".to_owned(),
            ));
        }
        let (Some(date), None) = (raw.expires.date, raw.expires.time) else {
            return Err(problem(
                "`expires` is a day, written like 2027-01-31".to_owned(),
            ));
        };
        let waiver = Waiver {
            op: raw.op,
            dtype,
            class: raw.class,
            reason: raw.reason,
            expires: date.to_string(),
        };
        if waivers.iter().any(|known| known.trial() == waiver.trial()) {
            return Err(problem(format!(
                "{} is waived twice; keep one",
                waiver.trial()
            )));
        }
        waivers.push(waiver);
    }
    Ok(waivers)
}
