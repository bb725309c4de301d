//! Numbers in files: the f64 that is written is the f64 that is read, and infinity is a word, which JSON has no number for.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// An f64 that is no NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exact(pub f64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            to.serialize_f64(self.0)
        } else {
            to.serialize_str("inf")
        }
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let number = match &value {
            // From its digits: the usual way to an f64 may miss by the last bit.
            Value::Number(number) => number.to_string().parse().ok(),
            Value::String(word) if word == "inf" => Some(f64::INFINITY),
            _ => None,
        };
        let unreadable = || D::Error::custom(format!("{value} is neither a number nor \"inf\""));
        number.map(Self).ok_or_else(unreadable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bits = 0x3fdf_1234_5678_9abc_u64;
        for _ in 0..10_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let number = f64::from_bits(bits >> 2);
            let text = serde_json::to_string(&Exact(number)).unwrap();
            let read: Exact = serde_json::from_str(&text).unwrap();
            assert_eq!(read.0.to_bits(), number.to_bits(), "{text}");
        }
        let infinite = serde_json::to_string(&Exact(f64::INFINITY)).unwrap();
        assert_eq!(infinite, "\"inf\"");
        assert_eq!(
            serde_json::from_str::<Exact>(&infinite).unwrap(),
            Exact(f64::INFINITY)
        );
        assert!(serde_json::from_str::<Exact>("\"1\"").is_err());
    }
}
