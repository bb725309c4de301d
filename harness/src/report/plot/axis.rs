//! Axes whose ticks are chosen here. In: ranges of errors, condition numbers or counts. Out: positions and labels.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

/// A linear axis over positions, with a label at each tick.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) from: f64,
    pub(super) to: f64,
    pub(super) ticks: Vec<Tick>,
    pub(super) name: String,
}

/// A labelled position.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) at: f64,
    pub(super) label: String,
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "a pixel's coordinate is small; plotters wants an i32"
    )]
    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.from) / (self.to - self.from);
        limit.0 + (f64::from(limit.1 - limit.0) * share).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks
            .iter()
            .find(|tick| tick.at.to_bits() == value.to_bits())
            .map_or_else(String::new, |tick| tick.label.clone())
    }
}

impl From<Axis> for Range<f64> {
    fn from(axis: Axis) -> Self {
        axis.from..axis.to
    }
}

/// Positions of non-negative quantities by their decimal logarithm, with a floor below and, where one is needed, a
/// place for infinity above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogScale {
    floor: f64,
    top: f64,
    infinite: bool,
}

impl LogScale {
    /// A scale for `values` (`None` is infinite) from 10^`floor` to at least 10^`least_top`.
    pub(super) fn over(
        values: impl IntoIterator<Item = Option<f64>>,
        floor: f64,
        least_top: f64,
    ) -> Self {
        let mut scale = Self {
            floor,
            top: least_top,
            infinite: false,
        };
        for value in values {
            match value.filter(|value| value.is_finite()) {
                Some(value) if value > 0.0 => scale.top = scale.top.max(value.log10().ceil()),
                Some(_) => {}
                None => scale.infinite = true,
            }
        }
        scale
    }

    /// The position of a finite value; what lies below the floor stands on it.
    pub(super) fn at(self, value: f64) -> f64 {
        if value > 0.0 {
            value.log10().max(self.floor)
        } else {
            self.floor
        }
    }

    /// The position of infinity.
    pub(super) fn infinity(self) -> f64 {
        self.top + self.span() * 0.07
    }

    /// The largest finite position.
    pub(super) fn top(self) -> f64 {
        self.top
    }

    /// From the floor to the top.
    pub(super) fn span(self) -> f64 {
        self.top - self.floor
    }

    /// The axis, with at most `most` powers of ten named.
    pub(super) fn axis(self, name: &str, most: u32) -> Axis {
        let decades = self.span();
        let step = [1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0]
            .into_iter()
            .find(|step| decades / step <= f64::from(most))
            .unwrap_or(200.0);
        let mut ticks = vec![Tick {
            at: self.floor,
            label: format!("≤{}", power_of_ten(self.floor)),
        }];
        let mut decade = (self.floor / step).floor() * step;
        while decade <= self.top {
            if decade - self.floor >= step * 0.75 {
                ticks.push(Tick {
                    at: decade,
                    label: power_of_ten(decade),
                });
            }
            decade += step;
        }
        let margin = self.span() * 0.04;
        let mut to = self.top + margin;
        if self.infinite {
            ticks.retain(|tick| self.infinity() - tick.at > self.span() * 0.06);
            ticks.push(Tick {
                at: self.infinity(),
                label: "∞".to_owned(),
            });
            to = self.infinity() + margin;
        }
        Axis {
            from: self.floor - margin,
            to,
            ticks,
            name: name.to_owned(),
        }
    }
}

/// 10^`exponent` for a whole exponent, as text: `1`, `10`, `10⁻³`.
pub(super) fn power_of_ten(exponent: f64) -> String {
    let exponent = format!("{exponent:.0}");
    match exponent.as_str() {
        "0" | "-0" => "1".to_owned(),
        "1" => "10".to_owned(),
        digits => format!("10{}", superscript(digits)),
    }
}

fn superscript(number: &str) -> String {
    number
        .chars()
        .map(|letter| match letter {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4'..='9' | '0' => {
                char::from_u32(0x2070 + u32::from(letter) - u32::from('0')).unwrap_or(letter)
            }
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_written_as_powers() {
        assert_eq!(power_of_ten(0.0), "1");
        assert_eq!(power_of_ten(1.0), "10");
        assert_eq!(power_of_ten(-12.0), "10⁻¹²");
        assert_eq!(power_of_ten(308.0), "10³⁰⁸");
    }

    #[test]
    fn infinity_has_its_own_place_above_all_else() {
        let scale = LogScale::over([Some(3e15), None], -3.0, 1.0);
        assert!(scale.infinity() > scale.at(3e15));
        assert_eq!(scale.at(0.0).to_bits(), (-3.0_f64).to_bits());
        let axis = scale.axis("error", 6);
        assert_eq!(axis.ticks.last().map(|tick| tick.label.as_str()), Some("∞"));
        assert!(axis.ticks.len() <= 8);
        let finite = LogScale::over([Some(0.5)], -3.0, 1.0).axis("error", 6);
        assert!(finite.ticks.iter().all(|tick| tick.label != "∞"));
    }
}
