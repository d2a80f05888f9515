"""sentencepiece models that `bertforge vocab` learned: ids are those of the sentencepiece library, and of the tokenizers library
and transformers that open the folder."""

import pytest
import sentencepiece
from sentences import EDGE_CASES, SENTENCES
from tokenizers import Tokenizer
from transformers import AutoTokenizer

KINDS = [(model_type, case) for model_type in ("unigram", "bpe") for case in ("--lowercase", "--no-lowercase")]
LINES = SENTENCES + EDGE_CASES


@pytest.fixture(scope="module", params=KINDS, ids=[" ".join(kind) for kind in KINDS])
def folder(request, bertforge, tmp_path_factory):
    model_type, case = request.param
    place = tmp_path_factory.mktemp("sentencepiece")
    (place / "corpus.txt").write_text("".join(sentence + "\n" for sentence in SENTENCES), encoding="utf-8")
    bertforge("vocab", place / "corpus.txt", "--format", "lines", "--algorithm", "sentencepiece", "--model-type",
              model_type, case, "--size", 900, "--character-coverage", 1, "--output", place / "tokenizer")
    return place / "tokenizer"


def our_ids(bertforge, folder, *flags):
    printed = bertforge("tokenize", "--vocab", folder, "-", *flags, stdin="".join(line + "\n" for line in LINES))
    return [[int(token) for token in line.split()] for line in printed.split("\n")[:-1]]


def differing(ours, theirs):
    assert len(ours) == len(theirs)
    return [(line[:60], a[:20], b[:20]) for line, a, b in zip(LINES, ours, theirs) if a != b]


def test_there_are_fifty_sentences_of_each_language():
    assert len(SENTENCES) == len(set(SENTENCES)) == 150


def test_sentencepiece_gives_our_ids(bertforge, folder):
    peer = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    assert differing(our_ids(bertforge, folder), peer.encode(LINES)) == []


def test_the_tokenizers_library_gives_our_ids(bertforge, folder):
    peer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    theirs = [encoding.ids for encoding in peer.encode_batch(LINES, add_special_tokens=False)]
    assert differing(our_ids(bertforge, folder, "--special-in-text"), theirs) == []


def test_auto_tokenizer_gives_our_ids(bertforge, folder):
    peer = AutoTokenizer.from_pretrained(folder)
    theirs = peer(LINES, add_special_tokens=False, verbose=False).input_ids
    assert differing(our_ids(bertforge, folder, "--special-in-text"), theirs) == []
    names = [peer.pad_token, peer.unk_token, peer.cls_token, peer.sep_token, peer.mask_token]
    assert names == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert peer.convert_tokens_to_ids(names) == [0, 1, 2, 3, 4]
    assert len(peer) == peer.vocab_size


def test_auto_tokenizer_adds_the_special_tokens_of_a_pair(folder):
    peer = AutoTokenizer.from_pretrained(folder)
    encoded = peer("猫", "dog")
    tokens = peer.convert_ids_to_tokens(encoded.input_ids)
    assert tokens[0] == "[CLS]" and tokens[-1] == "[SEP]" and tokens.count("[SEP]") == 2
    middle = tokens.index("[SEP]") + 1
    assert encoded.token_type_ids == [0] * middle + [1] * (len(tokens) - middle)


def test_decoded_text_is_that_of_the_tokenizers_library(bertforge, folder):
    peer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = our_ids(bertforge, folder, "--special-in-text")
    printed = bertforge("detokenize", "--vocab", folder, "-",
                        stdin="".join(" ".join(map(str, line)) + "\n" for line in ids))
    assert differing(printed.split("\n")[:-1], peer.decode_batch(ids)) == []
