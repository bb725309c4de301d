"""Kernels written in Python in, a lossproof worker out: speaks worker protocol 1 on stdin and stdout.

One file; it needs numpy and safetensors, and ml_dtypes where bf16 is offered. A worker is

    from lossproof_worker import serve
    serve({"softmax": softmax}, name="mine", version="1.0")

and is checked with `lossproof check "cmd:python3 worker.py"`.

Arrays. A kernel is called once for a batch of rows with numpy arrays, by position in the order of the spec's inputs,
attributes last. For an input of shape n it gets `[rows, n]`; for 1, and for an attribute, `[rows]`; for m, n
`[rows, m, n]`; for a class index `[rows]` int64, for k of them `[rows, k]` int64. It returns `[rows, n]` for a row
output, `[rows]` for a single number, in the dtype of its inputs. n may be 0. The arrays are the kernel's own to change.

Gradients. The op `<op>_grad_<input>` takes the op's inputs, and after them `upstream`, of the output's shape, where the
output is a row of which each element depends on the whole (softmax, log_softmax); elementwise ops have no `upstream`.

What the harness sees. An exception is a refusal of that batch, with its text. A wrong shape or dtype is sent as it is,
for the harness to judge. Whatever prints to stdout prints to stderr, because stdout carries the protocol.
"""

import json
import os
import struct
import sys
import time

import numpy as np
import safetensors
import safetensors.numpy

try:
    from ml_dtypes import bfloat16
except ImportError:
    bfloat16 = None

_ELEMENTS = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "I64": np.int64}
if bfloat16 is not None:
    _ELEMENTS["BF16"] = bfloat16

_stdout = None


def serve(kernels, *, name, version, profile="exact", dtypes=("f16", "f32", "f64"), description=""):
    """Answers requests with `kernels` until stdin ends.

    `kernels` maps an op to a function, or to (function, dtypes) where it differs from `dtypes`. A bf16 in them is left
    out where ml_dtypes is not installed. `profile` says whose special values the kernels follow: exact, tensorflow,
    torch, jax, keras or onnx.
    """
    kernels = {op: kernel if isinstance(kernel, tuple) else (kernel, dtypes) for op, kernel in kernels.items()}
    supports = {op: [dtype for dtype in offered if dtype.upper() in _ELEMENTS] for op, (_, offered) in kernels.items()}
    hello = {"name": name, "version": version, "profile": profile, "supports": json.dumps(supports)}
    if description:
        hello["description"] = description
    functions = {(op, dtype): kernels[op][0] for op, offered in supports.items() for dtype in offered}
    answers, requests = guard_stdout(), sys.stdin.buffer
    while (message := read_message(requests)) is not None:
        metadata, tensors = message
        if metadata.get("call") == "hello":
            write_message(answers, hello)
        else:
            _write_blob(answers, _answer(functions, metadata, tensors))


def guard_stdout():
    """Keeps stdout for the protocol and points everyone else's file descriptor 1 at stderr.

    `serve` calls it. Call it before importing a library that prints while it is imported.
    """
    global _stdout
    if _stdout is None:
        sys.stdout.flush()
        _stdout = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
    return _stdout


def read_message(stream):
    """The next message as (metadata, arrays by name), or None at a clean end of input."""
    prefix = stream.read(8)
    if not prefix:
        return None
    (length_bytes,) = struct.unpack("<Q", _whole(prefix, 8))
    blob = _whole(stream.read(length_bytes), length_bytes)
    (header_bytes,) = struct.unpack_from("<Q", blob)
    # The library checks the blob and reads the tensors, but gives the metadata of files only.
    tensors = {name: _array(view) for name, view in safetensors.deserialize(blob)}
    return json.loads(blob[8 : 8 + header_bytes]).get("__metadata__", {}), tensors


def write_message(stream, metadata, tensors=None):
    """Sends metadata (strings) and arrays by name as one message."""
    _write_blob(stream, safetensors.numpy.save(tensors or {}, metadata))


def _answer(functions, metadata, tensors):
    """The blob that answers one run request."""
    known = {"id": metadata.get("id", "")}
    try:
        kernel = functions.get((metadata["op"], metadata["dtype"]))
        if kernel is None:
            raise NotImplementedError(f"no kernel for {metadata['op']} in {metadata['dtype']}")
        # A safetensors blob orders its tensors by alignment, so the request names the order of the spec.
        inputs = [tensors[input_name] for input_name in metadata["inputs"].split(",")]
        started = time.perf_counter_ns()
        output = np.asarray(kernel(*inputs), order="C")
        # So that the harness can tell the kernel's time from the transport's.
        known["kernel_nanoseconds"] = str(time.perf_counter_ns() - started)
        return safetensors.numpy.save({metadata["output"]: output}, known)
    except Exception as error:
        return safetensors.numpy.save({}, {**known, "error": " ".join(f"{type(error).__name__}: {error}".split())})


def _array(view):
    if view["dtype"] not in _ELEMENTS:
        raise ValueError(f"a tensor of {view['dtype']}; this worker reads {', '.join(_ELEMENTS)}")
    return np.frombuffer(view["data"], _ELEMENTS[view["dtype"]]).reshape(view["shape"])


def _write_blob(stream, blob):
    stream.write(struct.pack("<Q", len(blob)))
    stream.write(blob)
    stream.flush()


def _whole(data, length_bytes):
    if len(data) < length_bytes:
        raise EOFError(f"the input ended inside a message: {len(data)} of {length_bytes} bytes")
    return data
