"""PyTorch as a lossproof worker: its public functions of losses, and the gradients that torch.autograd makes of them.

The gradient of an op without `upstream` is that of the sum over the batch's losses, so that rows do not mix.

Left out, for want of a function that is the op: F.binary_cross_entropy keeps each logarithm above -100 instead of
clipping the probability, and refuses one outside [0, 1]; torch.special.entr has no epsilon and no bits; log(softmax)
written out, clipped and symmetric divergences, noise-contrastive and sampled losses have no function. F.kl_div takes the
logarithm of q; the adapter takes it, which the profile torch knows. The hinge loss is F.margin_ranking_loss against 0.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from lossproof_worker import bfloat16, guard_stdout, serve

guard_stdout()

import numpy as np
import torch
import torch.nn.functional as F

DTYPES = ("f16", "bf16", "f32", "f64")


def softmax_cross_entropy(logits, target):
    """Dense labels of the logits' dtype, or class indices, as the target's dtype says."""
    return F.cross_entropy(logits, target, reduction="none")


def batch_cross_entropy(reduction):
    """One number for each batch [m, n] of `[rows, m, n]`: the framework reduces over all that it is given."""

    def of(logits, labels):
        batches = zip(logits.unbind(), labels.unbind())
        return torch.stack([F.cross_entropy(*batch, reduction=reduction) for batch in batches])

    return of


def kl_divergence(p, q):
    return F.kl_div(q.log(), p, reduction="none").sum(dim=-1)


def hinge(labels, predictions, margin):
    (margin_of_all,) = set(margin.tolist())
    return F.margin_ranking_loss(predictions, torch.zeros_like(predictions), labels, margin_of_all, reduction="none")


# op: (function of the inputs in the spec's order, places of the inputs that it is differentiated by, by name)
LOGITS = {"logits": 0}
LOGITS_AND_LABELS = {"logits": 0, "labels": 1}
FUNCTIONS = {
    "softmax": (lambda logits: F.softmax(logits, dim=-1), LOGITS),
    "log_softmax": (lambda logits: F.log_softmax(logits, dim=-1), LOGITS),
    "logsumexp": (lambda logits: torch.logsumexp(logits, dim=-1), LOGITS),
    "softmax_cross_entropy_with_logits": (softmax_cross_entropy, LOGITS_AND_LABELS),
    "sparse_softmax_cross_entropy_with_logits": (softmax_cross_entropy, LOGITS),
    "mean_softmax_cross_entropy_with_logits": (batch_cross_entropy("mean"), LOGITS_AND_LABELS),
    "sum_softmax_cross_entropy_with_logits": (batch_cross_entropy("sum"), LOGITS_AND_LABELS),
    "sigmoid_cross_entropy_with_logits": (
        lambda logits, labels: F.binary_cross_entropy_with_logits(logits, labels, reduction="none"),
        LOGITS,
    ),
    "kl_divergence": (kl_divergence, {"p": 0, "q": 1}),
    "sigmoid": (torch.sigmoid, LOGITS),
    "softplus": (F.softplus, LOGITS),
    "logit": (torch.logit, {"probabilities": 0}),
    "hinge": (hinge, {"labels": 0, "predictions": 1}),
    "reduce_sum": (lambda losses: torch.sum(losses, dim=-1), {"losses": 0}),
    "reduce_mean": (lambda losses: torch.mean(losses, dim=-1), {"losses": 0}),
}
# Every element of these outputs depends on the whole row, so their gradients take `upstream` as the last input.
ROW_FUNCTIONS = {"softmax", "log_softmax"}


def gradient(function, place, takes_upstream):
    """The vector-Jacobian product by one input, which autograd gives; ones where the op has no `upstream`."""

    def pulled_back(*inputs):
        *inputs, upstream = inputs if takes_upstream else (*inputs, None)
        inputs[place].requires_grad_()
        loss = function(*inputs)
        return torch.autograd.grad(loss, inputs[place], torch.ones_like(loss) if upstream is None else upstream)[0]

    return pulled_back


def tensor_of(array):
    """A tensor in the array's memory. NumPy has no bfloat16, so torch cannot read the type of ml_dtypes."""
    if array.dtype == bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def array_of(tensor):
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:
        return tensor.contiguous().view(torch.int16).numpy().view(bfloat16)
    return tensor.numpy()


def on_arrays(function):
    return lambda *arrays: array_of(function(*map(tensor_of, arrays)))


def kernels():
    offered = {}
    for op, (function, gradients) in FUNCTIONS.items():
        offered[op] = on_arrays(function)
        for by, place in gradients.items():
            offered[f"{op}_grad_{by}"] = on_arrays(gradient(function, place, op in ROW_FUNCTIONS))
    return offered


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    serve(
        kernels(),
        name="torch",
        version=f"PyTorch {torch.__version__}, git {torch.version.git_version[:12]}",
        profile="torch",
        dtypes=DTYPES,
        description=f"torch.nn.functional on the CPU, {torch.backends.cpu.get_cpu_capability()}; gradients by autograd",
    )
