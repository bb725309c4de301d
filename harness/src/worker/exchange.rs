//! A call as messages. In: the memory of a call on some rows, and the op's names. Out: the request, and the output of the
//! answer once it is what was asked for.

use super::fault::Fault;
use super::protocol::{Message, WireElement, WireTensor};
use crate::spec::Op;
use crate::subject::{BatchCall, InputForm};
use lossproof_oracle::formula::Shape;

// The elements of a call are in the machine's byte order and the protocol's are little-endian: here they are the same.
const _: () = assert!(
    cfg!(target_endian = "little"),
    "the worker protocol is little-endian"
);

/// What an answer may have beside its output: the header, and the text of an error.
const BESIDE_OUTPUT_BYTES: u64 = 1 << 20;

/// The names of an op's tensors.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    op: String,
    /// Inputs, and then attributes.
    inputs: Vec<String>,
    output: String,
    output_shape: Shape,
}

impl Signature {
    pub(super) fn of(op: &Op) -> Self {
        let inputs = op.inputs.iter().map(|input| input.name.clone());
        let attributes = op.spec.attributes.iter();
        Self {
            op: op.name.clone(),
            inputs: inputs
                .chain(attributes.map(|attribute| attribute.name.clone()))
                .collect(),
            output: op.output.name.clone(),
            output_shape: op.output.shape,
        }
    }

    /// The request for a call, which still lacks its id.
    pub(super) fn request(&self, call: &BatchCall) -> Message {
        let inputs = self.inputs.join(",");
        let mut request = Message::of_metadata([
            ("call", "run"),
            ("op", &self.op),
            ("dtype", call.dtype().name()),
            ("inputs", &inputs),
            ("output", &self.output),
        ]);
        let named = self.inputs.iter().zip(call.forms()).zip(call.input_bytes());
        request.tensors = named
            .map(|((name, form), bytes)| {
                let element = if form.holds_places() {
                    WireElement::Place
                } else {
                    WireElement::Float(call.dtype())
                };
                let shape = shape(call.rows(), form);
                (
                    name.clone(),
                    WireTensor {
                        element,
                        shape,
                        bytes,
                    },
                )
            })
            .collect();
        request
    }

    /// The most bytes that the answer may have.
    pub(super) fn answer_limit_bytes(call: &BatchCall) -> u64 {
        let values = (call.rows() * call.output_length()) as u64;
        values * u64::from(call.dtype().width() / 8) + BESIDE_OUTPUT_BYTES
    }

    /// The output's bytes in an answer.
    pub(super) fn output(&self, call: &BatchCall, answer: &Message) -> Result<Vec<u8>, Fault> {
        if let Some(kind) = answer.metadata.get("call")
            && kind != "run"
        {
            let answered = kind.clone();
            return Err(Fault::WrongCall { answered });
        }
        if let Some(account) = answer.metadata.get("trespass") {
            let account = account.clone();
            return Err(Fault::Trespassed { account });
        }
        if let Some(reason) = answer.metadata.get("error") {
            let reason = reason.clone();
            return Err(Fault::Refused { reason });
        }
        let output = self.output.clone();
        let Some(tensor) = answer.tensor(&output) else {
            let present = present(answer);
            return Err(Fault::MissingOutput { output, present });
        };
        if answer.tensors.len() > 1 {
            let present = present(answer);
            return Err(Fault::ExtraOutput { output, present });
        }
        let element = WireElement::Float(call.dtype());
        if tensor.element != element {
            return Err(Fault::WrongElement {
                output,
                answered: tensor.element.name(),
                due: element.name(),
            });
        }
        let due = self.output_shape(call);
        if tensor.shape != due {
            let answered = tensor.shape.clone();
            return Err(Fault::WrongShape {
                output,
                answered,
                due,
            });
        }
        Ok(tensor.bytes.clone())
    }

    /// The shape of the output on the wire: a matrix's is that of the input it is the gradient of.
    fn output_shape(&self, call: &BatchCall) -> Vec<usize> {
        let rows = call.rows();
        let length = call.output_length();
        let matrix = call.forms().find_map(|form| match form {
            InputForm::Matrix { rows, columns } if rows * columns == length => {
                Some((rows, columns))
            }
            _ => None,
        });
        match (self.output_shape, matrix) {
            (Shape::Scalar, _) => vec![rows],
            (Shape::Matrix(..), Some((down, across))) => vec![rows, down, across],
            _ => vec![rows, length],
        }
    }
}

fn present(answer: &Message) -> String {
    let names: Vec<String> = answer
        .tensors
        .iter()
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if names.is_empty() {
        "no tensor".to_owned()
    } else {
        names.join(", ")
    }
}

fn shape(rows: usize, form: InputForm) -> Vec<usize> {
    match form {
        InputForm::Row(length) | InputForm::Indices(length) => vec![rows, length],
        InputForm::Scalar | InputForm::Index => vec![rows],
        InputForm::Matrix {
            rows: down,
            columns,
        } => vec![rows, down, columns],
    }
}
