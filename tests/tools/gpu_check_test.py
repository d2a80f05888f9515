#!/usr/bin/env python3
"""gpu_check: what it says without a GPU, and what it makes of the figures that stand-ins for the programs print."""

import argparse
import importlib.machinery
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools" / "gpu_check"

# Prints its options, with a speed that tells the two programs apart, or fails as the real ones do.
STAND_IN = """#!/usr/bin/env python3
import json, sys
options = sys.argv[sys.argv.index("--device"):]
options = dict(zip(options[::2], options[1::2]))
if options["--seq"] == "512":
    sys.exit("out of memory: a smaller --batch-size needs less")
print(json.dumps({"tokens_per_second": 100.0 if "--rows" in options else 300.0, "precision": "float16", "options": options}))
"""


def load_script():
    loader = importlib.machinery.SourceFileLoader("gpu_check", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("gpu_check", loader))
    loader.exec_module(module)
    return module


class GpuCheck(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        program = pathlib.Path(folder.name, "program")
        program.write_text(STAND_IN, encoding="utf-8")
        program.chmod(0o755)
        self.script = load_script()
        self.script.PROGRAM, self.script.PEER = program, [program]
        self.options = argparse.Namespace(models=["base"], lengths=[128], dropouts=[0.1], tokens=1024, steps=2)

    def test_says_in_one_line_that_there_is_no_gpu(self) -> None:
        if not self.script.why_no_gpu():
            self.skipTest("there is an NVIDIA GPU")
        done = subprocess.run([SCRIPT], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"\Agpu_check: an NVIDIA GPU is expected, and there is none: [^\n]+\n\Z")
        self.assertEqual(done.stdout, "")

    def test_measures_both_on_one_shape_in_our_precision(self) -> None:
        one, = self.script.benchmarks(self.options)
        self.assertEqual((one["model"], one["layers"], one["seq"], one["batch-size"]), ("base", 12, 128, 8))
        ours, theirs = one["bertforge"]["options"], one["transformers_masked_rows"]["options"]
        self.assertEqual(theirs.pop("--rows"), "masked")
        self.assertEqual(theirs.pop("--precision"), "float16")
        self.assertEqual(theirs, ours)
        self.assertEqual(one["transformers_all_rows"]["bertforge_times_as_fast"], 3)
        self.assertFalse(self.script.has_failed({"tests": {"passed": True}, "benchmarks": [one]}))

    def test_reports_what_did_not_fit_and_goes_on(self) -> None:
        self.options.lengths = [512, 128]
        failed, measured = self.script.benchmarks(self.options)
        self.assertEqual(failed["bertforge"], {"error": "out of memory: a smaller --batch-size needs less"})
        self.assertNotIn("bertforge_times_as_fast", failed["transformers_all_rows"])
        self.assertIn("tokens_per_second", measured["bertforge"])
        self.assertTrue(self.script.has_failed({"tests": {}, "benchmarks": [failed, measured]}))
        json.dumps([failed, measured])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
