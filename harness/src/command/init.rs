//! `lossproof init`: the starting files of a kernel of one's own. In: a language and a folder. Out: files, and what to type
//! next.
//!
//! The files are the repository's examples, which are written to run where they stand; what says where they stand is all
//! that is changed.

use super::arguments::{Init, Language};
use super::setup::typed;
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{self, Write, stdout};
use std::path::Path;
use std::process::ExitCode;

/// Files to write, and what to type where they are.
struct Start {
    files: Vec<(&'static str, String)>,
    next: &'static [&'static str],
}

pub(super) fn run(init: &Init) -> Result<ExitCode> {
    let Start { files, next } = start(init.language);
    let existing: Vec<String> = files
        .iter()
        .map(|(name, _)| init.out.join(name))
        .filter(|path| path.exists())
        .map(|path| path.display().to_string())
        .collect();
    if !existing.is_empty() {
        bail!(
            "there already: {}; nothing was written; move it away, or write elsewhere with --out DIR",
            existing.join(", ")
        );
    }
    let mut out = stdout().lock();
    for (name, text) in &files {
        let path = init.out.join(name);
        write(&path, text).with_context(|| format!("could not write {}", path.display()))?;
        writeln!(out, "wrote {}", path.display())?;
    }
    writeln!(out, "\nnext:")?;
    if init.out != Path::new(".") {
        writeln!(out, "  cd {}", typed(&init.out))?;
    }
    for command in next {
        writeln!(out, "  {command}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a file that is not there yet.
fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::File::create_new(path)?.write_all(text.as_bytes())
}

fn start(language: Language) -> Start {
    let header = || ("lossproof.h", HEADER.to_owned());
    match language {
        Language::Python => Start {
            files: vec![
                ("softmax.py", beside_its_module(PYTHON)),
                ("lossproof_worker.py", WORKER.to_owned()),
            ],
            next: &[
                "python3 -m pip install numpy safetensors",
                "lossproof check 'cmd:python3 softmax.py'",
            ],
        },
        Language::C => Start {
            files: vec![("softmax.c", beside_header(C)), header()],
            next: &[
                "cc -O2 -shared -fPIC -I . -o softmax.so softmax.c -lm",
                "lossproof check lib:./softmax.so",
            ],
        },
        Language::Cpp => Start {
            files: vec![("softmax.cpp", beside_header(CPP)), header()],
            next: &[
                "c++ -O2 -shared -fPIC -I . -o softmax.so softmax.cpp",
                "lossproof check lib:./softmax.so",
            ],
        },
        Language::Rust => Start {
            files: vec![
                ("Cargo.toml", manifest()),
                ("src/main.rs", in_its_own_project(RUST)),
            ],
            next: &["cargo run --release -- check"],
        },
    }
}

const HEADER: &str = include_str!("../../adapters/c/lossproof.h");
const WORKER: &str = include_str!("../../adapters/python/lossproof_worker.py");
const PYTHON: &str = include_str!("../../../examples/kernels/softmax.py");
const C: &str = include_str!("../../../examples/kernels/softmax.c");
const CPP: &str = include_str!("../../../examples/kernels/softmax.cpp");
const RUST: &str = include_str!("../../../examples/rust_kernel.rs");

/// An example for a compiler, in one folder with the header.
fn beside_header(example: &str) -> String {
    let text = example.replace("-I harness/adapters/c", "-I .");
    text.replace("examples/kernels/", "")
}

/// The example in Python, in one folder with its module: without the search for it in the repository.
fn beside_its_module(example: &str) -> String {
    let searches = [
        "import sys\n",
        "from pathlib import Path\n\n",
        "# Not needed once lossproof_worker.py lies beside the worker.\n",
        "sys.path.insert(0, str(Path(__file__).resolve().parents[2] / \"harness/adapters/python\"))\n",
    ];
    let kept = searches.iter().fold(example.to_owned(), |text, search| {
        text.replacen(search, "", 1)
    });
    kept.replace("examples/kernels/", "")
}

/// The example in Rust, as the main file of a project.
fn in_its_own_project(example: &str) -> String {
    example.replace(" --example rust_kernel", "")
}

fn manifest() -> String {
    let repository = env!("CARGO_PKG_REPOSITORY");
    format!(
        "[package]\nname = \"my_kernel\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n[dependencies]\n\
         lossproof = {{ git = \"{repository}\" }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn nothing_written_points_into_the_repository() {
        for &language in Language::value_variants() {
            for (name, text) in start(language).files {
                let own = !["lossproof.h", "lossproof_worker.py"].contains(&name);
                for place in ["harness/", "examples/", "parents[", "--example"] {
                    assert!(!own || !text.contains(place), "{name} has {place}:\n{text}");
                }
            }
        }
    }
}
