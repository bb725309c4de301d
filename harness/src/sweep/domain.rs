//! A domain: a finite set of inputs, and which index is which input. In: an index or a block of them. Out: the inputs of calls.

use crate::cases::Tensor;
use lossproof_numerics::{Dtype, decode};
use std::ops::Range;

/// How many inputs are asked about and judged together: the length of an elementwise op's row, or the rows of a batch.
pub const BLOCK_INPUTS: u64 = 4096;

/// The most inputs of a domain that counts as small.
const SMALL_DOMAIN: u64 = 1 << 16;

/// The inputs of a shard of a small domain, and of a large one: enough shards to share out, few enough to keep.
const SMALL_SHARD: u64 = 1 << 12;
const LARGE_SHARD: u64 = 1 << 20;

/// What stands in one input of the op.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// Every encoding of the dtype, in each element; the first of them has this slot of the index.
    Every {
        /// Slots count from the most significant digit of the index, in base 2^width.
        slot: u32,
    },
    /// The same numbers at every index.
    Fixed(Vec<f64>),
    /// The same class index at every index.
    Place(i64),
}

/// A finite set of inputs of an op in a dtype.
#[derive(Debug, Clone, PartialEq)]
pub struct Domain {
    /// Its name, one of the op's: `every_value`.
    pub name: String,
    /// Exactly what is enumerated, in a sentence or two.
    pub description: String,
    pub(super) dtype: Dtype,
    /// By input of the op.
    pub(super) sources: Vec<Source>,
    /// The numbers that each input has in a row of numbers; 1 for an elementwise op.
    pub(super) row_length: u32,
    /// Whether a block of inputs is one row, each element an input; else each input is a row of its own.
    pub(super) elementwise: bool,
    /// How many encodings an index is made of.
    pub(super) slots: u32,
}

/// One call of a block, and which inputs it holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BlockCall {
    /// The indices that it is about: several for a row of an elementwise op.
    pub indices: Range<u64>,
    /// The op's inputs, without its attributes.
    pub inputs: Vec<Tensor>,
}

impl Domain {
    /// How many inputs it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        1 << (self.dtype.width() * self.slots)
    }

    /// How many inputs a shard has.
    #[must_use]
    pub fn shard_inputs(&self) -> u64 {
        if self.size() <= SMALL_DOMAIN {
            SMALL_SHARD
        } else {
            LARGE_SHARD
        }
    }

    /// How many shards it is cut into.
    ///
    /// # Panics
    /// Never: an index has 32 bits at most, and a shard 4096 inputs at least.
    #[must_use]
    pub fn shards(&self) -> u32 {
        let shards = self.size() / self.shard_inputs();
        u32::try_from(shards)
            .expect("an index has 32 bits at most, and a shard 4096 inputs at least")
    }

    /// The indices of a shard.
    #[must_use]
    pub fn shard(&self, shard: u32) -> Range<u64> {
        let first = u64::from(shard) * self.shard_inputs();
        first..first + self.shard_inputs()
    }

    /// The blocks of a range of indices, in order.
    pub(super) fn blocks(indices: Range<u64>) -> impl Iterator<Item = Range<u64>> {
        let end = indices.end;
        let firsts = indices.step_by(usize::try_from(BLOCK_INPUTS).expect("a block is small"));
        firsts.map(move |first| first..end.min(first + BLOCK_INPUTS))
    }

    /// The op's inputs at one index, as a call on this input alone has them.
    #[must_use]
    pub fn inputs(&self, index: u64) -> Vec<Tensor> {
        self.row(index..index + 1)
    }

    /// The calls that ask about a block.
    pub(super) fn calls(&self, block: Range<u64>) -> Vec<BlockCall> {
        if self.elementwise {
            let inputs = self.row(block.clone());
            return vec![BlockCall {
                indices: block,
                inputs,
            }];
        }
        let call = |index| BlockCall {
            indices: index..index + 1,
            inputs: self.row(index..index + 1),
        };
        block.map(call).collect()
    }

    /// The inputs of a block as one call on all of its rows has them: every row of numbers a row of a matrix.
    pub(super) fn stacked(&self, block: Range<u64>) -> Vec<Tensor> {
        let rows = usize::try_from(block.end - block.start).expect("a block is small");
        let stacked = |tensor| match tensor {
            Tensor::Row(numbers) => Tensor::Matrix {
                rows,
                columns: numbers.len() / rows,
                numbers,
            },
            other => other,
        };
        self.row(block).into_iter().map(stacked).collect()
    }

    /// One row with everything of these indices in it, one index after the other; of an op that is not elementwise it is a call's only
    /// where there is one index.
    pub(super) fn row(&self, indices: Range<u64>) -> Vec<Tensor> {
        let width = self.dtype.width();
        let of_slot = |slot: u32, index: u64| {
            let digit = index >> (width * (self.slots - 1 - slot));
            decode(self.dtype, digit & ((1 << width) - 1))
        };
        let tensor = |source: &Source| match source {
            Source::Every { slot } => {
                let row = indices.clone().flat_map(|index| {
                    let slots = *slot..slot + self.row_length;
                    slots.map(move |slot| of_slot(slot, index))
                });
                Tensor::Row(row.collect())
            }
            Source::Fixed(numbers) => {
                let rows = indices.clone().flat_map(|_| numbers.iter().copied());
                Tensor::Row(rows.collect())
            }
            Source::Place(place) => Tensor::Index(*place),
        };
        self.sources.iter().map(tensor).collect()
    }
}
