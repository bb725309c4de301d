//! The golden folder: reviewed bounds, waivers and outcomes of sweeps on disk, and today's date to hold the waivers against.

use super::sweep_files::read_folder;
use crate::cases::Tier;
use crate::gate::{Bounds, Reviewed, Waiver, parse_snapshot, parse_waivers};
use crate::sweep::{Coverage, SweepFile};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

/// What our kernels are held against.
#[derive(Debug)]
pub struct Golden {
    /// The reviewed bounds; none in the full tier, which holds the ceilings alone.
    pub bounds: Option<Bounds>,
    /// The waivers.
    pub waivers: Vec<Waiver>,
    /// The reviewed outcomes of sweeps, whichever the tier.
    pub sweeps: Vec<SweepFile>,
    /// Today in UTC, YYYY-MM-DD.
    pub today: String,
}

impl Golden {
    /// Reads the golden folder.
    ///
    /// # Errors
    /// A file that cannot be read or understood; the message names it.
    pub fn load(folder: &Path, tier: Tier) -> Result<Self> {
        let bounds = match tier {
            Tier::Quick => Some(load_bounds(&folder.join("bounds"))?),
            Tier::Full => None,
        };
        Ok(Self {
            bounds,
            waivers: load_waivers(folder)?,
            sweeps: load_sweeps(&folder.join("sweeps"))?,
            today: today(),
        })
    }

    /// For the gate; `everything` when nothing was left out of the selection.
    #[must_use]
    pub fn reviewed(&self, everything: bool) -> Reviewed<'_> {
        Reviewed {
            bounds: self.bounds.as_ref(),
            waivers: &self.waivers,
            today: &self.today,
            everything,
        }
    }
}

/// Reads every snapshot of a folder, by `op.dtype`.
fn load_bounds(folder: &Path) -> Result<Bounds> {
    let unreadable = || format!("cannot read the bounds in `{}`", folder.display());
    let mut bounds = Bounds::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        let Some(name) = path
            .file_name()
            .and_then(|name| name.to_str()?.strip_suffix(".snap"))
        else {
            continue;
        };
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        bounds.insert(
            name.to_owned(),
            parse_snapshot(&path.display().to_string(), &text)?,
        );
    }
    Ok(bounds)
}

/// Reads every outcome of a folder, each of which must be exhaustive and named for what it is; none where there is no folder.
fn load_sweeps(folder: &Path) -> Result<Vec<SweepFile>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut sweeps = Vec::new();
    for piece in read_folder(folder)? {
        let file = piece.file;
        let due = folder.join(format!("{}.json", file.sweep.name()));
        if Path::new(&piece.name) != due {
            bail!(
                "`{}` must be named `{}` for what it holds",
                piece.name,
                due.display()
            );
        }
        if file.coverage != Coverage::Exhaustive {
            bail!(
                "`{}` is not exhaustive: shards {} are missing; sweep them, and merge again",
                piece.name,
                file.missing
            );
        }
        sweeps.push(file);
    }
    Ok(sweeps)
}

/// Reads `waivers.toml` of the golden folder.
fn load_waivers(golden: &Path) -> Result<Vec<Waiver>> {
    let path = golden.join("waivers.toml");
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "cannot read `{}`; run in the repository, or name its folder with --golden",
            path.display()
        )
    })?;
    Ok(parse_waivers(&path.display().to_string(), &text)?)
}

fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}
