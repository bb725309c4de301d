"""A softmax and a softmax cross-entropy in numpy, as a lossproof worker.

    lossproof check "cmd:python3 examples/kernels/softmax.py"

`[rows, n]` arrays come in, and each row is a case of its own. Needs numpy and safetensors.
"""

import sys
from pathlib import Path

import numpy as np

# Not needed once lossproof_worker.py lies beside the worker.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "harness/adapters/python"))
from lossproof_worker import serve


def log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True, initial=-np.inf)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def softmax(logits):
    return np.exp(log_softmax(logits))


def cross_entropy(logits, labels):
    return -(labels * log_softmax(logits)).sum(axis=1)


serve(
    {"softmax": softmax, "softmax_cross_entropy_with_logits": cross_entropy},
    name="numpy example",
    version=np.__version__,
)
