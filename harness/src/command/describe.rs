//! `lossproof list ops --op NAME`: all that a kernel's author has to know of an op, as text or JSON.

use crate::reference::Reference;
use crate::spec::Profile;
use anyhow::Result;
use lossproof_numerics::{Dtype, format_hex};
use lossproof_oracle::formula::Shape;
use serde_json::json;
use std::fmt::Write as _;

/// An input, an attribute or the output, and how it lies in memory for a batch of rows.
fn laid_out(name: &str, shape: Shape) -> String {
    match shape {
        Shape::Scalar | Shape::Constant => format!("{name} [rows]"),
        Shape::Vector(length) => format!("{name} [rows, {}]", length.name()),
        Shape::Matrix(rows, columns) => {
            format!("{name} [rows, {}, {}]", rows.name(), columns.name())
        }
        Shape::Index => format!("{name} [rows] of i64, from 0"),
        Shape::Indices(length) => format!("{name} [rows, {}] of i64, from 0", length.name()),
    }
}

/// The op in lines of text.
pub(super) fn text(reference: &Reference) -> Result<String> {
    let op = &reference.op;
    let spec = &op.spec;
    let mut text = String::new();
    writeln!(text, "op        {}", op.name)?;
    match &op.derivative_of {
        None => writeln!(text, "title     {}", spec.title)?,
        Some(input) => writeln!(
            text,
            "title     {}: gradient with respect to {input}",
            spec.title
        )?,
    }
    writeln!(text, "what      {}", spec.summary)?;
    writeln!(text, "source    {}", spec.source)?;
    for input in &op.inputs {
        writeln!(
            text,
            "input     {}; {}",
            laid_out(&input.name, input.shape),
            input.role
        )?;
    }
    for attribute in &spec.attributes {
        let values = Dtype::ALL
            .into_iter()
            .map(|dtype| format!("{dtype} {}", format_hex(attribute.value(dtype))));
        writeln!(
            text,
            "attribute {} = {}: {}",
            laid_out(&attribute.name, Shape::Constant),
            attribute.text,
            values.collect::<Vec<_>>().join(", ")
        )?;
    }
    writeln!(
        text,
        "output    {}",
        laid_out(&op.output.name, op.output.shape)
    )?;
    writeln!(text, "formula   {}", spec.formula_text)?;
    if let Some(input) = &op.derivative_of {
        writeln!(text, "          differentiated with respect to {input}")?;
    }
    for definition in &spec.definitions {
        writeln!(text, "          {} = {}", definition.name, definition.text)?;
    }
    for dtype in Dtype::ALL {
        let ceiling = spec.ceilings.text(dtype);
        writeln!(text, "ceiling   {dtype}: {ceiling} ulp")?;
    }
    writeln!(text, "classes   {}", op.classes().join(" "))?;
    for clause in op.clauses(Profile::Exact) {
        let accept: Vec<&str> = clause.accept.iter().map(|outcome| outcome.name()).collect();
        writeln!(
            text,
            "clause    {}: {} where {}",
            clause.id,
            accept.join(" or "),
            clause.when_text
        )?;
    }
    for note in &spec.notes {
        writeln!(text, "note      {note}")?;
    }
    Ok(text)
}

/// The op as JSON.
pub(super) fn json(reference: &Reference) -> serde_json::Value {
    let op = &reference.op;
    let spec = &op.spec;
    let inputs = op.inputs.iter().map(|input| {
        json!({"name": input.name, "layout": laid_out(&input.name, input.shape), "role": input.role.name()})
    });
    let attributes = spec.attributes.iter();
    let definitions = spec.definitions.iter();
    let ceilings = Dtype::ALL
        .into_iter()
        .map(|dtype| (dtype.name().to_owned(), json!(spec.ceilings.text(dtype))));
    json!({
        "op": op.name,
        "title": spec.title,
        "summary": spec.summary,
        "source": spec.source,
        "inputs": inputs.collect::<Vec<_>>(),
        "attributes": attributes
            .map(|attribute| json!({"name": attribute.name, "value": attribute.text}))
            .collect::<Vec<_>>(),
        "output": {"name": op.output.name, "layout": laid_out(&op.output.name, op.output.shape)},
        "formula": spec.formula_text,
        "definitions": definitions
            .map(|definition| json!({"name": definition.name, "formula": definition.text}))
            .collect::<Vec<_>>(),
        "derivative_of": op.derivative_of,
        "ceilings": ceilings.collect::<serde_json::Map<_, _>>(),
        "classes": op.classes(),
        "clauses": op.clauses(Profile::Exact).map(|clause| &clause.id).collect::<Vec<_>>(),
        "notes": spec.notes,
    })
}
