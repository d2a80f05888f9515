#!/usr/bin/env python3
"""Runs tools/quickstart as a newcomer does, twice; the whole of it holds the model to what the README says of it.

usage: quickstart_check.py [--short]

--short trains for 1,000 updates instead of the 3,600 of configs/quickstart.toml, and asks only that the model has learned
anything; before a release run the whole. Minutes even so: .ci/run calls that, ctest none of it.
"""

import json
import pathlib
import subprocess
import sys
import time
import unittest

REPOSITORY = pathlib.Path(__file__).parents[2]
PROGRAM = REPOSITORY / "build/release/bertforge"
IS_SHORT = "--short" in sys.argv
COMMAND = ["tools/quickstart", *(["--train.duration", "1000 steps"] if IS_SHORT else [])]


def run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


class Quickstart(unittest.TestCase):
    def test_trains_a_model_that_prefers_sensible_words_and_does_nothing_twice(self) -> None:
        print(first := run(*COMMAND))
        for part in ("Set up", "Evaluate", "Fill in words", "The model: ", "step-00001000" if IS_SHORT else "step-00003600"):
            self.assertIn(part, first)

        report = json.loads(run(PROGRAM, "evaluate", "runs/quickstart", "--json", "--quiet"))
        below_baseline = report["masked_lm"]["unigram_baseline"] - report["masked_lm"]["loss"]
        print(f"{below_baseline:.3f} nats below the baseline")
        self.assertGreater(below_baseline, 0.5 if IS_SHORT else 2)

        masked = (REPOSITORY / "data/sample/questions/masked.txt").read_text(encoding="utf-8").splitlines()
        best = {}
        for sentence in masked:
            answer = json.loads(run(PROGRAM, "fill-mask", "runs/quickstart", sentence, "--json", "--quiet", "--top", 10))
            best[sentence] = [prediction["token"] for prediction in answer["masks"][0]["predictions"]]
        print(json.dumps(best, indent=1))
        if not IS_SHORT:
            self.assertGreater(report["next_sentence"]["balanced_accuracy"], 0.55)
            self.assertIn("sea", best[masked[0]])
            self.assertIn("current", best[masked[1]])

        started = time.monotonic()
        run(*COMMAND)
        self.assertLess(time.monotonic() - started, 120, "what is there is made again")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
