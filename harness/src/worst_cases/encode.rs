//! Worst cases as text. In: the cases of an op in a dtype. Out: the one form that their file has.

use super::WorstCase;
use crate::cases::{OpSignature, Tensor};
use lossproof_numerics::{Dtype, encode, format_hex};
use std::fmt::Write;

/// The text of the file.
///
/// # Panics
/// Never: writing to a string succeeds.
#[must_use]
pub fn render(signature: &OpSignature, dtype: Dtype, cases: &[WorstCase]) -> String {
    let mut text = format!(
        "# The worst inputs known of kernels of `{}` in {dtype}, found by `lossproof hunt`: its class `known_worst`.\n\
         # `lossproof hunt --keep` adds to them; ids are permanent, so a case that is kept stays.\n",
        signature.op
    );
    for case in cases {
        write_case(&mut text, signature, dtype, case).expect("writing to a string");
    }
    text
}

fn write_case(
    text: &mut String,
    signature: &OpSignature,
    dtype: Dtype,
    case: &WorstCase,
) -> std::fmt::Result {
    writeln!(text, "\n[[case]]\nid = {}", case.id)?;
    for (input, tensor) in signature.inputs.iter().zip(&case.inputs) {
        writeln!(
            text,
            "inputs.{} = {}",
            input.name,
            tensor_text(tensor, dtype)
        )?;
    }
    let (lower, upper) = case.ulp_error;
    let found = &case.found;
    writeln!(text, "place = {}", case.place)?;
    writeln!(text, "ulps = [{lower:?}, {upper:?}]")?;
    writeln!(text, "subject = {}", quoted(&found.subject))?;
    writeln!(text, "version = {}", quoted(&found.version))?;
    writeln!(text, "profile = {}", quoted(&found.profile))?;
    writeln!(text, "objective = {}", quoted(&found.objective))?;
    writeln!(text, "seed = {}", found.seed)?;
    writeln!(text, "evaluations = {}", found.evaluations)?;
    writeln!(text, "longest = {}", found.longest)?;
    writeln!(text, "fresh = {}", found.fresh)?;
    writeln!(text, "by = {}", quoted(&found.by))
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn tensor_text(tensor: &Tensor, dtype: Dtype) -> String {
    match tensor {
        Tensor::Scalar(number) => quoted(&number_text(*number, dtype)),
        Tensor::Index(place) => place.to_string(),
        Tensor::Indices(places) => format!("{places:?}"),
        Tensor::Row(row) => row_text(row, dtype),
        Tensor::Matrix {
            numbers, columns, ..
        } => {
            let rows = numbers.chunks(usize::max(*columns, 1));
            let rows: Vec<String> = rows.map(|row| row_text(row, dtype)).collect();
            format!("[{}]", rows.join(", "))
        }
    }
}

/// A row, a number that stands in it more than twice in a row written once.
fn row_text(row: &[f64], dtype: Dtype) -> String {
    let runs = row.chunk_by(|a, b| a.to_bits() == b.to_bits());
    let texts = runs.flat_map(|run| {
        let number = number_text(run[0], dtype);
        if run.len() > 2 {
            vec![quoted(&format!("{number} * {}", run.len()))]
        } else {
            vec![quoted(&number); run.len()]
        }
    });
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}

fn number_text(number: f64, dtype: Dtype) -> String {
    if number.is_nan() {
        format!("bits:{:x}", encode(dtype, number))
    } else {
        format_hex(number)
    }
}
