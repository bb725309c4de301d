//! What kernels a subject has, as a fingerprint: outcomes of a sweep hold for these alone.

use crate::subject::{Builtin, Subject, Variant};
use crate::sweep::{KERNELS, fingerprint_of_bytes};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

/// The fingerprint of what runs under a subject's name; empty for a command, of which only its declared version is known.
pub(super) fn content_of(subject: &dyn Subject) -> Result<String> {
    let name = subject.name();
    if name.starts_with("cmd:") {
        return Ok(String::new());
    }
    if let Some(path) = name.strip_prefix("lib:") {
        return fingerprint_of_file(Path::new(path));
    }
    let ours = [Variant::Accurate, Variant::Textbook].map(Builtin::new);
    if ours.iter().any(|ours| ours.name() == name) {
        return Ok(KERNELS.to_owned());
    }
    let program = std::env::current_exe().context("the path of this program is not known")?;
    fingerprint_of_file(&program)
}

fn fingerprint_of_file(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(fingerprint_of_bytes(&bytes))
}
