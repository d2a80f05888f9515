#!/usr/bin/env python3
"""Runs that are stopped and killed, again and again, at random moments: none loses work, and each ends as if nothing had been."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import typing
import unittest

from training_program import TrainingTest

NUM_RUNS, NUM_STEPS = 10, 240
SEED = 29  # Another one by BERTFORGE_TEST_SEED, to look for more.
LONG = ("--train.duration", f"{NUM_STEPS} steps", "--train.evaluate_every", "30 steps", "--train.checkpoint_every", "8 steps",
        "--train.log_every", "1 steps")


class Moment(typing.NamedTuple):
    """So many seconds after this step was logged; step 0: after the start of the process."""
    step: int
    delay: float


def draw_moments(choose: random.Random, count: int) -> list[Moment]:
    """One in four falls into the start of a process, the others into its training or saving, each of these further than the last."""
    steps = sorted(choose.sample(range(1, NUM_STEPS * 2 // 3), count))
    return [Moment(0, choose.uniform(0, 0.6)) if choose.random() < 0.25 else Moment(step, choose.uniform(0, 0.03))
            for step in steps]


class Interrupted(TrainingTest):
    """`runs/whole` is a run that nothing happened to."""

    def start_run(self, run: str, *arguments: object) -> subprocess.Popen:
        return self.start("pretrain", "--config", "config.toml", *LONG, "--output", run, *arguments)

    def steps_logged(self, run: str) -> list[dict]:
        """Whole lines only: the last may be in the writing."""
        file = self.folder / run / "metrics.jsonl"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        lines = map(json.loads, text.splitlines()[:text.count("\n")])
        return [line for line in lines if line["kind"] == "train"]

    def last_step(self, run: str) -> int:
        lines = self.steps_logged(run)
        return lines[-1]["step"] if lines else 0

    def wait_for(self, process: subprocess.Popen, run: str, step: int) -> None:
        """Until the process ends, or logs a step that is not less; what an earlier session logged counts until it begins."""
        deadline = time.monotonic() + 120
        while process.poll() is None and self.last_step(run) < step:
            self.assertLess(time.monotonic(), deadline, "the run does not come that far")
            time.sleep(0.002)

    def send(self, process: subprocess.Popen, run: str, moment: Moment, number: signal.Signals) -> None:
        self.wait_for(process, run, moment.step)
        time.sleep(moment.delay)
        if process.poll() is None:
            process.send_signal(number)

    def assert_as_whole(self, run: str) -> None:
        self.assert_same_weights("runs/whole", run)
        whole, lines = ([(line["step"], line["loss"]) for line in self.steps_logged(name)] for name in ("runs/whole", run))
        self.assertEqual(lines, whole)  # No step twice, and none missing.
        self.assertEqual(self.predictions(run), self.predictions("runs/whole"))


class Killed(Interrupted):
    def test_twice_at_random_moments_a_run_ends_with_the_same_bytes(self) -> None:
        seed = int(os.environ.get("BERTFORGE_TEST_SEED", SEED))
        choose = random.Random(seed)
        self.pretrain(*LONG, "--output", "runs/whole")
        num_killed = 0
        for number in range(NUM_RUNS):
            moments, run = draw_moments(choose, 2), f"runs/killed{number}"
            with self.subTest(f"BERTFORGE_TEST_SEED={seed}", run=run, moments=moments):
                own = ("--run.prepared", f"prepared{number}")  # So that one may die while it makes its data.
                for moment in moments:
                    process = self.start_run(run, *own)
                    self.send(process, run, moment, signal.SIGKILL)
                    _, log = process.communicate()
                    self.assertIn(process.returncode, (-signal.SIGKILL, 0), log)
                    num_killed += process.returncode != 0
                self.pretrain(*LONG, "--output", run, *own)
                self.assert_as_whole(run)
        self.assertGreaterEqual(num_killed, 2 * NUM_RUNS - 2, "the kills come too late: most runs had ended")


class Stopped(Interrupted):
    def test_by_every_signal_in_one_run_it_ends_with_the_same_bytes(self) -> None:
        seed = int(os.environ.get("BERTFORGE_TEST_SEED", SEED))
        self.pretrain(*LONG, "--output", "runs/whole")
        signals = [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT]
        moments = draw_moments(random.Random(seed), len(signals))
        with self.subTest(f"BERTFORGE_TEST_SEED={seed}", moments=moments):
            for number, moment in zip(signals, moments):
                own_step = max(moment.step, self.last_step("runs/stopped") + 1)  # Before it, nobody heeds signals.
                process = self.start_run("runs/stopped")
                self.send(process, "runs/stopped", Moment(own_step, moment.delay), number)
                if number == signal.SIGUSR1:  # Saves, and goes on.
                    self.wait_for(process, "runs/stopped", self.last_step("runs/stopped") + 4)
                    self.assertIsNone(process.poll(), "it ended")
                    process.terminate()
                    number = signal.SIGTERM
                _, log = process.communicate()
                self.assertEqual(process.returncode, 128 + number, log)
                self.assertIn("interrupted and saved; to go on: ", log)
            self.pretrain(*LONG, "--output", "runs/stopped")
            self.assert_as_whole("runs/stopped")


class Vanished(Interrupted):
    """What someone else removes under a running training. The process stands still meanwhile, so that it is not in the middle of
    writing what goes."""

    QUIET = ("--train.checkpoint_every", "0 steps", "--train.evaluate_every", "0 steps")

    def start_quietly(self) -> tuple[subprocess.Popen, pathlib.Path]:
        """A run with one checkpoint, standing still between two updates or in one."""
        run = self.folder / "runs/a"
        process = self.start_run("runs/a", *self.QUIET)
        self.addCleanup(process.kill)
        self.wait_for(process, "runs/a", 8)
        process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 60
        while not (run / "latest").exists():
            self.assertLess(time.monotonic(), deadline, "nothing is saved")
            time.sleep(0.002)
        self.wait_for(process, "runs/a", self.last_step("runs/a") + 4)
        self.assertIsNone(process.poll(), "the run has ended too soon")
        process.send_signal(signal.SIGSTOP)
        return process, run

    def test_checkpoints_are_made_again(self) -> None:
        self.pretrain(*LONG, *self.QUIET, "--output", "runs/whole")
        process, run = self.start_quietly()
        shutil.rmtree(run / "checkpoints")
        process.send_signal(signal.SIGCONT)
        process.terminate()
        _, log = process.communicate()
        self.assertEqual(process.returncode, 143, log)
        self.assertTrue((run / "latest" / "model.safetensors").exists())
        log = self.pretrain(*LONG, *self.QUIET, "--output", "runs/a")
        self.assertIn("resuming from", log)
        self.assert_same_weights("runs/whole", "runs/a")

    def test_without_its_folder_a_run_ends_with_a_line_and_can_begin_anew(self) -> None:
        process, run = self.start_quietly()
        run.rename(self.folder / "elsewhere")
        process.send_signal(signal.SIGCONT)
        _, log = process.communicate()
        self.assertEqual(process.returncode, 5, log)
        self.assertRegex(log.splitlines()[-1], f"^bertforge: {run} has gone while the run was writing to it: {run}/[^ ]+ "
                         "cannot be written: No such file or directory$")
        self.assertEqual(log.count("\nbertforge: "), 1)
        moved = self.run_program("pretrain", "--config", "elsewhere/config.toml", "--output", "elsewhere")
        self.assertIn("resuming from", moved.stderr)
        self.pretrain("--output", "runs/a")


if __name__ == "__main__":
    unittest.main()
