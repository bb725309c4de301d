//! The files of known worst cases: those compiled in, or those of a folder. In: ops. Out: the ops with their cases.

use crate::spec::Op;
use crate::worst_cases::{WorstCase, file_name, parse, render};
use anyhow::{Context, Result, bail};
use include_dir::{Dir, include_dir};
use lossproof_numerics::Dtype;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::report_files::write_folder;
use crate::cases::{KeptCases, OpSignature};

static WORST_CASES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/golden/worst_cases");

/// The texts of files of worst cases, by their names.
#[derive(Debug, Default)]
pub(super) struct WorstFiles {
    /// Where they are, as errors name them.
    folder: PathBuf,
    texts: BTreeMap<String, String>,
}

impl WorstFiles {
    /// Those compiled in.
    pub(super) fn embedded() -> Result<Self> {
        let files = WORST_CASES.files().filter(|file| is_toml(file.path()));
        let text = |file: &include_dir::File<'_>| -> Result<(String, String)> {
            let name = file.path().display().to_string();
            let text = file
                .contents_utf8()
                .with_context(|| format!("golden/worst_cases/{name} is not UTF-8"))?;
            Ok((name, text.to_owned()))
        };
        Ok(Self {
            folder: PathBuf::from("golden/worst_cases"),
            texts: files.map(text).collect::<Result<_>>()?,
        })
    }

    /// Those of a folder.
    pub(super) fn of_folder(folder: &Path) -> Result<Self> {
        let unreadable = || format!("cannot read the worst cases in `{}`", folder.display());
        let mut texts = BTreeMap::new();
        for entry in fs::read_dir(folder).with_context(unreadable)? {
            let path = entry.with_context(unreadable)?.path();
            if is_toml(&path) {
                let text = fs::read_to_string(&path)
                    .with_context(|| format!("cannot read `{}`", path.display()))?;
                let name = path.file_name().unwrap_or_default();
                texts.insert(name.display().to_string(), text);
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            texts,
        })
    }

    /// Those of a golden folder, which may have none.
    pub(super) fn of_golden(golden: &Path) -> Result<Self> {
        let folder = golden.join("worst_cases");
        if folder.is_dir() {
            Self::of_folder(&folder)
        } else {
            Ok(Self::default())
        }
    }

    /// Refuses files of ops that no spec gives, and names that are of no op and dtype.
    pub(super) fn refuse_strangers(&self, ops: &[&str]) -> Result<()> {
        let known: Vec<String> = ops
            .iter()
            .flat_map(|op| Dtype::ALL.map(|dtype| file_name(op, dtype)))
            .collect();
        if let Some(name) = self.texts.keys().find(|name| !known.contains(name)) {
            bail!(
                "`{}` is of no op and dtype: worst cases are in files such as softmax.f32.toml, of ops that `lossproof \
                 list ops` lists",
                self.folder.join(name).display()
            );
        }
        Ok(())
    }

    /// The cases of an op in a dtype; none where there is no file.
    pub(super) fn cases(&self, signature: &OpSignature, dtype: Dtype) -> Result<Vec<WorstCase>> {
        let name = file_name(&signature.op, dtype);
        let Some(text) = self.texts.get(&name) else {
            return Ok(Vec::new());
        };
        let path = self.folder.join(name).display().to_string();
        Ok(parse(&path, text, signature, dtype)?)
    }

    /// Gives an op its known worst cases.
    pub(super) fn attach(&self, op: &mut Op) -> Result<()> {
        let signature = op.signature();
        let mut kept = Vec::new();
        for dtype in Dtype::ALL {
            let cases = self.cases(&signature, dtype)?;
            kept.extend(cases.iter().map(|case| case.kept(dtype)));
        }
        op.kept = KeptCases::new(kept);
        Ok(())
    }
}

fn is_toml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "toml")
}

/// Adds a case to its file in a golden folder; gives its index, or that of the case that has its inputs already.
pub(super) fn keep(
    golden: &Path,
    signature: &OpSignature,
    dtype: Dtype,
    mut case: WorstCase,
) -> Result<(u32, bool)> {
    let folder = golden.join("worst_cases");
    let mut cases = WorstFiles::of_golden(golden)?.cases(signature, dtype)?;
    if let Some(known) = cases.iter().find(|known| known.has_inputs_of(&case)) {
        return Ok((known.id, false));
    }
    case.id = u32::try_from(cases.len()).context("too many worst cases in one file")?;
    let id = case.id;
    cases.push(case);
    let name = file_name(&signature.op, dtype);
    write_folder(&folder, &[(&name, render(signature, dtype, &cases))])?;
    Ok((id, true))
}
