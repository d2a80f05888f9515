#!/usr/bin/env python3
"""What is wrong with an input is one line and an exit code, and nothing half-written is left.

A row says how the input is made, what is run, and what must come of it. `{toy}` is a folder of sound things that no row
changes: model, run, tokenizer, train and valid (datasets), other and other_train (of another vocabulary), cased (a vocabulary of
the same size), text.txt.
"""

import atexit
import fcntl
import functools
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import subprocess
import tempfile
import typing
import unittest
from concurrent.futures import ThreadPoolExecutor

from bad_inputs import PRETRAIN, TABLES, Row
from damaged import Place, copied_run, flipped, folder, in_checkpoint, write
from program import PROGRAM, SAMPLE, ProgramTest
from training_program import CONFIG

WITH_THREADS = ("vocab", "tokenize", "detokenize", "build", "pretrain", "evaluate", "embed", "similarity", "fill-mask", "next-sentence")
ALARMING = re.compile(r"Traceback|terminate called|what\(\):|Aborted|Segmentation|Sanitizer|internal error|filesystem error|"
                      r"basic_|std::|c10::|\bat::")
NOBODY = 65534
PROCESSORS = len(os.sched_getaffinity(0))


class Outcome(typing.NamedTuple):
    code: int
    printed: str
    log: str
    before: dict[str, tuple]  # What was in the folder.
    after: dict[str, tuple]


class BadInput(ProgramTest):
    toy: pathlib.Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.toy = toy_folder()

    def row_folder(self) -> pathlib.Path:
        return pathlib.Path(tempfile.mkdtemp(dir=self.folder))

    def perform(self, row: Row, place: pathlib.Path | None = None, **settings: object) -> Outcome:
        """Makes the input and runs the command, in a folder of its own unless there is one."""
        place = place or self.row_folder()
        if row.make:
            row.make(Place(place, self.toy))
        before = contents(place)
        done = subprocess.run(arguments(row.command, self.toy), cwd=place, input=row.text, capture_output=True, check=False,
                              timeout=60, **settings)
        return Outcome(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), before,
                       contents(place))

    def judge(self, row: Row, came: Outcome) -> None:
        self.assertEqual(came.code, row.code, came.log)
        self.assertNotRegex(came.log + came.printed, ALARMING)
        self.assertEqual(len(re.findall("^bertforge: ", came.log, re.M)), 1 if row.code else 0, came.log)
        told = came.log
        if row.code:
            told = came.log.splitlines()[-1]
            self.assertTrue(told.startswith("bertforge: "), came.log)
        self.assertIn(row.part, told)
        self.assertFalse(came.printed and not row.prints, came.printed)
        self.assertTrue(came.printed.endswith("\n") or not came.printed, came.printed)
        self.assertEqual([name for name in came.after if name not in came.before and not re.fullmatch(row.leaves, name)], [])
        self.assertEqual({name: came.after.get(name) for name in came.before}, came.before)

    def check(self, row: Row, place: pathlib.Path | None = None, **settings: object) -> None:
        self.judge(row, self.perform(row, place, **settings))

    def outputs(self, commands: list[str]) -> list[str]:
        with ThreadPoolExecutor(PROCESSORS) as pool:
            return [came.printed for came in pool.map(self.perform, [Row("", command, 0, "") for command in commands])]

    def check_all(self, rows: list[Row]) -> None:
        """On all processors: most of the time goes into the starts of the program."""
        before = contents(self.toy)
        with ThreadPoolExecutor(PROCESSORS) as pool:
            for row, came in zip(rows, pool.map(self.perform, rows)):
                with self.subTest(row.name):
                    self.judge(row, came)
        self.assertEqual(contents(self.toy), before)


@functools.cache
def toy_folder() -> pathlib.Path:
    """Made once for all tests; none changes it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bertforge-toy-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_toy(folder)
    return folder


def make_toy(toy: pathlib.Path) -> None:
    def run(command: str) -> None:
        subprocess.run(arguments(command, toy), cwd=toy, check=True, capture_output=True)

    (toy / "text.txt").write_text("the old clock\nthe bell rings .\n")
    (toy / "config.toml").write_text(CONFIG.replace('"12 steps"', '"4 steps"').replace('"6 steps"', '"2 steps"'))
    run("{pretrain} --output {toy}/run")
    shutil.copytree(toy / "run" / "latest", toy / "model")
    for name in ("vocab", "data"):
        for number, made in enumerate(sorted((toy / "prepared").glob(f"{name}-*"), key=lambda made: -size(made))):
            shutil.copytree(made, toy / {"vocab": ["tokenizer"], "data": ["train", "valid"]}[name][number])
    run(f"vocab {SAMPLE}/train.txt --size 280 --output other")
    run(f"vocab {SAMPLE}/train.txt --size 300 --no-lowercase --output cased")
    run(f"build {SAMPLE}/train.txt --vocab other --output other_train")


def size(folder: pathlib.Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*"))


def arguments(command: str, toy: pathlib.Path) -> list[str]:
    words = shlex.split(command.replace("{pretrain}", PRETRAIN).replace("{toy}", str(toy)))
    if words[0] in WITH_THREADS and "--threads" not in words:
        words[1:1] = ["--threads", "1"]
    return [PROGRAM, *words]


def contents(folder: pathlib.Path) -> dict[str, tuple]:
    """What is in a folder: names, and by what a change shows."""
    found = {}
    for file in folder.rglob("*"):
        status = file.lstat()
        found[str(file.relative_to(folder))] = (status.st_ino, status.st_size, status.st_mtime_ns if file.is_file() else 0)
    return found


class Tables(BadInput):
    """A test for each table above."""


for _name, _table in TABLES.items():
    setattr(Tables, f"test_{_name.lower()}", functools.partialmethod(BadInput.check_all, _table))


class Options(BadInput):
    def test_every_option_refuses_what_it_cannot_be(self) -> None:
        commands = [line.split("\t")[0] for line in self.output("--list-commands").splitlines()]
        rows, seen, readers = [], set(), set()
        for command, page in zip(commands, self.outputs([f"{command} --help" for command in commands])):
            # Of the same name and help it is of the same code, and refuses the same.
            new = [option for option in re.findall(r"^  --\S+ .*(?:\n {8,}.*)*", page, re.M) if option not in seen]
            seen.update(new)
            for name, kind in (re.match(r"  (--\S+) ([^\s=]*)", option).groups() for option in new):
                line, part = f"{command} {name} ", f"bertforge: {command}: {name} is "
                is_number = kind in ("N", "X")
                # All whole numbers are read by one function, and all others by one.
                if "|" in kind or is_number and kind not in readers:
                    readers.add(kind)
                    rows.append(Row(line, line + "nonsense", 2,
                        f'{part}"nonsense"; it must be {"a" if is_number else "one of"} '))
                if is_number:
                    rows.append(Row(line, line + "-1", 2, part + "-1; it must be "))
        self.assertGreater(len(rows), 20)
        self.check_all(rows)


PRINTING = [
    ("tokenize --vocab {toy}/tokenizer {toy}/text.txt", b""), ("detokenize --vocab {toy}/tokenizer", b"5 6\n"),
    ("inspect {toy}/train", b""), ("evaluate {toy}/model --data {toy}/valid --max-examples 4 --quiet",
        b""),
    ("embed {toy}/model {toy}/text.txt", b""), ("similarity {toy}/model {toy}/text.txt", b""),
    ("fill-mask {toy}/model", b"a [MASK]\n"), ("next-sentence {toy}/model", b"a ||| b\n"),
    ("compare {toy}/run", b""), ("info", b""), ("completion bash", b""), ("vocab --help", b""), ("pretrain --print-config", b""),
]


class Output(BadInput):
    def run_into(self, stdout: int, command: str, text: bytes) -> tuple[int, bytes]:
        done = subprocess.run(arguments(command, self.toy), cwd=self.folder, input=text, stdout=stdout, stderr=subprocess.PIPE,
                              check=False)
        return done.returncode, done.stderr

    def test_a_closed_pipe_ends_every_command_quietly(self) -> None:
        for command, text in PRINTING:
            with self.subTest(command):
                reader, writer = os.pipe()
                os.close(reader)
                self.assertEqual(self.run_into(writer, command, text), (-signal.SIGPIPE, b""))
                os.close(writer)

    def test_a_full_device_is_told(self) -> None:
        for command, text in PRINTING[:1] + PRINTING[3:5] + PRINTING[6:7]:
            with self.subTest(command), open("/dev/full", "wb") as full:
                code, log = self.run_into(full.fileno(), command, text)
                self.assertEqual((code, log.count(b"\n")), (5, 1))
                self.assertTrue(log.startswith(b"bertforge: standard output cannot be written"), log)


RESUME = ("pretrain --config {toy}/config.toml --run.prepared {toy}/prepared --train.schedule constant "
          "--train.duration '8 steps' --output run")


class DamagedCheckpoints(BadInput):
    """One file has a byte flipped or is cut short; where, is gone through file by file."""

    def whole(self) -> pathlib.Path:
        return self.toy / "run" / "checkpoints" / "step-00000004"

    def names(self) -> list[str]:
        names = [str(file.relative_to(self.whole())) for file in sorted(self.whole().rglob("*")) if file.is_file()]
        self.assertEqual(len(names), 8)
        return names

    def test_are_passed_over_with_a_line_each_that_names_the_file(self) -> None:
        place = self.row_folder()
        checkpoints = copied_run(Place(place, self.toy)) / "checkpoints"
        damaged = []
        for name in self.names():
            content = (self.whole() / name).read_bytes()
            places = (0, len(content) // 4, len(content) // 2, len(content) - 2)
            for change in [flipped(content, at) for at in places] + [content[:-3], content[:len(content) // 2], b""]:
                later = shutil.copytree(self.whole(), checkpoints / f"step-{100 + len(damaged):08}")
                (later / name).write_bytes(change)
                damaged.append(f"{later}/{name}")
        done = subprocess.run(arguments(RESUME + " --dry-run", self.toy), cwd=place, capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr.count("; this checkpoint is passed over\n"), len(damaged))
        for file in damaged:
            self.assertRegex(done.stderr, rf"(?m)warning +{re.escape(file)}: .*; this checkpoint is passed over$")
        self.assertIn(f"resuming from {checkpoints}/step-00000004, step 4\n", done.stderr)

    def test_are_refused_where_they_are_named(self) -> None:
        asked = "run/checkpoints/step-00000004"
        self.check_all([Row(f"a damaged checkpoint: {name}", RESUME + f" --resume {asked}", 3, f"{asked}/{name}: ",
                            in_checkpoint(name, lambda content: flipped(content, len(content) // 3)))
                        for name in self.names()])


class FullDisk(BadInput):
    """Half of what is written fits."""

    def limited(self, num_bytes: int) -> dict[str, object]:
        def limit() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, num_bytes))
        return {"preexec_fn": limit}

    def test_what_does_not_fit_is_not_left_half_written(self) -> None:
        for command, part in (("vocab {toy}/text.txt --output v", "v.partial/"),
                              ("embed {toy}/model {toy}/text.txt --output e.jsonl", "e.jsonl.partial"),
                              (f"build {SAMPLE}/train.txt --vocab {{toy}}/tokenizer --output d", "d.partial/")):
            with self.subTest(command):
                self.check(Row("", command, 5, part), **self.limited(300))

    def test_a_first_checkpoint_that_does_not_fit(self) -> None:
        leaves = r"run|run/(config\.toml|run\.json|train\.log|metrics\.jsonl|predictions\.jsonl|report\.html|tensorboard(/.*)?|checkpoints)"
        row = Row("", "{pretrain}", 5, "run/checkpoints/step-00000002.partial/", leaves=leaves)
        self.check(row, **self.limited(40_000))

    def assert_goes_on(self, place: pathlib.Path) -> None:
        self.assertEqual(sorted(os.listdir(place / "run" / "checkpoints")), ["step-00000002", "step-00000004"])
        self.check(Row("", "evaluate run --data {toy}/valid --max-examples 4", 0, "", prints=True), place)

    def check_resume(self, place: pathlib.Path, code: int, part: str, **settings: object) -> None:
        done = subprocess.run(arguments(RESUME, self.toy), cwd=place, capture_output=True, text=True, check=False,
                              **settings)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(part, done.stderr.splitlines()[-1])
        self.assertIn("resuming from", done.stderr)

    def test_the_checkpoint_before_the_one_that_does_not_fit_stays(self) -> None:
        place = self.row_folder()
        run = copied_run(Place(place, self.toy))
        before = contents(run / "checkpoints")
        self.check_resume(place, 5, "run/checkpoints/step-00000006.partial/", **self.limited(40_000))
        self.assertEqual(contents(run / "checkpoints"), before)
        self.assert_goes_on(place)
        self.check_resume(place, 0, "model: ")

    def test_a_file_system_that_is_full(self) -> None:
        place = self.row_folder()
        (place / "run").mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place / "run"], capture_output=True,
                                 text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", place / "run"], check=True)
        shutil.copytree(self.toy / "run", place / "run", symlinks=True, dirs_exist_ok=True)
        filler = place / "run" / "filler"
        with filler.open("wb", buffering=0) as file:
            file.write(bytes(shutil.disk_usage(place / "run").free - 60_000))
        before = contents(place / "run" / "checkpoints")
        self.check_resume(place, 5, "No space left on device")
        self.assertEqual(contents(place / "run" / "checkpoints"), before)
        self.assert_goes_on(place)
        filler.unlink()
        self.check_resume(place, 0, "model: ")


AS_NOBODY = {"user": NOBODY, "group": NOBODY, "extra_groups": []}


@functools.cache
def nobody_can_read(toy: pathlib.Path) -> bool:
    for folder in (toy, SAMPLE):
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    try:
        reading = arguments("tokenize --vocab {toy}/tokenizer {toy}/text.txt", toy)
        subprocess.run(reading, check=True, capture_output=True, **AS_NOBODY)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


class Rights(BadInput):
    def as_nobody(self) -> dict[str, object]:
        """What makes a process lack rights; nothing where the tests lack them themselves."""
        if os.geteuid() != 0:
            return {}
        subprocess.run(["chmod", "-R", "a+rX", self.folder], check=True)
        if not nobody_can_read(self.toy):
            self.skipTest("another user cannot run the program, or read its inputs, where they lie")
        return AS_NOBODY

    def check_without_rights(self, row: Row, closed: str, mode: int) -> None:
        place = self.row_folder()
        if row.make:
            row.make(Place(place, self.toy))
        settings = self.as_nobody()
        os.chmod(place, 0o777)
        os.chmod(place / closed, mode)
        self.addCleanup(os.chmod, place / closed, 0o700)
        self.check(row._replace(make=None), place, **settings)

    def test_what_may_not_be_read_is_told(self) -> None:
        for command in ("vocab t.txt --output v", "tokenize --vocab {toy}/tokenizer t.txt", "tokenize --vocab t.txt",
                        "pretrain --config t.txt", "embed {toy}/model t.txt"):
            with self.subTest(command):
                self.check_without_rights(Row("", command, 5, "t.txt", write("t.txt", "a\n")), "t.txt", 0o000)
        for command in ("inspect model", "tokenize --vocab model {toy}/text.txt"):
            with self.subTest(command):
                self.check_without_rights(Row("", command, 5, "model", lambda place: place.model()), "model", 0o000)
        for name in ("config.json", "model.safetensors", "vocab.txt"):
            with self.subTest(name):
                row = Row("", "embed model {toy}/text.txt", 5, f"model/{name}", lambda place: place.model())
                self.check_without_rights(row, f"model/{name}", 0o000)

    def test_where_may_not_be_written_is_told(self) -> None:
        for command in ("vocab {toy}/text.txt --output out/v", "build {toy}/text.txt --vocab {toy}/tokenizer --output out/d",
                        "embed {toy}/model {toy}/text.txt --output out/e.npy", "{pretrain} --output out/run",
                        "report {toy}/run --output out/r.html", "compare {toy}/run --output out/c.html"):
            with self.subTest(command):
                self.check_without_rights(Row("", command, 5, "out/", folder("out")), "out", 0o555)


class Locks(BadInput):
    def locked(self, name: str) -> pathlib.Path:
        place = self.row_folder()
        (place / name).mkdir()
        descriptor = os.open(place / name, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return place

    def test_a_run_folder_in_use(self) -> None:
        self.check(Row("", "{pretrain}", 5, "run: another process is training in this run folder"), self.locked("run"))

    def test_an_output_in_the_making(self) -> None:
        for command in ("vocab {toy}/text.txt --output out", "build {toy}/text.txt --vocab {toy}/tokenizer --output out"):
            with self.subTest(command):
                self.check(Row("", command, 5, "out.partial is being written by another process"), self.locked("out.partial"))


if __name__ == "__main__":
    unittest.main()
