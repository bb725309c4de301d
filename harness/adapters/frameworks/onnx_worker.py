"""Models of one ONNX node in, a lossproof worker out: ONNX Runtime on the CPU. Values only.

Each op is one operator of the ONNX standard, in a model of that single node, which ONNX Runtime loads and runs. ONNX
describes inference and has no operators for these gradients, so none is offered; nor is a loss that it would take more
than one node to write.

A dtype is offered where ONNX Runtime loads the node in it and runs it on a row. What it computes in is its own affair:
where its CPU kernels have no float16 it puts casts to float32 around them, and runs the node in that.

Threads are one, for the same sums on every machine.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
from lossproof_worker import guard_stdout, serve  # noqa: E402

guard_stdout()

import ml_dtypes  # noqa: E402
import numpy as np  # noqa: E402
import onnxruntime  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402

OPSET = 22
IR_VERSION = 10

ELEMENTS = {
    "f16": (TensorProto.FLOAT16, np.float16),
    "bf16": (TensorProto.BFLOAT16, ml_dtypes.bfloat16),
    "f32": (TensorProto.FLOAT, np.float32),
    "f64": (TensorProto.DOUBLE, np.float64),
}

# op: (operator, its attributes, whether it reduces a row to one number)
OPERATORS = {
    "softmax": ("Softmax", {"axis": -1}, False),
    "log_softmax": ("LogSoftmax", {"axis": -1}, False),
    "sigmoid": ("Sigmoid", {}, False),
    "softplus": ("Softplus", {}, False),
    "logsumexp": ("ReduceLogSumExp", {"keepdims": 0}, True),
    "reduce_sum": ("ReduceSum", {"keepdims": 0}, True),
    "reduce_mean": ("ReduceMean", {"keepdims": 0}, True),
    "sparse_softmax_cross_entropy_with_logits": ("SoftmaxCrossEntropyLoss", {"reduction": "none"}, True),
}


def model(operator, attributes, reduces, element):
    """The model of one node, on `[rows, n]` and, for a loss, the class of each row."""
    inputs = [helper.make_tensor_value_info("input", element, ["rows", "n"])]
    constants = []
    if operator.startswith("Reduce"):
        constants = [helper.make_tensor("axes", TensorProto.INT64, [1], [1])]
    elif operator == "SoftmaxCrossEntropyLoss":
        inputs.append(helper.make_tensor_value_info("label", TensorProto.INT64, ["rows"]))
    names = [known.name for known in (*inputs, *constants)]
    node = helper.make_node(operator, names, ["output"], **attributes)
    output = helper.make_tensor_value_info("output", element, ["rows"] if reduces else ["rows", "n"])
    graph = helper.make_graph([node], operator, inputs, [output], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def kernel(operator, attributes, reduces, element, numpy_type):
    """A function of arrays that runs the node on them."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    serialized = model(operator, attributes, reduces, element).SerializeToString()
    session = onnxruntime.InferenceSession(serialized, options, providers=["CPUExecutionProvider"])
    names = [known.name for known in session.get_inputs()]

    def run(*arrays):
        return session.run(None, dict(zip(names, arrays)))[0].astype(numpy_type, copy=False)

    return run


def kernels():
    """For each op a kernel that dispatches on the dtype, and the dtypes that the runtime runs."""
    offered = {}
    for op, (operator, attributes, reduces) in OPERATORS.items():
        by_type = {}
        for dtype, (element, numpy_type) in ELEMENTS.items():
            trial = [np.ones((1, 2), numpy_type), np.zeros(1, np.int64)]
            try:
                candidate = kernel(operator, attributes, reduces, element, numpy_type)
                candidate(*trial)
            except Exception as refusal:
                print(f"{op} {dtype} is not offered: {refusal}", file=sys.stderr)
                continue
            by_type[dtype] = candidate
        names = {np.dtype(ELEMENTS[dtype][1]): candidate for dtype, candidate in by_type.items()}
        offered[op] = (lambda *arrays, names=names: names[arrays[0].dtype](*arrays), tuple(by_type))
    return offered


def main():
    serve(
        kernels(),
        name="onnxruntime",
        version=onnxruntime.__version__,
        profile="onnx",
        description=f"ONNX Runtime's CPU provider, models of one node, opset {OPSET}, one thread, no gradients",
    )


if __name__ == "__main__":
    main()
