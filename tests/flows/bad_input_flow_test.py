#!/usr/bin/env python3
"""What is wrong with an input is one line and an exit code, and nothing half-written is left.

A row says how the input is made, what is run, and what must come of it. `{toy}` is a folder of sound things that no row
changes: model, run, tokenizer, train and valid (datasets), other and other_train (of another vocabulary), text.txt.
"""

import atexit
import fcntl
import functools
import math
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

from damaged import (Make, Place, both, fifo, folder, header_length, in_model, json_of_model, number_in_weights,
                     only_in_model, run_without, tensor, vocabulary, weights, with_one_segment, without_tensors, write)
from program import PROGRAM, SAMPLE, ProgramTest
from training_flow_test import CONFIG

WITH_THREADS = ("vocab", "build", "pretrain", "evaluate", "embed", "similarity", "fill-mask", "next-sentence")
ALARMING = re.compile(r"Traceback|terminate called|what\(\):|Aborted|Segmentation|Sanitizer|internal error|filesystem error|"
                      r"basic_|std::|c10::|\bat::")
NOBODY = 65534
PROCESSORS = len(os.sched_getaffinity(0))


class Row(typing.NamedTuple):
    name: str
    command: str
    code: int
    part: str  # Of the one line; of the whole log where the code is 0.
    make: Make | None = None
    text: bytes = b""
    prints: bool = False  # Standard output may have whole lines.
    leaves: str = ""  # A regular expression for what may be new in the folder.


class Outcome(typing.NamedTuple):
    code: int
    printed: str
    log: str
    before: dict[str, tuple]  # What was in the folder.
    after: dict[str, tuple]


# {pretrain}: of the toy config, with all prepared.
PRETRAIN = "pretrain --config {toy}/config.toml --run.prepared {toy}/prepared --run.output run"
EVALUATE = "evaluate {toy}/model --data {toy}/valid"
NO_FILE, IS_FOLDER, IS_FILE = ": there is no such file", " is a folder; it must be a file", " is a file; it must be a folder"
BROKEN = "thé old clock\n".encode("latin1")
NO_TEXT = "e.txt: no text; one sentence a line is expected"
BLANK = b" \n\t\n   \n"

MISSING = [Row(f"a missing file: {command}", command, 2, "nowhere" + part) for command, part in (
    ("vocab nowhere.txt --output v", ".txt" + NO_FILE),
    ("tokenize --vocab {toy}/tokenizer nowhere.txt", ".txt" + NO_FILE),
    ("tokenize --vocab nowhere {toy}/text.txt", ": there is no such file"),
    ("detokenize --vocab {toy}/tokenizer nowhere.txt", ".txt" + NO_FILE),
    ("build nowhere.txt --vocab {toy}/tokenizer --output d", ".txt" + NO_FILE),
    ("inspect nowhere", ": there is no such file or folder"),
    ("pretrain --config nowhere.toml", ".toml" + NO_FILE),
    ("{pretrain} --data.root '' --data.train nowhere.txt", ".txt" + NO_FILE),
    ("{pretrain} --init-from nowhere", ": there is no such f"),
    ("{pretrain} --resume nowhere", ": there is no such folder"),
    ("evaluate nowhere --data {toy}/valid", ": there is no such folder"),
    ("evaluate {toy}/model --data nowhere", ": there is no such folder"),
    ("embed nowhere {toy}/text.txt", ": there is no such folder"),
    ("embed {toy}/model nowhere.txt", ".txt" + NO_FILE),
)]

FOLDER_FOR_FILE = [Row(f"a folder for a file: {command}", command, 2, "place" + IS_FOLDER, folder("place")) for command in (
    "vocab place --output v",
    "tokenize --vocab {toy}/tokenizer place",
    "build place --vocab {toy}/tokenizer --output d",
    "pretrain --config place",
    "embed {toy}/model place",
)] + [
    Row("a folder without a tokenizer", "tokenize --vocab place", 2, "place: no tokenizer in this folder", folder("place")),
    Row("a folder of nothing", "inspect place", 2, "place is no dataset", folder("place")),
    Row("a folder that is no dataset", "evaluate {toy}/model --data place", 2, "place/meta.json: there is no such file",
        folder("place")),
    Row("a folder that is no model", "embed place", 2, "place: neither a model folder", folder("place")),
]

FILE_FOR_FOLDER = [Row(f"a file for a folder: {command}", command, 2, "file" + IS_FILE, write("file", "x\n")) for command in (
    "vocab {toy}/text.txt --output file",
    "build {toy}/text.txt --vocab {toy}/tokenizer --output file",
    "evaluate file --data {toy}/valid",
    "embed file {toy}/text.txt",
    "{pretrain} --init-from file --vocab.tokenizer {toy}/tokenizer",
)] + [
    Row("text for a dataset", "evaluate {toy}/model --data file", 2, "--data file is a file; a dataset is wanted: bertforge build file",
        write("file", "x\n")),
    Row("a file for the run", "{pretrain} --output file", 2, "file is a file; --output names the folder of a run",
        write("file", "")),
]

EMPTY = [row for content, name in ((b"", "an empty file"), (BLANK, "white space")) for row in (
    Row(f"{name}: vocab", "vocab e.txt --output v", 3, NO_TEXT, write("e.txt", content)),
    Row(f"{name}: build", "build e.txt --vocab {toy}/tokenizer --output d", 3, NO_TEXT, write("e.txt", content)),
    Row(f"{name}: embed to a file", "embed {toy}/model --output e.npy", 0, "", text=content, leaves="e.npy"),
)] + [
    Row("an empty file: pretrain", "{pretrain} --data.root '' --data.train e.txt", 3, NO_TEXT, write("e.txt", "")),
    Row("an empty file: as vocabulary", "tokenize --vocab e.txt", 3, "e.txt: the vocabulary is empty", write("e.txt", "")),
    Row("an empty file: tokenize", "tokenize --vocab {toy}/tokenizer", 0, ""),
    Row("white space: similarity", "similarity {toy}/model", 0, "", text=BLANK, prints=True),
    Row("an empty file: fill-mask", "fill-mask {toy}/model", 0, ""),
    Row("an empty file: next-sentence", "next-sentence {toy}/model", 0, ""),
    Row("an empty text: fill-mask", "fill-mask {toy}/model ''", 2, "there is no [MASK] in the text"),
    Row("white space: fill-mask", "fill-mask {toy}/model", 3, "standard input:1: there is no [MASK]", text=BLANK),
    Row("white space: next-sentence", "next-sentence {toy}/model", 3, 'standard input:1: there is no " ||| "', text=BLANK),
]

BROKEN_UTF8 = [
    Row("broken UTF-8: vocab", "vocab b.txt --size 60 --output v", 0, "b.txt:1: bytes that are no UTF-8 (1 place)",
        write("b.txt", BROKEN),
        leaves="v(/.*)?"),
    Row("broken UTF-8: build", "build b.txt --vocab {toy}/tokenizer --output d", 0, "b.txt:1: bytes that are no UTF-8 (1 place)",
        write("b.txt", BROKEN), leaves="d(/.*)?"),
    Row("broken UTF-8: tokenize", "tokenize --vocab {toy}/tokenizer b.txt", 0, "b.txt:1: bytes that are no UTF-8",
        write("b.txt", BROKEN), prints=True),
    Row("broken UTF-8: embed", "embed {toy}/model b.txt", 0, "b.txt:1: bytes that are no UTF-8", write("b.txt", BROKEN),
        prints=True),
    Row("broken UTF-8: fill-mask", "fill-mask {toy}/model", 0, "standard input:1: bytes that are no UTF-8", text=b"\xff [MASK]\n",
        prints=True),
    Row("broken UTF-8: vocabulary", "tokenize --vocab v.txt", 3, "v.txt:2: the piece is not UTF-8",
        write("v.txt", b"[UNK]\n\xff\n")),
    Row("broken UTF-8: config", "pretrain --config b.toml", 2, "b.toml:2:10: Encountered invalid utf-8 sequence",
        write("b.toml", b"[run]\noutput = \"\xff\"\n")),
    Row("UTF-16", "vocab u.txt --output v", 3, "u.txt is UTF-16, not text", write("u.txt", "the clock\n".encode("utf-16"))),
    Row("gzip", "build g.txt --vocab {toy}/tokenizer --output d", 3, "g.txt is compressed by gzip",
        write("g.txt", b"\x1f\x8b\x08\x00\x00")),
    Row("gzip: embed", "embed {toy}/model g.txt", 3, "compressed by gzip", write("g.txt", b"\x1f\x8b\x08\x00\x00")),
    Row("a binary file", "vocab n.bin --format lines --output v", 3, "n.bin is no text", write("n.bin", bytes(500))),
]


def without(piece: str) -> typing.Callable[[list[str]], list[str]]:
    return lambda pieces: [each if each != piece else "zzqq" for each in pieces]


def doubled(pieces: list[str]) -> list[str]:
    return pieces[:-1] + ["[MASK]"]


LACKS_MASK = "the vocabulary lacks special tokens: mask"
VOCABULARY = [
    Row("no [MASK]: pretrain", "{pretrain} --vocab.tokenizer model", 3, LACKS_MASK, vocabulary(without("[MASK]"))),
    Row("no [MASK]: fill-mask", "fill-mask model 'the [MASK]'", 3, LACKS_MASK, vocabulary(without("[MASK]"))),
    Row("no [MASK] in tokenizer.json", "fill-mask model 'the [MASK]'", 3,
        'model/tokenizer.json: the added token "[MASK]" is not in the vocabulary',
        vocabulary(without("[MASK]"), in_json=True)),
    *(Row(f"no [UNK]: {command}", command, 3, 'model/vocab.txt: no line "[UNK]"', vocabulary(without("[UNK]")))
      for command in ("tokenize --vocab model", "{pretrain} --vocab.tokenizer model")),
    Row("duplicates in vocab.txt", "embed model", 3, 'model/vocab.txt:300: "[MASK]" stands in line 5 already',
        vocabulary(doubled)),
    Row("more pieces than the model has", "embed model", 3, "the tokenizer has 301 pieces and config.json a vocab_size of 300",
        vocabulary(lambda pieces: pieces + ["zzqq"])),
    Row("two vocabularies", "embed model", 3, "model/vocab.txt:2: differs from the tokenizer.json beside it",
        in_model("vocab.txt", "[PAD]\nx\n")),
    Row("no tokenizer", "embed model", 2, "model: no tokenizer in this folder",
        both(in_model("vocab.txt", None), in_model("tokenizer.json", None))),
    Row("no id", "detokenize --vocab {toy}/tokenizer", 3, 'standard input:2: "x" is no id', text=b"5 6\nx\n", prints=True),
    Row("a negative id", "detokenize --vocab {toy}/tokenizer", 3,
        'standard input:1: "-1" is no id of this vocabulary; a number below 300 is expected', text=b"-1\n"),
]

OTHER = "made with another tokenizer"
DATASET = [
    Row("a dataset of another vocabulary: pretrain",
        "{pretrain} --vocab.tokenizer {toy}/tokenizer --data.train {toy}/other_train", 3, OTHER),
    Row("a held-out dataset of another vocabulary: pretrain",
        "{pretrain} --data.train {toy}/train --data.valid {toy}/other_train", 3, OTHER),
    Row("a dataset of another vocabulary: evaluate", "evaluate {toy}/model --data {toy}/other_train", 3, OTHER),
    Row("a dataset cut short", "inspect d", 3, "d/tokens.bin: 10 bytes",
        lambda place: damaged_dataset(place, "tokens.bin", lambda data: data[:10])),
    Row("offsets that fall", "inspect d", 3, "d/sentences.bin: offset 1 is 0",
        lambda place: damaged_dataset(place, "sentences.bin", lambda data: data[:8] + bytes(8) + data[16:])),
    Row("ids beyond the vocabulary", "evaluate {toy}/model --data d", 3, "d/tokens.bin: holds the token id 65535",
        lambda place: damaged_dataset(place, "tokens.bin", lambda data: b"\xff\xff" + data[2:])),
    Row("meta.json that is no JSON", "{pretrain} --data.root '' --data.train d", 3, "d/meta.json: line 1, column 1: no JSON",
        lambda place: damaged_dataset(place, "meta.json", lambda data: b"x" + data)),
    Row("meta.json of another version", "inspect d", 3, "d/meta.json: format version 99; this program reads version 1",
        lambda place: damaged_dataset(place, "meta.json",
            lambda data: data.replace(b'"format_version": 1', b'"format_version": 99'))),
]


def damaged_dataset(place: Place, name: str, change: typing.Callable[[bytes], bytes]) -> None:
    shutil.copytree(place.toy / "train", place.folder / "d")
    file = place.folder / "d" / name
    file.write_bytes(change(file.read_bytes()))


UNSOUND = "model/model.safetensors is no sound safetensors file: "
# What else a header can lie about stands in tests/formats/safetensors_corruption_test.cpp.
WEIGHTS = [Row(f"weights: {name}", "embed model", 3, UNSOUND + part, make) for name, part, make in (
    ("no bytes", "it has 0 bytes", weights(lambda data: b"")),
    ("cut in the header", "its header claims ", weights(lambda data: data[:200])),
    ("cut in the data", 'tensor "', weights(lambda data: data[:-1])),
    ("longer than it says", "1 bytes at its end belong to no tensor", weights(lambda data: data + b"x")),
    ("header length 2^64 - 1", "its header claims 18446744073709551615 bytes", header_length(2**64 - 1)),
    ("overlapping", 'tensor "bert.pooler.dense.bias" overlaps', tensor(data_offsets=[0, 64])),
    ("negative", 'tensor "bert.pooler.dense.bias" has -64 in its data_offsets', tensor(data_offsets=[-64, 0])),
    ("a huge shape", 'tensor "bert.pooler.dense.bias" has a shape beyond all memory', tensor(shape=[2**40, 2**40])),
)] + [
    Row("weights: another dtype", "embed model", 3, 'tensor "bert.pooler.dense.bias" is I32; F32, BF16 and F16',
        tensor(dtype="I32")),
    Row("weights: another shape", "embed model", 3, "has the shape [4, 4]; the model's configuration asks for [16]",
        tensor(shape=[4, 4])),
    Row("weights: a tensor missing", "embed model", 3, 'there is no tensor "bert.encoder.layer.1.output.dense.bias"',
        without_tensors("bert.encoder.layer.1.output.dense.bias")),
    Row("weights: no masked-LM head", "fill-mask model 'the [MASK]'", 2, "model: the model has no masked_lm head",
        without_tensors("cls.predictions")),
    Row("weights: no next-sentence head", "next-sentence model", 2, "model: the model has no next_sentence head",
        without_tensors("cls.seq"),
        text=b"a ||| b\n"),
    Row("weights: no head", "evaluate model --data {toy}/valid", 2, "model has neither a masked-LM nor a next-sentence head",
        without_tensors("cls.")),
    *(Row(f"weights: {value}", "embed model", 3, "not finite", number_in_weights(value), text=b"a\n")
      for value in (math.nan, math.inf)),
    Row("weights: inspected", "inspect model", 3, UNSOUND + "it has 5 bytes", weights(lambda data: data[:5])),
    *(Row(f"only {name}", "embed model", 2, f"model: there is no model.safetensors; {name} ", only_in_model(name)) for name in (
        "pytorch_model.bin", "tf_model.h5", "bert_model.ckpt.index", "model.safetensors.index.json")),
    Row("no weights", "embed model", 2, "model: there is no model.safetensors, so it is no model folder", only_in_model()),
    *(Row(f"one segment: {command}", command, 2, "has one segment", with_one_segment, text=b"a ||| b\n") for command in (
        "embed model --segment 1", "embed model --pairs", "next-sentence model")),
    Row("no config.json", "embed model", 2, "model: neither a model folder, which has config.json",
        in_model("config.json", None)),
]

# What else is refused stands in tests/huggingface/config_json_test.cpp.
CONFIG_JSON = [Row(f"config.json: {name}", "embed model", 3, "model/config.json: " + part, make) for name, part, make in (
    ("no JSON", "line 2, column 1: no JSON", in_model("config.json", "{\n]")),
    ("a text for a number", '"hidden_size" is "16"; it must be a whole number', json_of_model("config.json", hidden_size="16")),
)] + [
    Row("config.json: another vocabulary", "embed model", 3, "the model's configuration asks for [290, 16]",
        json_of_model("config.json", vocab_size=290)),
    Row("config.json: more layers", "embed model", 3, 'there is no tensor "bert.encoder.layer.2',
        json_of_model("config.json", num_hidden_layers=3)),
    Row("config.json: fewer layers", "embed model", 3, 'tensor "bert.encoder.layer.1',
        json_of_model("config.json", num_hidden_layers=1)),
    Row("config.json: inspected", "inspect model", 3, "model/config.json: line 2, column 1: no JSON",
        in_model("config.json", "{\n]")),
    Row("tokenizer.json: no JSON", "embed model", 3, "model/tokenizer.json: line 1, column 2: no JSON",
        in_model("tokenizer.json", "{")),
    Row("tokenizer.json: a list", "tokenize --vocab model", 3, "model/tokenizer.json: a JSON object is expected",
        in_model("tokenizer.json", "[]")),
    Row("tokenizer.json: another kind", "tokenize --vocab model", 3,
        "model/tokenizer.json: the model is BPE; only WordPiece is supported",
        json_of_model("tokenizer.json", model={"type": "BPE"})),
    Row("tokenizer.json: no vocabulary", "tokenize --vocab model", 3,
        'model/tokenizer.json: the added token "[PAD]" is not in the vocabulary',
        json_of_model("tokenizer.json", model={"type": "WordPiece"})),
    Row("tokenizer_config.json: no JSON", "tokenize --vocab model", 3, "model/tokenizer_config.json: line 1, column 1: no JSON",
        in_model("tokenizer_config.json", "x")),
]

# Types and bounds have rows of their own in tests/formats/toml_test.cpp.
TOML = [Row(f"config file: {name}", "pretrain --config c.toml", 2, "c.toml:" + part, write("c.toml", text)) for name, part,
    text in (
    ("an unknown key", "3: unknown key train.batch_sise; did you mean train.batch_size?", "[train]\n\nbatch_sise = 3\n"),
    ("an unknown section", "2: unknown key trian.seed; did you mean train.seed?", "[trian]\nseed = 3\n"),
    ("a text for a number", '2: train.batch_size is the text "6"; it must be a whole number', '[train]\nbatch_size = "6"\n'),
    ("0", "2: train.batch_size is 0; it must be between 1 and", "[train]\nbatch_size = 0\n"),
    ("1e400", "2:22: Error while parsing floating-point: '1e400'", "[optimizer]\nlearning_rate = 1e400\n"),
    ("a number beyond 64 bits", "2:28: Error while parsing decimal integer: '99999999999999999999' is not representable",
        "[train]\nseed = 99999999999999999999\n"),
    ("an unknown name", '2: model.hidden_act is "gelo"; it must be one of', '[model]\nhidden_act = "gelo"\n'),
    ("no duration", '2: train.duration: "soon" is not a duration', '[train]\nduration = "soon"\n'),
    ("no TOML", "2:6: Error while parsing key-value pair: expected '='", "[train]\nseed 3\n"),
    ("a key twice", "3:8: Error while parsing key-value pair: cannot redefine existing integer 'seed'",
        "[train]\nseed = 3\nseed = 4\n"),
)] + [Row(f"command line: {setting} {value}", f"pretrain --{setting} {value}", 2,
    f"command line: {setting} is {part}") for setting, value, part in (
    ("train.batch_size", "0", "0; it must be between 1 and"),
    ("train.batch_size", "1e400", '"1e400"; it must be a'),
    ("optimizer.learning_rate", "nan", "nan; it must be between"),
    ("optimizer.learning_rate", "1e400", '"1e400"; it must be'),
    ("data.keep_unk", "maybe", '"maybe"; it must be true or false'),
)]

COMMAND_LINE = [
    Row("no such command", "pretain", 2, "unknown command pretain; did you mean pretrain?"),
    *(Row(f"an unknown option: {command}", f"{command} --{option} 3", 2,
        f"bertforge: {command}: unknown option --{option}; did you mean {near}?")
      for command, option, near in (
          ("vocab", "sise", "--size"), ("pretrain", "thread", "--threads"), ("evaluate", "train-dat", "--train-data"))),
    *(Row(f"one argument too many: {command}", f"{command} extra", 2,
        'bertforge: ' + command.split()[0] + ': "extra" is one argument too many')
      for command in (
          "tokenize --vocab {toy}/tokenizer {toy}/text.txt", "pretrain", EVALUATE)),
    *(Row(f"missing: {command}", command, 2, f"bertforge: {command.split()[0]}: {part} is required") for command, part in (
        ("vocab", "inputs"), ("vocab x.txt", "--output"), ("tokenize", "--vocab"), ("build x.txt --output d", "--vocab"),
        ("inspect", "path"), ("embed", "checkpoint"))),
    Row("a setting without a value", "pretrain --train.batch_size", 2, "command line: --train.batch_size has no value"),
    Row("an unknown shell", "completion tcsh", 2, 'there is no script for "tcsh"; it must be one of bash, zsh, fish'),
    Row("no dataset to evaluate on", "evaluate {toy}/model", 2,
        "/model is no checkpoint of a run; name a dataset to evaluate it on with --data"),
]

ASKING = [
    Row("a layer too far", "embed {toy}/model --layers 3", 2, "/model: there is no layer 3; the model has 2", text=b"a\n"),
    Row("a layer too far back", "embed {toy}/model --layers -1,-4", 2, "/model: there is no layer -4; the model has 2",
        text=b"a\n"),
    Row("no layer", "embed {toy}/model --layers 1,x", 2, 'bertforge: embed: --layers is "1,x"; it must be numbers of layers',
        text=b"a\n"),
    Row("longer than the model", "embed {toy}/model --max-length 33", 2,
        "--max-length is 33; it must be from 5 to 32", text=b"a\n"),
    Row("npy to standard output", "embed {toy}/model --format npy", 2, "--format npy needs a file", text=b"a\n"),
    Row("npy into a pipe", "embed {toy}/model --output f.npy", 2, "needs a file", fifo("f.npy"), text=b"a\n"),
    Row("an unknown ending", "embed {toy}/model --output a.csv", 2, "--output a.csv: its ending names no format", text=b"a\n"),
    *(Row(f"into a missing folder: {name}", f"embed {{toy}}/model --output no/{name}", 2,
        f"no/{name}.partial cannot be written: No such", text=b"a\n") for name in ("a.jsonl", "a.npy")),
    Row("onto a folder", "embed {toy}/model --output a.npy", 2, "a.npy cannot be written: Is a directory", folder("a.npy"),
        text=b"a\n"),
    Row("under a file", "embed {toy}/model --output a/b.npy", 2, "a/b.npy.partial cannot be written: Not a directory",
        write("a", ""),
        text=b"a\n"),
    Row("a word beyond the line", "similarity {toy}/model --words 1,9", 2,
        "standard input:1: there is no token 9; the line has 3", text=b"a\n"),
    Row("a word beyond the second line", "similarity {toy}/model --words 1,4", 2, "standard input:2: there is no token 4",
        text=b"a b c\na\n",
        prints=True),
    Row("--top of what", "similarity {toy}/model --top 3", 2, "--top", text=b"a\n"),
    Row("words are not pooled", "similarity {toy}/model --words 0,1 --pool max", 2, "--pool", text=b"a\n"),
    Row("words are named", "similarity {toy}/model --words 0,1 --exclude-special", 2, "--exclude-special", text=b"a\n"),
    Row("too many lines", "similarity {toy}/model", 2, "too many", text=b"a\n" * 4097),
    Row("one word", "similarity {toy}/model --words 1", 2, '--words is "1"; it must be two or more', text=b"a\n"),
    Row("no [MASK]", "fill-mask {toy}/model 'the clock'", 2, "bertforge: fill-mask: there is no [MASK] in the text"),
    Row("no [MASK] in a line", "fill-mask {toy}/model", 3, "standard input:2: there is no [MASK]", text=b"a [MASK]\nb\n",
        prints=True),
    Row("a [MASK] cut off", "fill-mask {toy}/model --max-length 5", 3, "within the first 5 tokens", text=b"a b c d [MASK]\n"),
    Row("no pair", "next-sentence {toy}/model", 3, 'standard input:2: there is no " ||| "', text=b"a ||| b\na b\n", prints=True),
]

CHECKPOINTS = [
    Row(f"all checkpoints are damaged: {name}", "evaluate run --data {toy}/valid", 3, "run: none of its 2 checkpoints", make)
    for name, make in (("no config.json", run_without("config.json")), ("no weights", run_without("model.safetensors", "best")))]

TABLES = {name: table for name, table in globals().items() if isinstance(table, list)}


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
        found[str(file.relative_to(folder))] = (status.st_ino, status.st_size, 0 if file.is_dir() else status.st_mtime_ns)
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
    ("info", b""), ("completion bash", b""), ("vocab --help", b""), ("pretrain --print-config", b""),
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
                self.assertEqual(self.run_into(full.fileno(), command, text), (5, b"bertforge: standard output cannot be written\n"))


RESUME = ("pretrain --config {toy}/config.toml --run.prepared {toy}/prepared --train.schedule constant "
          "--train.duration '8 steps' --output run")


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
        leaves = r"run|run/(config\.toml|run\.json|train\.log|metrics\.jsonl|checkpoints)"
        row = Row("", "{pretrain}", 5, "run/checkpoints/step-00000002.partial/", leaves=leaves)
        self.check(row, **self.limited(40_000))

    def copy_run(self, place: pathlib.Path) -> pathlib.Path:
        return shutil.copytree(self.toy / "run", place / "run", symlinks=True)

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
        run = self.copy_run(place)
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
                        "embed {toy}/model {toy}/text.txt --output out/e.npy", "{pretrain} --output out/run"):
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
