"""Models of one OpenVINO operation in, a lossproof worker out: OpenVINO's CPU plugin. Values only.

Each op is one operation of OpenVINO's opset, in a model of that single operation. OpenVINO is for inference and has no
gradients, and no operation for a cross-entropy or a log-sum-exp, so none is offered.

A dtype is offered where the plugin takes inputs of it and gives outputs of it. What it computes in is float32: that is
its most precise setting (`INFERENCE_PRECISION_HINT`), also for float64 inputs, which it rounds to float32 on the way in.

Threads are one, for the same sums on every machine.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
from lossproof_worker import guard_stdout, serve  # noqa: E402

guard_stdout()

import ml_dtypes  # noqa: E402
import numpy as np  # noqa: E402
import openvino  # noqa: E402
from openvino import opset13  # noqa: E402

ELEMENTS = {
    "f16": (openvino.Type.f16, np.dtype(np.float16)),
    "bf16": (openvino.Type.bf16, np.dtype(ml_dtypes.bfloat16)),
    "f32": (openvino.Type.f32, np.dtype(np.float32)),
    "f64": (openvino.Type.f64, np.dtype(np.float64)),
}


def _over_row(operation):
    return lambda row: operation(row, np.array([-1], np.int64), keep_dims=False)


OPERATIONS = {
    "softmax": lambda row: opset13.softmax(row, axis=1),
    "log_softmax": lambda row: opset13.log_softmax(row, axis=1),
    "sigmoid": opset13.sigmoid,
    "softplus": opset13.softplus,
    "reduce_sum": _over_row(opset13.reduce_sum),
    "reduce_mean": _over_row(opset13.reduce_mean),
}


def kernel(core, operation, element, numpy_type):
    """A function of an array that runs the operation on it."""
    row = opset13.parameter([-1, -1], element, name="input")
    compiled = core.compile_model(openvino.Model([operation(row)], [row]), "CPU")
    request = compiled.create_infer_request()
    unsigned = np.dtype(f"u{numpy_type.itemsize}")

    def run(array):
        # Elements cross as encodings, since the binding does not know all of numpy's types that OpenVINO has.
        encodings = np.ascontiguousarray(array).view(unsigned)
        request.set_input_tensor(openvino.Tensor(encodings, openvino.Shape(array.shape), element))
        request.infer()
        output = request.get_output_tensor()
        if output.element_type != element:
            raise TypeError(f"the plugin answers in {output.element_type}")
        return np.array(output.data).view(unsigned).view(numpy_type)

    return run


def kernels():
    """For each op a kernel that dispatches on the dtype, and the dtypes that the plugin takes."""
    core = openvino.Core()
    core.set_property("CPU", {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"})
    offered = {}
    for op, operation in OPERATIONS.items():
        by_type = {}
        for dtype, (element, numpy_type) in ELEMENTS.items():
            try:
                candidate = kernel(core, operation, element, numpy_type)
                candidate(np.ones((1, 2), numpy_type))
            except Exception as refusal:
                print(f"{op} {dtype} is not offered: {refusal}", file=sys.stderr)
                continue
            by_type[dtype] = candidate
        names = {ELEMENTS[dtype][1]: candidate for dtype, candidate in by_type.items()}
        offered[op] = (lambda array, names=names: names[array.dtype](array), tuple(by_type))
    return offered


def main():
    serve(
        kernels(),
        name="openvino",
        version=openvino.__version__,
        profile="onnx",
        description="OpenVINO's CPU plugin, models of one operation, computing in float32, one thread, no gradients",
    )


if __name__ == "__main__":
    main()
