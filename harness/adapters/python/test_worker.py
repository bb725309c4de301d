"""What lossproof_worker.py promises, each on a worker in a process of its own.

    python3 -m unittest discover -s harness/adapters/python      needs numpy and safetensors
"""

import json
import struct
import sys
import textwrap
import unittest
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from lossproof_worker import bfloat16
from worker_process import WorkerProcess

EXAMPLE = HERE.parents[2] / "examples/kernels/softmax.py"
ROWS = np.array([[1, 2, 4], [0, 0, -np.inf]], np.float32)


def worker(body, before="", **arguments):
    """A worker of the function `kernel` that `body` defines, serving it for the op `op`; `before` runs first of all."""
    options = {"name": "planted", "version": "1", **arguments}
    program = f"import sys; sys.path.insert(0, {str(HERE)!r})\n{before}\n"
    program += f"import numpy as np\nfrom lossproof_worker import serve\n{textwrap.dedent(body)}\nserve({{'op': kernel}}, **{options!r})\n"
    return WorkerProcess([sys.executable, "-c", program])


class Protocol(unittest.TestCase):
    def test_the_example_answers_for_each_row(self):
        with WorkerProcess([sys.executable, str(EXAMPLE)]) as example:
            hello = example.hello()
            _, probabilities = example.run("softmax", "f32", {"logits": ROWS}, "probabilities")
            labels = np.eye(3, dtype=np.float64)[[2, 0]]
            logits = np.nan_to_num(ROWS.astype(np.float64), neginf=-1.0)
            _, losses = example.run(
                "softmax_cross_entropy_with_logits", "f64", {"logits": logits, "labels": labels}, "loss"
            )
        self.assertEqual((hello["name"], hello["profile"]), ("numpy example", "exact"))
        self.assertEqual(json.loads(hello["supports"])["softmax"], ["f16", "f32", "f64"])
        np.testing.assert_allclose(probabilities[1], [0.5, 0.5, 0])
        np.testing.assert_allclose(losses, [np.log(1 + np.exp(-2) + np.exp(-3)), np.log(2 + np.exp(-1))])
        self.assertEqual(example.exit_status, 0)

    def test_prints_go_to_stderr_and_do_not_garble_the_answer(self):
        body = """
            import os, subprocess
            def kernel(logits):
                print("from Python"); os.write(1, b"from the descriptor")
                subprocess.run(["echo", "from a child"])
                return logits
        """
        with worker(body) as planted:
            _, output = planted.run("op", "f32", {"logits": ROWS})
        np.testing.assert_array_equal(output, ROWS)
        for words in (b"from Python", b"from the descriptor", b"from a child"):
            self.assertIn(words, planted.stderr)

    def test_an_exception_is_a_refusal_on_one_line_and_the_worker_goes_on(self):
        body = """
            def kernel(logits):
                if logits[0, 0] == 1: raise ValueError("no\\n  such row")
                return logits
        """
        with worker(body) as planted:
            error, output = planted.run("op", "f32", {"logits": ROWS})
            self.assertEqual((error, output), ("ValueError: no such row", None))
            self.assertIsNone(planted.run("op", "f32", {"logits": ROWS + 1})[0])

    def test_inputs_come_in_the_order_of_the_spec(self):
        # A safetensors blob puts the i64 first, whatever the order it was given.
        with worker("def kernel(logits, label): return logits[np.arange(len(label)), label]") as planted:
            _, output = planted.run("op", "f32", {"logits": ROWS, "label": np.array([2, 1])})
        np.testing.assert_array_equal(output, np.float32([4, 0]))

    def test_a_wrong_shape_and_a_wrong_dtype_are_sent_as_they_are(self):
        with worker("def kernel(logits): return logits.astype(np.float64).sum()") as planted:
            _, output = planted.run("op", "f32", {"logits": ROWS})
        self.assertEqual((output.shape, output.dtype), ((), np.float64))

    def test_what_cannot_be_sent_is_a_refusal(self):
        with worker("def kernel(logits): return [None, 'text']") as planted:
            self.assertTrue(planted.run("op", "f32", {"logits": ROWS})[0])

    def test_a_view_with_strides_is_sent_in_order(self):
        with worker("def kernel(logits): return logits.T") as planted:
            _, output = planted.run("op", "f32", {"logits": ROWS})
        np.testing.assert_array_equal(output, ROWS.T)

    def test_an_empty_row_arrives_and_returns(self):
        with worker("def kernel(logits): return logits") as planted:
            _, output = planted.run("op", "f16", {"logits": np.zeros((2, 0), np.float16)})
        self.assertEqual(output.shape, (2, 0))

    def test_what_is_not_offered_is_refused(self):
        with worker("def kernel(logits): return logits", dtypes=("f32",)) as planted:
            self.assertIn("no kernel for op in f64", planted.run("op", "f64", {"logits": ROWS})[0])
            self.assertIn("no kernel for other", planted.run("other", "f32", {"logits": ROWS})[0])

    @unittest.skipIf(bfloat16 is None, "ml_dtypes is not installed")
    def test_bf16_is_a_dtype_like_the_others_where_ml_dtypes_is_installed(self):
        with worker("def kernel(logits): return logits + logits", dtypes=("bf16", "f32")) as planted:
            self.assertEqual(json.loads(planted.hello()["supports"]), {"op": ["bf16", "f32"]})
            _, output = planted.run("op", "bf16", {"logits": ROWS.astype(bfloat16)})
        self.assertEqual(output.dtype, bfloat16)
        np.testing.assert_array_equal(output.astype(np.float32), ROWS + ROWS)

    def test_bf16_is_not_offered_without_ml_dtypes(self):
        uninstalled = "sys.modules['ml_dtypes'] = None"
        with worker("def kernel(logits): return logits", uninstalled, dtypes=("bf16", "f32")) as planted:
            self.assertEqual(json.loads(planted.hello()["supports"]), {"op": ["f32"]})

    def test_an_input_that_ends_inside_a_message_is_no_clean_end(self):
        with worker("def kernel(logits): return logits") as planted:
            planted.process.stdin.write(struct.pack("<Q", 100) + b"short")
        self.assertNotEqual(planted.exit_status, 0)
        self.assertIn(b"5 of 100 bytes", planted.stderr)


if __name__ == "__main__":
    unittest.main()
