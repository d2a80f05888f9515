#!/usr/bin/env python3
"""Raw text to a trained checkpoint; stopping and going on; what is refused."""

import errno
import html
import json
import os
import pathlib
import random
import re
import signal
import time
import unittest

from program import SAMPLE, ProgramTest

CONFIG = f"""
[vocab]
vocab_size = 300
[data]
root = "{SAMPLE}"
train = ["train.txt"]
valid = ["valid.txt"]
max_seq_length = 32
max_predictions_per_seq = 5
[model]
hidden_size = 16
num_hidden_layers = 2
num_attention_heads = 2
intermediate_size = 32
max_position_embeddings = 32
[train]
duration = "12 steps"
batch_size = 6
log_every = "4 steps"
evaluate_every = "6 steps"
evaluate_examples = 10
checkpoint_every = "6 steps"
[run]
output = "runs/a"
threads = 1
"""


class TrainingTest(ProgramTest):
    def setUp(self) -> None:
        super().setUp()
        (self.folder / "config.toml").write_text(CONFIG, encoding="utf-8")

    def pretrain(self, *arguments: object, code: int = 0) -> str:
        return self.run_program("pretrain", "--config", "config.toml", *arguments, code=code).stderr

    def assert_same_weights(self, run: str, other: str) -> None:
        one, two = ((self.folder / name / "latest" / "model.safetensors").read_bytes() for name in (run, other))
        self.assertTrue(one == two, f"the weights of {run} and {other} differ")  # assertEqual would print them.

    def contents(self, run: str) -> dict[str, bytes]:
        return {str(file): file.read_bytes() for file in (self.folder / run).rglob("*") if file.is_file()}

    def metrics(self, run: str) -> list[dict]:
        return [json.loads(line) for line in (self.folder / run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]

    def evaluations(self, run: str) -> list[dict]:
        return [line for line in self.metrics(run) if line["kind"] == "evaluation"]

    def session_end(self, run: str) -> dict:
        """What run.json says of the end of the last session."""
        return json.loads((self.folder / run / "run.json").read_text(encoding="utf-8"))["sessions"][-1]["end"]

    def predictions(self, run: str) -> list[dict]:
        return [json.loads(line) for line in (self.folder / run / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]


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


class Divergence(TrainingTest):
    def test_a_loss_that_is_not_finite_names_the_last_good_checkpoint(self) -> None:
        log = self.pretrain("--optimizer.learning_rate", "10", "--optimizer.clip_norm", 0, "--model.initializer_range", "10",
                            "--train.duration", "80 steps", "--train.evaluate_every", "0 steps",
                            "--train.checkpoint_every", "1 steps", "--optimizer.weight_decay", 1, "--train.schedule", "constant", code=4)
        self.assertIn("checkpoint", log.splitlines()[-1])
        self.assertEqual(log.splitlines()[-1], "bertforge: " + self.session_end("runs/a")["reason"])


if __name__ == "__main__":
    unittest.main()
