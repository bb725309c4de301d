//! The table of ops. In: an op's name and a batch of inputs, in the order of its spec. Out: what candle answers.
//!
//! candle's losses are means over all that they are given, so a loss of a row is asked for row by row, and one of an
//! element, element by element: a mean over one is the loss itself.

use candle_core::{Result, Tensor, Var};
use candle_nn::{loss, ops};

/// The functions of candle that are ops, by the op's name.
const FORWARD: [(&str, Forward); 8] = [
    ("softmax", |inputs| ops::softmax(&inputs[0], 1)),
    ("log_softmax", |inputs| ops::log_softmax(&inputs[0], 1)),
    ("logsumexp", |inputs| inputs[0].log_sum_exp(1)),
    ("sigmoid", |inputs| ops::sigmoid(&inputs[0])),
    ("reduce_sum", |inputs| inputs[0].sum(1)),
    ("reduce_mean", |inputs| inputs[0].mean(1)),
    ("sparse_softmax_cross_entropy_with_logits", |inputs| {
        loss::cross_entropy(&inputs[0], &inputs[1])
    }),
    ("sigmoid_cross_entropy_with_logits", |inputs| {
        loss::binary_cross_entropy_with_logit(&inputs[0], &inputs[1])
    }),
];

/// The gradients, each by the first input: their names, and the op of which each is the gradient.
const GRADIENTS: [(&str, &str); 8] = [
    ("softmax_grad_logits", "softmax"),
    ("log_softmax_grad_logits", "log_softmax"),
    ("logsumexp_grad_logits", "logsumexp"),
    ("sigmoid_grad_logits", "sigmoid"),
    ("reduce_sum_grad_losses", "reduce_sum"),
    ("reduce_mean_grad_losses", "reduce_mean"),
    (
        "sparse_softmax_cross_entropy_with_logits_grad_logits",
        "sparse_softmax_cross_entropy_with_logits",
    ),
    (
        "sigmoid_cross_entropy_with_logits_grad_logits",
        "sigmoid_cross_entropy_with_logits",
    ),
];

/// The ops of which the gradient is a vector-Jacobian product: a last input is the gradient that flows in.
const TAKE_UPSTREAM: [&str; 2] = ["softmax", "log_softmax"];

type Forward = fn(&[Tensor]) -> Result<Tensor>;

/// How much of a batch a function takes at once.
#[derive(Clone, Copy)]
enum Portion {
    Batch,
    Row,
    Element,
}

/// The names of all ops.
pub fn names() -> impl Iterator<Item = &'static str> {
    let forward = FORWARD.into_iter().map(|(op, _)| op);
    forward.chain(GRADIENTS.into_iter().map(|(op, _)| op))
}

/// candle's answer, or its refusal; none where it has no such op.
pub fn run(op: &str, inputs: &[Tensor]) -> Option<Result<Tensor>> {
    let gradient = GRADIENTS.into_iter().find(|(name, _)| *name == op);
    let value_op = gradient.map_or(op, |(_, value_op)| value_op);
    let (_, forward) = FORWARD.into_iter().find(|(name, _)| *name == value_op)?;
    let portion = match value_op {
        "sparse_softmax_cross_entropy_with_logits" => Portion::Row,
        "sigmoid_cross_entropy_with_logits" => Portion::Element,
        _ => Portion::Batch,
    };
    Some(in_portions(portion, inputs, |part| match gradient {
        Some(_) => derivative(forward, TAKE_UPSTREAM.contains(&value_op), part),
        None => forward(part),
    }))
}

/// The gradient of the sum of what `forward` gives, by the first input.
fn derivative(forward: Forward, takes_upstream: bool, inputs: &[Tensor]) -> Result<Tensor> {
    let variable = Var::from_tensor(&inputs[0])?;
    let mut with_variable = inputs.to_vec();
    with_variable[0] = variable.as_tensor().clone();
    let mut result = forward(&with_variable)?;
    if takes_upstream {
        // `backward` starts from ones, so another gradient flowing in enters as a factor.
        result = (result * &inputs[inputs.len() - 1])?;
    }
    let gradients = result.backward()?;
    match gradients.get(&variable) {
        Some(gradient) => Ok(gradient.clone()),
        None => candle_core::bail!("backward gives no gradient for the first input"),
    }
}

/// What `function` gives for each portion of a batch, put together again.
fn in_portions(
    portion: Portion,
    inputs: &[Tensor],
    function: impl Fn(&[Tensor]) -> Result<Tensor>,
) -> Result<Tensor> {
    let shape = inputs[0].dims();
    let (portions, flat): (usize, Vec<Tensor>) = match portion {
        Portion::Batch => return function(inputs),
        Portion::Row => (shape[0], inputs.to_vec()),
        Portion::Element => (
            inputs[0].elem_count(),
            inputs
                .iter()
                .map(Tensor::flatten_all)
                .collect::<Result<_>>()?,
        ),
    };
    if portions == 0 {
        return inputs[0].zeros_like();
    }
    let answers: Vec<Tensor> = (0..portions)
        .map(|place| {
            let part: Vec<Tensor> = flat
                .iter()
                .map(|input| input.narrow(0, place, 1)?.contiguous())
                .collect::<Result<_>>()?;
            function(&part)
        })
        .collect::<Result<_>>()?;
    // A loss comes as a number, a gradient as the portion that it is one of.
    if answers[0].rank() == 0 {
        let losses = Tensor::stack(&answers, 0)?;
        return match portion {
            Portion::Element => losses.reshape(shape),
            _ => Ok(losses),
        };
    }
    Tensor::cat(&answers, 0)?.reshape(shape)
}
