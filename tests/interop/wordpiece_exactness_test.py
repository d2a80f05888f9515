"""Ids equal to the tokenizers library's, for every line of much text: WikiText-2, Wikipedia, mixed scripts, hostile strings."""

import itertools
import os
import tarfile

import pytest
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

import mixed_scripts

BLOCK_CHARACTERS = 4_000_000  # Compared at a time: bounds the memory, and what is encoded before a difference shows.
SPECIAL_TOKENS = ["[UNK]", "[SEP]", "[CLS]", "[PAD]", "[MASK]"]
UNCASED, CASED = "bert-base-uncased", "bert-base-cased"
MULTILINGUAL, CHINESE = "bert-base-multilingual-cased", "bert-base-chinese"

# What the normalizer can be told: the library's options, and the program's for the same.
NORMALIZERS = {
    "uncased": ({}, []),
    "cased": ({"lowercase": False}, ["--no-lowercase"]),
    "uncased, accents kept": ({"strip_accents": False}, ["--no-strip-accents"]),
    "cased, accents stripped": ({"lowercase": False, "strip_accents": True}, ["--no-lowercase", "--strip-accents"]),
    "Chinese characters not split": ({"handle_chinese_chars": False}, ["--no-split-cjk"]),
    "not cleaned": ({"clean_text": False}, ["--no-clean-text"]),
    "nothing done": ({"clean_text": False, "handle_chinese_chars": False, "lowercase": False},
                     ["--no-clean-text", "--no-split-cjk", "--no-lowercase"]),
}
# A file's beginning decides whether it is text at all: this line stands before strings with U+0000 and byte order marks.
HARMLESS_LINE = " " * 4096


@pytest.fixture(scope="module", autouse=True)
def threads():
    """The library counts the processors of the machine; those that this process may use are fewer in a container."""
    os.environ.setdefault("RAYON_NUM_THREADS", str(len(os.sched_getaffinity(0))))
    os.environ["TOKENIZERS_PARALLELISM"] = "true"


@pytest.fixture
def check(bertforge, shared):
    """check(lines, vocabulary, normalizer): fails on the first line whose ids differ. `specials`: they are matched."""

    def compare(lines, vocabulary, normalizer, specials=True):
        options, flags = NORMALIZERS[normalizer]
        path = shared / f"data/vocab/{vocabulary}.txt"
        peer = make_peer(path, options, specials)
        arguments = ["tokenize", "--vocab", path, "-", *flags, *(["--special-in-text"] if specials else [])]
        num_lines = 0
        for block in blocks(lines):
            encodings = peer.encode_batch_fast(block, add_special_tokens=False)
            expected = [" ".join(map(str, encoding.ids)) for encoding in encodings]
            printed = bertforge(*arguments, stdin="\n".join([HARMLESS_LINE, *block, ""])).split("\n")[1:-1]
            if printed != expected:
                pytest.fail(first_difference(block, printed, expected, peer, num_lines), pytrace=False)
            num_lines += len(block)
        assert num_lines > 0

    return compare


def make_peer(vocab_txt, options, specials):
    peer = Tokenizer(WordPiece.from_file(str(vocab_txt), unk_token="[UNK]", max_input_chars_per_word=100))
    peer.normalizer = BertNormalizer(**options)
    peer.pre_tokenizer = BertPreTokenizer()
    if specials:
        peer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    return peer


def blocks(lines):
    block, num_characters = [], 0
    for line in lines:
        block.append(line)
        num_characters += len(line)
        if num_characters >= BLOCK_CHARACTERS:
            yield block
            block, num_characters = [], 0
    if block:
        yield block


def first_difference(block, printed, expected, peer, num_lines_before):
    pairs = itertools.zip_longest(printed, expected, fillvalue="no line")
    number, ours, theirs = next((number, ours.split(), theirs.split())
                                for number, (ours, theirs) in enumerate(pairs) if ours != theirs)
    place = next((place for place, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    seen = slice(max(0, place - 3), place + 12)

    def with_pieces(ids):
        return " ".join(f"{token}={peer.id_to_token(int(token))}" if token.isdigit() else token for token in ids[seen])

    line = block[number] if number < len(block) else "none"
    return (f"line {num_lines_before + number}, token {place}: {line[:500]!a}\nours:   {with_pieces(ours)}\n"
            f"theirs: {with_pieces(theirs)}")


def lines_of(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        yield from (line.removesuffix("\n") for line in file)


@pytest.fixture(scope="module")
def wikipedia(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wikipedia")
    with tarfile.open(shared / "data/wikipedia-en-2018.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return sorted(folder.rglob("wiki-*.txt"))


@pytest.mark.parametrize("vocabulary, normalizer", [(UNCASED, "uncased"), (CASED, "cased")], ids=["uncased", "cased"])
def test_all_of_wikitext2(check, shared, vocabulary, normalizer):
    paths = sorted((shared / "data/wikitext-2").glob("wiki.*.tokens"))
    assert len(paths) == 3
    check(itertools.chain.from_iterable(map(lines_of, paths)), vocabulary, normalizer)


@pytest.mark.slow
@pytest.mark.parametrize("vocabulary, normalizer", [(UNCASED, "uncased"), (CASED, "cased")], ids=["uncased", "cased"])
def test_52_megabytes_of_wikipedia(check, wikipedia, vocabulary, normalizer):
    assert len(wikipedia) == 4
    check(itertools.chain.from_iterable(map(lines_of, wikipedia)), vocabulary, normalizer)


@pytest.mark.parametrize("normalizer", NORMALIZERS)
@pytest.mark.parametrize("vocabulary", [MULTILINGUAL, CHINESE])
def test_a_megabyte_of_mixed_scripts(check, vocabulary, normalizer):
    check(mixed_scripts.lines(1_000_000, seed=1), vocabulary, normalizer)


RANDOM_STRINGS = {"uncased": (UNCASED, "uncased"), "cased": (CASED, "cased"), "multilingual": (MULTILINGUAL, "cased"),
                  "multilingual uncased": (MULTILINGUAL, "uncased"), "chinese": (CHINESE, "uncased")}


@pytest.mark.parametrize("vocabulary, normalizer", RANDOM_STRINGS.values(), ids=RANDOM_STRINGS.keys())
def test_200000_random_strings(check, vocabulary, normalizer):
    check(mixed_scripts.random_strings(200_000, seed=2), vocabulary, normalizer)


@pytest.mark.parametrize("normalizer", NORMALIZERS)
def test_random_strings_under_every_option(check, normalizer):
    check(mixed_scripts.random_strings(40_000, seed=3), MULTILINGUAL, normalizer, specials=False)
