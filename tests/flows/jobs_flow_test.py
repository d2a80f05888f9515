#!/usr/bin/env python3
"""The job files of configs/jobs, run here without their clusters: the real program on the loopback, srun and scontrol played by scripts.

That Slurm, Kubernetes or a GPU do what these files expect of them is not tested.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
import unittest

from program import PROGRAM, SOURCE, free_port
from training_program import TrainingTest

JOBS = SOURCE / "configs" / "jobs"
LONG = ("--train.duration", "100000 steps", "--train.checkpoint_every", "100000 steps", "--train.evaluate_every", "100000 steps")

# Two nodes of two tasks, both of them this machine. What srun tells its tasks, and that it ends with the highest of their codes.
SRUN = """
import os, signal, subprocess, sys
words = [word for word in sys.argv[1:] if not word.startswith(("--kill-on-bad-exit=", "--wait=", "--cpus-per-task="))]
tasks = [subprocess.Popen(words, env=os.environ | {
    "SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank % 2), "SLURM_NODEID": str(rank // 2), "SLURM_NTASKS": "4", "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_ID": "0", "SLURM_STEP_TASKS_PER_NODE": "2(x2)", "SLURM_STEP_NODELIST": "localhost,other"}) for rank in range(4)]
signal.signal(signal.SIGUSR2, lambda *_: [task.send_signal(signal.SIGTERM) for task in tasks])
sys.exit(max(task.wait() for task in tasks))
"""
SCONTROL = "import sys; open('scontrol.log', 'a').write(' '.join(sys.argv[1:]) + '\\n')"


def pod_script() -> str:
    """The script that stands in the Job."""
    lines = (JOBS / "kubernetes.yaml").read_text(encoding="utf-8").splitlines()
    begin = lines.index("            - |") + 1
    end = lines.index("            - pretrain")
    return textwrap.dedent("\n".join(lines[begin:end]))


class JobsTest(TrainingTest):
    def setUp(self) -> None:
        super().setUp()
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        for name, text in (("srun", SRUN), ("scontrol", SCONTROL)):
            (bin_folder / name).write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
            (bin_folder / name).chmod(0o755)
        (bin_folder / "bertforge").symlink_to(PROGRAM)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "OMPI_"))} | {
            "PATH": f"{bin_folder}:{os.environ['PATH']}", "BERTFORGE": PROGRAM, "DEVICE": "cpu", "MASTER_PORT": str(free_port()),
            "SLURM_JOB_ID": "4711", "SLURM_CPUS_PER_TASK": "1"}

    def start_job(self, *command: object, **variables: object) -> subprocess.Popen:
        environment = self.environment | {name: str(value) for name, value in variables.items()}
        process = subprocess.Popen([str(word) for word in command], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.addCleanup(self.end_group, process)
        return process

    @staticmethod
    def end_group(process: subprocess.Popen) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def output_of(self, process: subprocess.Popen, code: int) -> str:
        out, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, out)
        return out

    def wait_for_updates(self) -> None:
        """The run folder is made when all ranks have met and are about to train."""
        deadline = time.monotonic() + 60
        while not (self.folder / "runs/a/run.json").exists():
            self.assertLess(time.monotonic(), deadline, "no update in a minute")
            time.sleep(0.05)
        time.sleep(0.5)

    def assert_same_curve(self, run: str, other: str) -> None:
        one, two = ([line["masked_lm"]["loss"] for line in self.evaluations(name)] for name in (run, other))
        self.assertEqual(len(one), 2)
        for first, second in zip(one, two, strict=True):
            self.assertAlmostEqual(first, second, delta=1e-5 * first)

    def test_scripts_are_bash(self) -> None:
        for file in (JOBS / "one_node.sh", JOBS / "slurm.sbatch"):
            subprocess.run(["bash", "-n", file], check=True)
        subprocess.run(["bash", "-n"], input=pod_script(), text=True, check=True)

    def test_slurm_trains_as_one_process_does(self) -> None:
        self.output_of(self.start_job("bash", JOBS / "slurm.sbatch", "--config", "config.toml"), 0)
        self.pretrain("--output", "runs/b")
        self.assert_same_curve("runs/a", "runs/b")
        self.assertFalse((self.folder / "scontrol.log").exists())

    def test_slurm_saves_at_sigterm_and_goes_back_into_the_queue(self) -> None:
        job = self.start_job("bash", JOBS / "slurm.sbatch", "--config", "config.toml", *LONG)
        self.wait_for_updates()
        srun = subprocess.run(["pgrep", "-P", str(job.pid)], capture_output=True, text=True, check=True).stdout.split()
        os.kill(int(srun[0]), signal.SIGUSR2)
        self.assertIn("interrupted and saved", self.output_of(job, 143))
        self.assertEqual((self.folder / "scontrol.log").read_text(encoding="utf-8"), "requeue 4711\n")
        self.assertIn("interrupted by SIGTERM", self.session_end("runs/a")["reason"])

    def test_slurm_leaves_a_job_with_wrong_settings_alone(self) -> None:
        job = self.start_job("bash", JOBS / "slurm.sbatch", "--config", "config.toml", "--train.batch_size", "none")
        self.assertIn("train.batch_size", self.output_of(job, 2))
        self.assertFalse((self.folder / "scontrol.log").exists())

    def start_pods(self, *arguments: object) -> list[subprocess.Popen]:
        return [self.start_job("/bin/bash", "-c", pod_script(), "pretrain", "--config", "config.toml", *arguments, JOB_COMPLETION_INDEX=pod,
                               MASTER_ADDR="127.0.0.1", WORLD_SIZE=4, LOCAL_WORLD_SIZE=2) for pod in range(2)]

    def test_pods_train_as_one_process_does(self) -> None:
        for pod in self.start_pods():
            self.output_of(pod, 0)
        self.pretrain("--output", "runs/b")
        self.assert_same_curve("runs/a", "runs/b")

    def test_a_pod_that_is_evicted_saves_and_all_end_alike(self) -> None:
        pods = self.start_pods(*LONG)
        self.wait_for_updates()
        pods[1].send_signal(signal.SIGTERM)
        outputs = [self.output_of(pod, 143) for pod in pods]
        self.assertIn("interrupted and saved", outputs[0])

    def test_pods_with_wrong_settings_say_so_by_their_code(self) -> None:
        for pod in self.start_pods("--train.batch_size", "none"):
            self.output_of(pod, 2)

    def test_the_numbers_of_the_kubernetes_job_fit_together(self) -> None:
        text = (JOBS / "kubernetes.yaml").read_text(encoding="utf-8")
        number = {name: int(re.search(rf'{re.escape(name)}\W+(?:value\W+)?(\d+)', text)[1])
                  for name in ("completions", "parallelism", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "nvidia.com/gpu")}
        self.assertEqual(number["completions"], number["parallelism"])
        self.assertEqual(number["WORLD_SIZE"], number["completions"] * number["LOCAL_WORLD_SIZE"])
        self.assertEqual(number["LOCAL_WORLD_SIZE"], number["nvidia.com/gpu"])

    def test_one_node_starts_torchrun(self) -> None:
        torchrun = shutil.which("torchrun") or SOURCE / ".deps/venv/bin/torchrun"
        if not pathlib.Path(torchrun).exists():
            self.skipTest("no torchrun")
        self.output_of(self.start_job(JOBS / "one_node.sh", "--config", "config.toml", RANKS=2, TORCHRUN=torchrun), 0)
        self.pretrain("--output", "runs/b")
        self.assert_same_curve("runs/a", "runs/b")


if __name__ == "__main__":
    unittest.main()
