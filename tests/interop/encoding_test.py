"""Encodings as a model reads them: what `tokenize` gives with truncation, padding and pairs is what the library gives.

tokenizers 0.23 stops reading a text at max_length tokens, so that what overflows ends there as well. Ours does not; so texts are
encoded first and truncated then, which post_process does.
"""

import itertools
import json
import random

import pytest
from tokenizers import BertWordPieceTokenizer

VOCAB = "data/vocab/bert-base-uncased.txt"
WORDS = ["the", "unaffable", "Ünïque", "café", "北京", "running,", "3.14!", "a" * 120, "x", "embeddings", "don't", "[MASK]"]
STRATEGIES = ["longest_first", "only_first", "only_second"]


@pytest.fixture(scope="module")
def vocab(shared):
    return shared / VOCAB


def random_text(rng, longest):
    return " ".join(rng.choices(WORDS, k=rng.randint(0, longest)))


def described(encoding):
    return {
        "ids": encoding.ids,
        "tokens": encoding.tokens,
        "offsets": [list(offset) for offset in encoding.offsets],
        "type_ids": encoding.type_ids,
        "attention_mask": encoding.attention_mask,
        "special_tokens_mask": encoding.special_tokens_mask,
    }


def ours(bertforge, vocab, pairs, *flags):
    lines = "".join(a + ("" if b is None else "\t" + b) + "\n" for a, b in pairs)
    printed = bertforge("tokenize", "--quiet", "--vocab", vocab, "--pair", "--special-in-text", "--add-special", "--format",
                        "json", *flags, stdin=lines)  # fmt: skip
    encodings = [json.loads(line) for line in printed.splitlines()]
    for encoding in encodings:
        for part in [encoding, *encoding.get("overflowing", [])]:
            del part["byte_offsets"]
    return encodings


def theirs(peer, pairs, padding=None, **truncation):
    peer.no_truncation()
    peer.no_padding()
    # A second text is encoded as one: its tokens have type 1 in all parts.
    whole = [[peer.encode(a, add_special_tokens=False)] + ([] if b is None else [peer.encode("", b, add_special_tokens=False)])
             for a, b in pairs]  # fmt: skip
    peer.enable_truncation(**truncation)
    if padding:
        peer.enable_padding(**padding)
    expected = []
    for texts in whole:
        encoding = peer.post_process(*texts)
        expected.append({**described(encoding), "overflowing": [described(part) for part in encoding.overflowing]})
    return expected


def fits(peer, pair, strategy, max_length, stride):
    """Whether the library truncates at all: not where one text alone cannot lose enough, or the stride is too long."""
    try:
        theirs(peer, [pair], strategy=strategy, max_length=max_length, stride=stride)
    except BaseException:  # The library panics.
        return False
    return True


@pytest.mark.parametrize("strategy,side", itertools.product(STRATEGIES, ["right", "left"]))
def test_truncated_encodings_are_the_librarys(bertforge, vocab, strategy, side):
    peer = BertWordPieceTokenizer(str(vocab))._tokenizer
    rng = random.Random(7)
    for max_length, stride in [(5, 0), (7, 1), (12, 3), (20, 0), (64, 8)]:
        pairs = [(random_text(rng, 12), random_text(rng, 12) if i % 3 else None) for i in range(300)]
        if strategy == "only_second":
            pairs = [pair for pair in pairs if pair[1] is not None]
        pairs = [pair for pair in pairs if fits(peer, pair, strategy, max_length, stride)]
        assert len(pairs) > 10
        expected = theirs(peer, pairs, strategy=strategy, direction=side, max_length=max_length, stride=stride)
        flags = ["--max-length", max_length, "--truncation", strategy, "--truncation-side", side, "--overflowing"]
        assert ours(bertforge, vocab, pairs, *flags, "--stride", stride) == expected


@pytest.mark.parametrize("side", ["right", "left"])
def test_padded_encodings_are_the_librarys(bertforge, vocab, side):
    peer = BertWordPieceTokenizer(str(vocab))._tokenizer
    rng = random.Random(8)
    pairs = [(random_text(rng, 20), random_text(rng, 9) if i % 2 else None) for i in range(200)]
    padding = {"direction": side, "length": 24, "pad_to_multiple_of": 16}
    expected = theirs(peer, pairs, padding, max_length=24, stride=2)
    flags = ["--max-length", 24, "--stride", 2, "--overflowing", "--pad", "--pad-to-multiple-of", 16, "--pad-side", side]
    assert ours(bertforge, vocab, pairs, *flags) == expected
