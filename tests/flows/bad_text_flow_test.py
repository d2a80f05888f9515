#!/usr/bin/env python3
"""What is wrong with text, ids or a vocabulary is one line and an exit code: the commands that need no LibTorch."""

import atexit
import functools
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from bad_input_flow_test import BadInput
from bad_text_inputs import DETOKENIZE, PIECES, TABLES, TOKENIZE
from program import PROGRAM, SAMPLE


@functools.cache
def text_folder() -> pathlib.Path:
    """Made once for all tests; none changes it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bertforge-toy-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "text.txt").write_text("the old clock\nthe bell rings .\n")
    subprocess.run([PROGRAM, "vocab", SAMPLE / "train.txt", "--size", "300", "--output", folder / "tokenizer"], check=True,
                   capture_output=True)
    return folder


class TextTest(BadInput):
    @classmethod
    def setUpClass(cls) -> None:
        cls.toy = text_folder()

    def printed(self, command: str, text: str | bytes = b"", code: int = 0) -> str:
        data = text if isinstance(text, bytes) else text.encode()
        words = command.replace("{toy}", str(self.toy)).split()
        done = subprocess.run([PROGRAM, *words], input=data, capture_output=True, cwd=self.folder, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout.decode()


class Tables(TextTest):
    """A test for each table of bad_text_inputs.py."""


for _name, _table in TABLES.items():
    setattr(Tables, f"test_{_name.lower()}", functools.partialmethod(BadInput.check_all, _table))


class WhatOnlyLooksBad(TextTest):
    def test_line_ends_of_a_vocabulary_belong_to_no_piece(self) -> None:
        for name, content in (("lf", PIECES), ("crlf", PIECES.replace("\n", "\r\n")), ("cut", PIECES.rstrip())):
            (self.folder / name).write_bytes(content.encode())
            self.assertEqual(self.printed(f"tokenize --vocab {name}", "the Clock\n"), "2 3\n")

    def test_a_vocabulary_of_one_line_knows_no_word(self) -> None:
        (self.folder / "v").write_text("[UNK]")
        self.assertEqual(self.printed("tokenize --vocab v", "two words\n"), "0 0\n")

    def test_json_has_marks_and_controls_as_json_has_them(self) -> None:
        (self.folder / "v").write_bytes('[UNK]\n"\n\\\na\x07b\né\n'.encode())
        printed = self.printed("tokenize --vocab v --no-clean-text --no-strip-accents --format json", '"\\ a\x07b é\n\n')
        tokens, nothing = map(json.loads, printed.splitlines())
        self.assertEqual(tokens["tokens"], ['"', "\\", "a\x07b", "é"])
        self.assertEqual(tokens["byte_offsets"], [[0, 1], [1, 2], [3, 6], [7, 9]])
        self.assertEqual(nothing, {"ids": [], "tokens": [], "offsets": [], "byte_offsets": []})

    def test_a_last_line_is_answered_with_a_line_whether_it_has_its_end_or_not(self) -> None:
        self.assertEqual(self.printed(TOKENIZE, "the\nthe"), self.printed(TOKENIZE, "the\nthe\n"))
        self.assertEqual(self.printed(DETOKENIZE, "5\n5"), self.printed(DETOKENIZE, "5\n5\n"))

    def test_a_cr_before_the_lf_is_white_space(self) -> None:
        self.assertEqual(self.printed(TOKENIZE, "the\r\n\r\nold"), self.printed(TOKENIZE, "the\n\nold"))
        self.assertEqual(self.printed(DETOKENIZE, "5\r\n\r\n6"), self.printed(DETOKENIZE, "5\n\n6"))

    def test_ids_may_be_written_as_numbers_are_elsewhere(self) -> None:
        self.assertEqual(self.printed(DETOKENIZE, "+50 2_00 007\t80\v90\r\n"), self.printed(DETOKENIZE, "50 200 7 80 90\n"))

    def test_nul_bytes_are_cleaned_away_with_the_other_controls(self) -> None:
        self.assertEqual(self.printed(TOKENIZE, b"the\0 o\x01ld clock\n"), self.printed(TOKENIZE, "the old clock\n"))


class Output(TextTest):
    def test_a_full_device_is_told(self) -> None:
        (self.folder / "ids").write_text("5 6\n" * 400_000)
        for command in (TOKENIZE + " {toy}/text.txt", DETOKENIZE + " ids"):
            with self.subTest(command), open("/dev/full", "wb") as full:
                done = subprocess.run([PROGRAM, *command.replace("{toy}", str(self.toy)).split()], cwd=self.folder, stdout=full,
                                      stderr=subprocess.PIPE, check=False)
                self.assertEqual((done.returncode, done.stderr),
                                 (5, b"bertforge: standard output cannot be written: No space left on device\n"))


if __name__ == "__main__":
    unittest.main()
