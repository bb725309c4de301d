//! Which lengths and variants a class runs through. In: a class's budget and shortest row. Out: its slots in order.
//!
//! The quick tier's slots come first and the full tier's extra ones after them, so an index means the same slot in both.
//! Slot 0 is the empty row, where the class has one. Then each round goes through all short lengths, the variant going
//! up by one from length to length and from round to round, so that as many rounds as there are variants meet every
//! length with every variant. The long lengths follow.

/// How much of a class's schedule is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// A few thousand values for each op, dtype and class.
    Quick,
    /// Four to five times as many short rows, and every class at every length up to 32768.
    Full,
}

/// How a class spends its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Budget {
    /// None: the cases are kept in files.
    Kept,
    /// Rows just longer than f16 counts exactly.
    Late,
    /// Rows of one value alone.
    Single,
    /// Mostly rows up to 100.
    Short,
    /// Rows up to 1000 in the quick tier.
    Usual,
    /// Rows up to 4096 in the quick tier.
    Long,
    /// Like `Long`, with a language model's vocabulary in the full tier.
    Vocabulary,
    /// Like `Vocabulary`, with 32768 in the quick tier.
    Everyday,
    /// Fewer short rows and more long ones, up to 2^20 in the full tier.
    Longest,
}

const SHORT_LENGTHS: [usize; 13] = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100];
const LONG_LENGTHS: [usize; 5] = [1000, 4096, 32_768, 151_936, 1 << 20];

/// How many rounds of short lengths, and how many rows of each long length, a tier has in all.
struct Amounts {
    rounds: u32,
    long: [u32; 5],
}

impl Budget {
    const fn amounts(self, tier: Tier) -> Amounts {
        let (rounds, long) = match (self, tier) {
            (Self::Kept, _) => (0, [0; 5]),
            (Self::Late, Tier::Quick) => (4, [0; 5]),
            (Self::Late, Tier::Full) => (20, [0; 5]),
            (Self::Single, Tier::Quick) => (55, [0; 5]),
            (Self::Single, Tier::Full) => (275, [0; 5]),
            (Self::Short, Tier::Quick) => (14, [1, 0, 0, 0, 0]),
            (Self::Short, Tier::Full) => (63, [3, 1, 1, 0, 0]),
            (Self::Usual, Tier::Quick) => (12, [2, 0, 0, 0, 0]),
            (Self::Usual, Tier::Full) => (54, [5, 1, 1, 0, 0]),
            (Self::Long | Self::Vocabulary, Tier::Quick) => (6, [1, 1, 0, 0, 0]),
            (Self::Everyday, Tier::Quick) => (6, [1, 1, 1, 0, 0]),
            (Self::Long, Tier::Full) => (27, [4, 2, 1, 0, 0]),
            (Self::Vocabulary | Self::Everyday, Tier::Full) => (27, [4, 2, 1, 1, 0]),
            (Self::Longest, Tier::Quick) => (5, [2, 1, 1, 0, 0]),
            (Self::Longest, Tier::Full) => (23, [4, 2, 1, 1, 1]),
        };
        Amounts { rounds, long }
    }

    /// The short lengths, each of which a round goes through.
    const fn short_lengths(self) -> &'static [usize] {
        match self {
            Self::Single => &[1],
            Self::Late => &[2100],
            _ => &SHORT_LENGTHS,
        }
    }

    /// The slots of a tier, in order; rows are at least `shortest` long.
    pub(super) fn slots(self, shortest: usize, tier: Tier) -> impl Iterator<Item = Slot> {
        let none = Amounts {
            rounds: 0,
            long: [0; 5],
        };
        let quick = self.amounts(Tier::Quick);
        let extra =
            (tier == Tier::Full).then(|| self.between(&quick, &self.amounts(Tier::Full), shortest));
        let empty = (shortest == 0 && self != Self::Kept).then_some(Slot {
            length: 0,
            variant: 0,
        });
        let quick = self.between(&none, &quick, shortest);
        empty
            .into_iter()
            .chain(quick)
            .chain(extra.into_iter().flatten())
    }

    /// The slots that `after` has beyond `before`.
    fn between(
        self,
        before: &Amounts,
        after: &Amounts,
        shortest: usize,
    ) -> impl Iterator<Item = Slot> + use<> {
        let lengths = self.short_lengths().iter().copied();
        let lengths: Vec<usize> = lengths.filter(|&length| length >= shortest).collect();
        let rounds = before.rounds..after.rounds;
        let short = rounds.flat_map(move |round| {
            let variants = round..;
            let slots: Vec<Slot> = lengths
                .iter()
                .zip(variants)
                .map(|(&length, variant)| Slot { length, variant })
                .collect();
            slots
        });
        let occurrences = std::array::from_fn::<_, 5, _>(|at| before.long[at]..after.long[at]);
        // Each long length starts at a variant of its own.
        let long = LONG_LENGTHS.into_iter().zip(occurrences).zip(1u32..);
        let long = long.flat_map(|((length, occurrences), start)| {
            occurrences.map(move |occurrence| Slot {
                length,
                variant: 3 * start + occurrence,
            })
        });
        short.chain(long)
    }
}

/// One case's place: how long its rows are and which variant it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// The row length.
    pub(super) length: usize,
    /// The variant, which generators take modulo how many they have.
    pub(super) variant: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_is_a_prefix_of_full() {
        for budget in [
            Budget::Single,
            Budget::Short,
            Budget::Usual,
            Budget::Everyday,
            Budget::Longest,
        ] {
            // A row of one value is never longer.
            let longest = if budget == Budget::Single { 1 } else { 2 };
            for shortest in 0..=longest {
                let quick: Vec<Slot> = budget.slots(shortest, Tier::Quick).collect();
                let full: Vec<Slot> = budget.slots(shortest, Tier::Full).collect();
                assert!(full.len() > 4 * quick.len());
                assert_eq!(quick[..], full[..quick.len()]);
                let empties = full.iter().filter(|slot| slot.length == 0).count();
                assert_eq!(empties, usize::from(shortest == 0));
            }
        }
    }

    #[test]
    fn full_meets_every_length_with_every_variant() {
        for kinds in 1..=14 {
            for length in SHORT_LENGTHS {
                let slots = Budget::Long.slots(0, Tier::Full);
                let met: std::collections::BTreeSet<u32> = slots
                    .filter(|slot| slot.length == length)
                    .map(|slot| slot.variant % kinds)
                    .collect();
                assert_eq!(met.len(), kinds as usize);
            }
        }
    }
}
