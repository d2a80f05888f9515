#!/usr/bin/env python3
"""Building datasets: the same bytes whatever the threads, and no half of one however it ends."""

import bz2
import gzip
import json
import lzma
import os
import pathlib
import random
import shutil
import struct
import time
import unittest

from program import SAMPLE, SOURCE, ProgramTest

FILES = ("tokens.bin", "sentences.bin", "documents.bin")


def shared(path: str) -> pathlib.Path:
    """A file of ../shared, or no test: on CI's machine its absence is a failure."""
    found = pathlib.Path(os.environ.get("BERTFORGE_SHARED", SOURCE.parent / "shared")) / path
    if not found.exists() and not os.environ.get("CI"):
        raise unittest.SkipTest(f"{found} is not here")
    return found


def tf_records(data: bytes):
    """The records of a TFRecord file, whose checksums are checked."""
    def masked_crc(part: bytes) -> int:
        crc = 0xFFFFFFFF
        for byte in part:
            crc ^= byte
            for _ in range(8):
                crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        crc ^= 0xFFFFFFFF
        return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    position = 0
    while position < len(data):
        length, length_crc = struct.unpack_from("<QI", data, position)
        assert length_crc == masked_crc(data[position:position + 8])
        record = data[position + 12:position + 12 + length]
        assert struct.unpack_from("<I", data, position + 12 + length) == (masked_crc(record),)
        yield record
        position += 16 + length
    assert position == len(data)


def fields(message: bytes):
    """(number, bytes) of the fields of a protobuf message that has fields of bytes alone."""
    def varint(position: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = message[position]
            value |= (byte & 0x7F) << shift
            position, shift = position + 1, shift + 7
            if byte < 0x80:
                return value, position
    position = 0
    while position < len(message):
        tag, position = varint(position)
        assert tag & 7 == 2, tag
        size, position = varint(position)
        yield tag >> 3, message[position:position + size]
        position += size


def varints(packed: bytes) -> list[int]:
    values, value, shift = [], 0, 0
    for byte in packed:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(value)
            value = shift = 0
    return values


def tf_features(record: bytes) -> dict[str, list]:
    """The features of a tf.train.Example."""
    result = {}
    ((_, features),) = fields(record)
    for _, entry in fields(features):
        parts = dict(fields(entry))
        ((kind, numbers),) = fields(parts[2])
        packed = dict(fields(numbers)).get(1, b"")
        result[parts[1].decode()] = varints(packed) if kind == 3 else list(struct.unpack(f"<{len(packed) // 4}f", packed))
    return result


class BuildFlow(ProgramTest):
    def setUp(self) -> None:
        super().setUp()
        self.tokenizer = self.learn_vocabulary()
        # Large enough that a build takes some tenths of a second.
        self.corpus = self.folder / "corpus.txt"
        self.corpus.write_text((SAMPLE / "train.txt").read_text(encoding="utf-8") * 300, encoding="utf-8")

    def build(self, name: str, *options: object) -> pathlib.Path:
        self.run_program("build", self.corpus, "--vocab", self.tokenizer, "--output", name, *options)
        return self.folder / name

    def contents(self, dataset: pathlib.Path) -> list[bytes]:
        return [(dataset / file).read_bytes() for file in FILES]

    def test_one_two_and_four_threads_give_the_same_bytes(self) -> None:
        one = self.contents(self.build("one", "--threads", 1))
        for threads in (2, 4):
            self.assertEqual(self.contents(self.build(f"with{threads}", "--threads", threads)), one)

    def test_compressed_files_give_the_same_dataset(self) -> None:
        expected = self.contents(self.build("plain"))
        for module in (gzip, lzma, bz2):
            packed = self.folder / f"corpus.txt.{module.__name__}"
            packed.write_bytes(module.compress(self.corpus.read_bytes()))
            self.run_program("build", packed, "--vocab", self.tokenizer, "--output", module.__name__)
            self.assertEqual(self.contents(self.folder / module.__name__), expected)

    def test_a_folder_and_a_pattern_stand_for_their_files(self) -> None:
        text = self.corpus.read_bytes()
        (self.folder / "texts" / "more").mkdir(parents=True)
        (self.folder / "texts" / "a.txt").write_bytes(text)
        (self.folder / "texts" / "more" / "b.txt.gz").write_bytes(gzip.compress(text))
        (self.folder / "texts" / ".hidden").write_bytes(b"\0" * 99)
        (self.folder / "twice.txt").write_bytes(text + b"\n" + text)
        for name, *inputs in (("twice", "twice.txt"), ("folder", "texts"), ("pattern", "texts/*.txt", "texts/m*/*")):
            self.run_program("build", *inputs, "--vocab", self.tokenizer, "--output", name)
            self.assertEqual(self.contents(self.folder / name), self.contents(self.folder / "twice"))
        meta = json.loads((self.folder / "folder" / "meta.json").read_text(encoding="utf-8"))
        self.assertEqual(meta["sources"], ["texts/a.txt", "texts/more/b.txt.gz"])

    def test_shards_built_alone_merge_into_the_bytes_of_one_build(self) -> None:
        (self.folder / "a.txt").write_bytes(self.corpus.read_bytes())
        (self.folder / "b.txt.gz").write_bytes(gzip.compress((SAMPLE / "valid.txt").read_bytes()))
        (self.folder / "c.jsonl").write_text("".join(json.dumps({"text": "The mill is " + "old " * (i % 70) + ".\nIt stands."}) + "\n"
                                                     for i in range(2000)), encoding="utf-8")
        selection = ("--drop-duplicates", "--valid-fraction", 0.3, "--valid-output")
        for inputs in (["a.txt", "b.txt.gz"], ["c.jsonl"]):
            for options in ((), selection):
                for name in ("whole", "held", "merged", "merged-held"):
                    shutil.rmtree(self.folder / name, ignore_errors=True)
                self.run_program("build", *inputs, "--vocab", self.tokenizer, "--output", "whole", *options, *(["held"] if options else []))
                for count in (1, 3):
                    shards = [f"shard-{index}-of-{count}" for index in range(1, count + 1)]
                    for index, shard in enumerate(shards, 1):
                        shutil.rmtree(self.folder / shard, ignore_errors=True)
                        self.run_program("build", *inputs, "--vocab", self.tokenizer, "--output", shard, "--shard", f"{index}/{count}")
                    for name in ("merged", "merged-held"):
                        shutil.rmtree(self.folder / name, ignore_errors=True)
                    self.run_program("build", "--merge", *reversed(shards), "--output", "merged", *options,
                                     *(["merged-held"] if options else []))
                    for one, other in (("whole", "merged"), ("held", "merged-held"))[:2 if options else 1]:
                        for file in (*FILES, "meta.json"):
                            self.assertEqual((self.folder / one / file).read_bytes(), (self.folder / other / file).read_bytes(), file)
        self.assert_refused(3, "shard 2 of 3 is missing", "build", "--merge", "shard-1-of-3", "shard-3-of-3", "--output", "x")
        self.assert_refused(3, "is a whole dataset", "build", "--merge", "whole", "--output", "x")

    def test_held_out_text_is_built_beside_and_what_is_in_both_is_told(self) -> None:
        (self.folder / "valid.txt").write_text("A sentence of its own .\n\n" + (SAMPLE / "train.txt").read_text(encoding="utf-8"),
                                               encoding="utf-8")
        done = self.run_program("build", self.corpus, "--vocab", self.tokenizer, "--output", "train", "--valid-input", "valid.txt",
                                "--valid-output", "valid")
        self.assertIn("12 of the 13 held-out documents are in the training data too", done.stderr)

    def test_a_build_killed_at_any_moment_leaves_nothing_or_a_whole_dataset_and_the_next_run_ends_right(self) -> None:
        begin = time.monotonic()
        expected = self.contents(self.build("expected"))
        duration = time.monotonic() - begin
        moments = random.Random(7)
        num_killed_inside = 0
        for number in range(20):
            process = self.start("build", self.corpus, "--vocab", self.tokenizer, "--output", "killed")
            time.sleep(moments.uniform(0, duration))
            process.kill()
            process.communicate()
            dataset = self.folder / "killed"
            if dataset.exists():  # It was done before.
                self.assertEqual(self.contents(dataset), expected)
                self.assertTrue(json.loads((dataset / "meta.json").read_text(encoding="utf-8"))["content_hash"])
                dataset.rename(self.folder / f"done-{number}")
            else:
                num_killed_inside += 1
            self.assertEqual(self.contents(self.build("killed")), expected)
            (self.folder / "killed").rename(self.folder / f"again-{number}")
            self.assertEqual(sorted(path.name for path in self.folder.glob("*.partial")), [])
        self.assertGreater(num_killed_inside, 5)

    def test_documents_are_held_out_and_duplicates_left_out(self) -> None:
        counts = json.loads(self.output("build", self.corpus, "--vocab", self.tokenizer, "--output", "once", "--drop-duplicates",
                                        "--json"))["counts"]
        self.assertEqual(counts["documents"], 12)
        self.assertEqual(counts["duplicate_documents"], 299 * 12)
        self.build("train", "--valid-fraction", 0.3, "--valid-output", "valid")
        num_documents = [json.loads((self.folder / name / "meta.json").read_text(encoding="utf-8"))["counts"]["documents"]
                         for name in ("train", "valid")]
        self.assertEqual(sum(num_documents), 300 * 12)
        self.assertEqual(num_documents[1] % 300, 0)  # Equal documents go to one side.
        self.assert_refused(2, "go together", "build", self.corpus, "--vocab", self.tokenizer, "--output", "x",
                            "--valid-fraction", 0.3)

    def test_json_lines_and_prose_give_the_same_dataset(self) -> None:
        prose = "The mill stands on the bank. Its wheel turns.\nA miller lives there.\n\nBread is made of flour. It is baked.\n"
        (self.folder / "prose.txt").write_text(prose, encoding="utf-8")
        objects = [json.dumps({"title": "?", "body": text}) for text in prose.strip().split("\n\n")]
        (self.folder / "prose.jsonl").write_text("\n".join(objects) + "\n", encoding="utf-8")
        for name, *options in (("prose.txt",), ("prose.jsonl", "--text-field", "body")):
            self.run_program("build", name, "--vocab", self.tokenizer, "--output", f"of-{name}", *options)
        self.assertEqual(self.contents(self.folder / "of-prose.txt"), self.contents(self.folder / "of-prose.jsonl"))
        meta = json.loads((self.folder / "of-prose.txt" / "meta.json").read_text(encoding="utf-8"))
        self.assertEqual((meta["counts"]["documents"], meta["counts"]["sentences"]), (2, 5))
        self.assertEqual(meta["options"]["format"], "paragraphs")
        self.assert_refused(3, 'prose.jsonl:1: no member "text"; there are "body", "title"', "build", "prose.jsonl", "--vocab",
                            self.tokenizer, "--output", "x")
        self.assertFalse((self.folder / "x").exists())

    def test_static_instances_are_google_s_own(self) -> None:
        oracle = shared("oracle/builder")
        vocabulary = shared("data/vocab/bert-base-uncased.txt")
        for name, text in (("sample_text-128", "sample_text"), ("wikitext-64", "wikitext-docs"), ("wikitext-wwm", "wikitext-docs")):
            settings, *expected = [json.loads(line) for line in (oracle / f"{name}.jsonl").read_text().splitlines()]
            self.run_program("build", oracle / f"{text}.txt", "--format", "lines", "--vocab", vocabulary, "--output", f"{name}.jsonl",
                             "--static", "--compat", "google", "--rng", "cpython", "--seed", settings["random_seed"],
                             "--dupe-factor", settings["dupe_factor"], "--max-seq-length", settings["max_seq_length"],
                             "--max-predictions-per-seq", settings["max_predictions_per_seq"],
                             "--masking", "whole_word" if settings["whole_word_mask"] else "token")
            instances = [json.loads(line) for line in (self.folder / f"{name}.jsonl").read_text().splitlines()]
            self.assertEqual(len(instances), len(expected))
            for number, (ours, google_s) in enumerate(zip(instances, expected)):
                self.assertEqual(ours, google_s, f"instance {number} of {name}")
        self.assertEqual([path.name for path in self.folder.glob("*.dataset*")], [])

    def test_google_s_documents_go_on_in_the_next_file(self) -> None:
        (self.folder / "a.txt").write_text("The mill stands.\n", encoding="utf-8")
        (self.folder / "b.txt").write_text("Its wheel turns.\n\nBread is baked.\n", encoding="utf-8")
        for compat, expected in (("google", 2), ("huggingface", 3)):
            done = self.output("build", "a.txt", "b.txt", "--format", "lines", "--vocab", self.tokenizer / "vocab.txt", "--compat", compat,
                               "--output", compat, "--json")
            self.assertEqual(json.loads(done)["counts"]["documents"], expected)

    def test_instances_that_cannot_be_made_are_refused_before_the_corpus_is_read(self) -> None:
        self.assert_refused(2, 'masking "span"', "build", self.folder / "missing.txt", "--vocab", self.tokenizer, "--static",
                            "--masking", "span", "--output", "i.jsonl")

    def test_tfrecords_hold_the_same_instances_padded(self) -> None:
        options = ("build", SAMPLE / "train.txt", "--vocab", self.tokenizer, "--static", "--dupe-factor", 1, "--max-seq-length", 32,
                   "--max-predictions-per-seq", 5, "--output")
        figures = json.loads(self.output(*options, "i.jsonl", "--json"))
        self.run_program(*options, "i.tfrecord")
        instances = [json.loads(line) for line in (self.folder / "i.jsonl").read_text().splitlines()]
        records = list(tf_records((self.folder / "i.tfrecord").read_bytes()))
        self.assertEqual(len(records), len(instances))
        self.assertEqual(figures, {"output": "i.jsonl", "instances": len(instances),
                                   "masked_tokens": sum(len(each["masked_positions"]) for each in instances),
                                   "random_next": sum(each["is_random_next"] for each in instances)})
        for record, instance in zip(records, instances):
            features = tf_features(record)
            padding = [0] * (32 - len(instance["ids"]))
            self.assertEqual(features["input_ids"], instance["ids"] + padding)
            self.assertEqual(features["input_mask"], [1] * len(instance["ids"]) + padding)
            self.assertEqual(features["segment_ids"], instance["segment_ids"] + padding)
            missing = [0] * (5 - len(instance["masked_positions"]))
            self.assertEqual(features["masked_lm_positions"], instance["masked_positions"] + missing)
            self.assertEqual(features["masked_lm_ids"], instance["masked_labels"] + missing)
            self.assertEqual(features["masked_lm_weights"], [1.0] * len(instance["masked_positions"]) + missing)
            self.assertEqual(features["next_sentence_labels"], [int(instance["is_random_next"])])
        self.assert_refused(2, "--static", "build", SAMPLE / "train.txt", "--vocab", self.tokenizer, "--output", "x", "--seed", 3)

    def test_sentence_order_and_packed_examples_are_shown(self) -> None:
        dataset = self.build("dataset")
        swapped = self.output("inspect", dataset, "--pairing", "sop", "--masking", "span", "--show", 40)
        self.assertIn("\nswapped | [CLS]", swapped)
        self.assertIn("\nnext    | [CLS]", swapped)
        packed = self.output("inspect", dataset, "--pairing", "none", "--show", 3)
        self.assertIn("\n[CLS]", packed)
        self.assertNotIn("label 1", packed)


if __name__ == "__main__":
    unittest.main()
