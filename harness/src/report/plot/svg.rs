//! SVG that takes its colours from the page. In: plotters' SVG, drawn in marker colours. Out: the same drawing with
//! classes in place of presentation attributes, a title for readers who hear it, and no namespace to load.

use std::fmt::Write;

use plotters::style::RGBColor;

use crate::report::html::escaped;

/// The colour that stands for text.
pub(super) const INK: RGBColor = RGBColor(2, 0, 0);
/// The colour that stands for lines at ticks.
pub(super) const GRID: RGBColor = RGBColor(2, 0, 1);
/// The colour that stands for axes.
pub(super) const AXIS: RGBColor = RGBColor(2, 0, 2);
/// The colour that stands for lines to compare with.
pub(super) const REFERENCE: RGBColor = RGBColor(2, 0, 3);

/// How many subjects have a colour of their own.
const COLOURS: usize = 6;

/// The colour that stands for a subject's filled shapes.
pub(super) fn solid(subject: usize) -> RGBColor {
    RGBColor(1, 0, place(subject))
}

/// The colour that stands for a subject's outlined shapes.
pub(super) fn outline(subject: usize) -> RGBColor {
    RGBColor(1, 1, place(subject))
}

fn place(subject: usize) -> u8 {
    u8::try_from(subject % COLOURS).unwrap_or(0)
}

/// Rewrites `drawing`, `size` units large, into an inline element with `title`.
pub(super) fn restyle(drawing: &str, title: &str, size: (u32, u32)) -> String {
    let mut page = String::with_capacity(drawing.len() / 2);
    // Writing into a string does not fail.
    let _ = write!(
        page,
        "<svg class=\"plot\" role=\"img\" viewBox=\"0 0 {} {}\" style=\"--plot-width:{}px\"><title>{}</title>",
        size.0,
        size.1,
        size.0 / 2,
        escaped(title),
    );
    for line in drawing.lines().skip(1) {
        if line.starts_with('<') && !line.starts_with("</") {
            page.push('\n');
            page.push_str(&element(line));
        } else {
            page.push_str(line);
        }
    }
    page
}

/// One start tag, with its presentation attributes replaced by a class.
fn element(tag: &str) -> String {
    let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let end = if rest.ends_with("/>") { "/>" } else { ">" };
    let mut class = None;
    let mut kept = String::new();
    for (attribute, value) in attributes(rest) {
        match attribute {
            "fill" | "stroke" => class = class.or(class_of(value)),
            "opacity" | "font-family" | "font-size" | "stroke-width" => {}
            _ => {
                // Writing into a string does not fail.
                let _ = write!(kept, " {attribute}=\"{}\"", value.trim_end());
            }
        }
    }
    let class = class.map_or_else(String::new, |class| format!(" class=\"{class}\""));
    format!("{name}{class}{kept}{end}")
}

fn attributes(mut text: &str) -> Vec<(&str, &str)> {
    let mut attributes = Vec::new();
    while let Some((name, rest)) = text.split_once("=\"") {
        let Some((value, rest)) = rest.split_once('"') else {
            break;
        };
        attributes.push((name.trim(), value));
        text = rest;
    }
    attributes
}

/// The class that a marker colour stands for.
fn class_of(colour: &str) -> Option<String> {
    let digits = colour.strip_prefix('#')?;
    let code = u32::from_str_radix(digits, 16).ok()?;
    let class = match (code >> 16, (code >> 8) & 0xff, code & 0xff) {
        (1, 0, subject) => format!("f{subject}"),
        (1, 1, subject) => format!("o{subject}"),
        (2, 0, 1) => "gr".to_owned(),
        (2, 0, 2) => "ax".to_owned(),
        (2, 0, 3) => "rf".to_owned(),
        _ => return None,
    };
    Some(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presentation_becomes_a_class() {
        assert_eq!(
            element(
                r##"<circle cx="176" cy="285" r="4" opacity="1" fill="#010003" stroke="none" stroke-width="1"/>"##
            ),
            r#"<circle class="f3" cx="176" cy="285" r="4"/>"#
        );
        assert_eq!(
            element(
                r##"<text x="0" y="188" dy="0.76em" text-anchor="middle" font-family="sans-serif" font-size="16.1" opacity="1" fill="#020000">"##
            ),
            r#"<text x="0" y="188" dy="0.76em" text-anchor="middle">"#
        );
        assert_eq!(
            element(
                r##"<polyline fill="none" opacity="1" stroke="#020003" stroke-width="1" points="79,27 79,349 "/>"##
            ),
            r#"<polyline class="rf" points="79,27 79,349"/>"#
        );
    }
}
