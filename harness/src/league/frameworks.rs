//! Which frameworks take part: the text of `frameworks.toml` in, checked entries or the line that is wrong out.
//!
//! ```toml
//! [[framework]]
//! name        = "tensorflow-eager"        # the subject's name
//! title       = "TensorFlow, eager"
//! profile     = "tensorflow"              # the conventions that it is judged by
//! environment = "tensorflow"              # the virtual environment target/frameworks/tensorflow
//! worker      = "tensorflow_worker.py"    # beside this file
//! arguments   = ["--mode", "eager"]
//! variables   = { TF_ENABLE_ONEDNN_OPTS = "0" }
//! rows_per_call = 1                       # where it compiles for the shape of the batch; not given for all others
//! workers     = 1                         # each compiles for itself; 2 where it is not given
//! ```
//!
//! A framework written in Rust has `crate = "candle"` instead of `environment` and `worker`.

use super::place::{FileError, located};
use crate::spec::Profile;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// A framework that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framework {
    /// The subject's name.
    pub name: String,
    /// Its name in tables.
    pub title: String,
    /// The conventions on special values that it is judged by.
    pub profile: Profile,
    /// What runs it.
    pub host: Host,
    /// Arguments of the worker.
    pub arguments: Vec<String>,
    /// Variables that it is given besides those of this process.
    pub variables: BTreeMap<String, String>,
    /// The most rows that a case's call of its worker has.
    pub rows_per_call: Option<NonZeroUsize>,
    /// How many of its workers run at once, where not the usual number.
    pub workers: Option<NonZeroUsize>,
}

/// What runs a framework's worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// The Python of a virtual environment.
    Python {
        /// The environment's name.
        environment: String,
        /// The worker's file, beside the list of frameworks.
        worker: String,
    },
    /// A crate, built.
    Crate {
        /// Its folder beside the folder of the frameworks.
        name: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    framework: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: Spanned<String>,
    title: String,
    profile: Spanned<String>,
    environment: Option<String>,
    worker: Option<String>,
    #[serde(rename = "crate")]
    crate_name: Option<String>,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    rows_per_call: Option<NonZeroUsize>,
    workers: Option<NonZeroUsize>,
}

/// Reads the list of frameworks; `file` is only shown.
///
/// # Errors
/// Unknown or missing keys, an unknown profile, a name given twice, a host that is neither Python nor a crate, no entry.
pub fn parse_frameworks(file: &str, text: &str) -> Result<Vec<Framework>, FileError> {
    let raw: File = toml::from_str(text).map_err(|problem| FileError::form(file, &problem))?;
    let wrong = |at: usize, problem: String| located(file, text, at, problem);
    let mut frameworks: Vec<Framework> = Vec::new();
    for raw in raw.framework {
        let at = raw.name.span().start;
        let profile_at = raw.profile.span().start;
        let profile = Profile::named(raw.profile.get_ref()).ok_or_else(|| {
            let known: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
            let known = known.join(", ");
            let name = raw.profile.get_ref();
            wrong(
                profile_at,
                format!("unknown profile `{name}`; the profiles are {known}"),
            )
        })?;
        let host = match (raw.environment, raw.worker, raw.crate_name) {
            (Some(environment), Some(worker), None) => Host::Python {
                environment,
                worker,
            },
            (None, None, Some(name)) => Host::Crate { name },
            _ => {
                let name = raw.name.get_ref();
                let problem = format!(
                    "`{name}` must have either `environment` and `worker`, or `crate`, to say what runs it"
                );
                return Err(wrong(at, problem));
            }
        };
        let name = raw.name.into_inner();
        if frameworks.iter().any(|known| known.name == name) {
            let problem = format!("there are two frameworks `{name}`; names are unique");
            return Err(wrong(at, problem));
        }
        frameworks.push(Framework {
            name,
            title: raw.title,
            profile,
            host,
            arguments: raw.arguments,
            variables: raw.variables,
            rows_per_call: raw.rows_per_call,
            workers: raw.workers,
        });
    }
    if frameworks.is_empty() {
        return Err(wrong(
            0,
            "there is no [[framework]]; name at least one".to_owned(),
        ));
    }
    Ok(frameworks)
}

/// Where the parts of frameworks lie.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// The folder of the list of frameworks, with the Python workers.
    pub workers: &'a Path,
    /// The folder of the virtual environments.
    pub environments: &'a Path,
}

impl Framework {
    /// The program that runs its worker.
    #[must_use]
    pub fn program(&self, places: Places<'_>) -> PathBuf {
        match &self.host {
            Host::Python { environment, .. } => {
                places.environments.join(environment).join("bin/python")
            }
            Host::Crate { name } => {
                let crates = places.workers.parent().unwrap_or(places.workers);
                let built = crates.join(name).join("target/release");
                built.join(format!("{name}_worker"))
            }
        }
    }

    /// The command that runs its worker, in words; `env` hands it its variables.
    #[must_use]
    pub fn command(&self, places: Places<'_>) -> Vec<String> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let mut words = Vec::new();
        if !self.variables.is_empty() {
            words.push("env".to_owned());
            let variables = self.variables.iter();
            words.extend(variables.map(|(name, value)| format!("{name}={value}")));
        }
        words.push(text(self.program(places)));
        if let Host::Python { worker, .. } = &self.host {
            words.push(text(places.workers.join(worker)));
        }
        words.extend(self.arguments.iter().cloned());
        words
    }

    /// The file that tells why its environment could not be installed.
    #[must_use]
    pub fn failure_note(&self, places: Places<'_>) -> PathBuf {
        let name = match &self.host {
            Host::Python { environment, .. } => environment,
            Host::Crate { name } => name,
        };
        places.environments.join(format!("{name}.failed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[[framework]]
name = "tensorflow-eager"
title = "TensorFlow, eager"
profile = "tensorflow"
environment = "tensorflow"
worker = "tensorflow_worker.py"
arguments = ["--mode", "eager"]
variables = { TF_ENABLE_ONEDNN_OPTS = "0" }
rows_per_call = 1

[[framework]]
name = "candle"
title = "candle"
profile = "exact"
crate = "candle"
"#;

    #[test]
    fn an_entry_becomes_a_command() {
        let frameworks = parse_frameworks("frameworks.toml", GOOD).unwrap();
        let places = Places {
            workers: Path::new("harness/adapters/frameworks"),
            environments: Path::new("target/frameworks"),
        };
        assert_eq!(
            frameworks[0].command(places).join(" "),
            "env TF_ENABLE_ONEDNN_OPTS=0 target/frameworks/tensorflow/bin/python \
             harness/adapters/frameworks/tensorflow_worker.py --mode eager"
        );
        let rows: Vec<Option<usize>> = frameworks
            .iter()
            .map(|framework| framework.rows_per_call.map(NonZeroUsize::get))
            .collect();
        assert_eq!(rows, [Some(1), None]);
        assert_eq!(
            frameworks[1].command(places),
            ["harness/adapters/candle/target/release/candle_worker"]
        );
        let note = frameworks[0].failure_note(places);
        assert_eq!(note, Path::new("target/frameworks/tensorflow.failed"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let told = |from: &str, to: &str| {
            let text = GOOD.replacen(from, to, 1);
            parse_frameworks("f.toml", &text).unwrap_err().to_string()
        };
        assert_eq!(
            told("\"tensorflow\"\nenv", "\"tensorfow\"\nenv"),
            "f.toml:5: unknown profile `tensorfow`; the profiles are exact, tensorflow, torch, jax, keras, onnx"
        );
        assert_eq!(
            told("crate = ", "environment = "),
            "f.toml:13: `candle` must have either `environment` and `worker`, or `crate`, to say what runs it"
        );
        assert_eq!(
            told("name = \"candle\"", "name = \"tensorflow-eager\""),
            "f.toml:13: there are two frameworks `tensorflow-eager`; names are unique"
        );
        assert!(told("rows_per_call = 1", "rows_per_call = 0").contains("line 10"));
        assert!(told("title", "titel").starts_with("f.toml: TOML parse error at line 4"));
        let none = parse_frameworks("f.toml", "framework = []").unwrap_err();
        assert_eq!(
            none.to_string(),
            "f.toml:1: there is no [[framework]]; name at least one"
        );
    }
}
