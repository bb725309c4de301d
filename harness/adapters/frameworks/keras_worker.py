"""Keras's own public functions on its TensorFlow backend in, a lossproof worker out: values and gradients.

Every op is one function of `keras.ops` or `keras.losses`, run eagerly; every gradient is what `tf.GradientTape` gives for
it. `keras.losses.kl_divergence` clips both rows to [1e-7, 1]. It is offered as `kl_divergence`, where the profile says
which rows the clip leaves alone, and as `kl_divergence_clipped`, the function that it is.

Keras fixes the epsilon of its clips and the margin of its hinge loss. A call that asks for other ones is refused.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

from tensorflow_worker import FLOATS, by_case, differentiated, eager, serve  # noqa: E402  (it quietens the imports)

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402


def _kl_divergence(p, q):
    return keras.losses.kl_divergence(p, q)


def _hinge(labels, predictions):
    # The loss is a mean over the last axis; an axis of one element makes it a loss of each element.
    return keras.losses.hinge(labels[..., tf.newaxis], predictions[..., tf.newaxis])


def _batch_loss(reduction):
    def run(logits, labels):
        # A loss object computes in its own dtype, float32 unless told, whatever it is given.
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, reduction=reduction, dtype=logits.dtype.name)
        return loss(labels, logits)

    return run


# op: (the function, the places of the inputs it is differentiated by and their names)
FORWARD = {
    "softmax": (keras.ops.softmax, {0: "logits"}),
    "log_softmax": (keras.ops.log_softmax, {0: "logits"}),
    "logsumexp": (lambda logits: keras.ops.logsumexp(logits, axis=-1), {0: "logits"}),
    "softmax_cross_entropy_with_logits": (
        lambda logits, labels: keras.ops.categorical_crossentropy(labels, logits, from_logits=True),
        {0: "logits", 1: "labels"},
    ),
    "sparse_softmax_cross_entropy_with_logits": (
        lambda logits, label: keras.ops.sparse_categorical_crossentropy(label, logits, from_logits=True),
        {0: "logits"},
    ),
    "sigmoid_cross_entropy_with_logits": (
        lambda logits, labels: keras.ops.binary_crossentropy(labels, logits, from_logits=True),
        {0: "logits"},
    ),
    "sigmoid": (keras.ops.sigmoid, {0: "logits"}),
    "softplus": (keras.ops.softplus, {0: "logits"}),
    "reduce_mean": (lambda losses: keras.ops.mean(losses, axis=-1), {0: "losses"}),
    "reduce_sum": (lambda losses: keras.ops.sum(losses, axis=-1), {0: "losses"}),
    "kl_divergence": (_kl_divergence, {0: "p", 1: "q"}),
}

# The same with a last input that Keras fixes, and its value there.
FORWARD_WITH_CONSTANT = {
    "binary_cross_entropy": (keras.losses.binary_crossentropy, {0: "labels", 1: "probabilities"}, keras.config.epsilon()),
    "kl_divergence_clipped": (_kl_divergence, {0: "p", 1: "q"}, keras.config.epsilon()),
}

# Called case by case: a loss of a whole batch, and hinge, which takes labels for 0 and 1 where all of a call are.
FORWARD_BY_CASE = {
    "mean_softmax_cross_entropy_with_logits": (_batch_loss("sum_over_batch_size"), {0: "logits", 1: "labels"}),
    "sum_softmax_cross_entropy_with_logits": (_batch_loss("sum"), {0: "logits", 1: "labels"}),
}
FORWARD_BY_CASE_WITH_CONSTANT = {"hinge": (_hinge, {0: "labels", 1: "predictions"}, 1.0)}

TAKE_UPSTREAM = ("softmax", "log_softmax")


def without_constant(function, fixed):
    """`function` of the inputs but the last, which must hold what Keras fixes."""

    def run(*arrays):
        *inputs, asked = arrays
        if (asked != asked.dtype.type(fixed)).any():
            raise ValueError(f"Keras computes with {fixed}, and takes no other value")
        return function(*inputs)

    return run


def kernels():
    """Every op with its kernel, for `serve`."""
    offered = {}

    def offer(table, wrap):
        for op, (forward, places, *fixed) in table.items():
            functions = {op: forward}
            for place, name in places.items():
                functions[f"{op}_grad_{name}"] = differentiated(forward, place, op in TAKE_UPSTREAM)
            for function_op, function in functions.items():
                kernel = wrap(eager(function))
                offered[function_op] = without_constant(kernel, *fixed) if fixed else kernel

    offer(FORWARD, lambda function: function)
    offer(FORWARD_WITH_CONSTANT, lambda function: function)
    offer(FORWARD_BY_CASE, by_case)
    offer(FORWARD_BY_CASE_WITH_CONSTANT, by_case)
    return offered


def main():
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    serve(
        kernels(),
        name="keras",
        version=f"{keras.__version__} on TensorFlow {tf.__version__}",
        profile="keras",
        dtypes=FLOATS,
        description="Keras on its TensorFlow backend, eager, one thread",
    )
    os._exit(0)


if __name__ == "__main__":
    main()
