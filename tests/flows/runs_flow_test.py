#!/usr/bin/env python3
"""Several runs: sweeps, comparisons and reports."""

import html
import json
import time
import unittest

from training_program import TrainingTest


class Sweeping(TrainingTest):
    SWEEP = """[sweep]
config = ["config.toml"]
grid = ["train.seed = 1, 2", "train.schedule = cosine"]
output = "runs/seeds"
"""

    def sweep(self, *arguments: object, code: int = 0) -> str:
        return self.run_program("sweep", "sweep.toml", *arguments, code=code).stderr

    def setUp(self) -> None:
        super().setUp()
        (self.folder / "sweep.toml").write_text(self.SWEEP, encoding="utf-8")

    def test_trains_each_run_in_its_folder_and_makes_none_twice(self) -> None:
        self.assertEqual(self.output("sweep", "sweep.toml", "--list"), "seed=1_schedule=cosine\nseed=2_schedule=cosine\n")
        self.assertIn("all 2 runs are made", self.sweep())
        weights = [(self.folder / f"runs/seeds/seed={seed}_schedule=cosine/latest/model.safetensors").read_bytes()
                   for seed in (1, 2)]
        self.assertFalse(weights[0] == weights[1], "the seeds made no difference")
        before = self.contents("runs/seeds")
        again = self.run_program("sweep", "sweep.toml")
        self.assertEqual(again.stderr.count("the run is complete"), 2)
        folders = [f"runs/seeds/seed={seed}_schedule=cosine" for seed in (1, 2)]
        self.assertEqual(again.stdout, self.output("compare", *folders))
        self.assertRegex(again.stdout, r"(?m)^train.seed +1 +2$")
        self.assertEqual(self.contents("runs/seeds"), before)

    def test_stopped_it_goes_on_with_the_run_that_was_under_way(self) -> None:
        long = ("--train.duration", "150 steps", "--train.evaluate_every", "0 steps", "--train.checkpoint_every", "0 steps")
        process = self.start("sweep", "sweep.toml", *long)
        run = self.folder / "runs/seeds/seed=1_schedule=cosine"
        deadline = time.monotonic() + 120
        while '"step":8,' not in (run / "metrics.jsonl").read_text() if (run / "metrics.jsonl").exists() else True:
            self.assertLess(time.monotonic(), deadline, "the run does not come that far")
            time.sleep(0.01)
        process.terminate()
        _, log = process.communicate()
        self.assertEqual(process.returncode, 143, log)
        self.assertFalse((self.folder / "runs/seeds/seed=2_schedule=cosine").exists())
        log = self.sweep(*long)
        self.assertIn("resuming from", log)
        self.assertIn("all 2 runs are made", log)

    def test_faults_are_found_before_the_first_run(self) -> None:
        (self.folder / "sweep.toml").write_text(self.SWEEP.replace("1, 2", "1, two"), encoding="utf-8")
        self.assertIn("sweep: run seed=two_schedule=cosine: command line: train.seed", self.sweep(code=2))
        self.assertFalse((self.folder / "runs").exists())
        self.assert_refused(2, "missing.toml", "sweep", "missing.toml")


class Reports(TrainingTest):
    """A page asks for nothing from anywhere, and shows what its run folder says."""

    def read_page(self, name: str) -> str:
        page = (self.folder / name).read_text(encoding="utf-8")
        self.assertTrue(page.startswith("<!DOCTYPE html>") and page.endswith("</html>\n"))
        self.assertNotRegex(page, r"<script|<link|<img|https?:|\bnan\b|\binf\b")
        return page

    def test_a_run_has_a_page_that_report_makes_again(self) -> None:
        self.pretrain()
        page = self.read_page("runs/a/report.html")
        self.assertIn("12 updates", page)
        self.assertIn("unigram baseline", page)
        self.assertIn("bertforge pretrain --config config.toml", page)
        self.assertIn("<h2>What it predicts</h2>", page)
        first, last = self.predictions("runs/a")
        self.assertEqual((first["step"], last["step"]), (6, 12))
        for sample, sample_before in zip(last["samples"], first["samples"], strict=True):
            self.assertEqual(sample["text"], sample_before["text"])
            self.assertEqual(len(sample["text"]), len(sample["masks"]) + 1)
            self.assertIn(f'<p class="sentence">{sample["text"][0]}<mark>', html.unescape(page))
            self.assertIn(f"</mark>{sample['text'][-1]}</p>", html.unescape(page))
            for mask in sample["masks"]:
                self.assertEqual(len(mask["predictions"]), 3)
                self.assertIn(f"<mark>{mask['target']}<sup>", html.unescape(page))
        (self.folder / "runs/a/report.html").unlink()
        self.assertEqual(self.output("report", "runs/a"), "runs/a/report.html\n")
        self.assertEqual(self.read_page("runs/a/report.html"), page)
        self.assertEqual(self.output("report", "runs/a/", "--output", "page.html"), "page.html\n")
        self.assertEqual(self.read_page("page.html"), page)

    def test_a_page_that_cannot_be_written_ends_no_training(self) -> None:
        self.pretrain("--train.schedule", "constant")
        page = self.folder / "runs/a/report.html"
        page.unlink()
        page.mkdir()
        log = self.pretrain("--train.duration", "18 steps", "--train.schedule", "constant")
        self.assertIn("no report was written: ", log)
        self.assertEqual([line["step"] for line in self.evaluations("runs/a")], [6, 12, 18])

    def test_runs_are_compared_as_table_json_and_page(self) -> None:
        self.pretrain("--optimizer.learning_rate", 0.01)
        self.pretrain("--output", "runs/b", "--train.duration", "6 steps", "--optimizer.learning_rate", 0)
        table = self.output("compare", "runs/a", "runs/b")
        rows = [line.split() for line in table.splitlines()]
        self.assertEqual((rows[0][:2], rows[1][:2], rows[2][:2]), (["run", "updates"], ["a", "12"], ["b", "6"]))
        self.assertRegex(table, r"(?m)^optimizer.learning_rate +\S+ +0\.0$")
        self.assertFalse((self.folder / "comparison.html").exists())
        compared = json.loads(self.output("compare", "runs/a", "runs/b", "--json", "--output", "comparison.html"))
        one, two = compared["runs"]
        self.assertEqual(compared["target_loss"], self.evaluations("runs/a")[-1]["masked_lm"]["loss"])
        self.assertEqual(one["final_loss"], compared["target_loss"])
        self.assertGreater(one["minutes_to_target"], 0)
        self.assertEqual((two["updates"], two["minutes_to_target"]), (6, None))
        self.assertIn("Comparison of a, b", self.read_page("comparison.html"))


if __name__ == "__main__":
    unittest.main()
