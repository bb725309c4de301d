//! Numbers as reports print them. In: bounds, counts and shares. Out: text that never says less than the bound, nor
//! claims more than the count.

/// What stands where there is no number.
pub(crate) const NOTHING: &str = "–";

/// An upper bound of an error in ulps, rounded up to 5 decimals or 5 significant digits; `None` is infinite.
pub(crate) fn upper_bound(ulps: Option<f64>) -> String {
    match ulps {
        Some(value) if value.is_finite() => finite_upper_bound(value),
        _ => "∞".to_owned(),
    }
}

fn finite_upper_bound(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if (0.01..10.0).contains(&value) {
        let decimal = Decimal::shortest(value);
        let digits = decimal.exponent + 6;
        decimal
            .rounded_up(usize::try_from(digits).unwrap_or(1))
            .plain(5)
    } else if (10.0..1e5).contains(&value) {
        let decimal = Decimal::shortest(value).rounded_up(5);
        let decimals = usize::try_from(4 - decimal.exponent).unwrap_or(0);
        decimal.plain(decimals)
    } else {
        Decimal::shortest(value).rounded_up(5).scientific()
    }
}

/// A number that is no bound, to `digits` significant digits, to nearest.
pub(crate) fn nearest(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "NaN" } else { "∞" }.to_owned();
    }
    let rounded: f64 = format!("{value:.*e}", digits.saturating_sub(1))
        .parse()
        .unwrap_or(value);
    shortest(rounded)
}

/// A number that stands in a spec or a snapshot, unrounded.
pub(crate) fn shortest(value: f64) -> String {
    if value.is_infinite() {
        return "∞".to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-3..1e6).contains(&magnitude) {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}

/// A count with its thousands apart: `12,340`.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in percent, rounded down to 2 decimals, so that `100.00` means all of them.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NOTHING.to_owned();
    }
    let hundredths = u128::from(part) * 10_000 / u128::from(whole);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A count and its noun: `1 value`, `2 values`.
pub(crate) fn plural(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A positive decimal number d.ddd × 10^exponent.
struct Decimal {
    digits: Vec<u8>,
    exponent: i32,
}

impl Decimal {
    /// The shortest decimal that reads back as `value`: the one that the JSON prints.
    fn shortest(value: f64) -> Self {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        Self {
            digits: mantissa
                .bytes()
                .filter(u8::is_ascii_digit)
                .map(|digit| digit - b'0')
                .collect(),
            exponent: exponent.parse().unwrap_or(0),
        }
    }

    /// The smallest decimal of `keep` digits that is no smaller.
    ///
    /// It bounds the f64 too, not only its shortest decimal: were the f64 above it, this shorter decimal would lie
    /// between the two and read back as the same f64.
    fn rounded_up(mut self, keep: usize) -> Self {
        let keep = keep.max(1);
        if self.digits.len() <= keep {
            return self;
        }
        self.digits.truncate(keep);
        while self.digits.last() == Some(&9) {
            self.digits.pop();
        }
        if let Some(digit) = self.digits.last_mut() {
            *digit += 1;
        } else {
            self.digits.push(1);
            self.exponent += 1;
        }
        self
    }

    /// Without an exponent, with at least `decimals` decimals.
    fn plain(&self, decimals: usize) -> String {
        let places = i32::try_from(decimals).unwrap_or(i32::MAX);
        let mut text = String::new();
        for power in (-places..=self.exponent.max(0)).rev() {
            if power == -1 {
                text.push('.');
            }
            let digit = usize::try_from(self.exponent - power)
                .ok()
                .and_then(|place| self.digits.get(place));
            text.push(char::from(b'0' + digit.copied().unwrap_or(0)));
        }
        text
    }

    /// With an exponent: `1.2346e15`.
    fn scientific(&self) -> String {
        let mut text = String::new();
        for (place, digit) in self.digits.iter().enumerate() {
            if place == 1 {
                text.push('.');
            }
            text.push(char::from(b'0' + digit));
        }
        format!("{text}e{}", self.exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_rounded_up_in_decimal() {
        for (value, text) in [
            (0.0, "0"),
            (0.5, "0.50000"),
            (0.500_32, "0.50032"),
            (0.500_320_000_1, "0.50033"),
            (0.999_999, "1.00000"),
            (1.0, "1.00000"),
            (9.999_999, "10.00000"),
            (0.012_345_1, "0.01235"),
            (12.345_61, "12.346"),
            (99_999.5, "100000"),
            (2.0, "2.00000"),
            (12_345.0, "12345"),
            (123_456.0, "1.2346e5"),
            (1e15, "1e15"),
            (0.001_234_561, "1.2346e-3"),
            (f64::MAX, "1.7977e308"),
            (f64::from_bits(1), "5e-324"),
        ] {
            assert_eq!(upper_bound(Some(value)), text, "{value}");
        }
        assert_eq!(upper_bound(None), "∞");
        assert_eq!(upper_bound(Some(f64::INFINITY)), "∞");
    }

    #[test]
    fn a_printed_bound_is_never_below_the_value() {
        let mut value = 1.234_567_890_123e-9;
        while value < 1e20 {
            let printed: f64 = upper_bound(Some(value)).parse().expect("a number");
            assert!(printed >= value, "{printed} < {value}");
            assert!(printed <= value * 1.001, "{printed} is far above {value}");
            value *= 1.370_1;
        }
    }

    #[test]
    fn all_is_said_only_of_all() {
        assert_eq!(share(9_999_999, 10_000_000), "99.99");
        assert_eq!(share(3, 3), "100.00");
        assert_eq!(share(0, 0), NOTHING);
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
    }

    #[test]
    fn other_numbers_are_rounded_to_nearest() {
        assert_eq!(nearest(1234.5678, 3), "1230");
        assert_eq!(nearest(1.234e9, 3), "1.23e9");
        assert_eq!(nearest(f64::INFINITY, 3), "∞");
        assert_eq!(shortest(0.51), "0.51");
        assert_eq!(shortest(1e7), "1e7");
    }
}
