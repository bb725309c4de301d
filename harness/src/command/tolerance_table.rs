//! What named tolerances let through. In: rows. Out: their columns, and what the columns mean.

use super::table::Columns;
use crate::assemble::ToleranceRow;
use crate::tolerance::{ToleranceCount, tolerances};

/// One line per subject, op, dtype and tolerance, with the classes summed or apart.
pub(super) fn tolerance_columns(rows: &[ToleranceRow], per_class: bool) -> Columns {
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
            verdict(count),
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
    Columns::new(&header, &[6, 7, 8], &[0, 1, 4], lines.collect())
}

/// What the columns mean, and each tolerance's rule.
pub(super) fn tolerance_notes() -> Vec<String> {
    let meaning = "tolerances: at fault are values above the ceiling or of a wrong class; what is expected is the exact \
                   result, correctly rounded";
    let rules = tolerances().iter().map(|tolerance| {
        let (name, title, rule) = (&tolerance.name, &tolerance.title, &tolerance.rule);
        format!("tolerance {name}: {title}: {rule}")
    });
    [meaning.to_owned()].into_iter().chain(rules).collect()
}

fn verdict(count: &ToleranceCount) -> String {
    match (count.lost_calls, count.compared) {
        (0, 0) => "–".to_owned(),
        (0, _) if count.all_pass() => "yes".to_owned(),
        (0, _) => "no".to_owned(),
        (lost, _) => format!("no, {lost} calls lost"),
    }
}
