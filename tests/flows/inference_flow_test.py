#!/usr/bin/env python3
"""What embed, similarity, fill-mask, next-sentence and evaluate answer, held against each other and against arithmetic."""

import json
import math
import pathlib
import re
import struct
import subprocess
import tempfile
import unittest

from program import PROGRAM, ProgramTest
from training_program import CONFIG

BESIDE = ".tokens.jsonl"  # Behind the whole name of an array: what its rows stand for.
LINES = ["The old clock", "the bell rings .", "", "unaffable the clock", "a"]

Vector = list[float]


def cosine(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


def mean(rows: list[Vector]) -> Vector:
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def float32(numbers: Vector) -> Vector:
    return list(struct.unpack(f"<{len(numbers)}f", struct.pack(f"<{len(numbers)}f", *numbers)))


def read_npy(file: pathlib.Path) -> list[Vector]:
    data = file.read_bytes()
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    (length,) = struct.unpack("<H", data[8:10])
    header = data[10:10 + length].decode("ascii")
    found = re.fullmatch(r"\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n", header)
    assert found, header
    rows, columns = map(int, found.groups())
    numbers = struct.unpack(f"<{rows * columns}f", data[10 + length:])
    return [list(numbers[row * columns:(row + 1) * columns]) for row in range(rows)]


def json_lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.split("\n")[:-1]]


class InferenceTest(ProgramTest):
    """Asks one tiny trained model."""

    trained: pathlib.Path

    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory(prefix="bertforge-inference-")
        cls.addClassCleanup(folder.cleanup)
        config = pathlib.Path(folder.name) / "config.toml"
        config.write_text(CONFIG.replace("[train]\n", '[train]\nprecision = "auto"\n'), encoding="utf-8")
        subprocess.run([PROGRAM, "pretrain", "--config", config], cwd=folder.name, check=True, capture_output=True)
        cls.trained = pathlib.Path(folder.name) / "runs" / "a"

    def ask(self, command: str, *arguments: object, lines: list[str] | None = None) -> str:
        text = "".join(line + "\n" for line in lines or [])
        return self.output(command, "--threads", 1, self.trained, *arguments, text=text)

    def embed(self, lines: list[str], *arguments: object) -> list[dict]:
        return json_lines(self.ask("embed", *arguments, lines=lines))

    def vectors(self, lines: list[str], *arguments: object) -> list[Vector]:
        return [entry["vector"] for entry in self.embed(lines, *arguments)]

    def assert_near(self, numbers: Vector, expected: Vector, tolerance: float = 1e-5) -> None:
        self.assertEqual(len(numbers), len(expected))
        for number, right in zip(numbers, expected):
            self.assertAlmostEqual(number, right, delta=tolerance)


class Embed(InferenceTest):
    def test_every_form_has_the_same_numbers(self) -> None:
        for pool in ("mean", "none", "word"):
            with self.subTest(pool):
                for ending in ("jsonl", "npy", "tsv"):
                    self.assertEqual(self.ask("embed", "--pool", pool, "--output", f"{pool}.{ending}", lines=LINES), "")
                entries = json_lines((self.folder / f"{pool}.jsonl").read_text(encoding="utf-8"))
                self.assertEqual([entry["text"] for entry in entries], LINES)
                self.assertEqual([entry["line"] for entry in entries], [1, 2, 3, 4, 5])
                rows = [row for entry in entries for row in entry.get("vectors", [entry.get("vector")])]
                rows = [float32(row) for row in rows]
                self.assertEqual(read_npy(self.folder / f"{pool}.npy"), rows)
                table = (self.folder / f"{pool}.tsv").read_text(encoding="utf-8").splitlines()
                self.assertEqual([float32(list(map(float, line.split("\t")))) for line in table], rows)
                self.assertGreater(len({tuple(row) for row in rows}), 4)

    def test_the_file_beside_an_array_says_which_rows_are_whose(self) -> None:
        for pool, name in (("none", "tokens"), ("word", "words")):
            for ending in ("npy", "tsv"):
                with self.subTest(f"{pool} {ending}"):
                    self.ask("embed", "--pool", pool, "--output", f"v.{ending}", lines=LINES)
                    beside = json_lines((self.folder / f"v.{ending}{BESIDE}").read_text(encoding="utf-8"))
                    self.assertEqual([entry["text"] for entry in beside], LINES)
                    end = 0
                    for entry, line in zip(beside, self.embed(LINES, "--pool", pool), strict=True):
                        self.assertEqual(entry["rows"], [end, end + len(line["vectors"])])
                        end = entry["rows"][1]
                        for key in (name, "offsets", "segments"):
                            self.assertEqual(entry[key], line[key])
                            self.assertEqual(len(entry[key]), len(line["vectors"]))
                    if ending == "npy":
                        self.assertEqual(len(read_npy(self.folder / "v.npy")), end)

    def test_no_file_of_an_earlier_run_stays_beside_an_array(self) -> None:
        for ending in ("npy", "tsv"):
            with self.subTest(ending):
                self.ask("embed", "--pool", "none", "--output", f"v.{ending}", lines=LINES)
                self.ask("embed", "--pool", "mean", "--output", f"v.{ending}", lines=LINES)
                self.assertEqual([file.name for file in self.folder.glob(f"v.*{ending}*")], [f"v.{ending}"])
        self.assertEqual(list(self.folder.glob(f"*{BESIDE}")), [])

    def test_words_and_texts_are_means_of_their_tokens(self) -> None:
        tokens, words = (self.embed(LINES, "--pool", pool) for pool in ("none", "word"))
        means, firsts, largest = (self.vectors(LINES, "--pool", pool) for pool in ("mean", "cls", "max"))
        without = self.vectors(LINES, "--exclude-special")
        for i, line in enumerate(tokens):
            rows = line["vectors"]
            self.assertEqual((line["tokens"][0], line["tokens"][-1]), ("[CLS]", "[SEP]"))
            self.assert_near(means[i], mean(rows))
            self.assert_near(firsts[i], rows[0])
            self.assert_near(largest[i], [max(column) for column in zip(*rows)])
            self.assert_near(without[i], mean(rows[1:-1]) if rows[1:-1] else [0.0] * len(rows[0]))
            self.assertEqual(words[i]["words"][1:-1], line["text"].split())
            for (begin, end), vector in zip(words[i]["offsets"][1:-1], words[i]["vectors"][1:-1], strict=True):
                pieces = [row for row, offset in zip(rows, line["offsets"]) if begin <= offset[0] < offset[1] <= end]
                self.assert_near(vector, mean(pieces))

    def test_special_tokens_can_be_left_out(self) -> None:
        for pool, name in (("none", "tokens"), ("word", "words")):
            both = (self.embed(LINES, "--pool", pool, *flags) for flags in ([], ["--exclude-special"]))
            for with_them, without in zip(*both, strict=True):
                self.assertEqual(without[name], with_them[name][1:-1])
                self.assertEqual(len(without["vectors"]), len(with_them["vectors"]) - 2)
                for row, expected in zip(without["vectors"], with_them["vectors"][1:-1]):
                    self.assert_near(row, expected)

    def test_normalized_vectors_have_the_length_1_and_their_direction(self) -> None:
        for vector, plain in zip(self.vectors(LINES, "--normalize"), self.vectors(LINES), strict=True):
            self.assertAlmostEqual(math.hypot(*vector), 1, delta=1e-5)
            self.assert_near(vector, [number / math.hypot(*plain) for number in plain])

    def test_a_pair_is_two_texts_of_two_segments(self) -> None:
        (pair,), (single,) = (self.embed(["The clock ||| it Rings"], "--pool", "none", *flags) for flags in (["--pairs"], []))
        self.assertEqual((pair["text"], pair["text_pair"]), ("The clock", "it Rings"))
        self.assertEqual(single["text"], "The clock ||| it Rings")
        self.assertNotIn("text_pair", single)
        boundary = pair["tokens"].index("[SEP]") + 1
        count = len(pair["tokens"])
        self.assertEqual(pair["segments"], [0] * boundary + [1] * (count - boundary))
        self.assertEqual((pair["tokens"].count("[SEP]"), pair["tokens"][-1]), (2, "[SEP]"))
        for token, (begin, end), segment in zip(pair["tokens"], pair["offsets"], pair["segments"], strict=True):
            text = pair["text_pair"] if segment else pair["text"]
            if end:
                self.assertEqual(text[begin:end].lower(), token.removeprefix("##"))
        alone = self.embed(["The clock"], "--pool", "none")[0]
        self.assertEqual(pair["tokens"][:boundary], alone["tokens"])
        self.assertNotEqual(pair["vectors"][0], alone["vectors"][0])

    def test_standard_output_has_the_same_bytes_however_it_is_named(self) -> None:
        printed = self.ask("embed", lines=LINES)
        self.assertEqual(len(printed.splitlines()), len(LINES))
        self.assertEqual(self.ask("embed", "--output", "-", lines=LINES), printed)
        self.ask("embed", "--output", "v.jsonl", lines=LINES)
        self.assertEqual((self.folder / "v.jsonl").read_text(encoding="utf-8"), printed)
        table = self.ask("embed", "--format", "tsv", lines=LINES)
        self.assertEqual([list(map(float, line.split("\t"))) for line in table.splitlines()],
                         [entry["vector"] for entry in json_lines(printed)])

    def test_a_pipe_is_written_to_and_not_replaced(self) -> None:
        # By a link, so that a program that renames a file onto its output does no harm to the machine.
        (self.folder / "v.jsonl").symlink_to("/dev/stdout")
        self.assertEqual(self.ask("embed", "--output", "v.jsonl", lines=LINES), self.ask("embed", lines=LINES))
        self.assertTrue((self.folder / "v.jsonl").is_symlink())
        self.assertEqual([file.name for file in self.folder.iterdir()], ["v.jsonl"])

    def test_a_file_and_standard_input_give_the_same(self) -> None:
        (self.folder / "t.txt").write_text("\n".join(LINES), encoding="utf-8")  # Without a newline at its end.
        self.assertEqual(self.ask("embed", "t.txt"), self.ask("embed", "-", lines=LINES))

    def test_the_input_is_not_overwritten(self) -> None:
        (self.folder / "lines.tsv").write_text("the old clock\n", encoding="utf-8")
        self.assert_refused(2, "--output lines.tsv is the input", "embed", self.trained, "lines.tsv", "--output", "lines.tsv")

    def test_a_run_and_a_dataset_stand_for_their_tokenizers(self) -> None:
        dataset = self.build_dataset(self.trained / "best" / "vocab.txt")
        ids = self.output("tokenize", "--vocab", self.trained, text="the old clock\n")
        self.assertEqual(ids, self.output("tokenize", "--vocab", dataset, text="the old clock\n"))

    def test_a_byte_order_mark_is_passed_over(self) -> None:
        (self.folder / "t.txt").write_bytes(b"\xef\xbb\xbfthe clock\nthe bell\n")
        expected = self.ask("embed", lines=["the clock", "the bell"])
        self.assertEqual(self.ask("embed", "t.txt"), expected)
        self.assertEqual(self.ask("embed", lines=["\ufeffthe clock", "the bell"]), expected)

    def test_order_is_kept_over_many_lines_and_any_threads(self) -> None:
        lines = [LINES[i % 4] + " the" * (i * 7 % 11) + f" {i}" for i in range(1100)]
        every = [0, 1, 511, 1022, 1023, 1024, 1025, 1099]
        alone = self.vectors([lines[i] for i in every], "--pool", "cls")
        for threads in (1, 2):
            with self.subTest(threads):
                text = "".join(line + "\n" for line in lines)
                entries = json_lines(self.output("embed", "--threads", threads, self.trained, "--pool", "cls", text=text))
                self.assertEqual([entry["text"] for entry in entries], lines)
                self.assertEqual([entry["line"] for entry in entries], list(range(1, 1101)))
                for i, vector in zip(every, alone):
                    self.assert_near(entries[i]["vector"], vector)

    def test_no_lines_give_no_vectors(self) -> None:
        self.assertEqual(self.ask("embed"), "")
        for ending in ("jsonl", "tsv"):
            self.ask("embed", "--output", f"e.{ending}")
            self.assertEqual((self.folder / f"e.{ending}").read_bytes(), b"")
        self.ask("embed", "--pool", "none", "--output", "e.npy")
        self.assertEqual(read_npy(self.folder / "e.npy"), [])
        self.assertEqual((self.folder / f"e.npy{BESIDE}").read_bytes(), b"")


class Similarity(InferenceTest):
    def test_the_matrix_has_the_cosines_of_the_vectors(self) -> None:
        vectors = self.vectors(LINES)
        answer = json.loads(self.ask("similarity", "--json", lines=LINES))
        self.assertEqual(answer["lines"], LINES)
        self.assertEqual(len(answer["similarity"]), len(LINES))
        for row, vector in zip(answer["similarity"], vectors):
            self.assert_near(row, [cosine(vector, other) for other in vectors])
        table = self.ask("similarity", lines=LINES).splitlines()
        self.assertEqual(table[0].split(), ["1", "2", "3", "4", "5"])
        for i, (row, line) in enumerate(zip(answer["similarity"], table[1:], strict=True)):
            words = line.split()
            self.assertEqual(words[0], str(i + 1))
            self.assert_near(list(map(float, words[1:6])), row, 6e-5)
            self.assertTrue(line.endswith("  " + LINES[i]), line)

    def test_options_of_the_vectors_mean_what_they_mean_to_embed(self) -> None:
        for flags in (["--pool", "max"], ["--layers", "0,-1", "--combine", "sum"], ["--segment", 1], ["--exclude-special"]):
            with self.subTest(str(flags)):
                vectors = self.vectors(LINES[:2], *flags)
                answer = json.loads(self.ask("similarity", "--json", *flags, lines=LINES[:2]))
                self.assertAlmostEqual(answer["similarity"][0][1], cosine(*vectors), delta=1e-5)

    def test_a_query_finds_the_nearest_and_of_equal_ones_the_first(self) -> None:
        lines = ["the bell rings .", "an old clock", "", "the clock", "the clock", "a"]
        query = ["--query", "the clock"]
        vectors = self.vectors(lines + ["the clock"])
        cosines = [round(cosine(vectors[-1], vector), 5) for vector in vectors[:-1]]
        order = sorted(range(len(lines)), key=lambda i: (-cosines[i], i))
        self.assertEqual(order[:2], [3, 4])
        hits = json_lines(self.ask("similarity", *query, "--json", lines=lines))
        self.assertEqual([hit["line"] for hit in hits], [i + 1 for i in order])
        self.assertEqual([hit["text"] for hit in hits], [lines[i] for i in order])
        self.assert_near([hit["similarity"] for hit in hits], [cosines[i] for i in order], 2e-5)
        self.assertEqual(json_lines(self.ask("similarity", *query, "--top", 2, "--json", lines=lines)), hits[:2])
        self.assertEqual(self.ask("similarity", *query, "--top", 2, lines=lines),
                         "".join(f"{hit['similarity']:.4f}\t{hit['line']}\t{hit['text']}\n" for hit in hits[:2]))

    def test_words_are_compared_by_the_vectors_of_their_tokens(self) -> None:
        lines = ["the old clock", "a clock and a bell"]
        expected = []
        for number, line in enumerate(self.embed(lines, "--pool", "none"), 1):
            for i, j in ((1, 3), (1, 2), (3, 2)):
                expected.append((number, [i, j], [line["tokens"][i], line["tokens"][j]],
                                 cosine(line["vectors"][i], line["vectors"][j])))
        answers = json_lines(self.ask("similarity", "--words", "1,3,2", "--json", lines=lines))
        table = self.ask("similarity", "--words", "1,3,2", lines=lines).splitlines()
        for answer, printed, (number, words, tokens, similarity) in zip(answers, table, expected, strict=True):
            self.assertEqual((answer["line"], answer["words"], answer["tokens"]), (number, words, tokens))
            self.assertAlmostEqual(answer["similarity"], similarity, delta=1e-5)
            self.assertEqual(printed, f"{answer['similarity']:.4f}\t{tokens[0]} ({words[0]})\t{tokens[1]} ({words[1]})")

    def test_no_lines_are_like_nothing(self) -> None:
        self.assertEqual(self.ask("similarity"), "")
        self.assertEqual(self.ask("similarity", "--query", "a"), "")
        self.assertEqual(self.ask("similarity", "--words", "0,1"), "")
        self.assertEqual(json.loads(self.ask("similarity", "--json")), {"lines": [], "similarity": []})


class FillMask(InferenceTest):
    def check_predictions(self, predictions: list[dict], top: int) -> None:
        self.assertEqual(len(predictions), top)
        for each in predictions:
            self.assertEqual(set(each), {"id", "token", "probability", "sequence"})
        probabilities = [each["probability"] for each in predictions]
        self.assertEqual(probabilities, sorted(probabilities, reverse=True))
        self.assertTrue(0 < probabilities[-1] <= probabilities[0] < 1)
        pieces = (self.trained / "best" / "vocab.txt").read_text(encoding="utf-8").splitlines()
        self.assertEqual([each["token"] for each in predictions], [pieces[each["id"]] for each in predictions])

    def test_the_text_is_followed_by_the_likeliest_pieces(self) -> None:
        text = "the [MASK] rings ."
        (answer,) = json_lines(self.ask("fill-mask", text, "--json"))
        self.assertEqual(answer["text"], text)
        (mask,) = answer["masks"]
        self.check_predictions(mask["predictions"], 5)
        shown = [f"  {each['probability']:.4f}  {each['token']}" for each in mask["predictions"]]
        self.assertEqual(self.ask("fill-mask", text).splitlines(), [text, *shown])
        self.assertEqual(self.ask("fill-mask", "--top", 2, text).splitlines(), [text, *shown[:2]])

    def test_all_pieces_together_have_the_probability_1(self) -> None:
        (answer,) = json_lines(self.ask("fill-mask", "the [MASK]", "--json", "--top", 1000))
        self.check_predictions(answer["masks"][0]["predictions"], 300)
        self.assertAlmostEqual(sum(each["probability"] for each in answer["masks"][0]["predictions"]), 1, delta=1e-4)

    def test_several_masks_are_told_apart(self) -> None:
        text = "the [MASK] of [MASK] ."
        lines = self.ask("fill-mask", "--top", 2, text).splitlines()
        self.assertEqual((lines[0], len(lines)), (text, 7))
        self.assertEqual([lines[1], lines[4]], ["  mask 1 of 2", "  mask 2 of 2"])
        for line in lines[2:4] + lines[5:]:
            self.assertRegex(line, r"^  0\.\d{4}  \S+$")

    def test_a_mask_has_its_place_and_the_text_filled_in(self) -> None:
        (answer,) = json_lines(self.ask("fill-mask", "--top", 300, "--json", "the [MASK] of [MASK] ."))
        tokens = self.output("tokenize", "--vocab", self.trained / "best", "--add-special", "--format", "tokens",
                             text="the of .\n").split()
        self.assertEqual((tokens[1], tokens[2]), ("the", "of"))
        self.assertEqual([mask["place"] for mask in answer["masks"]], [2, 4])
        for mask, others in zip(answer["masks"], (("the ", " of [MASK]."), ("the [MASK] of ", "."))):
            filled = {each["token"]: each["sequence"] for each in mask["predictions"]}
            self.assertEqual(filled["the"], others[0] + "the" + others[1])
            for token, sequence in filled.items():
                if token not in ("[PAD]", "[CLS]", "[SEP]"):
                    self.assertEqual(sequence.count("[MASK]"), 2 if token == "[MASK]" else 1, sequence)

    def test_lines_are_answered_in_order_and_as_they_are_alone(self) -> None:
        lines = ["the [MASK]", "[MASK] old [MASK] rings . the clock", "a [MASK] ."]
        answers = json_lines(self.ask("fill-mask", "--json", lines=lines))
        self.assertEqual([answer["text"] for answer in answers], lines)
        self.assertEqual([len(answer["masks"]) for answer in answers], [1, 2, 1])
        (alone,) = json_lines(self.ask("fill-mask", "--json", lines[2]))
        for together, expected in zip(answers[2]["masks"][0]["predictions"], alone["masks"][0]["predictions"]):
            self.assertAlmostEqual(together["probability"], expected["probability"], delta=1e-5)
        self.assertEqual(self.ask("fill-mask"), "")


class NextSentence(InferenceTest):
    def test_every_line_has_the_probability_that_its_second_text_follows(self) -> None:
        lines = ["The old clock ||| it rings .", "a ||| b ||| c", " ||| the bell"]
        answers = json_lines(self.ask("next-sentence", "--json", lines=lines))
        self.assertEqual([set(answer) for answer in answers], [{"first", "second", "probability"}] * 3)
        self.assertEqual([(answer["first"], answer["second"]) for answer in answers],
                         [tuple(line.split(" ||| ", 1)) for line in lines])
        for answer in answers:
            self.assertTrue(0 < answer["probability"] < 1)
        self.assertEqual(self.ask("next-sentence", lines=lines),
                         "".join(f"{answer['probability']:.4f}\t{line}\n" for answer, line in zip(answers, lines)))
        (alone,) = json_lines(self.ask("next-sentence", "--json", lines=lines[1:2]))
        self.assertAlmostEqual(alone["probability"], answers[1]["probability"], delta=1e-5)
        self.assertEqual(self.ask("next-sentence"), "")


class Run(InferenceTest):
    def test_a_run_is_evaluated_on_its_own_held_out_text(self) -> None:
        prepared = self.trained.parent / "prepared"
        valid = min(prepared.glob("data-*"), key=lambda folder: (folder / "tokens.bin").stat().st_size)
        own, named = (json.loads(self.ask("evaluate", "--json", *flags)) for flags in ([], ["--data", valid]))
        self.assertGreater(own["num_examples"], 0)
        self.assertEqual(own["num_examples"], named["num_examples"])
        for term, keys in (("masked_lm", ("loss", "accuracy", "count")), ("next_sentence", ("loss", "accuracy", "class_count"))):
            for key in keys:
                self.assertEqual(own[term][key], named[term][key], f"{term} {key}")
        self.assertIn("unigram_baseline", own["masked_lm"])

    def test_the_precision_that_auto_chose_stands_in_the_runs_config(self) -> None:
        config = (self.trained / "config.toml").read_text(encoding="utf-8")
        self.assertRegex(config, re.compile(r'^precision = "(bfloat16|float32)"$', re.M))


if __name__ == "__main__":
    unittest.main()
