//! The reviewed bounds and waivers on disk.

use crate::gate::{Bounds, Waiver, parse_snapshot, parse_waivers};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// Reads every snapshot of a folder, by `op.dtype`.
///
/// # Errors
/// A folder or file that cannot be read, or a file that is no snapshot; the message names it.
pub fn load_bounds(folder: &Path) -> Result<Bounds> {
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

/// Reads `waivers.toml` of the golden folder.
pub(super) fn load_waivers(golden: &Path) -> Result<Vec<Waiver>> {
    let path = golden.join("waivers.toml");
    let text = fs::read_to_string(&path).with_context(|| {
        format!(
            "cannot read `{}`; run in the repository, or name its folder with --golden",
            path.display()
        )
    })?;
    Ok(parse_waivers(&path.display().to_string(), &text)?)
}

/// Today in UTC, YYYY-MM-DD.
pub(super) fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}
