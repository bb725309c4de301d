//! The table of tolerances: `tolerances.toml` in, limits by op and dtype out.

use lossproof_numerics::Dtype;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// A named tolerance.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// Its name in tables.
    pub name: String,
    /// The tool or function that uses it.
    pub title: String,
    /// The rule in a sentence.
    pub rule: String,
    /// Whether NaN passes where NaN is expected.
    pub nan_equals_nan: bool,
    /// Where the tool states it.
    pub source: String,
    f16: Option<Distance>,
    bf16: Option<Distance>,
    f32: Option<Distance>,
    f64: Option<Distance>,
    #[serde(default)]
    steps: Vec<Steps>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Distance {
    relative: f64,
    absolute: f64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Steps {
    op: String,
    dtypes: Vec<String>,
    per_value: u64,
    constant: u64,
}

/// What a tolerance allows for one op and dtype.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A distance of at most `absolute` + `relative` · |expected|.
    Distance {
        /// Relative to the expected value.
        relative: f64,
        /// Whatever the expected value.
        absolute: f64,
    },
    /// Encodings of one sign that differ by at most `per_value` · n + `constant`, n the row's length.
    Steps {
        /// Steps for each value of the row.
        per_value: u64,
        /// Steps whatever the row.
        constant: u64,
    },
}

impl Tolerance {
    /// What it allows for an op and dtype; none where the tool has no rule.
    #[must_use]
    pub fn limit(&self, op: &str, dtype: Dtype) -> Option<Limit> {
        let distance = match dtype {
            Dtype::F16 => self.f16,
            Dtype::Bf16 => self.bf16,
            Dtype::F32 => self.f32,
            Dtype::F64 => self.f64,
        };
        if let Some(Distance { relative, absolute }) = distance {
            return Some(Limit::Distance { relative, absolute });
        }
        let of_op = |steps: &&Steps| {
            steps.op == op && steps.dtypes.iter().any(|known| known == dtype.name())
        };
        let steps = self.steps.iter().find(of_op)?;
        Some(Limit::Steps {
            per_value: steps.per_value,
            constant: steps.constant,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tolerance: Vec<Tolerance>,
}

static TOLERANCES: LazyLock<Vec<Tolerance>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("tolerances.toml"))
        .expect("the table compiled in is well-formed, which a test shows");
    assert!(
        file.tolerance.len() <= 16,
        "a set of tolerances has 16 bits; widen `Passed`"
    );
    file.tolerance
});

/// All tolerances, in the order in which reports list them.
#[must_use]
pub fn tolerances() -> &'static [Tolerance] {
    &TOLERANCES
}

/// A tolerance as reports describe it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToleranceEntry {
    /// Its name in tables.
    pub name: String,
    /// The tool or function that uses it.
    pub title: String,
    /// The rule in a sentence.
    pub rule: String,
    /// Where the tool states it.
    pub source: String,
}

impl From<&Tolerance> for ToleranceEntry {
    fn from(tolerance: &Tolerance) -> Self {
        Self {
            name: tolerance.name.clone(),
            title: tolerance.title.clone(),
            rule: tolerance.rule.clone(),
            source: tolerance.source.clone(),
        }
    }
}
