"""TensorFlow's own public functions in, a lossproof worker out: eager or compiled by XLA, values and gradients.

Every op is one public function of TensorFlow (`FORWARD`), and every gradient is what `tf.GradientTape` gives for it; no
op is put together from smaller ones. Two modes, `--mode eager` and `--mode xla` (`tf.function(jit_compile=True)`);
whether oneDNN's kernels stand in for TensorFlow's is TensorFlow's own switch, TF_ENABLE_ONEDNN_OPTS.

XLA compiles anew for every shape, for some hundredths of a second each. A batch is called as it comes: rows filled up to a
fixed number would save compilations and change results, since the code for another shape may add in another order. What
saves as much is `rows_per_call = 1` in frameworks.toml: one shape for each op, dtype and row length. The sampled losses are
left out in that mode: nearly every case of theirs has a shape of its own, and compiling them takes hours.

Threads are one, for the same sums on every machine.
"""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
from lossproof_worker import guard_stdout, serve  # noqa: E402

guard_stdout()

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

FLOATS = ("f16", "bf16", "f32", "f64")


def _dense(labels, logits):
    return tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits)


def _batch_loss(reduction):
    # The function that TensorFlow has for a whole batch. It stops the gradient of the labels.
    return lambda logits, labels: tf.compat.v1.losses.softmax_cross_entropy(
        onehot_labels=labels, logits=logits, reduction=reduction
    )


def _sampled(loss):
    """A sampled loss on the samples that the case gives, through the argument that the function has for them."""

    def run(weights, biases, input_row, label, samples, true_expected_count, sampled_expected_counts):
        losses = loss(
            weights=weights,
            biases=biases,
            labels=tf.reshape(label, [1, 1]),
            inputs=input_row[tf.newaxis, :],
            num_sampled=samples.shape[0],
            num_classes=weights.shape[0],
            sampled_values=(samples, tf.reshape(true_expected_count, [1, 1]), sampled_expected_counts),
            remove_accidental_hits=False,
        )
        return losses[0]

    return run


# op: (the function, the places of the inputs it is differentiated by and their names, the dtypes)
FORWARD = {
    "softmax": (tf.nn.softmax, {0: "logits"}, FLOATS),
    "log_softmax": (tf.nn.log_softmax, {0: "logits"}, FLOATS),
    "logsumexp": (lambda logits: tf.reduce_logsumexp(logits, axis=-1), {0: "logits"}, FLOATS),
    "softmax_cross_entropy_with_logits": (
        lambda logits, labels: _dense(labels, logits),
        {0: "logits", 1: "labels"},
        FLOATS,
    ),
    "sparse_softmax_cross_entropy_with_logits": (
        lambda logits, label: tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits),
        {0: "logits"},
        FLOATS,
    ),
    "sigmoid_cross_entropy_with_logits": (
        lambda logits, labels: tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits),
        {0: "logits"},
        FLOATS,
    ),
    "sigmoid": (tf.sigmoid, {0: "logits"}, FLOATS),
    "softplus": (tf.nn.softplus, {0: "logits"}, FLOATS),
    "reduce_mean": (lambda losses: tf.reduce_mean(losses, axis=-1), {0: "losses"}, FLOATS),
    "reduce_sum": (lambda losses: tf.reduce_sum(losses, axis=-1), {0: "losses"}, FLOATS),
}

# The same for ops of which a case is no row of a batch: these are called case by case.
FORWARD_BY_CASE = {
    "mean_softmax_cross_entropy_with_logits": (
        _batch_loss(tf.compat.v1.losses.Reduction.MEAN),
        {0: "logits"},
        FLOATS,
    ),
    "sum_softmax_cross_entropy_with_logits": (
        _batch_loss(tf.compat.v1.losses.Reduction.SUM),
        {0: "logits"},
        FLOATS,
    ),
}

# These too, eagerly alone.
FORWARD_SAMPLED = {
    "nce_loss": (_sampled(tf.nn.nce_loss), {0: "weights", 1: "biases", 2: "input"}, FLOATS),
    "sampled_softmax_loss": (
        _sampled(tf.nn.sampled_softmax_loss),
        {0: "weights", 1: "biases", 2: "input"},
        FLOATS,
    ),
}

# The vector-Jacobian products: a last input is the gradient that flows in.
TAKE_UPSTREAM = ("softmax", "log_softmax")


def differentiated(forward, place, takes_upstream):
    """The gradient of `forward` by the input at `place`; one of a sum of rows is one of each row."""

    def run(*inputs):
        inputs, upstream = (inputs[:-1], inputs[-1]) if takes_upstream else (inputs, None)
        with tf.GradientTape() as tape:
            tape.watch(inputs[place])
            result = forward(*inputs)
        # The gradient of rows that are looked up comes as the rows alone.
        return tf.convert_to_tensor(tape.gradient(result, inputs[place], output_gradients=upstream))

    return run


def eager(function):
    """Arrays in and out of a function of tensors, with no compilation."""
    return lambda *arrays: function(*map(tf.constant, arrays)).numpy()


def compiled(function):
    """Arrays in and out of a function of tensors, compiled by XLA for their shapes."""
    program = tf.function(function, jit_compile=True, autograph=False, reduce_retracing=False)
    return lambda *arrays: program(*map(tf.constant, arrays)).numpy()


def by_case(function):
    """`function` called for each case of a batch."""
    return lambda *arrays: np.stack([function(*case) for case in zip(*arrays)])


def kernels(mode):
    """Every op with its kernel and its dtypes, for `serve`."""
    if mode == "eager":
        wraps = [(FORWARD, eager)]
        wraps += [(table, lambda function: by_case(eager(function))) for table in (FORWARD_BY_CASE, FORWARD_SAMPLED)]
    else:
        wraps = [(FORWARD, compiled)]
        wraps += [(FORWARD_BY_CASE, lambda function: by_case(compiled(function)))]
    offered = {}
    for table, wrap in wraps:
        for op, (forward, places, dtypes) in table.items():
            offered[op] = (wrap(forward), dtypes)
            for place, name in places.items():
                gradient = differentiated(forward, place, op in TAKE_UPSTREAM)
                offered[f"{op}_grad_{name}"] = (wrap(gradient), dtypes)
    return offered


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--mode", choices=("eager", "xla"), required=True)
    mode = arguments.parse_args().mode
    # Its warning that a new shape is compiled anew is what this worker does on purpose.
    tf.get_logger().setLevel("ERROR")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    with_onednn = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1") != "0"
    serve(
        kernels(mode),
        name=f"tensorflow-{mode}" + ("-onednn" if with_onednn else ""),
        version=tf.__version__,
        profile="tensorflow",
        description=f"TensorFlow, {mode}, oneDNN {'on' if with_onednn else 'off'}, one thread",
    )
    # Taking down hundreds of compiled programs one by one can take longer than a harness waits for an exit.
    os._exit(0)


if __name__ == "__main__":
    main()
