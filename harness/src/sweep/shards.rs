//! Sets of shards, and the part of them that one machine takes. In: `0-3,7`, or `3/16`. Out: shards by number.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Some shards of a domain; as text, ranges in order: `0-3,7`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ShardSet(BTreeSet<u32>);

impl ShardSet {
    /// The set of one.
    #[must_use]
    pub fn one(shard: u32) -> Self {
        Self(BTreeSet::from([shard]))
    }

    /// Whether a shard is in it.
    #[must_use]
    pub fn contains(&self, shard: u32) -> bool {
        self.0.contains(&shard)
    }

    /// Adds a shard.
    pub fn insert(&mut self, shard: u32) {
        self.0.insert(shard);
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The shards in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }

    /// The last one.
    #[must_use]
    pub fn last(&self) -> Option<u32> {
        self.0.last().copied()
    }

    /// Whether two have a shard in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.0.is_disjoint(&other.0)
    }

    /// Whether all of it is in another.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The shards of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).copied().collect())
    }

    /// The shards below a count that are not in it.
    #[must_use]
    pub fn missing(&self, count: u32) -> Self {
        (0..count).filter(|shard| !self.contains(*shard)).collect()
    }
}

impl FromIterator<u32> for ShardSet {
    fn from_iter<T: IntoIterator<Item = u32>>(shards: T) -> Self {
        Self(shards.into_iter().collect())
    }
}

impl fmt::Display for ShardSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for shard in self.iter() {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == shard => *last = shard,
                _ => ranges.push((shard, shard)),
            }
        }
        let range = |&(first, last): &(u32, u32)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        };
        let ranges: Vec<String> = ranges.iter().map(range).collect();
        out.write_str(&ranges.join(","))
    }
}

impl From<ShardSet> for String {
    fn from(set: ShardSet) -> Self {
        set.to_string()
    }
}

/// The most shards that a set may name: as many as the largest domain has.
const MOST_SHARDS: u32 = 4096;

impl TryFrom<String> for ShardSet {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let unreadable = || format!("`{text}` is no set of shards such as `0-3,7`");
        let mut shards = BTreeSet::new();
        for range in text.split(',').filter(|range| !range.is_empty()) {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let number = |text: &str| {
                text.parse::<u32>()
                    .ok()
                    .filter(|&shard| shard < MOST_SHARDS)
            };
            let (Some(first), Some(last)) = (number(first), number(last)) else {
                return Err(unreadable());
            };
            shards.extend(first..=last);
        }
        let set = Self(shards);
        if set.to_string() == text {
            Ok(set)
        } else {
            Err(unreadable())
        }
    }
}

/// One of so many parts of a sweep: `3/16`. It takes every 16th shard from the third on, so that parts are alike in cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which, from 1.
    part: u32,
    /// Of how many.
    parts: u32,
}

/// A part that there is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no part; write 3/16 for the third of sixteen")]
pub struct PartError(String);

impl Part {
    /// The whole.
    pub const WHOLE: Self = Self { part: 1, parts: 1 };

    /// Its shards among so many.
    #[must_use]
    pub fn of(self, shards: u32) -> ShardSet {
        let parts = usize::try_from(self.parts).unwrap_or(usize::MAX);
        (self.part - 1..shards.max(self.part - 1))
            .step_by(parts)
            .collect()
    }

    /// Whether it is everything.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.parts == 1
    }
}

impl FromStr for Part {
    type Err = PartError;

    fn from_str(text: &str) -> Result<Self, PartError> {
        let refused = || PartError(text.to_owned());
        let (part, parts) = text.split_once('/').ok_or_else(refused)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| refused());
        let (part, parts) = (number(part)?, number(parts)?);
        if part == 0 || part > parts {
            return Err(refused());
        }
        Ok(Self { part, parts })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.part, self.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_written_as_ranges_and_in_one_way_only() {
        for text in ["", "0", "0-3,7", "5-6,9,4094-4095"] {
            let set = ShardSet::try_from(text.to_owned()).unwrap();
            assert_eq!(set.to_string(), text);
        }
        for text in [
            "3-0",
            "0,1",
            "7,0-3",
            "x",
            "0-",
            "-1",
            "0-3, 7",
            "4096",
            "0-99999999",
        ] {
            assert!(ShardSet::try_from(text.to_owned()).is_err(), "{text}");
        }
        let some: ShardSet = [0, 1, 3].into_iter().collect();
        assert_eq!(some.missing(5).to_string(), "2,4");
    }

    #[test]
    fn parts_tile_the_shards() {
        for parts in [1, 3, 16, 20] {
            let mut all = Vec::new();
            for part in 1..=parts {
                let part: Part = format!("{part}/{parts}").parse().unwrap();
                all.extend(part.of(16).iter());
            }
            all.sort_unstable();
            assert!(all.into_iter().eq(0..16), "{parts}");
        }
        for text in ["0/3", "4/3", "3", "a/b", "1/0", ""] {
            assert!(text.parse::<Part>().is_err(), "{text}");
        }
    }
}
