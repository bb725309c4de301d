//! A sweep run: shards in, one outcome each out, handed on as soon as it is whole.

use super::ask::{Patience, ask};
use super::block::{Question, condition_worst, judge};
use super::domain::Domain;
use super::outcome::Outcome;
use crate::measure::{Floors, Oracle};
use crate::run::{RunError, in_pool};
use rayon::prelude::*;

/// Somebody who watches a sweep and may end it.
pub trait Watcher: Sync {
    /// So many inputs more are judged.
    fn judged(&self, inputs: u64);
    /// Whether to stop before the next block; shards in progress are then lost.
    fn is_cancelled(&self) -> bool;
}

/// Nobody.
#[derive(Debug, Clone, Copy)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn judged(&self, _: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// The outcome of one shard; none where the sweep was cancelled on the way.
///
/// # Errors
/// When a stated gradient formula and the differentiated formula exclude each other on an input.
pub fn sweep_shard(
    question: &Question<'_>,
    shard: u32,
    watcher: &dyn Watcher,
) -> Result<Option<Outcome>, RunError> {
    let mut outcome = question.no_outcome();
    let mut patience = Patience::new();
    // Of this shard alone, so that its outcome does not depend on what other threads have found.
    let floors = Floors::in_order();
    let floors = (question.oracle == Oracle::Ladder).then_some(&floors);
    for block in Domain::blocks(question.domain.shard(shard)) {
        if watcher.is_cancelled() {
            return Ok(None);
        }
        let inputs = block.end - block.start;
        let answered = ask(question, block, &mut patience);
        outcome.merge(judge(question, answered, floors)?);
        watcher.judged(inputs);
    }
    condition_worst(question, &mut outcome);
    Ok(Some(outcome))
}

/// Sweeps shards on so many threads (none for one per core), and stores each outcome once it is whole.
///
/// # Errors
/// What [`sweep_shard`] fails with, or storing.
pub fn sweep_shards<E: From<RunError> + Send>(
    question: &Question<'_>,
    shards: &[u32],
    threads: Option<usize>,
    watcher: &dyn Watcher,
    store: impl Fn(u32, Outcome) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let sweep = |&shard: &u32| match sweep_shard(question, shard, watcher)? {
        Some(outcome) => store(shard, outcome),
        None => Ok(()),
    };
    // One by one, so that a killed sweep has lost no more than a shard for each thread.
    in_pool(threads, || {
        shards.par_iter().with_max_len(1).try_for_each(sweep)
    })?
}
