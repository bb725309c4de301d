"""Does each framework worker call what it says? Every op and dtype that it offers, on one benign batch.

    target/frameworks/numpy/bin/python -m unittest discover -s harness/adapters/frameworks     NumPy's environment suffices

In: frameworks.toml, specs/ and the environments that are set up; a framework without one is skipped. An answer must have
the shape and dtype of the spec and lie near the op's plain formula in float64; a gradient near the formula's central
difference. That catches swapped arguments, a wrong axis, a wrong reduction. Accuracy is the league's business.
"""

import json
import os
import sys
import tomllib
import unittest
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE.parent / "python"))
from lossproof_worker import bfloat16
from worker_process import WorkerProcess

DTYPES = {"f16": np.float16, "bf16": bfloat16, "f32": np.float32, "f64": np.float64}
# Of the largest value in the row; bf16 has 8 bits, and gradients of it lose several.
TOLERANCES = {"f16": 2e-2, "bf16": 1e-1, "f32": 1e-5, "f64": 1e-8}
# tf.compat.v1.losses casts losses to float32 before it reduces them (losses_impl.py, compute_weighted_loss): no f64 has more.
THROUGH_F32 = {
    ("tensorflow", "mean_softmax_cross_entropy_with_logits"),
    ("tensorflow", "sum_softmax_cross_entropy_with_logits"),
}
LENGTHS = {"m": 3, "n": 4, "k": 2}
ROWS = 3


def sum_last(values):
    return values.sum(axis=-1)


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def softplus(x):
    return np.log1p(np.exp(x))


def cross_entropy(logits, labels):
    return -sum_last(labels * log_softmax(logits))


def clipped_divergence(p, q, epsilon):
    p, q = (np.clip(x, epsilon[:, None], 1) for x in (p, q))
    return sum_last(p * np.log(p / q))


def divergence(p, q):
    return sum_last(p * np.log(p / q))


def binary_cross_entropy(labels, probabilities, epsilon):
    p = np.clip(probabilities, epsilon[:, None], 1 - epsilon[:, None])
    return -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p), axis=-1)


def picked(rows, places):
    return np.take_along_axis(rows, places[:, None], axis=1)[:, 0]


def sampled_logits(weights, biases, input_row, label, samples, true_count, sampled_counts):
    places = np.concatenate([label[:, None], samples], axis=1)
    counts = np.concatenate([true_count[:, None], sampled_counts], axis=1)
    weights = np.take_along_axis(weights, places[:, :, None], axis=1)
    logits = sum_last(weights * input_row[:, None, :]) + np.take_along_axis(biases, places, axis=1) - np.log(counts)
    return logits[:, 0], logits[:, 1:]


def nce(*inputs):
    true, sampled = sampled_logits(*inputs)
    return softplus(-true) + sum_last(softplus(sampled))


def sampled_softmax(*inputs):
    true, sampled = sampled_logits(*inputs)
    return np.log1p(sum_last(np.exp(sampled - true[:, None])))


FORMULAS = {
    "softmax": lambda logits: np.exp(log_softmax(logits)),
    "log_softmax": log_softmax,
    "logsumexp": lambda logits: np.log(sum_last(np.exp(logits))),
    "softmax_cross_entropy_with_logits": cross_entropy,
    "sparse_softmax_cross_entropy_with_logits": lambda logits, label: -picked(log_softmax(logits), label),
    "mean_softmax_cross_entropy_with_logits": lambda logits, labels: cross_entropy(logits, labels).mean(axis=-1),
    "sum_softmax_cross_entropy_with_logits": lambda logits, labels: sum_last(cross_entropy(logits, labels)),
    "sigmoid_cross_entropy_with_logits": lambda x, labels: labels * softplus(-x) + (1 - labels) * softplus(x),
    "binary_cross_entropy": binary_cross_entropy,
    "kl_divergence": divergence,
    "kl_divergence_symmetric": lambda p, q: divergence(p, q) + divergence(q, p),
    "kl_divergence_clipped": clipped_divergence,
    "kl_divergence_epsilon": lambda p, q, epsilon: divergence(p + epsilon[:, None], q + epsilon[:, None]),
    "hinge": lambda labels, predictions, margin: np.maximum(margin[:, None] - labels * predictions, 0),
    "sigmoid": lambda logits: 1 / (1 + np.exp(-logits)),
    "softplus": softplus,
    "logit": lambda probabilities: np.log(probabilities / (1 - probabilities)),
    "reduce_sum": sum_last,
    "reduce_mean": lambda losses: losses.mean(axis=-1),
    "nce_loss": nce,
    "sampled_softmax_loss": sampled_softmax,
}


class Op:
    """An op of specs/, forward or the gradient by the input `by`."""

    def __init__(self, spec, by=None):
        named = lambda entries: [entry["name"] for entry in entries]
        self.forward_op, self.by, self.output = spec["op"], by, "gradient" if by else spec["output"]["name"]
        self.op = f"{spec['op']}_grad_{by}" if by else spec["op"]
        self.shapes = {entry["name"]: entry["shape"] for entry in spec["inputs"]}
        self.forward_inputs = named(spec["inputs"]) + named(spec.get("attributes", []))
        self.takes_upstream = by and spec["output"]["shape"] != "1" and not spec.get("elementwise")
        if self.takes_upstream:
            self.shapes["upstream"] = spec["output"]["shape"]
        self.attributes = {entry["name"]: float(entry["value"]) for entry in spec.get("attributes", [])}
        self.output_shape = self.shapes[by] if by else spec["output"]["shape"]

    def inputs(self, dtype):
        """A batch far from every kink and clip, by name in the spec's order."""
        draw = np.random.default_rng(7)
        arrays = {}
        for name, shape in self.shapes.items():
            values = draw.uniform(0.15, 0.85, sizes(shape))
            if shape.startswith("index"):
                arrays[name] = draw.integers(0, LENGTHS["m" if "weights" in self.shapes else "n"], sizes(shape))
                continue
            if name in ("p", "q") or (name == "labels" and "logits" in self.shapes):
                values /= values.sum(axis=-1, keepdims=True)
            if name in ("logits", "predictions", "weights", "biases", "input", "upstream"):
                values = 4 * values - 2
            if self.forward_op == "hinge" and name == "labels":
                values = np.where(values < 0.5, -1.0, 1.0)
            arrays[name] = values.astype(DTYPES[dtype])
        for name, value in self.attributes.items():
            arrays[name] = np.full(ROWS, value, DTYPES[dtype])
        return arrays

    def expected(self, arrays):
        wide = {name: a if a.dtype == np.int64 else a.astype(np.float64) for name, a in arrays.items()}
        forward = lambda inputs: FORMULAS[self.forward_op](*(inputs[name] for name in self.forward_inputs))
        if not self.by:
            return forward(wide)
        gradient, step = np.zeros_like(wide[self.by]), 1e-6
        for place in np.ndindex(gradient.shape):
            beside = []
            for moved in (step, -step):
                inputs = {**wide, self.by: wide[self.by].copy()}
                inputs[self.by][place] += moved
                beside.append(forward(inputs))
            difference = (beside[0] - beside[1]) / (2 * step)
            gradient[place] = np.sum(difference * wide.get("upstream", 1))
        return gradient


def sizes(shape):
    lengths = [LENGTHS[part] for part in shape.replace("index", "").replace(",", " ").split() if part != "1"]
    return (ROWS, *lengths)


def ops():
    every = {}
    for path in sorted((ROOT / "specs").glob("*.toml")):
        spec = tomllib.loads(path.read_text())
        for op in (Op(spec), *(Op(spec, by) for by in spec.get("gradient", []))):
            every[op.op] = op
    return every


class Workers(unittest.TestCase):
    def check(self, framework):
        interpreter = ROOT / "target/frameworks" / framework["environment"] / "bin/python"
        if not interpreter.exists():
            self.skipTest(f"{framework['environment']} is not set up; harness/adapters/frameworks/setup.sh does it")
        command = [interpreter, HERE / framework["worker"], *framework.get("arguments", [])]
        every = ops()
        with WorkerProcess(command, {**os.environ, **framework.get("variables", {})}) as worker:
            hello = worker.hello()
            self.assertEqual(hello["profile"], framework["profile"])
            for name, dtypes in json.loads(hello["supports"]).items():
                self.assertIn(name, every, "the worker offers an op that no spec has")
                for dtype in dtypes:
                    with self.subTest(op=name, dtype=dtype):
                        digits = "f32" if dtype == "f64" and (framework["profile"], name) in THROUGH_F32 else dtype
                        self.agrees(worker, every[name], dtype, TOLERANCES[digits])

    def agrees(self, worker, op, dtype, tolerance):
        inputs = op.inputs(dtype)
        error, output = worker.run(op.op, dtype, inputs, op.output)
        self.assertIsNone(error)
        self.assertEqual((output.dtype, output.shape), (DTYPES[dtype], sizes(op.output_shape)))
        expected = op.expected(inputs)
        tolerance = max(tolerance, 1e-7 if op.by else 0) * max(np.abs(expected).max(), 1)
        np.testing.assert_allclose(output.astype(np.float64), expected, rtol=0, atol=tolerance)


def add_tests():
    for framework in tomllib.loads((HERE / "frameworks.toml").read_text())["framework"]:
        if "worker" in framework:
            test = lambda self, framework=framework: self.check(framework)
            setattr(Workers, f"test_{framework['name'].replace('-', '_')}", test)


add_tests()

if __name__ == "__main__":
    unittest.main()
