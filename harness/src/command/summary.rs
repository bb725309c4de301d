//! What `lossproof check` measured, for a reader. In: the report of a selection, and its findings. Out: the text of a
//! terminal, or Markdown for a pull request.

use super::table::{Columns, of_properties, per_class, per_op};
use crate::report::markdown::{code, text};
use crate::report::model::{Report, ResultRow};
use crate::report::number::{count, plural};

/// What there is to say.
pub(super) struct Summary<'a> {
    /// The report of the selection.
    pub report: &'a Report,
    /// What named tolerances make of the results, where that was asked for.
    pub tolerances: Option<Columns>,
    /// What was not tested or not judged, and where the time went: a line each.
    pub remarks: Vec<String>,
    /// One line per finding of every subject.
    pub findings: Vec<FindingLine>,
    /// Whether there is none, and the run is complete.
    pub conforms: bool,
    /// One line per class instead of one per op and dtype.
    pub per_class: bool,
}

/// A finding in words.
pub(super) struct FindingLine {
    /// What was found where, and what to type next.
    pub line: String,
    /// What a worker that was lost said last.
    pub account: Option<String>,
}

/// The most findings that Markdown lists: a comment has room for 65,536 characters.
const FINDINGS_LISTED: usize = 100;

impl Summary<'_> {
    /// For a terminal.
    pub(super) fn terminal(&self) -> String {
        let mut lines = vec![
            format!("judged by the profile {}\n", self.report.profile),
            self.columns().terminal(),
        ];
        let tables = self.properties().into_iter().map(|table| table.terminal());
        lines.extend(tables);
        lines.extend(self.tolerances.iter().map(Columns::terminal));
        lines.push(format!(
            "{} cases, {} values, {} undecided",
            self.cases(),
            self.values(),
            self.report.undecided.len()
        ));
        lines.extend(self.remarks.iter().cloned());
        for finding in &self.findings {
            lines.push(finding.line.clone());
            let account = finding.account.iter().flat_map(|told| told.lines());
            lines.extend(account.map(|told| format!("    {told}")));
        }
        lines.extend(self.broken_properties());
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
            (false, 0) if self.broken_properties().next().is_none() => "INTERRUPTED".to_owned(),
            (false, findings) => {
                let findings = findings + self.broken_properties().count();
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
        blocks.extend(self.properties().map(|properties| properties.markdown()));
        blocks.extend(self.tolerances.iter().map(Columns::markdown));
        if !self.findings.is_empty() {
            let listed = self.findings.iter().take(FINDINGS_LISTED);
            let mut lines: Vec<String> = listed
                .map(|found| format!("- {}", finding(&found.line)))
                .collect();
            if self.findings.len() > FINDINGS_LISTED {
                let more = (self.findings.len() - FINDINGS_LISTED) as u64;
                lines.push(format!("- and {} more", count(more)));
            }
            blocks.push(lines.join("\n"));
        }
        let remarks: Vec<String> = self
            .broken_properties()
            .chain(self.remarks.iter().cloned())
            .map(|line| format!("- {}", text(&line)))
            .collect();
        if !remarks.is_empty() {
            blocks.push(remarks.join("\n"));
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

    /// The table of properties, where they were asked for.
    fn properties(&self) -> Option<Columns> {
        let rows = &self.report.property_results;
        (!rows.is_empty()).then(|| of_properties(rows))
    }

    /// The properties that a subject lacks, with the first case that shows each in each op and dtype.
    fn broken_properties(&self) -> impl Iterator<Item = String> {
        let rows = self.report.property_results.iter();
        rows.flat_map(|row| {
            row.failed.iter().map(|failure| {
                format!(
                    "property {} fails {} times: {}: {} ({})",
                    row.property, failure.failures, failure.case, failure.account, row.subject
                )
            })
        })
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
