#!/usr/bin/env python3
"""One run on several processes, as a launcher starts them: what comes of it, and what comes of ranks that die, hang or are stopped."""

import contextlib
import json
import os
import pathlib
import signal
import struct
import subprocess
import time
import typing
import unittest

from program import PROGRAM, SAMPLE, free_port
from training_program import TrainingTest

LONG = ("--train.duration", "100000 steps", "--train.evaluate_every", "0 steps", "--train.checkpoint_every", "5 steps",
        "--train.keep_last", "2", "--train.log_every", "1 steps")
MOST_SECONDS = 30  # From the death of a rank to the end of the last.


class Ranks(typing.NamedTuple):
    processes: list[subprocess.Popen]
    logs: list[pathlib.Path]

    def wait(self, seconds: float = 120) -> list[int]:
        deadline = time.monotonic() + seconds
        return [process.wait(max(0.1, deadline - time.monotonic())) for process in self.processes]

    def texts(self) -> list[str]:
        return [log.read_text(encoding="utf-8") for log in self.logs]

    def last_lines(self) -> list[str]:
        return [(text.splitlines() or [""])[-1] for text in self.texts()]


class RanksTest(TrainingTest):
    def start_ranks(self, count: int, *arguments: object, address: str = "127.0.0.1", enter: typing.Callable = lambda rank: (),
                    of_rank: dict[int, tuple] = {}) -> Ranks:
        """`enter(rank)` is a command that the program is started through; `of_rank` has more arguments of single ranks."""
        port, number = free_port(), len(list(self.folder.glob("log-*")))
        ranks = Ranks([], [])
        for rank in range(count):
            ranks.logs.append(self.folder / f"log-{number}-{rank}")
            environment = os.environ | {"RANK": str(rank), "WORLD_SIZE": str(count), "LOCAL_RANK": str(rank),
                                        "LOCAL_WORLD_SIZE": str(count), "MASTER_ADDR": address, "MASTER_PORT": str(port)}
            command = [*enter(rank), PROGRAM, "pretrain", "--config", "config.toml", *arguments, *of_rank.get(rank, ())]
            with open(ranks.logs[-1], "w", encoding="utf-8") as log:
                process = subprocess.Popen(list(map(str, command)), cwd=self.folder, env=environment,
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            ranks.processes.append(process)
        return ranks

    def run_ranks(self, count: int, *arguments: object, **options: typing.Any) -> Ranks:
        ranks = self.start_ranks(count, *arguments, **options)
        self.assertEqual(ranks.wait(), [0] * count, ranks.texts())
        return ranks

    def wait_until(self, ranks: Ranks, condition: typing.Callable[[], bool], pause: float = 0.002) -> None:
        deadline = time.monotonic() + 120
        while not condition():
            self.assertLess(time.monotonic(), deadline, "the run does not come that far")
            self.assertFalse([text for text, process in zip(ranks.texts(), ranks.processes) if process.poll() is not None])
            time.sleep(pause)

    def last_step(self, run: str) -> int:
        file = self.folder / run / "metrics.jsonl"
        lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []
        return json.loads(lines[-1])["step"] if lines else 0

    def tensors(self, run: str) -> dict[str, tuple]:
        """Of the float32 file of the newest checkpoint."""
        data = (self.folder / run / "latest/model.safetensors").read_bytes()
        (size,) = struct.unpack("<Q", data[:8])
        header, values = json.loads(data[8:8 + size]), data[8 + size:]
        return {name: struct.unpack(f"<{(end - begin) // 4}f", values[begin:end])
                for name, entry in header.items() if name != "__metadata__" for begin, end in [entry["data_offsets"]]}

    def assert_near_weights(self, run: str, other: str) -> None:
        """Equal up to the rounding of sums that several ranks add up in another order."""
        one, two = self.tensors(run), self.tensors(other)
        self.assertEqual(one.keys(), two.keys())
        for name, values in one.items():
            worst = max(abs(a - b) for a, b in zip(values, two[name], strict=True))
            self.assertLessEqual(worst, 1e-4 * max(1e-2, max(map(abs, values))), name)

    def assert_near_losses(self, run: str, other: str) -> None:
        one, two = self.metrics(run), self.metrics(other)
        self.assertEqual([line["step"] for line in one], [line["step"] for line in two])
        for line, expected in zip(one, two):
            for name in ("masked_lm", "next_sentence"):
                self.assertEqual(line[name]["count"], expected[name]["count"])
                self.assertAlmostEqual(line[name]["loss"], expected[name]["loss"], delta=1e-5 * expected[name]["loss"])


class Results(RanksTest):
    def test_two_and_three_ranks_give_the_run_of_one(self) -> None:
        long = ("--train.duration", "50 steps", "--train.log_every", "1 steps", "--train.evaluate_every", "10 steps")
        self.pretrain(*long, "--output", "runs/alone")
        for count in (2, 3):
            run = f"runs/of{count}"
            ranks = self.run_ranks(count, *long, "--output", run)
            self.assertIn(f"this is rank 0 of {count}", ranks.texts()[0])
            self.assertEqual(ranks.texts()[1:], [""] * (count - 1))  # Rank 0 speaks for all.
            self.assert_near_losses(run, "runs/alone")
            self.assert_near_weights(run, "runs/alone")

    def test_shares_of_the_optimizers_state_give_the_same_bytes(self) -> None:
        self.run_ranks(3, "--output", "runs/whole")
        ranks = self.run_ranks(3, "--output", "runs/shares", "--optimizer.shard_state", "true")
        self.assertIn("share each update's sequences and the optimizer's state", ranks.texts()[0])
        for file in ("model.safetensors", "trainer/optimizer.safetensors"):
            one, two = ((self.folder / run / "latest" / file).read_bytes() for run in ("runs/whole", "runs/shares"))
            self.assertTrue(one == two, file)

    def test_a_profile_has_passes_and_sums_of_each_rank(self) -> None:
        self.run_ranks(2, "--profile", "trace.json")
        for rank, file in enumerate(("trace.json", "trace.json.rank1")):
            events = json.loads((self.folder / file).read_text(encoding="utf-8"))["traceEvents"]
            spans = [event["name"] for event in events if event["ph"] == "X"]
            self.assertEqual({event["pid"] for event in events}, {rank})
            for name in ("forward", "backward", "layers", "wait for gradients", "update", "observers"):
                self.assertEqual(spans.count(name), 12, name)
        self.assert_refused(2, "--profile nowhere/trace.json: there is no folder ", "pretrain", "--config", "config.toml", "--profile",
                            "nowhere/trace.json")

    def test_a_dry_run_of_two_ranks_writes_nothing(self) -> None:
        ranks = self.run_ranks(2, "--dry-run")
        self.assertIn("dry run: all is there", ranks.texts()[0])
        self.assertFalse((self.folder / "runs/a").exists())


class Faults(RanksTest):
    def assert_end_soon(self, ranks: Ranks, dead: int, number_of_dead: int = -signal.SIGKILL) -> None:
        """All others end with code 5 and a line that names the dead one."""
        began = time.monotonic()
        codes = ranks.wait()
        self.assertLess(time.monotonic() - began, MOST_SECONDS)
        for rank, (code, line) in enumerate(zip(codes, ranks.last_lines())):
            if rank == dead:
                self.assertEqual(code, number_of_dead)
                continue
            self.assertEqual(code, 5, line)
            self.assertTrue(line.startswith(f"bertforge: rank {dead} ("), line)
            self.assertIn("is lost", line)

    def test_a_rank_killed_in_an_update_ends_the_others_and_two_go_on_to_the_right_weights(self) -> None:
        steps = ("--train.duration", "400 steps", *LONG[2:])
        self.pretrain(*steps, "--output", "runs/whole")
        ranks = self.start_ranks(3, *steps, "--output", "runs/killed")
        self.wait_until(ranks, lambda: self.last_step("runs/killed") >= 20)
        ranks.processes[1].kill()
        self.assert_end_soon(ranks, dead=1)
        self.assertIn("is lost", self.session_end("runs/killed")["reason"])
        ranks = self.run_ranks(2, *steps, "--output", "runs/killed")
        self.assertIn("resuming from", ranks.texts()[0])
        self.assert_near_losses("runs/killed", "runs/whole")
        self.assert_near_weights("runs/killed", "runs/whole")

    def test_a_rank_killed_in_a_reduction(self) -> None:
        ranks = self.start_ranks(3, *LONG)
        self.wait_until(ranks, lambda: self.last_step("runs/a") >= 3)
        ranks.processes[1].send_signal(signal.SIGSTOP)  # The others come to a sum, and wait for it.
        time.sleep(0.5)
        ranks.processes[2].kill()
        ranks.processes[1].send_signal(signal.SIGCONT)
        self.assert_end_soon(ranks, dead=2)

    def test_a_rank_killed_in_an_evaluation(self) -> None:
        for dead in (0, 1):
            run = f"runs/dead{dead}"
            ranks = self.start_ranks(3, *LONG, "--train.evaluate_every", "4 steps", "--train.evaluate_examples", "100000",
                                     "--train.micro_batch_size", "1", "--train.batch_size", "3", "--output", run)
            # What an update came to is written before it is evaluated.
            self.wait_until(ranks, lambda: self.last_step(run) >= 4)
            ranks.processes[dead].kill()
            self.assert_end_soon(ranks, dead)

    def test_the_writer_killed_in_a_checkpoint_and_another_rank_meanwhile(self) -> None:
        for dead in (0, 2):
            run = f"runs/dead{dead}"
            ranks = self.start_ranks(3, *LONG, "--output", run)
            folder = self.folder / run / "checkpoints"
            self.wait_until(ranks, lambda: any(folder.glob("*.partial")), pause=0)
            ranks.processes[dead].kill()
            self.assert_end_soon(ranks, dead)
            ranks = self.start_ranks(2, *LONG, "--output", run)
            self.wait_until(ranks, lambda: "masked_lm" in ranks.texts()[0])
            ranks.processes[1].send_signal(signal.SIGTERM)
            self.assertEqual(ranks.wait(), [143, 143], ranks.texts())
            self.assertFalse(list(folder.glob("*.partial")))

    def test_a_rank_that_stands_still_is_lost_as_well(self) -> None:
        for still, other in ((1, 0), (0, 1)):  # With rank 0 the store stands still as well.
            run = f"runs/still{still}"
            ranks = self.start_ranks(2, *LONG, "--output", run)
            self.wait_until(ranks, lambda: self.last_step(run) >= 3)
            ranks.processes[still].send_signal(signal.SIGSTOP)
            self.assertEqual(ranks.processes[other].wait(MOST_SECONDS), 5)
            self.assertIn(f"bertforge: rank {still} (", ranks.last_lines()[other])

    def test_a_signal_to_any_rank_saves_once_and_ends_all(self) -> None:
        for signalled in range(3):
            run = f"runs/signalled{signalled}"
            ranks = self.start_ranks(3, *LONG, "--train.checkpoint_every", "0 steps", "--output", run)
            self.wait_until(ranks, lambda: self.last_step(run) >= 3)
            ranks.processes[signalled].send_signal(signal.SIGTERM)
            self.assertEqual(ranks.wait(), [143] * 3, ranks.texts())
            checkpoints = list((self.folder / run / "checkpoints").glob("step-*"))
            self.assertEqual(len(checkpoints), 1)
            self.assertEqual(self.session_end(run)["reason"], "interrupted by SIGTERM")

    def test_a_signal_to_all_ranks_that_comes_to_some_later_saves_all_the_same(self) -> None:
        ranks = self.start_ranks(2, *LONG, "--train.checkpoint_every", "0 steps", "--model.hidden_size", "512",
                                 "--model.intermediate_size", "2048", "--model.num_hidden_layers", "6")
        self.wait_until(ranks, lambda: self.last_step("runs/a") >= 2)
        for process in reversed(ranks.processes):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
        self.assertEqual(ranks.wait(), [143] * 2, ranks.texts())
        self.assertEqual(len(list((self.folder / "runs/a/checkpoints").glob("step-*[0-9]"))), 1)

    def test_shares_of_the_state_go_on_with_the_average_of_the_weights(self) -> None:
        settings = ("--optimizer.shard_state", "true", "--optimizer.average_decay", "0.9", "--train.evaluate_every", "4 steps",
                    "--train.checkpoint_every", "4 steps", "--train.schedule", "constant", "--train.warmup_share", "0")
        self.run_ranks(2, *settings, "--output", "runs/whole")
        self.run_ranks(2, *settings, "--output", "runs/parts", "--train.duration", "8 steps")
        self.run_ranks(2, *settings, "--output", "runs/parts")
        for line, expected in zip(self.evaluations("runs/parts"), self.evaluations("runs/whole"), strict=True):
            self.assertEqual(line["masked_lm"], expected["masked_lm"])

    def test_the_users_signal_to_any_rank_saves_and_training_goes_on(self) -> None:
        ranks = self.start_ranks(2, *LONG, "--train.checkpoint_every", "0 steps")
        self.wait_until(ranks, lambda: self.last_step("runs/a") >= 3)
        ranks.processes[1].send_signal(signal.SIGUSR1)
        self.wait_until(ranks, lambda: any((self.folder / "runs/a/checkpoints").glob("step-*[0-9]")))
        step = self.last_step("runs/a")
        self.wait_until(ranks, lambda: self.last_step("runs/a") > step + 5)
        self.assertEqual(len(list((self.folder / "runs/a/checkpoints").glob("step-*"))), 1)  # Once.

    def test_a_folder_that_goes_ends_all_with_the_writers_error(self) -> None:
        ranks = self.start_ranks(2, *LONG, "--train.checkpoint_every", "0 steps")
        self.wait_until(ranks, lambda: self.last_step("runs/a") >= 3)
        (self.folder / "runs/a").rename(self.folder / "moved")
        ranks.processes[0].send_signal(signal.SIGUSR1)
        self.assertEqual(ranks.wait(), [5, 5], ranks.texts())
        self.assertIn("has gone while the run was writing to it", ranks.last_lines()[0])
        self.assertIn("rank 0 (", ranks.last_lines()[1])


class Refusals(RanksTest):
    def refused(self, code: int, message: str, ranks: Ranks) -> None:
        self.assertEqual(ranks.wait(), [code] * len(ranks.processes), ranks.texts())
        for line in ranks.last_lines():
            self.assertTrue(line.startswith("bertforge: "), line)
            self.assertIn(message, line)
        self.assertFalse((self.folder / "runs/a").exists())

    def test_ranks_with_other_settings_are_named_with_the_setting(self) -> None:
        self.refused(2, "rank 1 has train.batch_size = 5, and rank 0 has train.batch_size = 6; all ranks must be started",
                     self.start_ranks(3, of_rank={1: ("--train.batch_size", 5)}))

    def test_ranks_with_other_held_out_text_are_named(self) -> None:
        text = (SAMPLE / "valid.txt").read_text(encoding="utf-8")
        (self.folder / "other.txt").write_text(text + "One more sentence . \n", encoding="utf-8")
        self.refused(2, "rank 1 has held-out data of hash", self.start_ranks(
            2, of_rank={1: ("--data.valid", self.folder / "other.txt")}))

    def test_lamb_has_no_shares(self) -> None:
        self.refused(2, "only adamw's can be shared out",
                     self.start_ranks(2, "--optimizer.algorithm", "lamb", "--optimizer.shard_state", "true"))

    def test_a_rank_that_does_not_come_is_named(self) -> None:
        ranks = self.start_ranks(2, "--run.rank_timeout", "2 s", enter=lambda rank: ("false",) if rank == 1 else ())
        self.assertEqual(ranks.wait(), [5, 1])
        self.assertIn("rank 1 of 2 has not come at 127.0.0.1:", ranks.last_lines()[0])

    def test_a_sweep_is_no_job_of_several_ranks(self) -> None:
        (self.folder / "sweep.toml").write_text('[sweep]\nconfig = ["config.toml"]\ngrid = ["train.seed = 1, 2"]\noutput = "s"\n')
        environment = os.environ | {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
        done = subprocess.run([PROGRAM, "sweep", "sweep.toml"], cwd=self.folder, env=environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("a sweep is one process", done.stderr.splitlines()[-1])


@contextlib.contextmanager
def two_hosts() -> typing.Iterator[list[str]]:
    """Two network namespaces joined by a cable; 10.77.0.1 is the first's address. Raises CalledProcessError where that is not allowed."""
    names = [f"bertforge{os.getpid()}{end}" for end in "ab"]

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    with contextlib.ExitStack() as clean:
        for name in names:
            ip("netns", "add", name)
            clean.callback(subprocess.run, ["ip", "netns", "delete", name], capture_output=True)
        cable = f"veth{os.getpid() % 100000}"
        ip("link", "add", cable, "netns", names[0], "type", "veth", "peer", "name", cable, "netns", names[1])
        for number, name in enumerate(names, start=1):
            ip("-n", name, "address", "add", f"10.77.0.{number}/24", "dev", cable)
            ip("-n", name, "link", "set", cable, "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield names


class Hosts(RanksTest):
    def test_two_hosts_give_the_run_of_one(self) -> None:
        with contextlib.ExitStack() as stack:
            try:
                names = stack.enter_context(two_hosts())
            except (OSError, subprocess.CalledProcessError) as error:
                self.skipTest(f"network namespaces cannot be made here: {error}")
            long = ("--train.duration", "50 steps", "--train.log_every", "1 steps")
            self.pretrain(*long, "--output", "runs/alone")
            self.run_ranks(2, *long, "--output", "runs/hosts", address="10.77.0.1",
                           enter=lambda rank: ("ip", "netns", "exec", names[rank]))
            self.assert_near_losses("runs/hosts", "runs/alone")
            self.assert_near_weights("runs/hosts", "runs/alone")


if __name__ == "__main__":
    unittest.main()
