//! What `lossproof check` measured, for a reader. In: the report of a selection, and its findings. Out: the text of a
//! terminal, or Markdown for a pull request.

use super::table::{Columns, per_class, per_op};
use crate::report::markdown::{code, text};
use crate::report::model::{NotTestedEntry, Report, ResultRow};
use crate::report::number::{count, plural};

/// What there is to say.
pub(super) struct Summary<'a> {
    /// The report of the selection.
    pub report: &'a Report,
    /// The values that nobody has specified.
    pub not_judged: Vec<NotTestedEntry>,
    /// One line per finding of every subject.
    pub findings: Vec<String>,
    /// Whether there is none, and the run is complete.
    pub conforms: bool,
    /// One line per class instead of one per op and dtype.
    pub per_class: bool,
}

/// The most findings that Markdown lists: a comment has room for 65,536 characters.
const FINDINGS_LISTED: usize = 100;

impl Summary<'_> {
    /// For a terminal.
    pub(super) fn terminal(&self) -> String {
        let mut lines = vec![
            format!("judged by the profile {}\n", self.report.profile),
            self.columns().terminal(),
            format!(
                "{} cases, {} values, {} undecided",
                self.cases(),
                self.values(),
                self.report.undecided.len()
            ),
        ];
        lines.extend(self.not_judged_lines());
        lines.extend(self.findings.iter().cloned());
        lines.join("\n") + "\n"
    }

    /// For a pull request: a headline, the table, the findings.
    pub(super) fn markdown(&self) -> String {
        let report = self.report;
        let subjects: Vec<String> = report
            .subjects
            .iter()
            .map(|subject| code(&subject.name))
            .collect();
        let verdict = match (self.conforms, self.findings.len()) {
            (true, _) => "conforms".to_owned(),
            (false, 0) => "INTERRUPTED".to_owned(),
            (false, findings) => {
                let findings = plural(findings as u64, "finding", "findings");
                format!("DOES NOT CONFORM, {findings}")
            }
        };
        let mut blocks = vec![
            format!(
                "**lossproof check: {verdict}** ({}; profile {}, {} tier, seed {}; {} cases, {} values, {} undecided)",
                subjects.join(", "),
                report.profile,
                report.tier,
                report.seed,
                count(self.cases()),
                count(self.values()),
                count(report.undecided.len() as u64)
            ),
            self.columns().markdown(),
        ];
        if !self.findings.is_empty() {
            let listed = self.findings.iter().take(FINDINGS_LISTED);
            let mut lines: Vec<String> =
                listed.map(|line| format!("- {}", finding(line))).collect();
            if self.findings.len() > FINDINGS_LISTED {
                let more = (self.findings.len() - FINDINGS_LISTED) as u64;
                lines.push(format!("- and {} more", count(more)));
            }
            blocks.push(lines.join("\n"));
        }
        let not_judged: Vec<String> = self
            .not_judged_lines()
            .map(|line| format!("- {}", text(&line)))
            .collect();
        if !not_judged.is_empty() {
            blocks.push(not_judged.join("\n"));
        }
        blocks.join("\n\n") + "\n"
    }

    fn columns(&self) -> Columns {
        let rows: Vec<&ResultRow> = self.report.results.iter().collect();
        if self.per_class {
            per_class(&rows)
        } else {
            per_op(&rows)
        }
    }

    fn cases(&self) -> u64 {
        self.report.results.iter().map(|row| row.cases).sum()
    }

    fn values(&self) -> u64 {
        self.report.results.iter().map(|row| row.values).sum()
    }

    fn not_judged_lines(&self) -> impl Iterator<Item = String> {
        let entries = self.not_judged.iter();
        entries.map(|entry| format!("not judged: {}: {}", entry.what, entry.why))
    }
}

/// A finding with the command to type next as code.
fn finding(line: &str) -> String {
    match line.find("lossproof explain") {
        Some(place) => {
            let (what, command) = line.split_at(place);
            format!("{} {}", text(what), code(command))
        }
        None => text(line),
    }
}
