//! What an op's specification says. In: the report's ops. Out: an entry that repeats nothing.

use serde::Serialize;

use lossproof_numerics::Dtype;

use crate::report::model::{AttributeEntry, DefinitionEntry, OpEntry, Report};

/// An op's specification.
#[derive(Debug, Serialize)]
pub(super) struct SpecView<'a> {
    title: &'a str,
    formula: &'a str,
    derivative_of: Option<&'a str>,
    summary: &'a str,
    source: &'a str,
    /// The first op with the same summary and source, where that is another one: a gradient's are its op's.
    same_as: Option<&'a str>,
    inputs: String,
    definitions: &'a [DefinitionEntry],
    attributes: &'a [AttributeEntry],
    notes: &'a [String],
    ceilings: Vec<CeilingView<'a>>,
}

/// A ceiling and the dtypes that have it.
#[derive(Debug, Serialize)]
struct CeilingView<'a> {
    dtypes: String,
    ceiling: &'a str,
}

impl<'a> SpecView<'a> {
    pub(super) fn of(report: &'a Report, entry: &'a OpEntry) -> Self {
        let first = report
            .ops
            .iter()
            .find(|other| other.summary == entry.summary && other.source == entry.source);
        Self {
            title: &entry.title,
            formula: &entry.formula,
            derivative_of: entry.derivative_of.as_deref(),
            summary: &entry.summary,
            source: &entry.source,
            same_as: first
                .filter(|first| first.op != entry.op)
                .map(|first| first.op.as_str()),
            inputs: entry.inputs.join(", "),
            definitions: &entry.definitions,
            attributes: &entry.attributes,
            notes: &entry.notes,
            ceilings: ceilings(entry),
        }
    }
}

fn ceilings(entry: &OpEntry) -> Vec<CeilingView<'_>> {
    let mut by_dtype: Vec<(&str, &str)> = entry
        .ceilings
        .iter()
        .map(|(dtype, ceiling)| (dtype.as_str(), ceiling.as_str()))
        .collect();
    by_dtype.sort_by_key(|(dtype, _)| {
        let known = |candidate: &Dtype| candidate.name() == *dtype;
        Dtype::ALL
            .iter()
            .position(known)
            .unwrap_or(Dtype::ALL.len())
    });
    let mut views: Vec<CeilingView<'_>> = Vec::new();
    for (dtype, ceiling) in by_dtype {
        match views.iter_mut().find(|view| view.ceiling == ceiling) {
            Some(view) => {
                view.dtypes.push_str(", ");
                view.dtypes.push_str(dtype);
            }
            None => views.push(CeilingView {
                dtypes: dtype.to_owned(),
                ceiling,
            }),
        }
    }
    views
}
