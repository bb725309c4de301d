//! Strict reading of a file of worst cases. In: its text and the op. Out: cases, or an error that names the line.

use super::{Provenance, WorstCase};
use crate::cases::{InputSignature, Layout, OpSignature, Tensor};
use crate::spec::Profile;
use lossproof_numerics::{Dtype, format_hex, parse_bits, parse_hex};
use lossproof_oracle::formula::{Shape, nearest_name};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::{Spanned, Value};

/// A file of worst cases that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum WorstCasesError {
    /// It is not TOML of this form.
    #[error("{file}: {problem}")]
    Form {
        /// The file.
        file: String,
        /// What is wrong and where.
        problem: toml::de::Error,
    },
    /// One entry says something impossible.
    #[error("{file}, line {line}: {problem}")]
    Content {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what to write.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    case: Vec<Spanned<RawCase>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    id: Spanned<u32>,
    inputs: BTreeMap<Spanned<String>, Spanned<Value>>,
    place: usize,
    ulps: Spanned<[f64; 2]>,
    subject: Spanned<String>,
    version: Spanned<String>,
    profile: Spanned<String>,
    objective: Spanned<String>,
    seed: u64,
    evaluations: u64,
    longest: usize,
    fresh: bool,
    by: Spanned<String>,
}

/// What is wrong, and the bytes of the file that are.
type Problem = (Range<usize>, String);

/// Reads the cases of an op in a dtype.
///
/// # Errors
/// Text that is not of the form, ids that do not count up from 0, inputs that the op does not have or of another shape,
/// numbers that are no values of the dtype, class indices outside their range, and no case at all.
pub fn parse(
    file: &str,
    text: &str,
    signature: &OpSignature,
    dtype: Dtype,
) -> Result<Vec<WorstCase>, WorstCasesError> {
    let raw: File = toml::from_str(text).map_err(|problem| WorstCasesError::Form {
        file: file.to_owned(),
        problem,
    })?;
    let content = |(span, problem): Problem| WorstCasesError::Content {
        file: file.to_owned(),
        line: 1 + text[..span.start].matches('\n').count(),
        problem,
    };
    if raw.case.is_empty() {
        let problem = "there is no case; delete the file, or let `lossproof hunt --keep` write it";
        return Err(content((0..0, problem.to_owned())));
    }
    let mut cases: Vec<WorstCase> = Vec::new();
    for raw in raw.case {
        let span = raw.span();
        let case = case(raw, signature, dtype).map_err(content)?;
        let due = cases.len();
        if case.id as usize != due {
            let problem = format!(
                "the id is {}, and {due} is due: ids count up from 0 without gaps, and a case that is kept stays",
                case.id
            );
            return Err(content((span, problem)));
        }
        if let Some(same) = cases.iter().find(|known| known.has_inputs_of(&case)) {
            let problem = format!(
                "case {} has the inputs of case {}; keep one",
                case.id, same.id
            );
            return Err(content((span, problem)));
        }
        cases.push(case);
    }
    Ok(cases)
}

fn case(
    raw: Spanned<RawCase>,
    signature: &OpSignature,
    dtype: Dtype,
) -> Result<WorstCase, Problem> {
    let span = raw.span();
    let raw = raw.into_inner();
    for name in raw.inputs.keys() {
        let known = || signature.inputs.iter().map(|input| input.name.as_str());
        if !known().any(|known| known == name.get_ref()) {
            let hint = nearest_name(name.get_ref(), known());
            let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            let problem = format!("`{}` is no input of {}{hint}", name.get_ref(), signature.op);
            return Err((name.span(), problem));
        }
    }
    let mut inputs = Vec::new();
    for input in &signature.inputs {
        let found = raw
            .inputs
            .iter()
            .find(|(name, _)| *name.get_ref() == input.name);
        let Some((_, value)) = found else {
            return Err((span, format!("`inputs.{}` is missing", input.name)));
        };
        let tensor = tensor(input, value.get_ref(), dtype);
        inputs.push(tensor.map_err(|problem| {
            let problem = format!("`inputs.{}`: {problem}", input.name);
            (value.span(), problem)
        })?);
    }
    let lengths = Layout::of(signature).lengths(&inputs).ok_or_else(|| {
        let problem = "the inputs do not agree in their lengths".to_owned();
        (span.clone(), problem)
    })?;
    for (position, input) in inputs.iter().enumerate() {
        let range = lengths.get(signature.index_dimension(position));
        let inside = |&place: &i64| usize::try_from(place).is_ok_and(|place| place < range);
        if let Some(place) = input.indices().iter().find(|place| !inside(place)) {
            let name = &signature.inputs[position].name;
            let problem = format!("`inputs.{name}` holds {place}, outside a range of {range}");
            return Err((span, problem));
        }
    }
    let [lower, upper] = *raw.ulps.get_ref();
    if !(0.0 <= lower && lower <= upper) {
        let problem = "`ulps` are a lower bound of the error, not negative, and an upper one";
        return Err((raw.ulps.span(), problem.to_owned()));
    }
    if Profile::named(raw.profile.get_ref()).is_none() {
        let problem = format!(
            "unknown profile `{}`; `lossproof list profiles` names them",
            raw.profile.get_ref()
        );
        return Err((raw.profile.span(), problem));
    }
    Ok(WorstCase {
        id: raw.id.into_inner(),
        inputs,
        lengths,
        place: raw.place,
        ulp_error: (lower, upper),
        found: Provenance {
            subject: named("subject", raw.subject)?,
            version: named("version", raw.version)?,
            profile: raw.profile.into_inner(),
            objective: named("objective", raw.objective)?,
            seed: raw.seed,
            evaluations: raw.evaluations,
            longest: raw.longest,
            fresh: raw.fresh,
            by: named("by", raw.by)?,
        },
    })
}

fn named(key: &str, text: Spanned<String>) -> Result<String, Problem> {
    if text.get_ref().trim().is_empty() {
        return Err((text.span(), format!("`{key}` is empty")));
    }
    Ok(text.into_inner())
}

/// An input of its shape.
fn tensor(input: &InputSignature, value: &Value, dtype: Dtype) -> Result<Tensor, String> {
    let list = |value: &Value| -> Result<Vec<Value>, String> {
        let list = value.as_array().cloned();
        list.ok_or_else(|| format!("must be {}, a list", input.shape))
    };
    let row = |value: &Value| -> Result<Vec<f64>, String> {
        let mut numbers = Vec::new();
        for item in list(value)? {
            let (number, times) = repeated(&item, dtype)?;
            numbers.extend(std::iter::repeat_n(number, times));
        }
        Ok(numbers)
    };
    let place = |value: &Value| -> Result<i64, String> {
        let place = value.as_integer();
        place.ok_or_else(|| format!("must be {}, in whole numbers", input.shape))
    };
    Ok(match input.shape {
        Shape::Scalar | Shape::Constant => match repeated(value, dtype)? {
            (number, 1) => Tensor::Scalar(number),
            (_, times) => return Err(format!("is one number, not {times}")),
        },
        Shape::Vector(_) => Tensor::Row(row(value)?),
        Shape::Index => Tensor::Index(place(value)?),
        Shape::Indices(_) => {
            let places = list(value)?;
            Tensor::Indices(places.iter().map(place).collect::<Result<_, _>>()?)
        }
        Shape::Matrix(..) => {
            let rows = list(value)?;
            let rows: Vec<Vec<f64>> = rows.iter().map(row).collect::<Result<_, _>>()?;
            let columns = rows.first().map_or(0, Vec::len);
            if rows.iter().any(|row| row.len() != columns) {
                return Err("has rows of different lengths".to_owned());
            }
            Tensor::Matrix {
                rows: rows.len(),
                columns,
                numbers: rows.into_iter().flatten().collect(),
            }
        }
    })
}

/// A number and how many times it stands there.
fn repeated(value: &Value, dtype: Dtype) -> Result<(f64, usize), String> {
    let Some(text) = value.as_str() else {
        return Err("numbers are texts in hex, such as \"0x1.8p+3\"".to_owned());
    };
    match text.split_once(" * ") {
        None => Ok((number(text, dtype)?, 1)),
        Some((text, times)) => {
            let times = times.parse().ok().filter(|&times| times > 1);
            let times = times.ok_or("`*` is followed by a whole number above 1")?;
            Ok((number(text, dtype)?, times))
        }
    }
}

fn number(text: &str, dtype: Dtype) -> Result<f64, String> {
    if let Some(digits) = text.strip_prefix("bits:") {
        return parse_bits(dtype, digits).map_err(|error| error.to_string());
    }
    match text {
        "inf" => return Ok(f64::INFINITY),
        "-inf" => return Ok(f64::NEG_INFINITY),
        _ => {}
    }
    let exact = parse_hex(Dtype::F64, text).map_err(|error| error.to_string())?;
    let rounded = parse_hex(dtype, text).map_err(|error| error.to_string())?;
    if exact.to_bits() == rounded.to_bits() && exact.is_finite() {
        Ok(exact)
    } else {
        Err(format!(
            "{text} is no finite value of {dtype}; the nearest is {}",
            format_hex(rounded)
        ))
    }
}
