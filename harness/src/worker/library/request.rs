//! A run request taken apart. In: a message and the ops there are. Out: what a kernel is called with, or why that is nothing
//! a kernel could be called with, which is the harness's fault and not the kernel's.

use crate::spec::Op;
use crate::subject::{InputBytes, InputForm, Layout};
use crate::worker::protocol::{Message, WireElement, WireTensor};
use lossproof_numerics::Dtype;
use lossproof_oracle::formula::Dim;
use std::collections::BTreeMap;

/// Why a request is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// A hello of another protocol.
    #[error("it speaks protocol `{0}`, and this worker speaks protocol 1")]
    Version(String),
    /// Neither hello nor run.
    #[error("it calls `{0}`; a request calls hello or run")]
    UnknownCall(String),
    /// Metadata with another meaning than a number, a dtype or names.
    #[error("its `{key}` is `{text}`, where {expected} is due")]
    Metadata {
        /// The key.
        key: &'static str,
        /// What it says.
        text: String,
        /// What belongs there.
        expected: &'static str,
    },
    /// A tensor that the metadata names is missing.
    #[error("it has no tensor `{0}`")]
    NoTensor(String),
    /// A tensor has other elements, another rank or another number of rows than a call has.
    #[error("its tensor `{tensor}` is {element}{shape:?}: {expected}")]
    Tensor {
        /// The tensor.
        tensor: String,
        /// What its elements are.
        element: &'static str,
        /// Its lengths.
        shape: Vec<usize>,
        /// What a call has.
        expected: &'static str,
    },
    /// Nothing says how long the output is.
    #[error("it has no `output_shape`, and no spec gives the op `{0}`")]
    NoOutputShape(String),
}

/// A call to make.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub(super) id: &'a str,
    pub(super) op: &'a str,
    pub(super) dtype: Dtype,
    pub(super) rows: usize,
    /// Inputs by name, in the order in which the kernel takes them.
    pub(super) inputs: Vec<(&'a str, InputBytes<'a>)>,
    /// The output's name.
    pub(super) output: &'a str,
    /// The output's lengths, rows first.
    pub(super) output_shape: Vec<usize>,
    pub(super) layout: Layout,
}

/// Reads a run request.
pub(super) fn read_run<'a>(request: &'a Message, ops: &[Op]) -> Result<Run<'a>, RunError> {
    let op = request.text("op");
    let dtype: Dtype = number(request, "dtype", "f16, bf16, f32 or f64")?;
    let names: Vec<&str> = request.text("inputs").split(',').collect();
    let mut rows = None;
    let mut inputs = Vec::with_capacity(names.len());
    let mut shapes = Vec::with_capacity(names.len());
    for name in names {
        let missing = || RunError::NoTensor(name.to_owned());
        let tensor = request.tensor(name).ok_or_else(missing)?;
        let unfit = |expected| RunError::Tensor {
            tensor: name.to_owned(),
            element: tensor.element.name(),
            shape: tensor.shape.clone(),
            expected,
        };
        let form = form_of(tensor, dtype).ok_or_else(|| {
            unfit("an input has one to three axes of the call's dtype, or one or two of i64")
        })?;
        let batch = *rows.get_or_insert(tensor.shape[0]);
        if tensor.shape[0] != batch || batch == 0 {
            return Err(unfit(
                "all inputs of a call have the same rows, and at least one",
            ));
        }
        let bytes = &tensor.bytes;
        inputs.push((name, InputBytes { form, bytes }));
        shapes.push(tensor.shape.as_slice());
    }
    let rows = rows.expect("splitting a text gives at least one name");
    Ok(Run {
        id: request.text("id"),
        op,
        dtype,
        rows,
        inputs,
        output: request.text("output"),
        output_shape: output_shape(request, ops, rows, &shapes)?,
        layout: layout(request)?,
    })
}

fn number<T: std::str::FromStr>(
    request: &Message,
    key: &'static str,
    expected: &'static str,
) -> Result<T, RunError> {
    let text = request.text(key);
    text.parse().map_err(|_| RunError::Metadata {
        key,
        text: text.to_owned(),
        expected,
    })
}

/// What each row of the batch has of a tensor; none when no input is like it.
fn form_of(tensor: &WireTensor, dtype: Dtype) -> Option<InputForm> {
    let is_place = tensor.element == WireElement::Place;
    if !is_place && tensor.element != WireElement::Float(dtype) {
        return None;
    }
    match (is_place, &tensor.shape[..]) {
        (false, [_]) => Some(InputForm::Scalar),
        (false, &[_, length]) => Some(InputForm::Row(length)),
        (false, &[_, rows, columns]) => Some(InputForm::Matrix { rows, columns }),
        (true, [_]) => Some(InputForm::Index),
        (true, &[_, length]) => Some(InputForm::Indices(length)),
        _ => None,
    }
}

/// The output's lengths: what the request says, or else what the op's spec makes of the inputs' lengths.
fn output_shape(
    request: &Message,
    ops: &[Op],
    rows: usize,
    shapes: &[&[usize]],
) -> Result<Vec<usize>, RunError> {
    const KEY: &str = "output_shape";
    if request.metadata.contains_key(KEY) {
        let text = request.text(KEY);
        let unfit = || RunError::Metadata {
            key: KEY,
            text: text.to_owned(),
            expected: "one to three lengths separated by commas, the rows of the batch first,",
        };
        let lengths: Result<Vec<usize>, _> = text.split(',').map(str::parse).collect();
        let lengths = lengths.map_err(|_| unfit())?;
        if lengths[0] != rows || lengths.len() > 3 {
            return Err(unfit());
        }
        return Ok(lengths);
    }
    let op = request.text("op");
    let unknown = || RunError::NoOutputShape(op.to_owned());
    let known = ops.iter().find(|known| known.name == op);
    let known = known.ok_or_else(unknown)?;
    let mut lengths: BTreeMap<&'static str, usize> = BTreeMap::new();
    for (input, shape) in known.inputs.iter().zip(shapes) {
        for (dim, length) in input.shape.dims().into_iter().zip(&shape[1..]) {
            lengths.insert(dim.name(), *length);
        }
    }
    let length = |dim: Dim| lengths.get(dim.name()).copied().ok_or_else(unknown);
    let inner = known.output.shape.dims().into_iter().map(length);
    std::iter::once(Ok(rows)).chain(inner).collect()
}

/// How the buffers should lie, where the request asks for anything but the usual.
fn layout(request: &Message) -> Result<Layout, RunError> {
    let mut layout = Layout::ALIGNED;
    if request.metadata.contains_key("misalignment") {
        layout.misalignment_elements = number::<u8>(request, "misalignment", "0 to 255")?.into();
    }
    if request.metadata.contains_key("pattern") {
        layout.pattern = number(request, "pattern", "a byte, 0 to 255,")?;
    }
    Ok(layout)
}
