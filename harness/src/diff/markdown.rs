//! The comparison in Markdown, for a comment on a pull request. In: a comparison. Out: GitHub-flavoured Markdown: a
//! headline, what counts as worse, and the rest folded away.

use super::lines::{HEADER, Line, headline, lines};
use super::model::{Comparison, Side};
use crate::report::markdown::{code, table, text};
use crate::report::number::{NOTHING, plural};

/// The most lines of a table: a comment has room for 65,536 characters.
const LINES_LISTED: usize = 100;

/// The comment.
#[must_use]
pub fn render_markdown(comparison: &Comparison) -> String {
    let (worse, others): (Vec<Line>, Vec<Line>) = lines(comparison)
        .into_iter()
        .partition(|line| line.counts_as_worse);
    let mut blocks = vec![
        format!("**lossproof diff: {}**", text(&headline(comparison))),
        format!(
            "before: {}<br>\nafter: {}",
            side(&comparison.before),
            side(&comparison.after)
        ),
    ];
    if !comparison.notes.is_empty() {
        let notes = comparison
            .notes
            .iter()
            .map(|note| format!("- {}", text(note)));
        blocks.push(notes.collect::<Vec<_>>().join("\n"));
    }
    if !worse.is_empty() {
        blocks.push(listed(&worse));
    }
    if !others.is_empty() {
        let what = plural(others.len() as u64, "other change", "other changes");
        blocks.push(format!("<details><summary>{what}</summary>"));
        blocks.push(listed(&others));
        blocks.push("</details>".to_owned());
    }
    blocks.join("\n\n") + "\n"
}

fn side(side: &Side) -> String {
    let settings = [
        side.tool.clone(),
        side.tier.as_ref().map(|tier| format!("{tier} tier")),
        side.seed.map(|seed| format!("seed {seed}")),
        side.profile
            .as_ref()
            .map(|profile| format!("profile {profile}")),
    ];
    let settings: Vec<String> = settings.into_iter().flatten().collect();
    format!("{} ({})", code(&side.file), text(&settings.join(", ")))
}

fn listed(lines: &[Line]) -> String {
    let row = |line: &Line| {
        let [change, subject, op, dtype, entry, what] = line.cells();
        let name = |name| {
            if name == NOTHING {
                NOTHING.to_owned()
            } else {
                code(name)
            }
        };
        [
            text(change),
            name(subject),
            name(op),
            name(dtype),
            text(entry),
            text(what),
        ]
        .to_vec()
    };
    let rows = lines.iter().take(LINES_LISTED).map(row);
    let listed = table(&HEADER, &[], rows);
    if lines.len() <= LINES_LISTED {
        return listed;
    }
    let more = plural(
        (lines.len() - LINES_LISTED) as u64,
        "more line",
        "more lines",
    );
    format!("{listed}\n\n{more}; `lossproof diff` lists all.")
}
