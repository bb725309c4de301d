//! The random stream of one case. In: a seed and an id's text. Out: bits, and numbers made from them in the open.
//!
//! The stream is `ChaCha8`. Its 32-byte key is four little-endian outputs of `SplitMix64`, started from the FNV-1a hash
//! (64 bits) of the seed's eight little-endian bytes and then the id's bytes. Draws are made of bits by exact or correctly
//! rounded operations (+ − × ÷), and classes that need exp or log take `libm`'s, so ids are permanent on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Draws numbers for one case.
pub(crate) struct Draw {
    stream: ChaCha8Rng,
}

impl Draw {
    /// The stream that belongs to a seed and an id.
    pub(crate) fn new(seed: u64, id: &str) -> Self {
        let bytes = seed.to_le_bytes().into_iter().chain(id.bytes());
        let mut state = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut key = [0; 32];
        for word in key.chunks_exact_mut(8) {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = state;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            word.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes());
        }
        let stream = ChaCha8Rng::from_seed(key);
        Self { stream }
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.stream.next_u64()
    }

    /// A whole number in [0, `bound`), by multiplication and shift; uneven by less than `bound` · 2^−64.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        debug_assert!(bound > 0);
        let product = u128::from(self.bits()) * bound as u128;
        usize::try_from(product >> 64).expect("below a usize bound")
    }

    /// A whole number in [−`reach`, `reach`].
    pub(crate) fn steps(&mut self, reach: u32) -> i32 {
        let drawn = self.below(2 * reach as usize + 1);
        i32::try_from(drawn).expect("a small reach") - reach.cast_signed()
    }

    /// Heads or tails.
    pub(crate) fn flip(&mut self) -> bool {
        self.bits() >> 63 == 1
    }

    /// +1 or −1.
    pub(crate) fn sign(&mut self) -> f64 {
        if self.flip() { -1.0 } else { 1.0 }
    }

    /// A multiple of 2^−52 in [0, 1): random fraction bits under the exponent of 1, less 1.
    pub(crate) fn unit(&mut self) -> f64 {
        f64::from_bits(1.0f64.to_bits() | (self.bits() >> 12)) - 1.0
    }

    /// A number in [`low`, `high`].
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Bell-shaped with mean 0 and variance 1, within ±6: the sum of twelve 16-bit fractions, less 6, and random bits
    /// below them.
    pub(crate) fn normal(&mut self) -> f64 {
        let mut sum = 0;
        for _ in 0..3 {
            let bits = self.bits();
            sum += (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
        }
        let sum = u32::try_from(sum).expect("below 12 · 2^16");
        (f64::from(sum) + self.unit()) / 65_536.0 - 6.0
    }

    /// One of the choices.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A place in a row of `length` ≥ 1: the first, the last, the middle, or any, each a quarter of the time.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        match self.below(4) {
            0 => 0,
            1 => length - 1,
            2 => length / 2,
            _ => self.below(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_and_id_both_matter() {
        let first = |seed, id| Draw::new(seed, id).bits();
        assert_eq!(first(0, "a"), first(0, "a"));
        assert_ne!(first(0, "a"), first(1, "a"));
        assert_ne!(first(0, "a"), first(0, "b"));
    }

    #[test]
    fn draws_stay_in_their_ranges() {
        let mut draw = Draw::new(7, "ranges");
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&draw.unit()));
            assert!(draw.normal().abs() <= 6.0);
            assert!(draw.steps(2).abs() <= 2);
            assert!(draw.place(3) < 3);
            assert!((-3.0..=5.0).contains(&draw.between(-3.0, 5.0)));
        }
    }
}
