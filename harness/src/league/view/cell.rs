//! Tables of maximum errors with a column per subject. In: results. Out: cells that tell without colour how they came out.

use crate::league::headline::class_faults;
use crate::league::model::{LeagueOp, LeagueReport, LeagueResult};
use crate::report::model::{MaxUlp, VerdictCounts};
use crate::report::number::{NOTHING, count, upper_bound};
use lossproof_numerics::Dtype;
use serde::Serialize;

/// A table of maximum errors for one dtype.
#[derive(Debug, Serialize)]
pub(super) struct Matrix<'a> {
    dtype: &'a str,
    subjects: Vec<&'a str>,
    rows: Vec<Row<'a>>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    /// The op or the class.
    name: &'a str,
    ceiling: &'a str,
    cells: Vec<Cell>,
}

/// A maximum error and how its values came out.
#[derive(Debug, Serialize)]
pub(super) struct Cell {
    text: String,
    /// `fine`, `held`, `over`, `wrong` or `none`; the mark says the same without colour.
    mood: &'static str,
    mark: &'static str,
    /// Coverage and counts.
    note: String,
}

impl Cell {
    fn none() -> Self {
        Self {
            text: String::new(),
            mood: "none",
            mark: "",
            note: "no kernel".to_owned(),
        }
    }

    pub(super) fn of(max: &MaxUlp, verdicts: &VerdictCounts, values: u64) -> Self {
        let wrong = class_faults(verdicts);
        let (mood, mark) = if wrong > 0 {
            ("wrong", "✗")
        } else if verdicts.exceeds > 0 {
            ("over", "▲")
        } else if max.upper.is_some_and(|ulp| ulp <= 1.0) {
            ("fine", "")
        } else {
            ("held", "·")
        };
        let mut note = format!("{} n={}", max.coverage, count(values));
        for (number, what) in [
            (verdicts.exceeds, "above the ceiling"),
            (wrong, "of a wrong class or lost calls"),
            (verdicts.undecided, "undecided"),
        ] {
            if number > 0 {
                note = format!("{note}; {} {what}", count(number));
            }
        }
        let text = if max.worst_case.is_some() {
            upper_bound(max.upper)
        } else {
            NOTHING.to_owned()
        };
        Self {
            text,
            mood,
            mark,
            note,
        }
    }
}

/// By dtype, op × subject.
pub(super) fn matrices<'a>(report: &'a LeagueReport) -> Vec<Matrix<'a>> {
    let of_dtype = |dtype: &'static str| {
        let results = || report.results.iter().filter(move |one| one.dtype == dtype);
        let subjects = subjects_of(report, &results().collect::<Vec<_>>());
        let ops = report
            .ops
            .iter()
            .filter(|op| results().any(|one| one.op == op.op));
        let row = |op: &'a LeagueOp| {
            let cell = |subject: &&str| {
                let result = results().find(|one| one.op == op.op && one.subject == **subject);
                result.map_or_else(Cell::none, |one| {
                    Cell::of(&one.max_ulp, &one.verdicts, one.values)
                })
            };
            Row {
                name: &op.op,
                ceiling: op.ceilings.get(dtype).map_or("", String::as_str),
                cells: subjects.iter().map(cell).collect(),
            }
        };
        let rows = ops.map(row).collect();
        Matrix {
            dtype,
            subjects,
            rows,
        }
    };
    let all = Dtype::ALL.into_iter().map(|dtype| of_dtype(dtype.name()));
    all.filter(|matrix| !matrix.rows.is_empty()).collect()
}

/// By dtype, class × subject of one op.
pub(super) fn class_matrices<'a>(report: &'a LeagueReport, op: &'a str) -> Vec<Matrix<'a>> {
    let of_dtype = |dtype: &'static str| {
        let results = || {
            let of_op = report.results.iter().filter(move |one| one.op == op);
            of_op.filter(move |one| one.dtype == dtype)
        };
        let subjects = subjects_of(report, &results().collect::<Vec<_>>());
        let met =
            |class: &&str| results().any(|one| one.classes.iter().any(|row| row.class == **class));
        let classes = report.classes.iter().map(|entry| entry.class.as_str());
        let row = |class: &'a str| {
            let cell = |subject: &&str| {
                let result = results().find(|one| one.subject == **subject);
                let row = result.and_then(|one| one.classes.iter().find(|row| row.class == class));
                row.map_or_else(Cell::none, |row| {
                    Cell::of(&row.max_ulp, &row.verdicts, row.values)
                })
            };
            Row {
                name: class,
                ceiling: "",
                cells: subjects.iter().map(cell).collect(),
            }
        };
        let rows = classes.filter(met).map(row).collect();
        Matrix {
            dtype,
            subjects,
            rows,
        }
    };
    let all = Dtype::ALL.into_iter().map(|dtype| of_dtype(dtype.name()));
    all.filter(|matrix| !matrix.rows.is_empty()).collect()
}

/// The subjects of some results, in the league's order.
fn subjects_of<'a>(report: &'a LeagueReport, results: &[&LeagueResult]) -> Vec<&'a str> {
    let names = report.subjects.iter().map(|subject| subject.name.as_str());
    names
        .filter(|name| results.iter().any(|result| result.subject == *name))
        .collect()
}
