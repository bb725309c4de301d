//! Outcomes put together. In: files of any shards, in any order. Out: the outcome of them all, the same for the same shards.
//!
//! A shard may be there more than once, as long as what is said of it agrees. Where one file holds several shards and another one
//! of them, they agree if the finer files make up the coarser; where they do not make it up, nobody can tell, and that is an error.

use super::file::SweepFile;
use super::outcome::Outcome;
use super::shards::ShardSet;

/// A file with its name.
#[derive(Debug, Clone)]
pub struct Piece {
    /// For messages.
    pub name: String,
    /// The file.
    pub file: SweepFile,
}

/// Why outcomes cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// There is none.
    #[error(
        "there is no outcome of a sweep to merge; name files or folders that `lossproof sweep` wrote"
    )]
    Nothing,
    /// Two are of different things.
    #[error(
        "{second} does not belong with {first}: its {what} is `{theirs}`, not `{ours}`; merge outcomes of one kernel, spec and \
         domain, and sweep anew what is stale"
    )]
    Foreign {
        /// A file.
        first: String,
        /// Another one.
        second: String,
        /// In what they differ.
        what: &'static str,
        /// What it is in the first.
        ours: String,
        /// What it is in the second.
        theirs: String,
    },
    /// Two say different things of the same shards.
    #[error(
        "{first} and {second} contradict each other on shards {shards}; the kernel gives other results from run to run, or one \
         file is of another build: sweep these shards anew"
    )]
    Contradiction {
        /// A file.
        first: String,
        /// Another one.
        second: String,
        /// The shards.
        shards: ShardSet,
    },
    /// Two overlap, and what they say of the shards that they share cannot be compared.
    #[error(
        "{first} and {second} share shards and cannot be taken apart; merge the files of single shards, or leave one of the two \
         out"
    )]
    Entangled {
        /// A file.
        first: String,
        /// Another one.
        second: String,
    },
}

/// Puts outcomes of one sweep together.
///
/// # Errors
/// When there is none, or they do not belong together or contradict each other.
pub fn merge(mut pieces: Vec<Piece>) -> Result<SweepFile, MergeError> {
    // Finer ones first: a coarser one is then held against what they make up.
    pieces.sort_by_cached_key(|piece| {
        let shards = &piece.file.shards;
        (shards.len(), shards.clone(), piece.name.clone())
    });
    let first = pieces.first().ok_or(MergeError::Nothing)?.clone();
    for piece in &pieces {
        if let Some((what, ours, theirs)) = first.file.sweep.difference(&piece.file.sweep) {
            return Err(MergeError::Foreign {
                first: first.name,
                second: piece.name.clone(),
                what,
                ours,
                theirs,
            });
        }
    }
    let mut kept: Vec<Piece> = Vec::new();
    let mut covered = ShardSet::default();
    for piece in pieces {
        if !covered.overlaps(&piece.file.shards) {
            piece
                .file
                .shards
                .iter()
                .for_each(|shard| covered.insert(shard));
            kept.push(piece);
            continue;
        }
        let shared: Vec<&Piece> = kept
            .iter()
            .filter(|known| known.file.shards.overlaps(&piece.file.shards))
            .collect();
        agree(&shared, &piece)?;
    }
    let clauses = first.file.outcome.clauses.keys().map(String::as_str);
    let mut outcome = Outcome::empty(clauses);
    for piece in kept {
        outcome.merge(piece.file.outcome);
    }
    Ok(SweepFile::new(first.file.sweep, covered, outcome))
}

/// Holds a coarser file against finer ones that share shards with it.
fn agree(shared: &[&Piece], coarser: &Piece) -> Result<(), MergeError> {
    let known = shared[0];
    let finer = shared.iter().fold(ShardSet::default(), |all, piece| {
        all.union(&piece.file.shards)
    });
    if finer != coarser.file.shards {
        return Err(MergeError::Entangled {
            first: known.name.clone(),
            second: coarser.name.clone(),
        });
    }
    let mut outcome = Outcome::empty([]);
    for piece in shared {
        outcome.merge(piece.file.outcome.clone());
    }
    if outcome != coarser.file.outcome {
        return Err(MergeError::Contradiction {
            first: known.name.clone(),
            second: coarser.name.clone(),
            shards: coarser.file.shards.clone(),
        });
    }
    Ok(())
}
