#!/usr/bin/env python3
"""benchmark_tokenize_peers: what it makes of the figures that a stand-in for the program prints. The peers are not installed."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "tools" / "benchmark_tokenize_peers"

# Twice as fast with two threads; the third process was disturbed.
PROGRAM = """#!/usr/bin/env python3
import json, pathlib, sys
arguments = dict(zip(sys.argv[4::2], sys.argv[5::2]))
count = pathlib.Path(__file__).with_name("count")
number = len(count.read_text()) if count.exists() else 0
count.write_text("x" * (number + 1))
speed = 100.0 * int(arguments["--threads"]) / (9 if number == 2 else 1)
print(json.dumps({"tokens": pathlib.Path(sys.argv[3]).stat().st_size, "cold_mb_per_second": speed / 4,
                  "warm_mb_per_second": speed, "load_milliseconds": 5.0, "memory_megabytes": 7.0, "instructions": arguments["--instructions"]}))
"""


class BenchmarkTokenizePeers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.program = self.folder / "program"
        self.program.write_text(PROGRAM, encoding="utf-8")
        self.program.chmod(0o755)
        self.vocab = self.folder / "vocab.txt"
        self.vocab.write_text("[UNK]\na\n", encoding="utf-8")

    def run_script(self, *arguments):
        command = [sys.executable, "-B", SCRIPT, "--vocab", self.vocab, "--program", self.program, *arguments]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, encoding="utf-8")

    def test_medians_over_rounds_and_the_ratio_of_two_threads_to_one(self):
        done = self.run_script(self.vocab, "--peers", "--rounds", "3")
        self.assertEqual(done.returncode, 0, done.stderr)
        printed = json.loads(done.stdout)
        self.assertEqual([(result["threads"], result["warm_mb_per_second"], result["cold_mb_per_second"])
                          for result in printed["results"]], [(1, 100, 25), (2, 200, 50)])
        self.assertEqual([len(result["rounds"]) for result in printed["results"]], [3, 3])
        self.assertEqual(printed["ratios"], [{"instructions": "auto", "threads": 2, "to": "one thread", "cold": 2, "warm": 2}])
        self.assertIn("bertforge auto", done.stderr)

    def test_every_choice_of_instructions_is_measured(self):
        done = self.run_script(self.vocab, "--peers", "--rounds", "1", "--threads", "1", "--instructions", "avx2", "plain")
        self.assertEqual([result["instructions"] for result in json.loads(done.stdout)["results"]], ["avx2", "plain"])

    def test_mixed_text_has_the_size_that_was_asked_for(self):
        done = self.run_script("--mixed", "0.1", "--peers", "--rounds", "1")
        printed = json.loads(done.stdout)
        self.assertEqual(printed["text"], "mixed scripts")
        self.assertAlmostEqual(printed["megabytes"], 0.1, delta=0.01)
        self.assertEqual(printed["results"][0]["tokens"], printed["megabytes"] * 1e6)

    def test_what_is_wrong_is_told_in_a_line(self):
        for arguments, code, line in [
            (["missing.txt", "--peers"], 2, "missing.txt: there is no such file"),
            (["--peers"], 2, "either TEXT or --mixed is expected"),
            ([self.vocab, "--peers", "--threads", "0"], 2, "must be 1 or more"),
            ([self.vocab, "--peers", "--program", self.vocab], 5, "Permission denied"),
        ]:
            with self.subTest(line=line):
                done = self.run_script(*arguments)
                self.assertEqual(done.returncode, code)
                self.assertIn(line, done.stderr)
                self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()
