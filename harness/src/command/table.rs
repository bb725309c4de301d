//! Tables of results. In: result rows. Out: their columns, as a table on a terminal or in Markdown.

use crate::properties::{PropertyRow, PropertyVerdict};
use crate::report::markdown;
use crate::report::model::{ResultRow, VerdictCounts};
use crate::report::number::NOTHING as DASH;
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};

/// The largest error of a row as text, with its coverage.
pub(super) fn max_ulp(row: &ResultRow) -> String {
    row.max_ulp
        .upper
        .map_or_else(|| "∞".to_owned(), |upper| format!("{upper}"))
}

/// A table before it is printed, the same for each way of printing it.
pub(super) struct Columns {
    /// The names of the columns.
    header: Vec<&'static str>,
    /// The places of those that hold numbers.
    numbers: Vec<usize>,
    /// The places of those that hold names, which Markdown prints as code.
    names: Vec<usize>,
    lines: Vec<Vec<String>>,
}

impl Columns {
    /// Columns by their header, the places of those that hold numbers and of those that hold names, and the lines.
    pub(super) fn new(
        header: &[&'static str],
        numbers: &[usize],
        names: &[usize],
        lines: Vec<Vec<String>>,
    ) -> Self {
        Self {
            header: header.to_vec(),
            numbers: numbers.to_vec(),
            names: names.to_vec(),
            lines,
        }
    }

    /// For a terminal.
    pub(super) fn terminal(&self) -> String {
        table(&self.header, &self.numbers, self.lines.iter().cloned())
    }

    /// In Markdown.
    pub(super) fn markdown(&self) -> String {
        let cell = |(place, cell): (usize, &String)| {
            if self.names.contains(&place) && cell != DASH {
                markdown::code(cell)
            } else {
                markdown::text(cell)
            }
        };
        let lines = self.lines.iter();
        let rows = lines.map(|line| line.iter().enumerate().map(cell).collect());
        markdown::table(&self.header, &self.numbers, rows)
    }
}

/// One line per property and subject.
pub(super) fn of_properties(rows: &[PropertyRow]) -> Columns {
    let lines = rows.iter().map(|row| {
        let verdict = match row.verdict {
            PropertyVerdict::Holds => "holds".to_owned(),
            PropertyVerdict::Fails => format!("FAILS {} times", row.failures),
            PropertyVerdict::NotApplicable => {
                let reasons = row.not_applicable.keys();
                let reason = reasons.min_by_key(|reason| reason.contains("no kernel for"));
                format!("– {}", reason.map_or("", String::as_str))
            }
        };
        vec![
            row.subject.clone(),
            row.property.clone(),
            row.checks.to_string(),
            verdict,
        ]
    });
    Columns {
        header: vec!["subject", "property", "checks", "verdict"],
        numbers: vec![2],
        names: vec![0, 1],
        lines: lines.collect(),
    }
}

/// One line per row.
pub(super) fn per_class(rows: &[&ResultRow]) -> Columns {
    let lines = rows.iter().map(|row| {
        vec![
            row.subject.clone(),
            row.op.clone(),
            row.dtype.clone(),
            row.class.clone(),
            max_ulp(row),
            format!("{} n={}", row.max_ulp.coverage, row.values),
            format!("{}/{}", row.correctly_rounded, row.values),
            row.max_ulp
                .worst_case
                .clone()
                .unwrap_or_else(|| DASH.to_owned()),
            verdict(&[row]),
        ]
    });
    Columns {
        header: vec![
            "subject",
            "op",
            "dtype",
            "class",
            "max ulp",
            "coverage",
            "correct",
            "worst case",
            "verdict",
        ],
        numbers: vec![4, 6],
        names: vec![0, 1, 2, 3, 7],
        lines: lines.collect(),
    }
}

/// One line per subject, op and dtype: the worst of its classes.
pub(super) fn per_op(rows: &[&ResultRow]) -> Columns {
    let mut groups: Vec<Vec<&ResultRow>> = Vec::new();
    for row in rows {
        let same = |group: &&mut Vec<&ResultRow>| {
            let first = group[0];
            (&first.subject, &first.op, &first.dtype) == (&row.subject, &row.op, &row.dtype)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    let lines = groups.iter().map(|group| {
        let size = |row: &ResultRow| row.max_ulp.upper.unwrap_or(f64::INFINITY);
        let worst = group
            .iter()
            .rev()
            .max_by(|a, b| size(a).total_cmp(&size(b)))
            .expect("a group has a row");
        let values: u64 = group.iter().map(|row| row.values).sum();
        let correct: u64 = group.iter().map(|row| row.correctly_rounded).sum();
        vec![
            worst.subject.clone(),
            worst.op.clone(),
            worst.dtype.clone(),
            max_ulp(worst),
            format!("{} n={values}", worst.max_ulp.coverage),
            format!("{correct}/{values}"),
            worst
                .max_ulp
                .worst_case
                .clone()
                .unwrap_or_else(|| DASH.to_owned()),
            verdict(group),
        ]
    });
    Columns {
        header: vec![
            "subject",
            "op",
            "dtype",
            "max ulp",
            "coverage",
            "correct",
            "worst case",
            "verdict",
        ],
        numbers: vec![3, 5],
        names: vec![0, 1, 2, 6],
        lines: lines.collect(),
    }
}

/// Whether some rows conform, and what else there is to say of their calls and values. Where nothing at all was judged,
/// nothing conforms either.
fn verdict(rows: &[&ResultRow]) -> String {
    let total = |count: fn(&VerdictCounts) -> u64| -> u64 {
        rows.iter().map(|row| count(&row.verdicts)).sum()
    };
    let unspecified = total(|verdicts| verdicts.unspecified);
    let judged = total(|verdicts| {
        verdicts.correctly_rounded + verdicts.faithful + verdicts.within_bound + verdicts.refused
    });
    let mut parts = Vec::new();
    if !rows.iter().all(|row| row.conforms) {
        parts.push("DOES NOT CONFORM".to_owned());
    } else if judged == 0 && unspecified > 0 {
        parts.push("not judged".to_owned());
    } else {
        parts.push("ok".to_owned());
    }
    let refused = total(|verdicts| verdicts.refused);
    if refused > 0 {
        parts.push(format!("{refused} calls refused as required"));
    }
    if unspecified > 0 {
        parts.push(format!("{unspecified} unspecified"));
    }
    parts.join(", ")
}

pub(super) fn table(
    header: &[&str],
    numbers: &[usize],
    lines: impl Iterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.to_vec());
    table.add_rows(lines);
    for &column in numbers {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
        .lines()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}
