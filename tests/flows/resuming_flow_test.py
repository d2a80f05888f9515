#!/usr/bin/env python3
"""A run that was stopped, and goes on."""

import pathlib
import signal
import time
import unittest

from program import SAMPLE
from training_program import TrainingTest


class Resuming(TrainingTest):
    def wait_for_step(self, run: pathlib.Path, step: int) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if (run / "metrics.jsonl").exists() and f'"step":{step},' in (run / "metrics.jsonl").read_text():
                return
            time.sleep(0.01)
        self.fail("the run does not come that far")

    def test_stopped_by_a_signal_and_resumed_gives_the_same_bytes(self) -> None:
        long = ("--train.duration", "120 steps", "--train.evaluate_every", "40 steps", "--train.checkpoint_every", "1000 steps")
        self.pretrain(*long, "--output", "runs/whole")
        for stop_signal, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
            run = f"runs/stopped{code}"
            process = self.start("pretrain", "--config", "config.toml", *long, "--output", run)
            self.wait_for_step(self.folder / run, 8)
            process.send_signal(stop_signal)
            _, log = process.communicate()
            self.assertEqual(process.returncode, code, log)
            self.assertIn(f"to go on: bertforge pretrain --config {self.folder / run / 'config.toml'}", log)
            self.assertEqual(self.session_end(run)["reason"], f"interrupted by {stop_signal.name}")
            self.assertIn("resuming from", self.run_program("pretrain", "--config", f"{run}/config.toml").stderr)
            self.assert_same_weights("runs/whole", run)

    def test_the_users_signal_saves_and_training_goes_on(self) -> None:
        process = self.start("pretrain", "--config", "config.toml", "--train.duration", "100000 steps",
                             "--train.evaluate_every", "0 steps", "--train.checkpoint_every", "0 steps")
        run = self.folder / "runs/a"
        self.wait_for_step(run, 8)
        process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 60
        while not (saved := sorted((run / "checkpoints").glob("step-????????"))) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(len(saved), 1)
        saved_step = int(saved[0].name.removeprefix("step-"))
        self.wait_for_step(run, saved_step // 4 * 4 + 8)  # Every fourth step has a line.
        process.terminate()
        process.communicate()
        self.assertEqual(process.returncode, 143)

    def test_killed_and_resumed_gives_the_same_bytes_in_every_kind_of_run(self) -> None:
        settings = ("--train.duration", "2 epochs", "--train.micro_batch_size", 4, "--train.precision", "bfloat16", "--threads", 2,
                    "--train.evaluate_every", "16 steps", "--train.checkpoint_every", "5 steps", "--train.log_every", "1 steps")
        self.pretrain(*settings, "--output", "runs/whole")
        for stop_signal, code in ((signal.SIGTERM, 143), (signal.SIGKILL, -9)):
            run = f"runs/stopped{code}"
            process = self.start("pretrain", "--config", "config.toml", *settings, "--output", run)
            self.wait_for_step(self.folder / run, 13)
            process.send_signal(stop_signal)
            _, log = process.communicate()
            self.assertEqual(process.returncode, code, log)
            self.assertIn("resuming from", self.run_program("pretrain", "--config", f"{run}/config.toml").stderr)
            self.assert_same_weights("runs/whole", run)
            self.assertEqual(self.predictions(run), self.predictions("runs/whole"))

    def test_batches_of_tokens_and_of_like_lengths_go_on_where_they_were_stopped(self) -> None:
        settings = ("--train.duration", "60 steps", "--train.batch_tokens", 200, "--train.length_window", 50,
                    "--train.evaluate_every", "30 steps", "--train.checkpoint_every", "7 steps")
        self.pretrain(*settings, "--output", "runs/whole")
        process = self.start("pretrain", "--config", "config.toml", *settings, "--output", "runs/stopped")
        self.wait_for_step(self.folder / "runs/stopped", 12)
        process.kill()
        process.communicate()
        self.assertIn("resuming from", self.run_program("pretrain", "--config", "runs/stopped/config.toml").stderr)
        self.assert_same_weights("runs/whole", "runs/stopped")

    def test_a_refused_resume_changes_nothing(self) -> None:
        self.pretrain()
        before = self.contents("runs/a")
        log = self.pretrain("--resume", "runs/a/checkpoints/step-00000006", "--optimizer.learning_rate", 0.5, code=2)
        self.assertIn("has come further than step 6", log.splitlines()[-1])
        self.assertEqual(self.contents("runs/a"), before)

    def test_a_run_folder_belongs_to_one_process(self) -> None:
        process = self.start("pretrain", "--config", "config.toml", "--train.duration", "100000 steps")
        self.wait_for_step(self.folder / "runs" / "a", 8)
        self.assertIn("another process is training in this run folder", self.pretrain(code=5))
        process.terminate()
        process.communicate()

    def test_a_run_killed_before_its_first_checkpoint_begins_anew(self) -> None:
        settings = ("--train.evaluate_every", "0 steps", "--train.checkpoint_every", "0 steps", "--train.duration", "100000 steps")
        process = self.start("pretrain", "--config", "config.toml", *settings)
        self.wait_for_step(self.folder / "runs" / "a", 4)
        process.kill()
        process.communicate()
        text = self.output("inspect", "runs/a")
        self.assertRegex(text, r"(?m)^  1 +.*, from step 0 to \d+ so far: under way, or killed$")
        self.assertRegex(text, r"(?m)^model +none yet: there is no checkpoint$")
        stale = self.folder / "runs/a/predictions.jsonl"
        stale.write_text('{"step":0,"tokens":0,"samples":[]}\n', encoding="utf-8")
        self.assertIn("beginning anew", self.pretrain())
        self.assertEqual([line["step"] for line in self.predictions("runs/a")], [6, 12])

    def test_what_an_earlier_session_left_is_not_believed(self) -> None:
        self.pretrain()
        (self.folder / "runs" / "a" / "config.toml").write_text("[train]\nlength = 3\n", encoding="utf-8")
        self.assertIn("the settings of the run's last session are not known", self.pretrain("--train.duration", "18 steps"))
        (self.folder / "runs" / "a" / "run.json").write_text("", encoding="utf-8")
        self.assertIn("run.json", self.pretrain("--train.duration", "24 steps", code=3).splitlines()[-1])

    def test_a_complete_run_is_left_as_it_is_whatever_is_said(self) -> None:
        self.pretrain()
        before = self.contents("runs/a")
        self.assertIn("the run is complete at", self.pretrain("--optimizer.learning_rate", 0.9, "--train.seed", 7))
        self.assertEqual(self.contents("runs/a"), before)

    def test_a_longer_duration_goes_on(self) -> None:
        self.pretrain("--train.schedule", "constant")
        log = self.pretrain("--train.schedule", "constant", "--train.duration", "18 steps")
        self.assertIn('train.duration was "12 steps" and is "18 steps"', log)
        self.assertEqual([line["step"] for line in self.evaluations("runs/a")], [6, 12, 18])

    def test_changed_model_and_text_are_refused(self) -> None:
        self.pretrain()
        self.assertIn("hidden_size", self.pretrain("--model.hidden_size", 32, code=2))
        self.assertIn("vocab_size is 300, not 290", self.pretrain("--vocab.vocab_size", 290, code=2))
        self.assertIn("dataset", self.pretrain("--vocab.inputs", SAMPLE / "train.txt", "--data.train", "valid.txt", code=2))

    def test_a_folder_of_other_things_is_refused(self) -> None:
        (self.folder / "runs" / "a").mkdir(parents=True)
        (self.folder / "runs" / "a" / "letter.txt").write_text("Dear", encoding="utf-8")
        self.assertIn("no checkpoint to resume from", self.pretrain(code=2))
        self.assertIn("beginning anew", self.pretrain("--resume", "never"))
        self.assertIn("has checkpoints", self.pretrain("--resume", "never", code=2))

    def test_weights_of_another_run_are_a_beginning(self) -> None:
        self.pretrain()
        log = self.pretrain("--init-from", "runs/a/latest", "--output", "runs/b", "--optimizer.learning_rate", 0)
        self.assertNotIn("resuming", log)
        self.assert_same_weights("runs/a", "runs/b")
        self.run_program("vocab", SAMPLE / "train.txt", "--size", 300, "--no-lowercase", "--output", "other")
        log = self.pretrain("--init-from", "runs/a/latest", "--vocab.tokenizer", "other", "--output", "runs/c", code=2)
        self.assertIn("is not this run's", log.splitlines()[-1])
        self.assertFalse((self.folder / "runs" / "c").exists())


if __name__ == "__main__":
    unittest.main()
