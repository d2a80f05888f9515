#!/usr/bin/env python3
"""tokenize and detokenize in pipes: order, bounded memory, lines of any length, prompt answers, faults in their place."""

import hashlib
import itertools
import os
import pathlib
import select
import signal
import subprocess
import threading
import typing
import unittest

from program import PROGRAM, SOURCE, ProgramTest

FORMATS = ("ids", "tokens", "offsets", "json")
MAX_LINE = 16 << 20
MEGABYTE = 1 << 20
# The address sanitizer keeps freed memory for a while, 256 MB of it unless told.
FRUGAL = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"}


class Finished(typing.NamedTuple):
    code: int
    sha256: str
    num_bytes: int
    log: str
    peak: int  # The most memory that the process held, in bytes.


class PipeTest(ProgramTest):
    tokenizer: pathlib.Path

    def setUp(self) -> None:
        super().setUp()
        self.tokenizer = self.learn_vocabulary(size=600)
        self.sample = (SOURCE / "data" / "sample" / "train.txt").read_bytes()

    def arguments(self, command: str, *more: object) -> list[str]:
        return [PROGRAM, command, "--vocab", str(self.tokenizer), *map(str, more)]

    def printed(self, command: str, data: bytes, *more: object) -> bytes:
        return subprocess.run(self.arguments(command, *more), input=data, capture_output=True, check=True).stdout

    def stream(self, command: str, pieces: typing.Iterable[bytes], *more: object) -> Finished:
        """Feeds the pieces one after the other, and keeps no more than a hash of what comes out."""
        log = self.folder / "log"
        with log.open("wb") as err:
            process = subprocess.Popen(self.arguments(command, *more), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err,
                                       env=FRUGAL)

        def feed() -> None:
            with process.stdin as stdin:
                for piece in pieces:
                    stdin.write(piece)
        feeder = threading.Thread(target=feed)
        feeder.start()
        digest, num_bytes = hashlib.sha256(), 0
        while part := process.stdout.read1(MEGABYTE):
            digest.update(part)
            num_bytes += len(part)
        process.stdout.close()
        feeder.join()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return Finished(process.returncode, digest.hexdigest(), num_bytes, log.read_text(), usage.ru_maxrss * 1024)

    def assert_is(self, finished: Finished, pieces: typing.Iterable[bytes]) -> None:
        """It is what these pieces are in a row."""
        digest, num_bytes = hashlib.sha256(), 0
        for piece in pieces:
            digest.update(piece)
            num_bytes += len(piece)
        self.assertEqual((finished.code, finished.num_bytes), (0, num_bytes), finished.log)
        self.assertEqual(finished.sha256, digest.hexdigest())


class Threads(PipeTest):
    def test_no_byte_depends_on_the_number_of_threads(self) -> None:
        text = self.sample + b"\n\n\xff\n" + "naïve\r\n日本\n\n".encode() * 1000 + b"no end"
        for form in FORMATS:
            printed = [self.printed("tokenize", text, "--format", form, "--threads", threads) for threads in (1, 2, 5)]
            self.assertEqual(printed[0].count(b"\n"), text.count(b"\n") + 1)
            self.assertEqual(printed[1:], [printed[0]] * 2)
        ids = self.printed("tokenize", text)
        printed = [self.printed("detokenize", ids, "--threads", threads) for threads in (1, 2, 5)]
        self.assertEqual(printed[1:], [printed[0]] * 2)

    def test_the_first_fault_ends_it_behind_all_answers_before(self) -> None:
        lines = [b"7 8 9"] * 300_000
        for number in (123_456, 123_458, 290_000):
            lines[number - 1] = b"7 x 9"
        expected = self.printed("detokenize", b"7 8 9\n") * 123_455
        for threads in (1, 4):
            done = subprocess.run(self.arguments("detokenize", "--threads", threads), input=b"\n".join(lines),
                                  capture_output=True, check=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn(b'standard input:123456: "x" is no id', done.stderr)
            self.assertEqual(done.stdout, expected)


class Memory(PipeTest):
    LIMIT = 110 * MEGABYTE  # Beside what a program holds that has read nothing: with LibTorch 120 MB.

    def test_hundreds_of_megabytes_run_through_in_bounded_memory(self) -> None:
        times = 300 * MEGABYTE // len(self.sample)
        finished = self.stream("tokenize", itertools.repeat(self.sample, times), "--threads", 2)
        self.assert_is(finished, itertools.repeat(self.printed("tokenize", self.sample), times))
        self.assertLess(finished.peak - self.stream("tokenize", []).peak, self.LIMIT)

    def test_text_runs_through_tokenize_and_detokenize(self) -> None:
        times = 40 * MEGABYTE // len(self.sample)
        ids = self.printed("tokenize", self.sample)
        finished = self.stream("detokenize", itertools.repeat(ids, times))
        text = self.printed("detokenize", ids)
        self.assert_is(finished, itertools.repeat(text, times))
        self.assertLess(finished.peak - self.stream("detokenize", []).peak, self.LIMIT)
        both = subprocess.run(f"'{PROGRAM}' tokenize --vocab {self.tokenizer} | '{PROGRAM}' detokenize --vocab {self.tokenizer}",
                              shell=True, input=self.sample, capture_output=True, check=True)
        self.assertEqual(both.stdout, text)


class LongLines(PipeTest):
    """The sample's lines in one, many times: a line of 48 MB."""

    TIMES = 54

    def setUp(self) -> None:
        super().setUp()
        self.line = self.sample.replace(b"\n", b" ")

    def one_line(self, piece: bytes) -> typing.Iterator[bytes]:
        yield from itertools.chain(itertools.repeat(piece, self.TIMES), [b"\n"])

    def test_a_line_of_any_length_gives_the_tokens_it_has(self) -> None:
        for form in ("ids", "tokens"):
            part = self.printed("tokenize", self.line + b"\n", "--format", form).rstrip(b"\n")
            pieces = itertools.chain([part], itertools.repeat(b" " + part, self.TIMES - 1), [b"\n"])
            finished = self.stream("tokenize", self.one_line(self.line), "--format", form)
            self.assert_is(finished, pieces)

    def test_special_tokens_stand_at_the_ends_of_the_line_alone(self) -> None:
        part = self.printed("tokenize", self.line + b"\n").rstrip(b"\n")
        cls, sep = self.printed("tokenize", b"\n", "--add-special").split()
        pieces = itertools.chain([cls], itertools.repeat(b" " + part, self.TIMES), [b" " + sep + b"\n"])
        finished = self.stream("tokenize", self.one_line(self.line), "--add-special")
        self.assert_is(finished, pieces)

    def test_ids_of_a_line_of_any_length_become_the_text_they_are(self) -> None:
        # Marks and pieces inside of words stand where parts are cut, too.
        ids = self.printed("tokenize", self.line + b"\n").rstrip(b"\n")
        after_one = self.printed("detokenize", ids + b" " + ids + b"\n").rstrip(b"\n")
        first = self.printed("detokenize", ids + b"\n").rstrip(b"\n")
        pieces = itertools.chain([first], itertools.repeat(after_one[len(first):], self.TIMES - 1), [b"\n"])
        self.assert_is(self.stream("detokenize", self.one_line(ids + b" ")), pieces)

    def test_special_tokens_with_low_ids_do_not_change_where_parts_join(self) -> None:
        self.tokenizer = self.folder / "v"
        self.tokenizer.write_text("[X]\n[UNK]\nan\n##d\n")
        ids, text = b"2 3 0 " * (MEGABYTE // 2), b" and" * (MEGABYTE // 2)
        finished = self.stream("detokenize", itertools.chain(itertools.repeat(ids, 6), [b"\n"]), "--extra-special-tokens", "[X]")
        self.assert_is(finished, itertools.chain([text[1:]], itertools.repeat(text, 5), [b"\n"]))

    def test_a_special_token_with_a_space_is_not_cut_in_two(self) -> None:
        self.tokenizer = self.folder / "v"
        self.tokenizer.write_text("[UNK]\na\n[A B]\n")
        options = ("--format", "tokens", "--extra-special-tokens", "[A B]", "--special-in-text")
        before = b"a " * (MEGABYTE // 2 - 2)
        self.assertEqual(self.printed("tokenize", before + b"[A B] a\n", *options), before + b"[A B] a\n")
        for size, code in ((MAX_LINE, 0), (MAX_LINE + 2, 3)):
            finished = self.stream("tokenize", [b"a\n", b"a " * (size // 2), b"\n"], *options)
            self.assertEqual(finished.code, code, finished.log)
            self.assertEqual("standard input:2: the line is longer than 16 MiB; " in finished.log, code == 3)

    def test_a_line_without_white_space_does_not_fill_memory(self) -> None:
        times = 200
        finished = self.stream("tokenize", itertools.repeat(b"a" * MEGABYTE, times), "--threads", 1)
        unknown = self.printed("tokenize", b"a" * 101).strip()
        self.assert_is(finished, [b" ".join([unknown] * -(-times * MEGABYTE // MAX_LINE)), b"\n"])
        self.assertLess(finished.peak - self.stream("tokenize", []).peak, 380 * MEGABYTE)

    def test_offsets_need_a_line_of_the_greatest_length_at_most(self) -> None:
        for form in ("offsets", "json"):
            for size, code in ((MAX_LINE, 0), (MAX_LINE + 1, 3)):
                with self.subTest(form, size=size):
                    finished = self.stream("tokenize", [b"the\n", b" " * (size - 3), b"the\nthe\n"], "--format", form)
                    self.assertEqual(finished.code, code, finished.log)
                    said = "standard input:2: the line is longer than 16 MiB; " in finished.log
                    self.assertEqual(said, code == 3)

    def test_a_corpus_of_one_line_is_cut_with_one_warning(self) -> None:
        (self.folder / "long.txt").write_bytes(self.line * self.TIMES)
        done = self.run_program("vocab", "long.txt", "--size", 600, "--output", "of_one_line")
        self.assertEqual(done.stderr.count("long.txt:1: the line is longer than 16 MiB and is cut there"), 1, done.stderr)
        pieces = (self.folder / "of_one_line" / "vocab.txt").read_bytes()
        (self.folder / "lines.txt").write_bytes(self.sample)
        self.run_program("vocab", "lines.txt", "--format", "lines", "--size", 600, "--output", "of_lines")
        self.assertEqual(pieces, (self.folder / "of_lines" / "vocab.txt").read_bytes())


class Interactive(PipeTest):
    def answer(self, process: subprocess.Popen) -> bytes:
        ready, _, _ = select.select([process.stdout], [], [], 30)
        self.assertTrue(ready, "no answer came")
        return os.read(process.stdout.fileno(), MEGABYTE)

    def test_what_has_arrived_is_answered_before_more_is_waited_for(self) -> None:
        for threads in (1, 3):
            process = subprocess.Popen(self.arguments("tokenize", "--format", "tokens", "--threads", threads),
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
            for sent, expected in ((b"The the\n", b"the the\n"), (b"the\n\nth", b"the\n\n"), (b"e the\n", b"the the\n"),
                                   (b"the", b"")):
                process.stdin.write(sent)
                if expected:
                    self.assertEqual(self.answer(process), expected)
            process.stdin.close()
            self.assertEqual(self.answer(process), b"the\n")
            self.assertEqual(process.wait(), 0)
            process.stdout.close()

    def test_a_reader_that_leaves_ends_it_quietly(self) -> None:
        for command, line in (("tokenize", b"the the the\n"), ("detokenize", b"7 8 9\n")):
            process = subprocess.Popen(self.arguments(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, bufsize=0)
            process.stdin.write(line * 1000)
            process.stdout.read(1)
            process.stdout.close()
            with self.assertRaises(BrokenPipeError):
                while True:
                    process.stdin.write(line * 100_000)
            self.assertEqual((process.wait(), process.stderr.read()), (-signal.SIGPIPE, b""))
            process.stdin.close()
            process.stderr.close()


if __name__ == "__main__":
    unittest.main()
