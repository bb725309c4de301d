//! `lossproof diff`: two report files in, what changed between them out.

use super::DOES_NOT_CONFORM;
use super::arguments::{Common, DiffArguments};
use super::table::table;
use crate::diff::{
    Comparison, Difference, HEADER, Line, Options, View, compare, differences, headline, lines,
    render_json, render_markdown,
};
use anyhow::{Context, Result, anyhow, bail};
use std::fs;
use std::io::{Write, stdout};
use std::path::Path;
use std::process::ExitCode;

pub(super) fn run(common: &Common, arguments: &DiffArguments) -> Result<ExitCode> {
    if common.json && arguments.markdown {
        bail!("--json and --markdown exclude each other; leave one out");
    }
    let before = read(&arguments.before)?;
    let after = read(&arguments.after)?;
    let differences = differences(&before, &after);
    let forbidding: Vec<&Difference> = differences.iter().filter(|one| one.forbids).collect();
    if !forbidding.is_empty() && !arguments.force {
        let what: Vec<&str> = forbidding.iter().map(|one| one.what.as_str()).collect();
        bail!(
            "`{}` and `{}` cannot be compared: {}, and a maximum over other cases or by other conventions says nothing \
             about the kernel; measure both alike, or compare them anyway with --force",
            arguments.before.display(),
            arguments.after.display(),
            what.join(", ")
        );
    }
    let options = Options {
        allow_removed: arguments.allow_removed,
    };
    let before_file = arguments.before.display().to_string();
    let after_file = arguments.after.display().to_string();
    let comparison = compare((&before_file, &before), (&after_file, &after), options);
    let text = if common.json {
        render_json(&comparison)
    } else if arguments.markdown {
        render_markdown(&comparison)
    } else {
        terminal(&comparison)
    };
    stdout().lock().write_all(text.as_bytes())?;
    Ok(if comparison.worse {
        ExitCode::from(DOES_NOT_CONFORM)
    } else {
        ExitCode::SUCCESS
    })
}

fn read(path: &Path) -> Result<View> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read the report `{}`", path.display()))?;
    View::read(&text).map_err(|error| anyhow!("`{}` {error}", path.display()))
}

fn terminal(comparison: &Comparison) -> String {
    let mut blocks: Vec<String> = Vec::new();
    if !comparison.notes.is_empty() {
        let notes = comparison.notes.iter().map(|note| format!("note: {note}"));
        blocks.push(notes.collect::<Vec<_>>().join("\n") + "\n");
    }
    let lines = lines(comparison);
    if !lines.is_empty() {
        let cells = |line: &Line| line.cells().map(str::to_owned).to_vec();
        blocks.push(table(&HEADER, &[], lines.iter().map(cells)));
    }
    blocks.push(headline(comparison) + "\n");
    blocks.join("\n")
}
