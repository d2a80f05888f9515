"""Ranks as torchrun starts them: the run of one process, and what torchrun makes of a rank that is told to stop."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

REPOSITORY = pathlib.Path(__file__).parents[2]
PROGRAM = os.environ.get("BERTFORGE_PROGRAM", str(REPOSITORY / "build/release/bertforge"))
CONFIG = f"""
[vocab]
vocab_size = 300
[data]
train = ["{REPOSITORY}/data/sample/valid.txt"]
valid_fraction = 0.1
max_seq_length = 32
[model]
hidden_size = 16
num_hidden_layers = 2
num_attention_heads = 2
intermediate_size = 32
max_position_embeddings = 32
[train]
duration = "50 steps"
batch_size = 7
log_every = "1 steps"
evaluate_every = "25 steps"
evaluate_examples = 10
[run]
threads = 1
prepared = "prepared"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("torchrun")
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    subprocess.run([PROGRAM, "pretrain", "--config", "config.toml", "--output", "alone"], cwd=folder, check=True, capture_output=True)
    return folder


def torchrun(folder, count, *arguments):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python", "--nproc-per-node", str(count), PROGRAM,
               "pretrain", "--config", "config.toml", *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def metrics(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_ranks_of_torchrun_give_the_losses_of_one_process(folder, count):
    launched = torchrun(folder, count, "--output", f"of{count}")
    output, _ = launched.communicate(timeout=120)
    assert launched.returncode == 0, output
    for line, expected in zip(metrics(folder / f"of{count}"), metrics(folder / "alone"), strict=True):
        assert line["step"] == expected["step"]
        for name in ("masked_lm", "next_sentence"):
            assert line[name]["count"] == expected[name]["count"]
            assert line[name]["loss"] == pytest.approx(expected[name]["loss"], rel=1e-5)


def children(pid):
    """The program's processes under torchrun, in the order of their ranks."""
    found = subprocess.run(["pgrep", "-P", str(pid), "-f", "bertforge pretrain"], capture_output=True, text=True).stdout
    return sorted(map(int, found.split()))


def test_a_rank_that_is_told_to_stop_has_all_saved_before_torchrun_ends_them(folder):
    launched = torchrun(folder, 2, "--output", "stopped", "--train.duration", "100000 steps")
    deadline = time.monotonic() + 60
    while not (folder / "stopped/metrics.jsonl").exists():
        assert time.monotonic() < deadline and launched.poll() is None
        time.sleep(0.05)
    os.kill(children(launched.pid)[1], signal.SIGTERM)
    output, _ = launched.communicate(timeout=60)
    assert "interrupted and saved" in output
    assert len(list((folder / "stopped/checkpoints").glob("step-*[0-9]"))) == 1, output
