//! Error against κ. In: each case's worst value. Out: a figure that parts the kernel's errors from the problem's.

use std::collections::BTreeMap;

use super::axis::LogScale;
use super::canvas::{Mark, Panel, draw};
use super::{Figure, PanelData};
use crate::report::model::ConditioningPoint;

/// The grid that points are thinned on: one point a cell, the one with the largest error.
const CELLS: f64 = 70.0;

/// The figure of `op`.
pub(super) fn figure(op: &str, panels: &[PanelData<'_>]) -> Figure {
    let y = LogScale::over(points(panels).map(|point| Some(point.ulp)), -3.0, 1.0);
    let x = LogScale::over(points(panels).map(|point| Some(point.kappa)), -1.0, 3.0);
    let drawn: Vec<Panel> = panels
        .iter()
        .map(|panel| Panel {
            title: panel.dtype.to_owned(),
            x: x.axis("condition number κ", 5),
            y: y.axis("error (ulp)", 7),
            marks: marks(panel, x, y),
        })
        .collect();
    Figure {
        title: "Error against conditioning".to_owned(),
        caption: "Each mark is the worst value of a case whose κ and error are finite; of marks that would cover each \
                  other only the one with the largest error is drawn. Both axes are logarithmic. The dashed line is \
                  max(1, κ) ulp: an error above it is the kernel's, one near it at a large κ is the problem's."
            .to_owned(),
        svg: draw(
            &format!("{op}: error in ulps against the condition number, one panel per dtype"),
            &drawn,
        ),
    }
}

fn points<'a>(panels: &'a [PanelData<'_>]) -> impl Iterator<Item = &'a ConditioningPoint> {
    panels
        .iter()
        .flat_map(|panel| &panel.series)
        .flat_map(|(_, distribution)| &distribution.conditioning)
}

fn marks(panel: &PanelData<'_>, x: LogScale, y: LogScale) -> Vec<Mark> {
    let reach = x.top().min(y.top());
    let mut marks = vec![Mark::Reference(vec![
        (x.at(0.0), 0.0),
        (0.0, 0.0),
        (reach, reach),
    ])];
    for (subject, distribution) in &panel.series {
        let mut cells: BTreeMap<(i64, i64), (f64, f64)> = BTreeMap::new();
        for point in &distribution.conditioning {
            let at = (x.at(point.kappa), y.at(point.ulp));
            let largest = cells.entry((cell(at.0, x), cell(at.1, y))).or_insert(at);
            if at.1 > largest.1 {
                *largest = at;
            }
        }
        marks.extend(cells.values().map(|(x, y)| Mark::Point {
            subject: *subject,
            x: *x,
            y: *y,
        }));
    }
    marks
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cell's number lies near 0 to CELLS"
)]
fn cell(at: f64, scale: LogScale) -> i64 {
    (at / scale.span() * CELLS).floor() as i64
}
