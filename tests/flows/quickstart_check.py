#!/usr/bin/env python3
"""Runs tools/quickstart as a newcomer does, twice, and holds the model that it trains to what the README says of it.

Minutes: .ci/run calls it, ctest does not.
"""

import json
import pathlib
import subprocess
import time
import unittest

REPOSITORY = pathlib.Path(__file__).parents[2]
PROGRAM = REPOSITORY / "build/release/bertforge"


def run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


class Quickstart(unittest.TestCase):
    def test_trains_a_model_that_prefers_sensible_words_and_does_nothing_twice(self) -> None:
        print(first := run("tools/quickstart"))
        for part in ("Set up", "Evaluate", "Fill in words", "The model: "):
            self.assertIn(part, first)

        report = json.loads(run(PROGRAM, "evaluate", "runs/quickstart", "--json", "--quiet"))
        self.assertLess(report["masked_lm"]["loss"], report["masked_lm"]["unigram_baseline"] - 1)
        self.assertGreater(report["next_sentence"]["balanced_accuracy"], 0.55)

        masked = (REPOSITORY / "data/sample/questions/masked.txt").read_text(encoding="utf-8").splitlines()
        best = {}
        for sentence in masked:
            answer = json.loads(run(PROGRAM, "fill-mask", "runs/quickstart", sentence, "--json", "--quiet", "--top", 10))
            best[sentence] = [prediction["token"] for prediction in answer["masks"][0]["predictions"]]
        print(json.dumps(best, indent=1))
        self.assertIn("sea", best[masked[0]])
        self.assertIn("current", best[masked[1]])

        started = time.monotonic()
        run("tools/quickstart")
        self.assertLess(time.monotonic() - started, 120, "what is there is made again")


if __name__ == "__main__":
    unittest.main()
