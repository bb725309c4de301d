//! Error over the float ordinals. In: the largest error per range of ordinals. Out: a figure whose horizontal axis
//! gives each of the dtype's values the same room.

use std::collections::BTreeMap;
use std::f64::consts::LOG2_10;

use lossproof_numerics::{Dtype, decode, ordinal, round_f64};

use super::axis::{Axis, LogScale, Tick, power_of_ten};
use super::canvas::{Mark, Panel, draw};
use super::{Figure, PanelData};
use crate::report::model::OrdinalBin;

/// How many places a panel has from left to right; each shows the largest error that falls into it.
const COLUMNS: f64 = 110.0;
/// The least share of a panel's width between two ticks.
const TICK_SPACING: f64 = 0.16;

/// The figure of `op`.
pub(super) fn figure(op: &str, panels: &[PanelData<'_>]) -> Figure {
    let errors = panels
        .iter()
        .flat_map(|panel| bins(panel).map(|(_, bin)| bin.max_ulp));
    let scale = LogScale::over(errors, -3.0, 1.0);
    let drawn: Vec<Panel> = panels
        .iter()
        .map(|panel| {
            let x = value_axis(panel);
            let marks = marks(panel, &x, scale);
            Panel {
                title: panel.dtype.to_owned(),
                x,
                y: scale.axis("largest error (ulp)", 7),
                marks,
            }
        })
        .collect();
    Figure {
        title: "Error over the float ordinals".to_owned(),
        caption: "Each mark is the largest error (upper bound, log scale) among results in a range of ordinals. An \
                  ordinal counts the dtype's values from zero, so every representable value has the same room and \
                  each binade the same width; ticks name values. The dashed line is ½ ulp, the most that a correctly \
                  rounded result can be off. A cross at the top edge is an infinite error."
            .to_owned(),
        svg: draw(
            &format!("{op}: largest error in ulps over the ordinals of the results, one panel per dtype"),
            &drawn,
        ),
    }
}

fn bins<'a>(panel: &'a PanelData<'_>) -> impl Iterator<Item = (usize, &'a OrdinalBin)> {
    panel
        .series
        .iter()
        .flat_map(|(mark, distribution)| distribution.ordinals.iter().map(|bin| (*mark, bin)))
}

/// An ordinal as a position on an axis.
#[expect(
    clippy::cast_precision_loss,
    reason = "a position on paper needs no more than 53 bits"
)]
fn position(ordinal: i64) -> f64 {
    ordinal as f64
}

fn marks(panel: &PanelData<'_>, x: &Axis, scale: LogScale) -> Vec<Mark> {
    let mut marks = vec![Mark::Reference(vec![
        (x.from, scale.at(0.5)),
        (x.to, scale.at(0.5)),
    ])];
    for (subject, distribution) in &panel.series {
        let mut columns: BTreeMap<i64, (f64, Option<f64>)> = BTreeMap::new();
        for bin in &distribution.ordinals {
            let middle = position(bin.from).midpoint(position(bin.to));
            let entry = columns
                .entry(column(x, middle))
                .or_insert((middle, bin.max_ulp));
            if is_above(bin.max_ulp, entry.1) {
                *entry = (middle, bin.max_ulp);
            }
        }
        marks.extend(columns.values().map(|(at, ulps)| match ulps {
            Some(ulps) => Mark::Point {
                subject: *subject,
                x: *at,
                y: scale.at(*ulps),
            },
            None => Mark::Infinite {
                subject: *subject,
                x: *at,
                y: scale.infinity(),
            },
        }));
    }
    marks
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a column's number lies between 0 and COLUMNS"
)]
fn column(x: &Axis, at: f64) -> i64 {
    ((at - x.from) / (x.to - x.from) * COLUMNS).floor() as i64
}

/// Whether error `left` is larger than `right`; `None` is infinite.
fn is_above(left: Option<f64>, right: Option<f64>) -> bool {
    left.unwrap_or(f64::INFINITY) > right.unwrap_or(f64::INFINITY)
}

/// An axis over the ordinals of the panel, its ticks at powers of ten.
fn value_axis(panel: &PanelData<'_>) -> Axis {
    let first = bins(panel).map(|(_, bin)| bin.from).min().unwrap_or(0);
    let last = bins(panel).map(|(_, bin)| bin.to).max().unwrap_or(0);
    let (low, high) = (position(first), position(last));
    let margin = ((high - low) * 0.03).max(1.0);
    let (from, to) = (low - margin, high + margin);
    let mut ticks: Vec<Tick> = Vec::new();
    for (at, label) in candidates(panel.dtype, to - from) {
        let apart = ticks
            .iter()
            .all(|tick| (tick.at - at).abs() > (to - from) * TICK_SPACING);
        if (from..=to).contains(&at) && apart {
            ticks.push(Tick { at, label });
        }
    }
    if ticks.is_empty() {
        ticks = end_ticks(panel.dtype, first, last);
    }
    Axis {
        from,
        to,
        ticks,
        name: "value of the result, by ordinal".to_owned(),
    }
}

/// Where ticks may stand, those to be preferred first: 0, the infinities, then powers of ten an equal step apart, from 1
/// outwards.
fn candidates(dtype: &str, width: f64) -> Vec<(f64, String)> {
    let Ok(dtype) = dtype.parse::<Dtype>() else {
        return Vec::new();
    };
    let at = |value: f64| position(ordinal(dtype, value));
    let decade = LOG2_10 * (at(2.0) - at(1.0));
    let step = [1, 2, 5, 10, 20, 50, 100, 200, 500]
        .into_iter()
        .find(|step| decade * f64::from(*step) > width * TICK_SPACING)
        .unwrap_or(1000);
    let mut places = vec![
        (0.0, "0".to_owned()),
        (at(f64::INFINITY), "∞".to_owned()),
        (at(f64::NEG_INFINITY), "−∞".to_owned()),
    ];
    let mut exponents: Vec<i32> = (-320..=308).filter(|power| power % step == 0).collect();
    exponents.sort_by_key(|power| power.abs());
    for exponent in exponents {
        let value = round_f64(dtype, format!("1e{exponent}").parse().unwrap_or(0.0));
        if value != 0.0 && value.is_finite() {
            let label = power_of_ten(f64::from(exponent));
            places.push((at(-value), format!("−{label}")));
            places.push((at(value), label));
        }
    }
    places
}

/// The ends of a range too narrow to hold a power of ten.
fn end_ticks(dtype: &str, first: i64, last: i64) -> Vec<Tick> {
    let label = |ordinal: i64| match dtype.parse::<Dtype>() {
        Ok(dtype) => {
            let sign = if ordinal < 0 { "−" } else { "" };
            format!("{sign}{:.3e}", decode(dtype, ordinal.unsigned_abs()))
        }
        Err(_) => ordinal.to_string(),
    };
    let ends = if first == last {
        vec![first]
    } else {
        vec![first, last]
    };
    ends.into_iter()
        .map(|ordinal| Tick {
            at: position(ordinal),
            label: label(ordinal),
        })
        .collect()
}
