//! The report in Markdown, for reading in a repository. In: a report. Out: GitHub-flavoured Markdown.

use minijinja::context;
use minijinja::value::Serde;

use super::model::Report;
use super::template;
use super::view::View;

/// `README.md`: the tables of the HTML page, without its plots.
///
/// # Panics
/// Never: the embedded templates are well-formed and name only what the view has, which the tests show.
#[must_use]
pub fn render_markdown(report: &Report) -> String {
    let view = View::of(report);
    template::fill("readme.md", context! { report => Serde(&view) })
}

/// Prose that Markdown leaves as it is, on one line, fit for a table's cell.
pub(crate) fn text(prose: &str) -> String {
    let mut escaped = String::with_capacity(prose.len());
    for letter in one_line(prose).chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// A code span, fit for a table's cell.
pub(crate) fn code(source: &str) -> String {
    // Inside a table GitHub reads `\|` in a code span as a bar; a span is closed by as many backticks as opened it.
    let source = one_line(source).replace('|', "\\|");
    let longest = source
        .split(|letter| letter != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{source}{pad}{fence}")
}

/// A table, without a line feed at its end, of cells that are Markdown already; the columns named by place in `numbers` are aligned to the right.
pub(crate) fn table(
    header: &[&str],
    numbers: &[usize],
    rows: impl Iterator<Item = Vec<String>>,
) -> String {
    let rules = (0..header.len()).map(|place| {
        let is_number = numbers.contains(&place);
        if is_number { "---:" } else { "---" }.to_owned()
    });
    let header = header.iter().map(|name| (*name).to_owned()).collect();
    let lines = [header, rules.collect::<Vec<String>>()]
        .into_iter()
        .chain(rows);
    let lines: Vec<String> = lines
        .map(|cells| format!("| {} |", cells.join(" | ")))
        .collect();
    lines.join("\n")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_and_code_survive_a_table() {
        assert_eq!(text("a|b <i> x_1\nnext"), "a\\|b &lt;i&gt; x\\_1 next");
        assert_eq!(code("a | b"), "`a \\| b`");
        assert_eq!(code("a ` b"), "`` a ` b ``");
    }
}
