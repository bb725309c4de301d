//! Notable findings: hand-written paragraphs, each with an expectation that the league's own measurement must meet. In: the
//! text of `findings.toml`, then the results. Out: for each finding whether it still holds, so that no prose goes stale.
//!
//! ```toml
//! [[finding]]
//! subject    = "numpy"
//! op         = "softmax"
//! dtype      = "f32"
//! class      = "huge_logits"
//! title      = "…"
//! text       = "…"
//! snippet    = "…"                 # shows it in the framework alone
//! least_ulps = "1e6"               # or: verdict = "wrong_class"
//! profile    = "exact"             # where the subject's own profile excuses what the finding is about
//! ```

use super::model::{FindingEntry, FindingOutcome, LeagueResult, LeagueSubject};
use super::place::{FileError, located};
use crate::report::model::VerdictCounts;
use crate::report::number::shortest;
use crate::run::Selection;
use crate::spec::Profile;
use lossproof_numerics::Dtype;
use serde::Deserialize;
use std::str::FromStr;
use toml::Spanned;

/// A finding as it stands in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The subject.
    pub subject: String,
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: Dtype,
    /// The class whose cases show it.
    pub class: String,
    /// A line.
    pub title: String,
    /// A paragraph.
    pub text: String,
    /// Code that shows it in the framework alone.
    pub snippet: String,
    /// What must be measured.
    pub expectation: Expectation,
    /// The profile to judge by, where that is not the subject's own.
    pub profile: Option<Profile>,
}

/// What the league must measure for a finding to hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// An error proven to be no smaller, in ulps.
    LeastUlps(f64),
    /// A value or call with this verdict.
    Verdict(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    finding: Vec<Raw>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    subject: Spanned<String>,
    op: Spanned<String>,
    dtype: Spanned<String>,
    class: Spanned<String>,
    title: String,
    text: String,
    snippet: String,
    least_ulps: Option<Spanned<String>>,
    verdict: Option<Spanned<String>>,
    profile: Option<Spanned<String>>,
}

/// The names that a finding may use.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Subjects of the league, tested or not.
    pub subjects: &'a [&'a str],
    /// The ops, each with its classes.
    pub ops: &'a [(&'a str, &'a [String])],
}

/// Reads the findings; `file` is only shown.
///
/// # Errors
/// Unknown or missing keys, names that nothing has, no expectation or two.
pub fn parse_findings(file: &str, text: &str, known: Known<'_>) -> Result<Vec<Finding>, FileError> {
    let raw: File = toml::from_str(text).map_err(|problem| FileError::form(file, &problem))?;
    let checked = |raw| finding(raw, known, &|at, problem| located(file, text, at, problem));
    raw.finding.into_iter().map(checked).collect()
}

fn finding(
    raw: Raw,
    known: Known<'_>,
    wrong: &dyn Fn(usize, String) -> FileError,
) -> Result<Finding, FileError> {
    let unknown = |noun: &str, name: &Spanned<String>, remedy: &str| {
        let problem = format!("unknown {noun} `{}`; {remedy}", name.get_ref());
        Err(wrong(name.span().start, problem))
    };
    if !known.subjects.contains(&raw.subject.get_ref().as_str()) {
        return unknown(
            "subject",
            &raw.subject,
            "name one of frameworks.toml, or name it to the command",
        );
    }
    let op = known.ops.iter().find(|(op, _)| op == raw.op.get_ref());
    let Some((_, classes)) = op else {
        return unknown("op", &raw.op, "`lossproof list ops` lists them");
    };
    if !classes.contains(raw.class.get_ref()) {
        return unknown(
            "class",
            &raw.class,
            "`lossproof list ops` says which classes an op has",
        );
    }
    let dtype = Dtype::from_str(raw.dtype.get_ref())
        .map_err(|problem| wrong(raw.dtype.span().start, problem.to_string()))?;
    let profile = match &raw.profile {
        None => None,
        Some(name) => match Profile::named(name.get_ref()) {
            None => return unknown("profile", name, "`lossproof list profiles` lists them"),
            known => known,
        },
    };
    let expectation = match (raw.least_ulps, raw.verdict) {
        (Some(least), None) => {
            let ulps = least
                .get_ref()
                .parse::<f64>()
                .ok()
                .filter(|ulps| *ulps > 0.0);
            Expectation::LeastUlps(ulps.ok_or_else(|| {
                let problem = "`least_ulps` is a positive number of ulps, written like \"1e6\"";
                wrong(least.span().start, problem.to_owned())
            })?)
        }
        (None, Some(verdict)) => {
            if count_named(&VerdictCounts::default(), verdict.get_ref()).is_none() {
                return unknown(
                    "verdict",
                    &verdict,
                    "write one of the report, such as wrong_class",
                );
            }
            Expectation::Verdict(verdict.into_inner())
        }
        _ => {
            let problem = "a finding has either `least_ulps` or `verdict`, which the league checks";
            return Err(wrong(raw.subject.span().start, problem.to_owned()));
        }
    };
    Ok(Finding {
        subject: raw.subject.into_inner(),
        op: raw.op.into_inner(),
        dtype,
        class: raw.class.into_inner(),
        title: raw.title,
        text: raw.text,
        snippet: raw.snippet,
        expectation,
        profile,
    })
}

/// What a league measured.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Its subjects.
    pub subjects: &'a [LeagueSubject],
    /// Its results.
    pub results: &'a [LeagueResult],
    /// What was asked for.
    pub selection: &'a Selection,
}

/// The count of a verdict by its name in reports.
fn count_named(counts: &VerdictCounts, name: &str) -> Option<u64> {
    serde_json::to_value(counts).ok()?.get(name)?.as_u64()
}

impl Finding {
    /// What the results make of it.
    #[must_use]
    pub fn checked(&self, scope: Scope<'_>) -> FindingEntry {
        let dtype = self.dtype.name();
        let of_kernel = scope.results.iter().find(|result| {
            result.subject == self.subject && result.op == self.op && result.dtype == dtype
        });
        let row = of_kernel.and_then(|result| {
            let mut classes = result.classes.iter();
            classes.find(|row| row.class == self.class)
        });
        let (expectation, outcome) = match (&self.expectation, row) {
            (expectation, None) => (told(expectation), self.unmeasured(scope)),
            (Expectation::LeastUlps(least), Some(row)) => {
                let holds = row.max_ulp.lower >= least.min(f64::MAX);
                (told(&self.expectation), FindingOutcome::of(holds))
            }
            (Expectation::Verdict(verdict), Some(row)) => {
                let count = count_named(&row.verdicts, verdict).unwrap_or(0);
                (told(&self.expectation), FindingOutcome::of(count > 0))
            }
        };
        FindingEntry {
            subject: self.subject.clone(),
            op: self.op.clone(),
            dtype: dtype.to_owned(),
            class: self.class.clone(),
            title: self.title.clone(),
            text: self.text.trim().to_owned(),
            snippet: self.snippet.trim_end().to_owned(),
            profile: self.profile.map(|profile| profile.name().to_owned()),
            expectation,
            outcome,
            max_ulp: row.map(|row| row.max_ulp.clone()),
            worst: row.and_then(|row| row.worst.clone()),
            verdicts: row.map(|row| row.verdicts),
            fault: row.and_then(|row| row.faults.first().cloned()),
        }
    }

    /// Without a row: a subject that was asked and has no such kernel shows it no longer; one that was not asked tells nothing.
    fn unmeasured(&self, scope: Scope<'_>) -> FindingOutcome {
        let Scope {
            subjects,
            selection,
            ..
        } = scope;
        let tested = subjects
            .iter()
            .any(|subject| subject.name == self.subject && subject.tested);
        let selected = |names: &[String], name: &String| names.is_empty() || names.contains(name);
        let selected = selected(&selection.ops, &self.op)
            && selected(&selection.classes, &self.class)
            && (selection.dtypes.is_empty() || selection.dtypes.contains(&self.dtype));
        if tested && selected {
            FindingOutcome::Stale
        } else {
            FindingOutcome::NotChecked
        }
    }
}

fn told(expectation: &Expectation) -> String {
    match expectation {
        Expectation::LeastUlps(ulps) => format!("an error of {} ulp or more", shortest(*ulps)),
        Expectation::Verdict(verdict) => format!("a value or call of the verdict {verdict}"),
    }
}
