//! Exhaustive sweeps: every input of a finite domain, judged. In: an op's reference, a subject and a domain. Out: one outcome
//! per shard, and merged outcomes whose maximum is the maximum over the domain and not a sample's.
//!
//! A [`Domain`] follows from the shapes and roles of an op's inputs; an index names each of its inputs. It is cut into shards of
//! a fixed size, whatever the threads and machines: a shard's outcome depends on the kernel, the spec and the domain alone, and
//! [`Outcome::merge`] is associative and commutative, so any split gives the same bytes.

mod ask;
mod block;
mod domain;
mod exact;
mod file;
mod fingerprint;
mod identity;
mod merge;
mod outcome;
mod registry;
mod row;
mod run;
mod shards;
#[cfg(test)]
mod stacked_tests;

pub use block::Question;
pub use domain::{BLOCK_INPUTS, Domain};
pub use exact::Exact;
pub use file::{Coverage, SCHEMA, SweepFile, SweepFileError};
pub use fingerprint::{KERNELS, fingerprint_of_bytes, fingerprint_of_spec};
pub use identity::{DomainEntry, Identity, SubjectIdentity, sweep_name};
pub use merge::{MergeError, Piece, merge};
pub use outcome::{ClauseCount, Fault, InputValues, Outcome, Undecided, WorstInput};
pub use registry::{domain_named, domains};
pub use row::{SweepMax, SweepRow, inputs_text, staleness};
pub use run::{Unwatched, Watcher, sweep_shard, sweep_shards};
pub use shards::{Part, PartError, ShardSet};
