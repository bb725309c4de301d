//! Exhaustive sweeps: what they find against a plain loop over every input, what is left of them when they are killed, how their
//! outcomes merge, which files they refuse, and the reviewed outcomes.

#[path = "../called/mod.rs"]
mod called;
#[expect(dead_code, reason = "runs of classes of cases are for other tests")]
#[path = "../planted/mod.rs"]
mod planted;
#[expect(dead_code, reason = "workers asked by hand are for other tests")]
#[path = "../served/mod.rs"]
mod served;

mod files;
mod golden;
mod libraries;
mod merging;
mod naive;
mod resume;

use called::{Done, lossproof};
use std::path::Path;

/// Sweeps every f16 value of a sigmoid into a folder, with more options.
fn sweep_sigmoid(out: &Path, options: &[&str]) -> Done {
    let out = out.to_str().expect("a temporary folder's path is UTF-8");
    let all = ["sweep", "--op", "sigmoid", "--dtype", "f16", "--out", out];
    lossproof(&[&all[..], options].concat())
}

/// Merges files and folders into a file, and returns what was printed and the file's text.
fn merge_into(file: &Path, inputs: &[&Path]) -> (Done, String) {
    let text = |path: &Path| path.to_str().expect("a UTF-8 path").to_owned();
    let inputs = inputs.iter().map(|path| text(path));
    let arguments: Vec<String> = ["merge".to_owned()]
        .into_iter()
        .chain(inputs)
        .chain(["--out".to_owned(), text(file)])
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = lossproof(&arguments);
    let written = std::fs::read_to_string(file).unwrap_or_default();
    (done, written)
}
