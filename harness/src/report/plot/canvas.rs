//! Drawing of panels side by side. In: panels as data. Out: an inline SVG element.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::axis::Axis;
use super::svg;

/// Drawing units per CSS pixel at the page's full width: plotters rounds coordinates to whole units.
const PANEL: (u32, u32) = (560, 400);
const FONT_SIZE: u32 = 22;

/// One dtype's part of a figure.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) title: String,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) marks: Vec<Mark>,
}

/// Something drawn in a panel, in the axes' positions.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mark {
    /// A finite value: the subject's own shape.
    Point { subject: usize, x: f64, y: f64 },
    /// An infinite value: a cross.
    Infinite { subject: usize, x: f64, y: f64 },
    /// A bar from the bottom of the panel.
    Bar { subject: usize, x: Range, top: f64 },
    /// A dashed line for comparison.
    Reference(Vec<(f64, f64)>),
}

/// From and to.
pub(super) type Range = (f64, f64);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Plot<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<Axis, Axis>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Draws the panels in a row.
///
/// # Panics
/// Never: SVG is written into a string, where no drawing fails.
pub(super) fn draw(title: &str, panels: &[Panel]) -> String {
    let columns = u32::try_from(panels.len()).unwrap_or(u32::MAX);
    let size = (PANEL.0.saturating_mul(columns), PANEL.1);
    let mut drawing = String::new();
    {
        let root = SVGBackend::with_string(&mut drawing, size).into_drawing_area();
        for (area, panel) in root.split_evenly((1, panels.len())).iter().zip(panels) {
            draw_panel(area, panel).expect("drawing into a string does not fail");
        }
        root.present()
            .expect("writing SVG into a string does not fail");
    }
    svg::restyle(&drawing, title, size)
}

fn draw_panel(area: &Area<'_>, panel: &Panel) -> Drawn {
    let ink = ("sans-serif", FONT_SIZE).into_font().color(&svg::INK);
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, ink.clone())
        .margin_right(16)
        .x_label_area_size(70)
        .y_label_area_size(100)
        .build_cartesian_2d(panel.x.clone(), panel.y.clone())?;
    chart
        .configure_mesh()
        .max_light_lines(0)
        .light_line_style(TRANSPARENT)
        .bold_line_style(svg::GRID)
        .axis_style(svg::AXIS)
        .label_style(ink)
        .x_desc(&panel.x.name)
        .y_desc(&panel.y.name)
        .draw()?;
    let plot = chart.plotting_area();
    for mark in &panel.marks {
        match mark {
            Mark::Point { subject, x, y } => draw_point(plot, *subject, (*x, *y))?,
            Mark::Infinite { subject, x, y } => {
                plot.draw(&Cross::new((*x, *y), 6, svg::outline(*subject)))?;
            }
            Mark::Bar { subject, x, top } => {
                let style = if subject % 2 == 0 {
                    svg::solid(*subject).filled()
                } else {
                    svg::outline(*subject).stroke_width(1)
                };
                plot.draw(&Rectangle::new([(x.0, *top), (x.1, panel.y.from)], style))?;
            }
            Mark::Reference(line) => {
                plot.draw(&PathElement::new(line.clone(), svg::REFERENCE))?;
            }
        }
    }
    Ok(())
}

/// A subject's shape, as the page's legend has it.
fn draw_point(plot: &Plot<'_>, subject: usize, at: (f64, f64)) -> Drawn {
    let solid = svg::solid(subject).filled();
    match subject % 4 {
        0 => plot.draw(&Circle::new(at, 4, solid))?,
        1 => plot.draw(&TriangleMarker::new(at, 5, solid))?,
        2 => plot.draw(&Circle::new(at, 4, svg::outline(subject)))?,
        _ => plot.draw(&TriangleMarker::new(at, -5, solid))?,
    }
    Ok(())
}
