//! What named tolerances let through, as a table on a terminal.

use super::table::table;
use crate::assemble::ToleranceRow;
use crate::tolerance::{ToleranceCount, tolerances};

/// One line per subject, op, dtype and tolerance, with the classes summed or apart, and the rules below.
pub(super) fn tolerance_table(rows: &[ToleranceRow], per_class: bool) -> String {
    let mut groups: Vec<(ToleranceRow, ToleranceCount)> = Vec::new();
    for row in rows {
        let class = if per_class { row.class.as_str() } else { "all" };
        let same = groups.iter_mut().find(|(known, _)| {
            let known = (
                &known.subject,
                &known.op,
                &known.dtype,
                known.class.as_str(),
                &known.tolerance,
            );
            known == (&row.subject, &row.op, &row.dtype, class, &row.tolerance)
        });
        match same {
            Some((_, count)) => count.merge(row.count),
            None => groups.push((
                ToleranceRow {
                    class: class.to_owned(),
                    ..row.clone()
                },
                row.count,
            )),
        }
    }
    let lines = groups.iter().map(|(row, count)| {
        vec![
            row.subject.clone(),
            row.op.clone(),
            row.dtype.clone(),
            row.class.clone(),
            row.tolerance.clone(),
            verdict(count).to_owned(),
            format!("{}/{}", count.passed, count.compared),
            format!("{}/{}", count.let_through, count.at_fault),
            count.rejected_conforming().to_string(),
        ]
    });
    let header = [
        "subject",
        "op",
        "dtype",
        "class",
        "tolerance",
        "all pass",
        "pass",
        "at fault let through",
        "conforming rejected",
    ];
    let mut text = table(&header, &[6, 7, 8], lines);
    text.push_str(
        "\nAt fault are values above the ceiling or of a wrong class. What is expected is the exact result, correctly rounded.\n",
    );
    let rules = tolerances().iter().map(|tolerance| {
        let (name, title, rule) = (&tolerance.name, &tolerance.title, &tolerance.rule);
        format!("{name}: {title}: {rule}\n")
    });
    text.extend(rules);
    text
}

fn verdict(count: &ToleranceCount) -> &'static str {
    if count.compared == 0 {
        "–"
    } else if count.all_pass() {
        "yes"
    } else {
        "no"
    }
}
