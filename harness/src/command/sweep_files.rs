//! Outcomes of sweeps on disk: a folder for each op, dtype and domain, and in it a file for each shard.

use super::report_files::write_whole;
use crate::sweep::{Identity, Outcome, Piece, ShardSet, SweepFile};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of one sweep.
#[derive(Debug, Clone)]
pub(super) struct SweepFolder {
    path: PathBuf,
    identity: Identity,
}

impl SweepFolder {
    /// The folder of a sweep under the one given, made where there is none.
    pub(super) fn open(out: &Path, identity: Identity) -> Result<Self> {
        let path = out.join(identity.name());
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot create the folder `{}`", path.display()))?;
        Ok(Self { path, identity })
    }

    /// What it is of.
    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The outcomes in it, which must be of this sweep.
    pub(super) fn pieces(&self) -> Result<Vec<Piece>> {
        let pieces = read_folder(&self.path)?;
        for piece in &pieces {
            if let Some((what, ours, theirs)) = self.identity.difference(&piece.file.sweep) {
                bail!(
                    "{} is of another sweep: its {what} is `{theirs}`, and now it is `{ours}`; delete `{}`, or give another \
                     folder with --out",
                    piece.name,
                    self.path.display()
                );
            }
        }
        Ok(pieces)
    }

    /// Writes a shard's outcome.
    pub(super) fn store(&self, shard: u32, outcome: Outcome) -> Result<()> {
        let file = SweepFile::new(self.identity.clone(), ShardSet::one(shard), outcome);
        write_whole(&self.path.join(format!("{shard:05}.json")), &file.render())
    }
}

/// The shards that some of these have an outcome of.
pub(super) fn shards_of(pieces: &[Piece]) -> ShardSet {
    pieces
        .iter()
        .flat_map(|piece| piece.file.shards.iter())
        .collect()
}

/// All outcomes in files and folders, by what their files are named.
pub(super) fn pieces_by_name(inputs: &[PathBuf]) -> Result<BTreeMap<String, Vec<Piece>>> {
    let mut pieces = Vec::new();
    for input in inputs {
        if input.is_dir() {
            read_all(input, &mut pieces)?;
        } else {
            pieces.push(read(input)?);
        }
    }
    let mut by_name: BTreeMap<String, Vec<Piece>> = BTreeMap::new();
    for piece in pieces {
        by_name
            .entry(piece.file.sweep.name())
            .or_default()
            .push(piece);
    }
    Ok(by_name)
}

/// All outcomes in a folder, in the order of their names.
pub(super) fn read_folder(folder: &Path) -> Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    read_all(folder, &mut pieces)?;
    Ok(pieces)
}

/// Reads every outcome in a folder and those in it. Hidden files are unfinished ones, which nobody has yet.
fn read_all(folder: &Path, pieces: &mut Vec<Piece>) -> Result<()> {
    let unreadable = || format!("cannot read the folder `{}`", folder.display());
    let entries = fs::read_dir(folder).with_context(unreadable)?;
    let paths = entries.map(|entry| Ok(entry.with_context(unreadable)?.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        let is_hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if is_hidden {
            continue;
        }
        if path.is_dir() {
            read_all(&path, pieces)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            pieces.push(read(&path)?);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Piece> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{name}`"))?;
    let file = SweepFile::parse(&name, &text)?;
    Ok(Piece { name, file })
}
