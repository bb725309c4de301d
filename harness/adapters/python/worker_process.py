"""The other side of the worker protocol, for the tests: starts a worker's command and asks it for calls.

In: a command, and arrays by name. Out: the answer's metadata and arrays, as `lossproof_worker.read_message` gives them.
"""

import itertools
import subprocess

from lossproof_worker import read_message, write_message


class WorkerProcess:
    """A running worker; leaving the `with` block ends its input and keeps its exit status and stderr."""

    def __init__(self, command, variables=None):
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = subprocess.Popen(command, env=variables, **pipes)
        self.ids = map(str, itertools.count(1))
        self.exit_status = None
        self.stderr = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        _, self.stderr = self.process.communicate()
        self.exit_status = self.process.returncode

    def ask(self, metadata, tensors=None):
        write_message(self.process.stdin, metadata, tensors)
        answer = read_message(self.process.stdout)
        if answer is None:
            self.__exit__()
            raise EOFError(f"the worker ended with status {self.exit_status}: {self.stderr.decode()[-2000:]}")
        return answer

    def hello(self):
        return self.ask({"lossproof": "1", "call": "hello"})[0]

    def run(self, op, dtype, inputs, output="output"):
        """One run request; `inputs` are arrays by name in the spec's order."""
        request = {"call": "run", "id": next(self.ids), "op": op, "dtype": dtype}
        metadata, tensors = self.ask({**request, "inputs": ",".join(inputs), "output": output}, inputs)
        assert metadata["id"] == request["id"], "the answer belongs to another request"
        return metadata.get("error"), tensors.get(output)
