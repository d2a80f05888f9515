"""The program as a user starts it: shared by the flows."""

import atexit
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["BERTFORGE_PROGRAM"]
SOURCE = pathlib.Path(os.environ["BERTFORGE_SOURCE_DIR"])


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def first_articles(file: pathlib.Path, count: int) -> str:
    """The first articles of a text in WikiText layout."""
    parts = file.read_text(encoding="utf-8").split("\n = ")
    return "\n = ".join(parts[:count + 1]) + "\n"


def small_sample() -> pathlib.Path:
    """A folder with train.txt and valid.txt: the beginning of data/sample, small enough to train on in a second."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bertforge-sample-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, count in (("train.txt", 12), ("valid.txt", 2)):
        (folder / name).write_text(first_articles(SOURCE / "data" / "sample" / name, count), encoding="utf-8")
    return folder


SAMPLE = small_sample()


class ProgramTest(unittest.TestCase):
    """Runs the program in a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="bertforge-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, *arguments: object, stdin: int = subprocess.DEVNULL) -> subprocess.Popen:
        return subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, stdin=stdin,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run_program(self, *arguments: object, text: str = "", code: int = 0) -> subprocess.CompletedProcess:
        process = self.start(*arguments, stdin=subprocess.PIPE)
        out, err = process.communicate(text)
        self.assertEqual(process.returncode, code, err)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def output(self, *arguments: object, text: str = "") -> str:
        return self.run_program(*arguments, text=text).stdout

    def assert_refused(self, code: int, message: str, *arguments: object, text: str = "") -> None:
        """The program ends with `code` and one line that has `message` in it, and prints no data."""
        done = self.run_program(*arguments, text=text, code=code)
        last = done.stderr.splitlines()[-1]
        self.assertTrue(last.startswith("bertforge: "), last)
        self.assertIn(message, last)
        self.assertEqual(done.stdout, "")

    def learn_vocabulary(self, size: int = 300) -> pathlib.Path:
        self.run_program("vocab", SAMPLE / "train.txt", "--size", size, "--output", "tokenizer")
        return self.folder / "tokenizer"

    def build_dataset(self, tokenizer: pathlib.Path, split: str = "train") -> pathlib.Path:
        self.run_program("build", SAMPLE / f"{split}.txt", "--vocab", tokenizer, "--output", split)
        return self.folder / split
