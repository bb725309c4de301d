//! A worst value with the inputs that show it. In: the value and its case, which is made again. Out: text in hex.

use super::model::{InputEntry, WorstEntry};
use crate::cases::{Tensor, case};
use crate::measure::{Worst, round_down};
use crate::reference::Reference;
use lossproof_numerics::format_hex;
use lossproof_oracle::Expected;

/// The longest input that is shown whole.
const SHOWN_WHOLE: usize = 8;

/// How many values are shown of a longer one.
const SHOWN_OF_MORE: usize = 4;

/// The value, with the inputs of its case.
pub(super) fn worst_entry(reference: &Reference, worst: &Worst, seed: u64) -> WorstEntry {
    let case =
        case(&reference.signature(), &worst.case, seed).expect("the case was generated before");
    let expected = match worst.value.enclosure.expected(worst.case.dtype) {
        Expected::Number(number) => Some(format_hex(number)),
        Expected::Zero => Some(format_hex(0.0)),
        Expected::Nan => Some("nan".to_owned()),
        Expected::Unknown => None,
    };
    let kappa = worst.value.conditioning.map(|known| known.kappa.0);
    let inputs = reference.op.inputs.iter().zip(&case.inputs);
    WorstEntry {
        case: worst.case.to_string(),
        place: worst.place,
        result: format_hex(worst.value.result),
        expected,
        kappa: kappa.map(round_down).filter(|kappa| kappa.is_finite()),
        inputs: inputs
            .map(|(input, tensor)| input_entry(&input.name, tensor, worst.place))
            .collect(),
    }
}

fn input_entry(name: &str, tensor: &Tensor, place: usize) -> InputEntry {
    let all: Vec<String> = match tensor {
        Tensor::Scalar(number) => vec![format_hex(*number)],
        Tensor::Index(index) => vec![index.to_string()],
        Tensor::Row(numbers) | Tensor::Matrix { numbers, .. } => {
            numbers.iter().map(|&number| format_hex(number)).collect()
        }
        Tensor::Indices(places) => places.iter().map(ToString::to_string).collect(),
    };
    let length = all.len();
    let whole = length <= SHOWN_WHOLE;
    let at_place = match tensor {
        Tensor::Row(_) if !whole => all.get(place).cloned(),
        _ => None,
    };
    let shown = if whole { length } else { SHOWN_OF_MORE };
    InputEntry {
        name: name.to_owned(),
        length,
        values: all.into_iter().take(shown).collect(),
        at_place,
    }
}
