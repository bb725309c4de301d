//! The comparison as lines of text. In: a comparison. Out: a headline and the cells of a table, the same for the terminal
//! and for Markdown.

use super::model::{Change, Comparison, Direction, Kind, Measure, Part, Share};
use crate::report::number::{NOTHING, count, plural, share, shortest};

/// The names of a line's columns.
pub const HEADER: [&str; 6] = [
    "change",
    "subject",
    "op",
    "dtype",
    "entry",
    "before → after",
];

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whether it counts as worse.
    pub counts_as_worse: bool,
    /// `worse`, `mixed`, `went away`, `better` or `appeared`.
    pub change: &'static str,
    /// The subject, or a dash; likewise the two that follow.
    pub subject: String,
    /// The op.
    pub op: String,
    /// The dtype.
    pub dtype: String,
    /// The class, clause, property or other entry, or how many of them.
    pub entry: String,
    /// What was measured before and after.
    pub what: String,
}

impl Line {
    /// The cells, as [`HEADER`] names them.
    #[must_use]
    pub fn cells(&self) -> [&str; 6] {
        let Self {
            change,
            subject,
            op,
            dtype,
            entry,
            what,
            ..
        } = self;
        [change, subject, op, dtype, entry, what]
    }
}

/// What happened, in one sentence: the counts that are not 0, and whether anything is worse.
#[must_use]
pub fn headline(comparison: &Comparison) -> String {
    let counts = comparison.counts;
    let counted = [
        (counts.worse, "worse"),
        (counts.mixed, "mixed"),
        (counts.went_away, "went away"),
        (counts.better, "better"),
        (counts.appeared, "appeared"),
        (counts.unchanged, "unchanged"),
    ];
    let counted: Vec<String> = counted
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(number)))
        .collect();
    let verdict = if comparison.worse {
        "WORSE"
    } else {
        "nothing is worse"
    };
    format!("{verdict}: {}", counted.join(", "))
}

/// The table's lines, in the order of the changes. Neighbouring classes of a kernel that appeared or went away together
/// are one line.
#[must_use]
pub fn lines(comparison: &Comparison) -> Vec<Line> {
    comparison
        .changes
        .chunk_by(is_one_line)
        .map(|changes| {
            let first = &changes[0];
            let cell = |text: &Option<String>| text.clone().unwrap_or_else(|| NOTHING.to_owned());
            Line {
                counts_as_worse: first.counts_as_worse,
                change: kind(first.kind),
                subject: cell(&first.subject),
                op: cell(&first.op),
                dtype: cell(&first.dtype),
                entry: entry(changes),
                what: what(changes),
            }
        })
        .collect()
}

fn is_one_line(one: &Change, next: &Change) -> bool {
    let place = |change: &Change| {
        (
            change.part,
            change.subject.clone(),
            change.op.clone(),
            change.dtype.clone(),
        )
    };
    matches!(one.kind, Kind::WentAway | Kind::Appeared)
        && one.kind == next.kind
        && one.part != Part::SelfProof
        && place(one) == place(next)
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Worse => "worse",
        Kind::Mixed => "mixed",
        Kind::WentAway => "went away",
        Kind::Better => "better",
        Kind::Appeared => "appeared",
    }
}

fn entry(changes: &[Change]) -> String {
    let entries: u64 = changes.iter().map(|change| change.entries).sum();
    let (one, many) = match changes[0].part {
        Part::Result => ("class", "classes"),
        Part::Clause => ("clause", "clauses"),
        Part::Sweep => ("domain", "domains"),
        Part::Property => ("property", "properties"),
        Part::SelfProof => return "self-proof".to_owned(),
        Part::Report => return "report".to_owned(),
    };
    match &changes[0].name {
        Some(name) if changes.len() == 1 && one == "class" => name.clone(),
        Some(name) if changes.len() == 1 => format!("{one} {name}"),
        _ => plural(entries, one, many),
    }
}

fn what(changes: &[Change]) -> String {
    let first = &changes[0];
    match first.kind {
        Kind::Worse | Kind::Mixed | Kind::Better => {}
        Kind::WentAway => return "no longer tested".to_owned(),
        Kind::Appeared => {
            let fails = |change: &&Change| change.conforms == Some(false);
            return match changes.iter().filter(fails).count() {
                0 => "newly tested".to_owned(),
                _ if changes.len() == 1 => "newly tested, does not conform".to_owned(),
                failing => format!("newly tested, {failing} do not conform"),
            };
        }
    }
    let details = first.details.iter().map(|detail| {
        let text = measure(first.part, &detail.measure);
        // In a mixed line the reader must see which part is the bad one.
        match (first.kind, detail.direction) {
            (Kind::Mixed, Direction::Worse) => format!("worse: {text}"),
            (Kind::Mixed, Direction::Better) => format!("better: {text}"),
            _ => text,
        }
    });
    details.collect::<Vec<_>>().join("; ")
}

fn measure(part: Part, measure: &Measure) -> String {
    let ulps = |ulps: Option<f64>| shortest(ulps.unwrap_or(f64::INFINITY));
    match measure {
        Measure::MaxUlp {
            before,
            after,
            worst_case,
        } => {
            let case = worst_case.as_ref().map(|case| format!(" ({case})"));
            let case = case.unwrap_or_default();
            format!("max ulp {} → {}{case}", ulps(*before), ulps(*after))
        }
        Measure::CorrectlyRounded { before, after } => {
            format!("correctly rounded {}", shares(*before, *after))
        }
        Measure::Fault {
            verdict,
            before,
            after,
        } => {
            format!("{verdict} {} → {}", count(*before), count(*after))
        }
        Measure::Conforms { before, after } => {
            let state = |conforms: bool| {
                if conforms {
                    "conforms"
                } else {
                    "DOES NOT CONFORM"
                }
            };
            format!("{} → {}", state(*before), state(*after))
        }
        Measure::Cases { before, after } => {
            let noun = if part == Part::Sweep {
                "inputs"
            } else {
                "cases"
            };
            format!("{noun} {} → {}", count(*before), count(*after))
        }
        Measure::ClauseConforming { before, after } => {
            format!("conforming {}", shares(*before, *after))
        }
        Measure::PropertyHolds { before, after } => {
            let state = |holds: bool| if holds { "holds" } else { "FAILS" };
            format!("{} → {}", state(*before), state(*after))
        }
        Measure::KillScore { before, after } => format!("killed {}", shares(*before, *after)),
        Measure::FalseAlarms { before, after } => {
            format!("false alarms {} → {}", count(*before), count(*after))
        }
    }
}

/// Of the same whole two counts say more than two percentages; of different ones the percentages are what compares.
fn shares(before: Share, after: Share) -> String {
    let fraction = |share: Share| format!("{}/{}", count(share.part), count(share.whole));
    if before.whole == after.whole {
        let of = count(after.whole);
        return format!("{} → {} of {of}", count(before.part), count(after.part));
    }
    let percent = |one: Share| format!("{} % ({})", share(one.part, one.whole), fraction(one));
    format!("{} → {}", percent(before), percent(after))
}
