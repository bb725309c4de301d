//! Outcomes as files. In: what an outcome is of, which shards it has, and the outcome. Out: JSON that is read back strictly.
//!
//! A file of one shard and the merged result of all have the same form. Its last member is a fingerprint of the others, so that a
//! damaged file is not taken for a whole one.

use super::fingerprint::fingerprint_of_bytes;
use super::identity::Identity;
use super::outcome::Outcome;
use super::shards::ShardSet;
use serde::{Deserialize, Serialize};

/// The value of [`SweepFile::schema`].
pub const SCHEMA: &str = "lossproof/sweep/1";

/// What the maximum of an outcome is a maximum of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// Every input of the domain: an upper bound over it.
    Exhaustive,
    /// Some shards of it: a lower bound.
    Partial,
}

impl Coverage {
    /// The name in files and on screens.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exhaustive => "exhaustive",
            Self::Partial => "partial",
        }
    }
}

/// An outcome with what it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepFile {
    /// Always `lossproof/sweep/1`.
    pub schema: String,
    /// What it is of.
    pub sweep: Identity,
    /// Whether all of the domain is in it.
    pub coverage: Coverage,
    /// The shards in it.
    pub shards: ShardSet,
    /// The shards that are not.
    pub missing: ShardSet,
    /// What came out.
    pub outcome: Outcome,
    /// The fingerprint of all that stands above.
    pub fingerprint: String,
}

/// Why a file is no outcome.
#[derive(Debug, thiserror::Error)]
pub enum SweepFileError {
    /// It is not JSON of this form.
    #[error("{name} is no outcome of a sweep, or a damaged one: {problem}; {REMEDY}")]
    Form {
        /// The file.
        name: String,
        /// What is wrong and where.
        problem: serde_json::Error,
    },
    /// It is of another version of the form.
    #[error("{name} has the schema `{schema}`; this tool reads `{SCHEMA}`; {REMEDY}")]
    Schema {
        /// The file.
        name: String,
        /// The schema.
        schema: String,
    },
    /// It contradicts itself.
    #[error("{name} is damaged: {what}; {REMEDY}")]
    Damaged {
        /// The file.
        name: String,
        /// What does not fit.
        what: String,
    },
}

/// What to do about a file that is none.
const REMEDY: &str = "delete it, and sweep again to compute it anew";

impl SweepFile {
    /// An outcome of some shards.
    ///
    /// # Panics
    /// Never: an outcome is a JSON value.
    #[must_use]
    pub fn new(sweep: Identity, shards: ShardSet, outcome: Outcome) -> Self {
        let missing = shards.missing(sweep.domain.shards());
        let coverage = if missing.is_empty() {
            Coverage::Exhaustive
        } else {
            Coverage::Partial
        };
        let mut file = Self {
            schema: SCHEMA.to_owned(),
            sweep,
            coverage,
            shards,
            missing,
            outcome,
            fingerprint: String::new(),
        };
        file.fingerprint = file.true_fingerprint();
        file
    }

    /// The file's text.
    ///
    /// # Panics
    /// Never: an outcome is a JSON value.
    #[must_use]
    pub fn render(&self) -> String {
        serde_json::to_string_pretty(self).expect(IS_JSON) + "\n"
    }

    /// Reads a file, whose name is for messages.
    ///
    /// # Errors
    /// When it is not what [`Self::render`] writes.
    pub fn parse(name: &str, text: &str) -> Result<Self, SweepFileError> {
        #[derive(Deserialize)]
        struct Version {
            schema: String,
        }
        let unreadable = |problem| SweepFileError::Form {
            name: name.to_owned(),
            problem,
        };
        // Before the rest, which another version may have another form of.
        let Version { schema } = serde_json::from_str(text).map_err(unreadable)?;
        if schema != SCHEMA {
            let name = name.to_owned();
            return Err(SweepFileError::Schema { name, schema });
        }
        let file: Self = serde_json::from_str(text).map_err(unreadable)?;
        match file.contradiction() {
            None => Ok(file),
            Some(what) => Err(SweepFileError::Damaged {
                name: name.to_owned(),
                what,
            }),
        }
    }

    /// Whether the maximum is one over all of the domain, and every value conforms.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.coverage == Coverage::Exhaustive && self.outcome.conforms()
    }

    /// The coverage as screens say it.
    #[must_use]
    pub fn coverage_text(&self) -> String {
        match self.coverage {
            Coverage::Exhaustive => format!("exhaustive n={}", self.outcome.values),
            Coverage::Partial => format!(
                "partial, {} of {} shards, n={}",
                self.shards.len(),
                self.sweep.domain.shards(),
                self.outcome.values
            ),
        }
    }

    /// What in it cannot be.
    fn contradiction(&self) -> Option<String> {
        let domain = &self.sweep.domain;
        let shards = self.shards.len() as u64;
        let told = |what: &str| Some(what.to_owned());
        if self.fingerprint != self.true_fingerprint() {
            return told("its fingerprint is not that of its content");
        }
        if self.shards.is_empty() || self.shards.last() >= Some(domain.shards()) {
            return told("it has no shard, or one that the domain has not");
        }
        let rebuilt = Self::new(
            self.sweep.clone(),
            self.shards.clone(),
            self.outcome.clone(),
        );
        if *self != rebuilt {
            return told("its coverage is not that of its shards");
        }
        if self.outcome.inputs != shards * domain.shard_inputs {
            return told("it has another number of inputs than its shards");
        }
        if self.outcome.histogram.len() != self.sweep.histogram_edges.len() + 1 {
            return told("its histogram has another number of bins than edges say");
        }
        if self.outcome.verdict_count() < self.outcome.inputs {
            return told("it has fewer verdicts than inputs");
        }
        None
    }

    fn true_fingerprint(&self) -> String {
        let content = (
            &self.schema,
            &self.sweep,
            self.coverage,
            &self.shards,
            &self.missing,
            &self.outcome,
        );
        fingerprint_of_bytes(&serde_json::to_vec(&content).expect(IS_JSON))
    }
}

const IS_JSON: &str = "an outcome has only text keys, and infinities as words";
