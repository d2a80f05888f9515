"""The rows of bad_input_flow_test.py: what is wrong with an input, the command that meets it, and what must come of it.

`{toy}` is a folder of sound things that no row changes: model, run, tokenizer, train and valid (datasets), other and other_train
(of another vocabulary), cased (a vocabulary of the same size), text.txt.
"""

import bz2
import gzip
import lzma
import math
import shutil
import typing

from damaged import (Make, Place, both, copied_run, fifo, folder, header_length, in_checkpoint, in_model, json_of_model,
                     number_in_weights, only_in_model, run_without, tensor, vocabulary, weights, with_one_segment, without_tensors, write)


class Row(typing.NamedTuple):
    name: str
    command: str
    code: int
    part: str  # Of the one line; of the whole log where the code is 0.
    make: Make | None = None
    text: bytes = b""
    prints: bool = False  # Standard output may have whole lines.
    leaves: str = ""  # A regular expression for what may be new in the folder.


# {pretrain}: of the toy config, with all prepared.
PRETRAIN = "pretrain --config {toy}/config.toml --run.prepared {toy}/prepared --run.output run"
EVALUATE = "evaluate {toy}/model --data {toy}/valid"
NO_FILE, IS_FOLDER, IS_FILE = ": there is no such file", " is a folder; it must be a file", " is a file; it must be a folder"
BROKEN = "thé old clock\n".encode("latin1")
NO_TEXT = "e.txt: no text; one sentence a line is expected"
SENTENCES = b"the old clock fell\nsnow fell on it\n\n" * 9
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
    ("report nowhere", ": there is no such folder"),
    ("compare {toy}/run nowhere", ": there is no such folder"),
)]

FOLDER_FOR_FILE = [Row(f"a folder for a file: {command}", command, 2, "place" + IS_FOLDER, folder("place")) for command in (
    "tokenize --vocab {toy}/tokenizer place",
    "pretrain --config place",
    "embed {toy}/model place",
)] + [
    Row("a folder without a tokenizer", "tokenize --vocab place", 2, "place: no tokenizer in this folder", folder("place")),
    Row("a folder of nothing", "inspect place", 2, "place is no dataset", folder("place")),
    Row("a folder that is no dataset", "evaluate {toy}/model --data place", 2, "place/meta.json: there is no such file",
        folder("place")),
    Row("a folder that is no run", "report place", 2, "place has no metrics.jsonl; the folder of a run", folder("place")),
    Row("a folder for a page", "compare {toy}/run --output place", 2, "place", folder("place")),
    Row("a folder that is no model", "embed place", 2, "place: neither a model folder", folder("place")),
]

FILE_FOR_FOLDER = [Row(f"a file for a folder: {command}", command, 2, "file" + IS_FILE, write("file", "x\n")) for command in (
    "vocab {toy}/text.txt --output file",
    "build {toy}/text.txt --vocab {toy}/tokenizer --output file",
    "evaluate file --data {toy}/valid",
    "embed file {toy}/text.txt",
    "{pretrain} --init-from file --vocab.tokenizer {toy}/tokenizer",
    "report file",
    "compare {toy}/run file",
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
    Row("gzip cut short", "build g.txt.gz --format lines --vocab {toy}/tokenizer --output d", 3,
        "g.txt.gz ends in the middle of its gzip data", write("g.txt.gz", gzip.compress(SENTENCES)[:-4])),
    Row("gzip with a wrong checksum", "build g.txt.gz --vocab {toy}/tokenizer --output d", 3,
        "g.txt.gz: the gzip data is damaged (incorrect data check)",
        write("g.txt.gz", gzip.compress(SENTENCES)[:-8] + bytes(8))),
    Row("xz cut short", "vocab x.xz --output v", 3, "x.xz ends in the middle of its xz data",
        write("x.xz", lzma.compress(SENTENCES)[:-4])),
    Row("a tar archive", "vocab x.tar.bz2 --output v", 3, "x.tar.bz2 is a tar archive, not text",
        write("x.tar.bz2", bz2.compress(b"x.txt".ljust(257, b"\0") + b"ustar" + bytes(250)))),
    Row("an empty folder of text: vocab", "vocab place --output v", 2, "place: there is no file in this folder", folder("place")),
    Row("an empty folder of text", "build place --vocab {toy}/tokenizer --output d", 2, "place: there is no file in this folder", folder("place")),
    Row("a pattern that matches nothing", "vocab *.txt --output v", 2, "*.txt: nothing matches this pattern"),
    Row("a shard outside the count", "build {toy}/text.txt --vocab {toy}/tokenizer --output d --shard 4/3", 2,
        'build: --shard is "4/3"; I/N is expected'),
    Row("a shard that is no fraction", "build {toy}/text.txt --vocab {toy}/tokenizer --output d --shard 2", 2, 'build: --shard is "2"'),
    Row("a shard of standard input", "build - --format lines --vocab {toy}/tokenizer --output d --shard 1/2", 2,
        "standard input cannot be read in parts"),
    Row("a shard with documents over files", "build {toy}/text.txt --vocab {toy}/tokenizer --output d --shard 1/2 --compat google", 2,
        "cannot be built in shards"),
    Row("merging what is no shard", "build --merge {toy}/train --output d", 3, "train is a whole dataset; parts made by build --shard"),
    Row("merging a file", "build --merge {toy}/text.txt --output d", 2, "text.txt" + IS_FILE),
    Row("held-out text without a place", "build {toy}/text.txt --vocab {toy}/tokenizer --output d --valid-input {toy}/text.txt", 2,
        "--valid-output and one of --valid-fraction and --valid-input go together"),
    Row("held-out text that is missing", "build {toy}/text.txt --vocab {toy}/tokenizer --output d --valid-input nowhere --valid-output v", 2,
        "nowhere" + NO_FILE),
    Row("held-out text that is none", "build {toy}/text.txt --vocab {toy}/tokenizer --output d --valid-input e.txt --valid-output v", 3,
        NO_TEXT, write("e.txt", BLANK)),
    Row("one dataset folder in the other", "build {toy}/text.txt --vocab {toy}/tokenizer --output d --valid-fraction 0.3 --valid-output d/v",
        2, "are one folder, or one lies in the other"),
    Row("one dataset folder twice", "build {toy}/text.txt --vocab {toy}/tokenizer --output d --valid-fraction 0.3 --valid-output ./d/",
        2, "are one folder, or one lies in the other"),
    Row("WikiText's joins in another format", "build {toy}/text.txt --format lines --undo-joins --vocab {toy}/tokenizer --output d", 2,
        "--undo-joins has no effect on the format lines"),
    Row("a text field without one", "vocab {toy}/text.txt --format lines --text-field body --output v", 2,
        "--text-field has no effect on the format lines"),
    Row("JSON lines among other files", "build {toy}/text.txt j.jsonl --vocab {toy}/tokenizer --output d", 2,
        "j.jsonl looks like jsonl and ", write("j.jsonl", '{"text": "a"}\n')),
    Row("instances over a file", "build {toy}/text.txt --vocab {toy}/tokenizer --static --output i.jsonl", 2,
        "i.jsonl exists and is not empty", write("i.jsonl", "mine\n")),
    Row("no instance", "build one.txt --format lines --vocab {toy}/tokenizer --static --output i.jsonl", 3,
        "one.txt: no instance can be made of it", write("one.txt", "the clock\n")),
    Row("merging what is no dataset", "build --merge place --output d", 2, "place is no dataset", folder("place")),
    Row("gzip: embed", "embed {toy}/model g.txt", 3, "g.txt ends in the middle of its gzip data", write("g.txt", b"\x1f\x8b\x08\x00\x00")),
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

PREPARED = "prepared(/.*)?"
# What each setting may be has tests of its own (tests/app/run_config_test.cpp); here is what they may not be together. Of what is
# odd and no error a dry run warns.
SETTINGS = [Row(f"settings: {options}", "{pretrain} " + options, 2, part) for options, part in (
    ("--train.warmup '5 steps'", 'train.warmup is "5 steps", longer than train.duration, "4 steps"'),
    ("--train.warmup '1 epoch'", 'train.warmup is "1 epoch" and train.duration "4 steps"; both must be in the same unit'),
    ("--data.max_seq_length 33", "data.max_seq_length is 33, but the model has positions for 32 tokens"),
    ("--train.micro_batch_size 7", "train.micro_batch_size 7 is larger than train.batch_size 6"),
    ("--model.num_attention_heads 3", "num_attention_heads"),
    ("--data.mask_share 0.8 --data.random_share 0.3", "their sum may be 1 at most"),
    ("--train.objectives masked", 'train.objectives has "masked"; it must be one of masked_lm, next_sentence'),
    ("--train.objectives=", "train.objectives is empty; name at least one"),
    ("--data.pairing none", "the objective next_sentence has no labels"),
    ("--device gpu", "--device gpu is not a device; it must be cpu, cuda, cuda:N or auto"),
    ("--vocab.memory much", '"much" is not an amount of memory'),
    ("--data.never_masked zzqq", 'never_masked names "zzqq", which is no piece of the vocabulary'),
    ("--data.valid_fraction 0.5", "one of the two is expected"),
    ("--data.valid train.txt", "data.valid has the very documents of data.train ("),
    ("--data.root '' --data.train {toy}/train --data.valid {toy}/train", "data.valid has the very documents of data.train ("),
)] + [Row(f"a warning: {options}", "{pretrain} --dry-run " + options, 0, part, leaves=PREPARED) for options, part in (
    ("--data.max_predictions_per_seq 4", "data.max_predictions_per_seq is 4, but masked_lm_prob 0.15 of 32 tokens are 5"),
    ("--model.hidden_size 512", "an update has 6 sequences at optimizer.learning_rate 0.0001, for a model 512 wide"),
    ("--train.duration '100000 steps'", "times, and it will be learned by heart"),
    ("--data.train train.txt,valid.txt --run.prepared prepared", "2 of the 2 held-out documents are in the training data too"),
)]

# Options that are for another kind of folder, or for another option; some with their defaults.
INSPECT = [Row(f"inspect: {options}", f"inspect {{toy}}/{options}", 2, f"bertforge: inspect: {options.split()[1]} has no effect{part}",
    write("x.txt", "a\n")) for options, part in (
    ("tokenizer --show 2", ": "), ("model --seed 1", ": "), ("run --max-seq-length 128", ": "), ("model --pairing nsp", ": "),
    ("run --masking token", ": "), ("train --lowercase", ": "), ("model --compat google", ": "), ("train --text x.txt", ": "),
    ("tokenizer --undo-joins", " without --text"))]

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

# Those of which one file is damaged stand in bad_input_flow_test.py.
CHECKPOINTS = [
    Row(f"all checkpoints are damaged: {name}", "evaluate run --data {toy}/valid", 3, "run: none of its 2 checkpoints", make)
    for name, make in (("no config.json", run_without("config.json")), ("no weights", run_without("model.safetensors", "best")))
] + [
    Row("all checkpoints are damaged: pretrain", "{pretrain}", 3, "run: none of its 2 checkpoints", run_without("vocab.txt")),
    *(Row(f"a checkpoint of another version: {command}", command, 3,
        "trainer/state.json: the checkpoint has format version 99; this program reads version 1, a newer one is needed",
        in_checkpoint("trainer/state.json", lambda data: data.replace(b'"format_version": 1', b'"format_version": 99')))
      for command in ("{pretrain}", "{pretrain} --train.duration '8 steps' --resume run/checkpoints/step-00000004")),
    Row("a run of another vocabulary", "{pretrain} --vocab.tokenizer {toy}/other --run.prepared prepared", 2,
        "the checkpoint is of another model than this run's: vocab_size is 300, not 280", copied_run, leaves=PREPARED),
    Row("a run of another vocabulary of the same size", "{pretrain} --vocab.tokenizer {toy}/cased --run.prepared prepared", 2,
        "the checkpoint was trained with another tokenizer (", copied_run, leaves=PREPARED),
    Row("a run on other text", "{pretrain} --vocab.tokenizer {toy}/tokenizer --data.train {toy}/valid --data.valid {toy}/train", 2,
        "the checkpoint was trained on another dataset (", copied_run),
]

TRAINED = '{"kind":"train","step":1,"tokens":9,"seconds":1.5,"loss":5.5}\n'
METRICS = [row for command in ("report", "compare {toy}/run") for row in (
    Row(f"a line of metrics that is no JSON: {command}", f"{command} place", 3, "place/metrics.jsonl:2: line 1, column 8: no JSON",
        both(folder("place"), write("place/metrics.jsonl", TRAINED + '{"kind"\n' + TRAINED))),
    Row(f"a metric that is no number: {command}", f"{command} place", 3, 'place/metrics.jsonl:1: "loss" is "low"; it must be a number',
        both(folder("place"), write("place/metrics.jsonl", TRAINED.replace("5.5", '"low"')))),
)] + [
    Row("a line of predictions that is no JSON", "report place", 3, "place/predictions.jsonl:1: line 1, column 8: no JSON",
        both(folder("place"), write("place/metrics.jsonl", TRAINED), write("place/predictions.jsonl", '{"step"\n'))),
    Row("sessions that are none", "report place", 3, 'place/run.json: there is no "sessions"',
        both(folder("place"), write("place/metrics.jsonl", TRAINED), write("place/run.json", "{}"))),
    Row("a page in a folder that is missing", "report {toy}/run --output nowhere/r.html", 2, "nowhere/r.html"),
    Row("a comparison of nothing", "compare", 2, "compare: "),
]


TABLES = {name: table for name, table in globals().items() if isinstance(table, list)}
