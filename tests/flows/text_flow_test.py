#!/usr/bin/env python3
"""Text to vocabulary, tokens and datasets: the commands that need no LibTorch."""

import json
import shutil
import subprocess
import time
import unittest

from program import PROGRAM, SAMPLE, ProgramTest


class TextFlow(ProgramTest):
    def test_a_vocabulary_is_learned_and_does_not_depend_on_threads(self) -> None:
        for threads in (1, 3):
            self.run_program("vocab", SAMPLE / "train.txt", "--size", 300, "--output", f"v{threads}", "--threads", threads)
        pieces = (self.folder / "v1" / "vocab.txt").read_bytes()
        self.assertEqual(pieces, (self.folder / "v3" / "vocab.txt").read_bytes())
        self.assertEqual(pieces.decode().splitlines()[:5], ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
        self.assertEqual(len(pieces.decode().splitlines()), 300)

    def test_every_line_gives_a_line_and_ids_come_back_as_text(self) -> None:
        tokenizer = self.learn_vocabulary()
        text = "the old clock\n\nthe bell rings .\n"
        ids = self.output("tokenize", "--vocab", tokenizer, text=text)
        self.assertEqual(ids.count("\n"), 3)
        self.assertEqual(ids.splitlines()[1], "")
        self.assertEqual(self.output("detokenize", "--vocab", tokenizer, text=ids), "the old clock\n\nthe bell rings.\n")

    def test_tokens_are_printed_in_every_format(self) -> None:
        tokenize = ("tokenize", "--vocab", self.learn_vocabulary(size=700), "--format")
        self.assertEqual(self.output(*tokenize, "tokens", "--add-special", text="The water\n"), "[CLS] the water [SEP]\n")
        self.assertEqual(self.output(*tokenize, "offsets", text="Thé water\n"), "the:0:3 water:4:9\n")
        line = json.loads(self.output(*tokenize, "json", text="Thé water\n"))
        self.assertEqual(line["tokens"], ["the", "water"])
        self.assertEqual(line["byte_offsets"], [[0, 4], [5, 10]])

    def test_lines_are_cut_padded_and_paired_as_a_model_reads_them(self) -> None:
        tokenize = ("tokenize", "--vocab", self.learn_vocabulary(size=700), "--pair", "--add-special", "--format")
        text = "the water the water\tthe\n"
        cut = self.output(*tokenize, "tokens", "--max-length", 7, "--pad-to-multiple-of", 4, text=text)
        self.assertEqual(cut, "[CLS] the water the [SEP] the [SEP] [PAD]\n")
        line = json.loads(self.output(*tokenize, "json", "--max-length", 6, "--overflowing", "--stride", 1, text=text))
        self.assertEqual(line["type_ids"], [0, 0, 0, 0, 1, 1])
        self.assertEqual([part["tokens"][1:3] for part in line["overflowing"]], [["water", "the"], ["the", "water"]])
        self.assert_refused(2, "has no effect without --max-length", *tokenize, "ids", "--pad")
        self.assert_refused(2, "--pad-side has no effect without --pad or --pad-to-multiple-of", *tokenize, "ids", "--pad-side", "left")
        for part, *options in (("max_length is 2; a text needs 3", 2), ("stride is 2, but", 4, "--overflowing", "--stride", 2)):
            self.assert_refused(2, part, *tokenize, "json", "--max-length", *options)
        self.assert_refused(2, "input:1: max_length is 4; a pair needs 5", *tokenize, "ids", "--max-length", 4, text=text)

    def test_cls_and_sep_alone_are_needed_around_a_line(self) -> None:
        (self.folder / "v").write_text("[UNK]\n[CLS]\n[SEP]\na\n")
        self.assertEqual(self.output("tokenize", "--vocab", "v", "--add-special", text="a\n"), "1 3 2\n")

    def test_special_tokens_in_text_are_text_unless_asked_for(self) -> None:
        tokenize = ("tokenize", "--vocab", self.learn_vocabulary(), "--format", "tokens")
        self.assertNotIn("[MASK]", self.output(*tokenize, text="[MASK]\n"))
        self.assertEqual(self.output(*tokenize, "--special-in-text", text="[MASK]\n"), "[MASK]\n")
        extra = ("--special-in-text", "--extra-special-tokens", "##e,##s")
        self.assertIn("##s", self.output(*tokenize, *extra, text="a##s\n").split())

    def test_a_tokenizer_keeps_the_compat_it_was_learned_with(self) -> None:
        flags = ("--compat", "keras", "--no-split")
        self.run_program("vocab", SAMPLE / "train.txt", "--size", 400, "--output", "keras", *flags)
        settings = json.loads(self.output("inspect", "keras", "--json"))["settings"]
        self.assertEqual([settings[name] for name in ("compat", "split", "lowercase")], ["keras", False, False])
        tokenize = ("tokenize", "--format", "tokens", "--vocab")
        self.assertNotIn(" ,", self.output(*tokenize, "keras", text="the clock, the bell\n"))
        self.assertIn(" ,", self.output(*tokenize, "keras", "--split", text="the clock, the bell\n"))
        sigma = self.folder / "sigma.txt"
        sigma.write_text("[UNK]\n\u03bf\n##\u03c2\n##\u03c3\n", encoding="utf-8")
        for compat, ends in (("google", "\u03c2"), ("huggingface", "\u03c3")):
            self.assertEqual(self.output(*tokenize, sigma, "--compat", compat, text="\u039f\u03a3\n"), f"\u03bf ##{ends}\n")

    def test_a_dataset_is_built_and_inspected(self) -> None:
        dataset = self.build_dataset(self.learn_vocabulary())
        report = json.loads(self.output("inspect", dataset, "--json", "--show", 2))
        self.assertEqual(report["meta"]["counts"]["documents"], (SAMPLE / "train.txt").read_text().count("\n = "))
        self.assertEqual(len(report["examples"]), 2)
        self.assertIn("documents", self.output("inspect", dataset))

    def test_bytes_that_are_no_utf8_are_told_once_and_kept_in_mind(self) -> None:
        broken = self.folder / "broken.txt"
        broken.write_bytes((SAMPLE / "train.txt").read_bytes() + "\n\nnaïve café\nthé\n".encode("latin1"))
        vocab = self.run_program("vocab", broken, "--size", 300, "--output", "tokenizer")
        build = self.run_program("build", broken, "--vocab", "tokenizer", "--output", "dataset")
        line = broken.read_bytes().count(b"\n") - 1
        for done in (vocab, build):
            told = f"broken.txt:{line}: bytes that are no UTF-8, and in 1 more line (3 places)"
            self.assertEqual((done.stderr.count(told), done.stderr.count("UTF-8,")), (1, 1), done.stderr)
        report = json.loads(self.output("inspect", "dataset", "--json"))
        self.assertEqual(report["meta"]["counts"]["invalid_utf8"], 3)
        self.assertIn("no UTF-8 (places: 3)", self.output("inspect", "dataset"))

    def test_a_tokenizer_is_inspected(self) -> None:
        figures = json.loads(self.output("inspect", self.learn_vocabulary(), "--json"))
        self.assertEqual(figures["pieces"], 300)
        self.assertTrue(figures["settings"]["lowercase"])

    def test_a_tokenizer_is_measured_with_a_text(self) -> None:
        tokenizer = self.learn_vocabulary()
        figures = json.loads(self.output("inspect", tokenizer, "--json", "--text", SAMPLE / "valid.txt"))
        self.assertGreater(figures["text"]["words"], 300)
        self.assertGreater(figures["text"]["pieces_per_word"], 1)
        self.assertEqual(len(figures["longest_pieces"]), 10)
        self.assertGreater(figures["single_character_pieces"], 26)

    def test_a_bare_vocabulary_is_measured_with_the_flags_of_the_tokenizer(self) -> None:
        (self.folder / "v.txt").write_text("[UNK]\nThe\nclock\n")
        (self.folder / "text.txt").write_text("The clock\n")
        inspect = ("inspect", "v.txt", "--json", "--text", "text.txt", "--format", "lines")
        for flags, num_unknown in (((), 1), (("--no-lowercase",), 0)):
            self.assertEqual(json.loads(self.output(*inspect, *flags))["text"]["unknown_words"], num_unknown)
        self.run_program("build", SAMPLE / "valid.txt", "--vocab", self.learn_vocabulary(), "--output", "d")
        self.assert_refused(2, "has no effect: d is a dataset", "inspect", "d", "--lowercase")

    def test_a_larger_alphabet_is_advised_where_characters_are_dropped(self) -> None:
        vocab = ("vocab", "-", "--format", "lines", "--output")
        dropped = self.run_program(*vocab, "a", "--limit-alphabet", 2, text="abc ab\n")
        self.assertIn("limit_alphabet", dropped.stderr)
        long = self.run_program(*vocab, "b", text="ab " + 200 * "ab" + "\n")
        self.assertIn("more than 1 % of the words are unknown", long.stderr)
        self.assertNotIn("limit_alphabet", long.stderr)

    def test_every_algorithm_learns_and_reports(self) -> None:
        for algorithm in ("pairs", "tf-text"):
            report = json.loads(self.output("vocab", SAMPLE / "train.txt", "--size", 900, "--algorithm", algorithm,
                                            "--unused", 5, "--special-order", "google", "--sample", 0.5, "--memory", "200 MB",
                                            "--output", algorithm, "--json"))
            pieces = (self.folder / algorithm / "vocab.txt").read_text().splitlines()
            self.assertEqual(pieces[:7], ["[PAD]"] + [f"[unused{i}]" for i in range(5)] + ["[UNK]"])
            self.assertEqual(report["pieces"], len(pieces))
            self.assertEqual(report["algorithm"], algorithm)

    def test_a_vocabulary_is_learned_from_a_pipe(self) -> None:
        self.run_program("vocab", SAMPLE / "valid.txt", "--format", "lines", "--size", 300, "--output", "file")
        self.run_program("vocab", "-", "--format", "lines", "--size", 300, "--output", "pipe",
                         text=(SAMPLE / "valid.txt").read_text())
        self.assertEqual(*((self.folder / name / "vocab.txt").read_bytes() for name in ("file", "pipe")))

    def test_a_vocabulary_smaller_than_asked_for_says_why(self) -> None:
        done = self.run_program("vocab", "-", "--format", "lines", "--output", "tokenizer", text="word\n")
        self.assertIn("fewer pieces than asked for: no pair of pieces is left that occurs 2 times (min_frequency)", done.stderr)
        self.assertEqual((self.folder / "tokenizer" / "vocab.txt").read_text().splitlines()[5:],
                         ["d", "o", "r", "w", "##d", "##o", "##r"])

    def test_special_tokens_that_training_needs_are_missed(self) -> None:
        vocab = ("vocab", SAMPLE / "train.txt", "--size", 300, "--output")
        for algorithm in ("pairs", "sentencepiece"):
            few = self.run_program(*vocab, algorithm, "--algorithm", algorithm, "--special-tokens", "[UNK],[CLS]")
            self.assertIn("the vocabulary lacks special tokens: pad, sep, mask; pretrain needs [PAD], [CLS], [SEP] and [MASK] "
                          "(--special-tokens)", few.stderr)
        self.assertNotIn("lacks", self.run_program(*vocab, "all").stderr)

    def test_a_vocabulary_without_marks_of_words_beginnings_can_be_read(self) -> None:
        (self.folder / "v.txt").write_text("[UNK]\nclo\nck\n")
        self.assertEqual(self.output("tokenize", "--vocab", "v.txt", "--suffix-indicator", "", "--format", "tokens", text="clock\n"),
                         "clo ck\n")

    def test_a_signal_ends_learning_and_building_with_a_line(self) -> None:
        """They wait for more of their input."""
        build = ("build", "-", "--vocab", self.learn_vocabulary())
        static = (*build, "--static", "--output", "made.jsonl")
        for deed, unfinished, *command in (("learning made", "made.partial", "vocab", "-", "--output", "made"),
                                           ("building made", "made.partial", *build, "--output", "made"),
                                           ("writing made.jsonl", "made.jsonl.partial and made.jsonl.dataset.partial", *static)):
            partial = unfinished.split()[-1]  # What is made last.
            with self.subTest(deed):
                process = self.start(*command, "--format", "lines", stdin=subprocess.PIPE)
                self.addCleanup(process.kill)
                deadline = time.monotonic() + 60
                while not (self.folder / partial).exists():
                    self.assertLess(time.monotonic(), deadline, f"there is no {partial}")
                    time.sleep(0.001)
                process.terminate()
                process.wait(timeout=60)
                process.stdin.close()
                process.stdin = None  # communicate() would write to it.
                _, log = process.communicate()
                self.assertEqual(process.returncode, 143, log)
                self.assertEqual(log.splitlines()[-1], f"bertforge: interrupted while {deed}: what is unfinished is called {unfinished}, "
                                 "and the same command replaces it")
                self.assertFalse((self.folder / partial.removesuffix(".partial")).exists())
                done = self.run_program(*command, "--format", "lines", text="the old clock\nthe bell\n\nthe mill\nit turns\n" * 9)
                self.assertNotIn("interrupted", done.stderr)
                self.assertEqual(sorted(path.name for path in self.folder.glob("made*.partial")), [])
                shutil.rmtree(self.folder / "made", ignore_errors=True)

    def test_a_closed_pipe_ends_quietly(self) -> None:
        tokenizer = self.learn_vocabulary()
        command = f"yes 'the old clock' | head -n 200000 | {PROGRAM} tokenize --vocab {tokenizer} | head -n 1"
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
        self.assertEqual((done.stdout.count("\n"), done.stderr), (1, ""))

    def test_a_full_disk_is_told(self) -> None:
        tokenizer = self.learn_vocabulary()
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "tokenize", "--vocab", tokenizer, SAMPLE / "train.txt"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 5)
        self.assertIn("standard output cannot be written: No space left on device", done.stderr)


class Refusals(ProgramTest):
    def test_unknown_names_are_told_with_the_nearest(self) -> None:
        self.assert_refused(2, "unknown command vocb; did you mean vocab?", "vocb")
        self.assert_refused(2, "unknown option --outptu; did you mean --output?", "vocab", "x", "--outptu", "y")

    def test_missing_files_are_usage_errors(self) -> None:
        self.assert_refused(2, "nowhere.txt: there is no such file", "vocab", "nowhere.txt", "--output", "v")
        self.assert_refused(2, "there is no such file or folder", "inspect", "nowhere")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_content_that_is_no_id_names_its_line(self) -> None:
        tokenizer = self.learn_vocabulary()
        self.assert_refused(3, 'standard input:1: "x" is no id', "detokenize", "--vocab", tokenizer, text="x\n5\n")

    def test_an_existing_folder_is_not_overwritten(self) -> None:
        tokenizer = self.learn_vocabulary()
        self.assert_refused(2, "not empty", "vocab", SAMPLE / "train.txt", "--output", tokenizer)


    def test_what_no_vocabulary_can_be_learned_with_is_told(self) -> None:
        (self.folder / "c.txt").write_text("abc\n")
        (self.folder / "blank.txt").write_text("\x01\n")
        for code, part, *options in (
                (2, "special tokens and 3 characters alone need 10; choose at least that many", "--size", 6),
                (2, "special tokens and 3 characters alone need 8; choose at least that many", "--size", 6, "--algorithm", "tf-text"),
                (2, "special_tokens lacks [UNK]", "--special-tokens", "[PAD],[CLS]"),
                (2, "suffix_indicator (--suffix-indicator) is empty", "--suffix-indicator", ""),
                (2, "vocab.sample is 0; a share of the sentences above 0", "--sample", 0),
                (3, "vocab.sample may be too small for this text", "--sample", 1e-9),
                (2, "vocab.memory is 5 MB; at least 100 MB are expected", "--memory", "5 MB"),
                (2, '"5" is not an amount of memory', "--memory", 5),
                (2, "did you mean tf-text?", "--algorithm", "tftext")):
            self.assert_refused(code, part, "vocab", "c.txt", "--output", "v", *options)
        self.assert_refused(3, "there is no word", "vocab", "blank.txt", "--output", "v")
        self.assertFalse((self.folder / "v").exists())

    def test_a_text_is_no_vocabulary(self) -> None:
        self.assert_refused(3, "lines have spaces in them; one piece a line is expected", "inspect", SAMPLE / "train.txt")
        self.assert_refused(2, "--text has no effect", "inspect", self.build_dataset(self.learn_vocabulary()), "--text", "x")


class General(ProgramTest):
    def test_every_command_has_help(self) -> None:
        listed = [line.split()[0] for line in self.output("--help").splitlines() if line.startswith("  ") and "bertforge" not in line]
        self.assertIn("vocab", listed)
        for command in listed:
            self.assertIn(f"bertforge {command}", self.output(command, "--help"))

    def test_version_and_info_agree(self) -> None:
        version = json.loads(self.output("info", "--json"))["bertforge"]
        self.assertIn(f"bertforge {version} (git ", self.output("--version"))


if __name__ == "__main__":
    unittest.main()
