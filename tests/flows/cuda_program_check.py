#!/usr/bin/env python3
"""Checks that build/cuda/bertforge is all there and says in one line what it lacks. Called by .ci/run; ctest does not call it.

It needs neither a GPU nor a CUDA toolkit: what computes on a GPU is in the tests of `tools/test --preset cuda`.
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

REPOSITORY = pathlib.Path(__file__).parents[2]
PROGRAM = REPOSITORY / "build/cuda/bertforge"


def run(*command: object) -> subprocess.CompletedProcess:
    # Where LD_LIBRARY_PATH leads to a toolkit, what is missing in the program's own run path would not show.
    environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}
    return subprocess.run([str(part) for part in command], cwd=REPOSITORY, env=environment, capture_output=True, text=True)


class CudaProgram(unittest.TestCase):
    def test_finds_every_library_in_its_run_path(self) -> None:
        libraries = run("ldd", PROGRAM).stdout
        for name in ("libtorch_cuda.so", "libc10_cuda.so", "libcudart.so", "libcublas.so", "libnccl.so"):
            self.assertIn(f"{name}", libraries)
        self.assertNotIn("not found", libraries)
        self.assertNotIn("/usr/local/cuda", libraries)

    def test_knows_that_it_is_built_for_cuda(self) -> None:
        facts = json.loads(run(PROGRAM, "info", "--json").stdout)
        self.assertEqual(facts["CUDA in this build"], "yes")
        print(facts["CUDA devices"])

    def test_says_in_one_line_why_there_is_no_device(self) -> None:
        facts = json.loads(run(PROGRAM, "info", "--json").stdout)
        if facts["CUDA devices"][0] != "0":
            self.skipTest("there is a GPU in this machine")
        done = run(PROGRAM, "pretrain", "--config", "configs/quickstart.toml", "--device", "cuda")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertRegex(done.stderr, "^bertforge: --device cuda: no CUDA device can be used: ")
        self.assertNotIn("CPU only", done.stderr)
        self.assertEqual(done.stdout, "")
        print(done.stderr.strip())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
