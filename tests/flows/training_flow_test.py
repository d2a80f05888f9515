#!/usr/bin/env python3
"""Raw text to a trained checkpoint; what is prepared for it; what is refused."""

import errno
import json
import os
import pathlib
import random
import re
import signal
import time
import unittest

from program import SAMPLE
from training_program import CONFIG, TrainingTest


class Pretraining(TrainingTest):
    def test_one_config_goes_from_raw_text_to_a_checkpoint(self) -> None:
        log = self.pretrain()
        self.assertIn("vocabulary: learning", log)
        self.assertRegex(log, r"memory: about \d+ MB: weights and optimizer \d+, activations \d+, vocabulary scores \d+")
        run = self.folder / "runs" / "a"
        for name in ("config.toml", "run.json", "train.log", "predictions.jsonl", "report.html", "best/model.safetensors",
                     "latest/trainer/state.json"):
            self.assertTrue((run / name).exists(), name)
        self.assertEqual([line["step"] for line in self.evaluations("runs/a")], [6, 12])
        self.assertIn("unigram_baseline", self.evaluations("runs/a")[0]["masked_lm"])

    def test_an_update_is_written_down_before_its_evaluation_which_may_have_a_checkpoint_saved(self) -> None:
        self.pretrain()
        self.assertEqual([(line["kind"], line["step"]) for line in self.metrics("runs/a")],
                         [("train", 4), ("train", 6), ("evaluation", 6), ("train", 8), ("train", 12), ("evaluation", 12)])

    def test_what_was_prepared_is_used_again(self) -> None:
        self.pretrain()
        log = self.pretrain("--output", "runs/b")
        self.assertEqual(log.count("reusing"), 3)
        self.assert_same_weights("runs/a", "runs/b")

    def test_vocabularies_and_datasets_made_by_hand_give_the_same_run(self) -> None:
        self.pretrain()
        tokenizer = self.learn_vocabulary()
        train, valid = (self.build_dataset(tokenizer, split) for split in ("train", "valid"))
        self.pretrain("--data.train", train, "--data.valid", valid, "--output", "runs/b")
        self.assert_same_weights("runs/a", "runs/b")

    def test_the_runs_own_config_repeats_it(self) -> None:
        self.pretrain()
        self.run_program("pretrain", "--config", "runs/a/config.toml", "--output", "runs/b")
        self.assert_same_weights("runs/a", "runs/b")

    def test_held_out_documents_may_be_a_share_of_the_training_text(self) -> None:
        config = CONFIG.replace('valid = ["valid.txt"]', "valid_fraction = 0.3\ndrop_duplicates = true")
        (self.folder / "config.toml").write_text(config.replace('"train.txt"', '"*.txt"'), encoding="utf-8")
        self.pretrain()
        self.assertEqual([line["step"] for line in self.evaluations("runs/a")], [6, 12])
        self.assertIn("training dataset: reusing", self.pretrain("--output", "runs/b"))
        self.assert_same_weights("runs/a", "runs/b")
        self.assertIn("masked_lm", self.output("evaluate", "runs/a", "--json"))
        self.assert_refused(2, "one of the two is expected", "pretrain", "--config", "config.toml", "--data.valid", "valid.txt")

    def test_a_checkpoint_is_evaluated_and_inspected(self) -> None:
        self.pretrain()
        tokenizer = self.folder / "runs" / "a" / "latest"
        valid = self.build_dataset(tokenizer, "valid")
        train = self.build_dataset(tokenizer, "train")
        report = json.loads(self.output("evaluate", "runs/a/latest", "--data", valid, "--train-data", train, "--max-examples",
                                        10, "--max-seq-length", 32, "--max-predictions-per-seq", 5, "--json"))
        during = self.evaluations("runs/a")[-1]
        self.assertAlmostEqual(report["masked_lm"]["loss"], during["masked_lm"]["loss"], places=4)
        self.assertAlmostEqual(report["masked_lm"]["unigram_baseline"], during["masked_lm"]["unigram_baseline"], places=6)
        self.assertIn("next_sentence", self.output("evaluate", "runs/a", "--data", valid))
        self.assert_refused(2, "data.max_seq_length is 64, but runs/a has positions for 32 tokens", "evaluate", "runs/a", "--data",
                            valid, "--data.max_seq_length", 64)
        figures = json.loads(self.output("inspect", "runs/a/latest", "--json"))
        self.assertEqual(figures["training"]["progress"]["step"], 12)
        self.assertEqual(json.loads(self.output("inspect", "runs/a", "--json"))["latest"], "step-00000012")

    def test_a_run_is_summed_up_with_its_sessions(self) -> None:
        self.pretrain("--train.schedule", "constant")
        self.pretrain("--train.schedule", "constant", "--train.duration", "18 steps")
        text = self.output("inspect", "runs/a")
        losses = r"masked_lm \d\.\d{4} \(accuracy \d\.\d{3}\), next_sentence \d\.\d{4} \(accuracy \d\.\d{3}\)"
        machine = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ on .+, 1 thread, bertforge \S+ \(git \S+\)"
        best = (self.folder / "runs/a/best").readlink().name
        for line in (r"run +runs/a", r"progress +18 updates, \d+\.\d\d epochs, [\d,]+ tokens in \d+ s of training",
                     rf"training loss +step 1[68]: {losses}",
                     r"held-out loss +step 18: masked_lm \S+ \(accuracy \S+, unigram baseline \d\.\d{4}\), next_sentence .*",
                     rf"best held-out loss +\d\.\d{{4}} at step {int(best.removeprefix('step-'))}",
                     r"model +runs/a/best: 2 layers of 16, 2 heads, vocabulary 300, [\d,]+ parameters",
                     r"checkpoints +(step-\d{8}(, )?)+", f"best +{best}", "latest +step-00000018",
                     r"settings \(not the default\)", rf'  data.train +\["{SAMPLE}/train.txt"\]', "  train.batch_size +6", "sessions",
                     rf"  1 +{machine}, from step 0 to 12, complete \(\S+Z\)",
                     rf"  2 +{machine}, from step 12 to 18, complete \(\S+Z\)"):
            self.assertRegex(text, f"(?m)^{line}$")
        self.assertNotIn("run.output", text)
        figures = json.loads(self.output("inspect", "runs/a", "--json"))
        self.assertEqual(figures["run"], json.loads((self.folder / "runs/a/run.json").read_text(encoding="utf-8")))
        self.assertEqual(figures["last evaluation"]["step"], 18)

    def test_a_run_whose_checkpoint_is_damaged_is_summed_up_with_a_warning(self) -> None:
        self.pretrain()
        (self.folder / "runs/a/best/config.json").write_text("{", encoding="utf-8")
        text = self.output("inspect", "runs/a")
        self.assertRegex(text, r"(?m)^warnings +.*runs/a/best/config.json: .*no JSON")
        self.assertRegex(text, r"(?m)^  1 +.*from step 0 to 12, complete")

    def test_a_dry_run_writes_no_run(self) -> None:
        self.assertIn("dry run", self.pretrain("--dry-run"))
        self.assertFalse((self.folder / "runs" / "a").exists())
        self.assertIn("nothing was written", self.pretrain("--dry-run"))

    def test_a_dry_run_reads_the_checkpoint_and_leaves_the_run_as_it_is(self) -> None:
        self.pretrain()
        before = self.contents("runs/a")
        self.assertIn("step-00000012, step 12", self.pretrain("--dry-run"))
        self.assertIn("has checkpoints", self.pretrain("--dry-run", "--resume", "never", code=2))
        self.assertEqual(self.contents("runs/a"), before)

    def test_an_output_that_cannot_be_made_is_the_environments(self) -> None:
        (self.folder / "file").write_text("", encoding="utf-8")
        log = self.pretrain("--output", "file/a", "--run.prepared", "prepared", code=5)
        self.assertIn("file/a cannot be made: Not a directory", log.splitlines()[-1])

    def test_memory_that_runs_out_is_one_line(self) -> None:
        log = self.pretrain("--model.hidden_size", 262144, code=5)
        self.assertIn("out of memory: train.activation_checkpointing, a smaller model or a smaller data.max_seq_length needs less", log.splitlines()[-1])


class Preparing(TrainingTest):
    """Stopped before there is anything to save."""

    def partial(self, kind: str) -> list[pathlib.Path]:
        return list((self.folder / "runs/prepared").glob(f"{kind}-*.partial"))

    def stop_while_making(self, kind: str, stop_signal: signal.Signals, *arguments: object) -> str:
        """The log of a process that is stopped while it makes something of that kind."""
        for folder in self.partial(kind):
            (folder / "earlier").touch()  # Which goes when the folder is taken over.
        process = self.start("pretrain", "--config", "config.toml", "--data.root", self.folder, "--data.valid", SAMPLE / "valid.txt",
                             "--data.train", "large.txt", "--data.format", "lines", *arguments)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 120
        while process.poll() is None and not [folder for folder in self.partial(kind) if not (folder / "earlier").exists()]:
            self.assertLess(time.monotonic(), deadline, f"no {kind} is made")
            time.sleep(0.001)
        process.send_signal(stop_signal)
        _, log = process.communicate()
        self.assertEqual(process.returncode, 128 + stop_signal, log)
        return log

    def test_it_ends_at_once_with_a_line_and_leaves_no_half_that_counts(self) -> None:
        digits = random.Random(1).randbytes(6_000_000).hex()
        words = (digits[i:i + 60] for i in range(0, len(digits), 60))  # All different, so that each step takes a while.
        (self.folder / "large.txt").write_text("\n".join(words), encoding="utf-8")
        given = ("--vocab.tokenizer", self.learn_vocabulary())
        prepared = self.folder / "runs/prepared"
        for kind, deed, stop_signal, arguments in (("vocab", "learning", signal.SIGINT, ()), ("data", "building", signal.SIGTERM, given)):
            with self.subTest(kind):
                log = self.stop_while_making(kind, stop_signal, *arguments)
                made = f"{re.escape(str(prepared))}/{kind}-[0-9a-f]{{16}}"
                self.assertRegex(log.splitlines()[-1], f"^bertforge: interrupted while {deed} {made}: what is unfinished is called "
                                 f"{made}.partial, and the same command replaces it$")
                self.assertEqual([folder.suffix for folder in prepared.glob(f"{kind}-*")], [".partial"])
                self.assertFalse((self.folder / "runs/a").exists())
                again = self.stop_while_making(kind, stop_signal, *arguments)
                self.assertIn("left by a run that was stopped; starting afresh", again)

    def open_when_read(self, fifo: pathlib.Path) -> int:
        """The writing end of a pipe, once the program wants to read from it."""
        deadline = time.monotonic() + 120
        while True:
            try:
                return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                self.assertEqual(error.errno, errno.ENXIO)
                self.assertLess(time.monotonic(), deadline, f"{fifo} is not read")
                time.sleep(0.001)

    def test_before_the_first_update_a_line_says_what_is_kept(self) -> None:
        """The process stands still at a checkpoint whose state never comes."""
        state = self.folder / "runs/a/checkpoints/step-00000006/trainer/state.json"
        state.parent.mkdir(parents=True)
        os.mkfifo(state)
        kept = f"what is complete in {self.folder}/runs/prepared is kept"
        for options, line in (((), f"interrupted before the first update of this session: nothing was written to {self.folder}/runs/a, "
                                   f"and {kept}; the same command goes on from there"),
                              (("--dry-run",), f"interrupted: a dry run writes no run, and {kept}")):
            process = self.start("pretrain", "--config", "config.toml", *options)
            self.addCleanup(process.kill)
            writer = self.open_when_read(state)
            process.terminate()
            _, log = process.communicate()
            os.close(writer)
            self.assertEqual(process.returncode, 143, log)
            self.assertEqual(log.splitlines()[-1], f"bertforge: {line}")
        self.assertEqual([file.name for file in (self.folder / "runs/a").iterdir()], ["checkpoints"])


class Divergence(TrainingTest):
    def test_a_loss_that_is_not_finite_names_the_last_good_checkpoint(self) -> None:
        log = self.pretrain("--optimizer.learning_rate", "10", "--optimizer.clip_norm", 0, "--model.initializer_range", "10",
                            "--train.duration", "80 steps", "--train.evaluate_every", "0 steps",
                            "--train.checkpoint_every", "1 steps", "--optimizer.weight_decay", 1, "--train.schedule", "constant", code=4)
        self.assertIn("checkpoint", log.splitlines()[-1])
        self.assertEqual(log.splitlines()[-1], "bertforge: " + self.session_end("runs/a")["reason"])


if __name__ == "__main__":
    unittest.main()
