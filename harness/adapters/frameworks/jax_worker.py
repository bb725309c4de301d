"""JAX and optax as a lossproof worker: their public functions of losses, and the gradients that jax.vjp makes of them.

`--mode eager` calls them as they stand (some are jitted inside), `--mode jit` under jax.jit.

XLA compiles anew for every shape, one function under jit and each primitive without, for some hundredths of a second each.
Batches come as the harness makes them and are called as they come. Padding them to a few sizes would save compilations and
change results: of 128 rows of 17 values, 81 had another softmax in f32 alone than in a batch padded to 512 rows (jitted, JAX
0.10.2). In small batches the bits were those of the row alone; where they change (4096 values, here) is XLA's affair. What
saves as much is `rows_per_call = 1` in frameworks.toml: one shape for each op, dtype and row length.

Left out, for want of a function that is the op: the cross-entropy of a batch reduced to a number (optax leaves the mean
to the caller), log(softmax) written out and its epsilon, clipped and symmetric divergences, entropy in bits, binary
cross-entropy of probabilities, noise-contrastive and sampled losses. optax.losses.kl_divergence takes the logarithm of q;
the adapter takes it, which the profile jax knows.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from lossproof_worker import guard_stdout, serve

guard_stdout()

# Read when JAX starts: no accelerator, and one thread (NPROC sizes the thread pool of XLA on a CPU).
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["NPROC"] = "1"
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_cpu_multi_thread_eigen=false"

import jax
import jax.numpy as jnp
import jaxlib
import numpy as np
import optax

DTYPES = ("f16", "bf16", "f32", "f64")


def kl_divergence(p, q):
    return optax.losses.kl_divergence(jnp.log(q), p)


def hinge(labels, predictions):
    return optax.losses.hinge_loss(predictions, labels)


# op: (function of the inputs in the spec's order, places of the inputs that it is differentiated by, by name)
LOGITS = {"logits": 0}
FUNCTIONS = {
    "softmax": (lambda logits: jax.nn.softmax(logits, axis=-1), LOGITS),
    "log_softmax": (lambda logits: jax.nn.log_softmax(logits, axis=-1), LOGITS),
    "logsumexp": (lambda logits: jax.nn.logsumexp(logits, axis=-1), LOGITS),
    "softmax_cross_entropy_with_logits": (optax.losses.softmax_cross_entropy, {"logits": 0, "labels": 1}),
    "sparse_softmax_cross_entropy_with_logits": (optax.losses.softmax_cross_entropy_with_integer_labels, LOGITS),
    "sigmoid_cross_entropy_with_logits": (optax.losses.sigmoid_binary_cross_entropy, LOGITS),
    "kl_divergence": (kl_divergence, {"p": 0, "q": 1}),
    "sigmoid": (jax.nn.sigmoid, LOGITS),
    "softplus": (jax.nn.softplus, LOGITS),
    "logit": (jax.scipy.special.logit, {"probabilities": 0}),
    "hinge": (hinge, {"labels": 0, "predictions": 1}),
    "reduce_sum": (lambda losses: jnp.sum(losses, axis=-1), {"losses": 0}),
    "reduce_mean": (lambda losses: jnp.mean(losses, axis=-1), {"losses": 0}),
}
# Every element of these outputs depends on the whole row, so their gradients take `upstream` as the last input.
ROW_FUNCTIONS = {"softmax", "log_softmax"}


def gradient(function, place, takes_upstream):
    """The vector-Jacobian product by one input; without `upstream`, of the sum over losses, so that rows do not mix."""

    def pulled_back(*inputs):
        *inputs, upstream = inputs if takes_upstream else (*inputs, None)
        loss, pull = jax.vjp(lambda at: function(*inputs[:place], at, *inputs[place + 1 :]), inputs[place])
        return pull(jnp.ones_like(loss) if upstream is None else upstream)[0]

    return pulled_back


def on_arrays(function):
    """A kernel on numpy arrays; 64-bit types are switched on for f64 only, as JAX leaves them off by default."""

    def kernel(*inputs):
        with jax.enable_x64(inputs[0].dtype == np.float64):
            return np.asarray(function(*map(jnp.asarray, inputs)))

    return kernel


def with_margin_of_one(kernel):
    """Takes the attribute `margin`, which optax.losses.hinge_loss does not have, and insists on 1."""

    def checked(labels, predictions, margin):
        if np.any(margin != 1):
            raise ValueError("optax.losses.hinge_loss has a margin of 1 and no other")
        return kernel(labels, predictions)

    return checked


def kernels(mode):
    compiled = jax.jit if mode == "jit" else lambda function: function
    offered = {}
    for op, (function, gradients) in FUNCTIONS.items():
        offered[op] = on_arrays(compiled(function))
        for by, place in gradients.items():
            differentiated = gradient(function, place, op in ROW_FUNCTIONS)
            offered[f"{op}_grad_{by}"] = on_arrays(compiled(differentiated))
    return {op: with_margin_of_one(kernel) if op.startswith("hinge") else kernel for op, kernel in offered.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="JAX and optax as a lossproof worker")
    parser.add_argument("--mode", choices=("eager", "jit"), default="eager")
    mode = parser.parse_args().mode
    serve(
        kernels(mode),
        name=f"jax-{mode}",
        version=f"JAX {jax.__version__}, jaxlib {jaxlib.__version__}, optax {optax.__version__}",
        profile="jax",
        dtypes=DTYPES,
        description=f"jax.nn and optax.losses on the CPU, {mode}; gradients by jax.vjp",
    )
