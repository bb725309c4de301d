//! The hunt: the same finds on any number of threads, faults that sampling misses, simple finds, files of worst cases read
//! strictly, and the command end to end.

#[path = "../called/mod.rs"]
mod called;
mod command;
mod files;
mod kept;
mod search;

use lossproof::command::{embedded_specs, references_of};
use lossproof::reference::Reference;
use lossproof::spec::Profile;
use std::sync::LazyLock;

/// The embedded specs' ops, with the known worst cases compiled in.
static REFERENCES: LazyLock<Vec<Reference>> = LazyLock::new(|| {
    let specs = embedded_specs().unwrap_or_else(|error| panic!("{error:#}"));
    references_of(&specs, Profile::Exact).unwrap_or_else(|error| panic!("{error:#}"))
});

/// An op by its name.
fn reference(op: &str) -> &'static Reference {
    let mut all = REFERENCES.iter();
    all.find(|reference| reference.op.name == op).expect(op)
}
