//! What the pages show besides errors: clauses, properties and tolerances. In: a league. Out: lines of text.

use crate::league::model::{LeagueClause, LeagueReport};
use crate::properties::{PropertyEntry, PropertyVerdict};
use crate::report::number::{NOTHING, count, share};
use crate::tolerance::{ToleranceCount, ToleranceEntry};
use serde::Serialize;

/// A clause with a line per subject that met it.
#[derive(Debug, Serialize)]
pub(super) struct ClauseView<'a> {
    profile: &'a str,
    id: &'a str,
    op: &'a str,
    when: &'a str,
    accept: &'a [String],
    why: &'a str,
    source: &'a str,
    /// Subject, counts in words, whether all conformed.
    subjects: Vec<(&'a str, String, bool)>,
}

pub(super) fn clauses(report: &LeagueReport) -> Vec<ClauseView<'_>> {
    report.clauses.iter().map(clause_view).collect()
}

/// What a subject did against a clause, over its dtypes.
#[derive(Default)]
struct Met<'a> {
    values: u64,
    conforming: u64,
    failing_dtypes: Vec<&'a str>,
}

impl Met<'_> {
    fn told(&self) -> (String, bool) {
        let (values, conforming) = (count(self.values), count(self.conforming));
        if self.failing_dtypes.is_empty() {
            return (values, true);
        }
        let dtypes = self.failing_dtypes.join(", ");
        (
            format!("{conforming} of {values} (not all in {dtypes})"),
            false,
        )
    }
}

fn clause_view(entry: &LeagueClause) -> ClauseView<'_> {
    let clause = &entry.clause;
    let mut subjects: Vec<(&str, Met<'_>)> = Vec::new();
    for one in &clause.exercised {
        if subjects
            .last()
            .is_none_or(|(known, _)| *known != one.subject)
        {
            subjects.push((&one.subject, Met::default()));
        }
        if let Some((_, met)) = subjects.last_mut() {
            met.values += one.values;
            met.conforming += one.conforming;
            let fails = one.conforming < one.values;
            met.failing_dtypes
                .extend(fails.then_some(one.dtype.as_str()));
        }
    }
    let told = |(subject, met): (_, Met<'_>)| {
        let (text, all) = met.told();
        (subject, text, all)
    };
    ClauseView {
        profile: &entry.profile,
        id: &clause.id,
        op: &clause.op,
        when: &clause.when,
        accept: &clause.accept,
        why: &clause.why,
        source: &clause.source,
        subjects: subjects.into_iter().map(told).collect(),
    }
}

/// A property with a cell per subject.
#[derive(Debug, Serialize)]
pub(super) struct PropertyView<'a> {
    title: &'a str,
    statement: &'a str,
    /// Text, and whether it holds; none where nothing could be checked.
    cells: Vec<(String, Option<bool>)>,
    /// The first failures, told.
    failures: Vec<String>,
}

pub(super) fn property_subjects(report: &LeagueReport) -> Vec<&str> {
    let names = report.subjects.iter().map(|subject| subject.name.as_str());
    let checked = |name: &&str| {
        report
            .property_results
            .iter()
            .any(|row| row.subject == **name)
    };
    names.filter(checked).collect()
}

/// How many failures of a property are told.
const FAILURES_TOLD: usize = 3;

pub(super) fn properties(report: &LeagueReport) -> Vec<PropertyView<'_>> {
    let all = report
        .properties
        .iter()
        .map(|entry| property(report, entry));
    all.filter(|property| property.cells.iter().any(|(_, holds)| holds.is_some()))
        .collect()
}

fn property<'a>(report: &'a LeagueReport, entry: &'a PropertyEntry) -> PropertyView<'a> {
    let rows = || {
        let rows = report.property_results.iter();
        rows.filter(|row| row.property == entry.property)
    };
    let cell = |subject: &str| {
        let row = rows().find(|row| row.subject == subject)?;
        match row.verdict {
            PropertyVerdict::Holds => Some((format!("✓ {}", count(row.checks)), Some(true))),
            PropertyVerdict::Fails => {
                let text = format!("✗ {} of {}", count(row.failures), count(row.checks));
                Some((text, Some(false)))
            }
            PropertyVerdict::NotApplicable => None,
        }
    };
    let failures = rows().filter_map(|row| {
        let failed = row.failed.first()?;
        Some(format!(
            "{}: {}: {}",
            row.subject, failed.case, failed.account
        ))
    });
    PropertyView {
        title: &entry.title,
        statement: &entry.statement,
        cells: property_subjects(report)
            .into_iter()
            .map(|subject| cell(subject).unwrap_or_else(|| (NOTHING.to_owned(), None)))
            .collect(),
        failures: failures.take(FAILURES_TOLD).collect(),
    }
}

/// What each tolerance makes of a subject's values.
#[derive(Debug, Serialize)]
pub(super) struct ToleranceLine<'a> {
    subject: &'a str,
    at_fault: String,
    /// By tolerance: kernels all of whose values pass, and values at fault that pass.
    cells: Vec<ToleranceCell>,
}

#[derive(Debug, Serialize)]
struct ToleranceCell {
    kernels: String,
    through: String,
    share: String,
    conforming_rejected: String,
}

pub(super) fn tolerance_lines(report: &LeagueReport) -> Vec<ToleranceLine<'_>> {
    let tested = report.subjects.iter().filter(|subject| subject.tested);
    tested
        .map(|subject| tolerance_line(report, &subject.name))
        .collect()
}

fn tolerance_line<'a>(report: &LeagueReport, subject: &'a str) -> ToleranceLine<'a> {
    let own = || {
        report
            .results
            .iter()
            .filter(|result| result.subject == subject)
    };
    let cell = |tolerance: &ToleranceEntry| {
        let counts = own().filter_map(|result| result.tolerances.get(&tolerance.name));
        let counts: Vec<&ToleranceCount> = counts.filter(|one| one.compared > 0).collect();
        let mut total = ToleranceCount::default();
        for one in &counts {
            total.merge(**one);
        }
        let whole = counts.iter().filter(|one| one.all_pass()).count();
        ToleranceCell {
            kernels: format!("{whole} of {}", counts.len()),
            through: format!("{} of {}", count(total.let_through), count(total.at_fault)),
            share: share(total.let_through, total.at_fault),
            conforming_rejected: count(total.rejected_conforming()),
        }
    };
    let at_fault = own().map(|result| result.verdicts.exceeds + result.verdicts.wrong_class);
    ToleranceLine {
        subject,
        at_fault: count(at_fault.sum()),
        cells: report.tolerances.iter().map(cell).collect(),
    }
}
