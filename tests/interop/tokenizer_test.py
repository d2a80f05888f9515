"""A tokenizer folder that `bertforge vocab` wrote, opened by transformers: its ids are ours."""

import json

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer

FLAGS = {"uncased": [], "cased": ["--no-lowercase"], "long words": ["--max-word-chars", "200"]}


@pytest.fixture(scope="module")
def corpus(shared):
    path = shared / "data/wikitext-2/wiki.valid.tokens"
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    return path, lines + ["Ünï¢ödé 博推 and a literal [MASK]", "a" * 150]


@pytest.fixture(scope="module", params=FLAGS.values(), ids=FLAGS.keys())
def folder(request, bertforge, corpus, tmp_path_factory):
    path = tmp_path_factory.mktemp("vocabulary") / "tokenizer"
    bertforge("vocab", corpus[0], "--size", 3000, "--output", path, *request.param)
    return path


def our_ids(bertforge, folder, lines, *flags):
    printed = bertforge("tokenize", "--vocab", folder, "-", *flags, stdin="".join(line + "\n" for line in lines))
    return [[int(token) for token in line.split()] for line in printed.split("\n")[:-1]]


def test_auto_tokenizer_gives_our_ids(bertforge, folder, corpus):
    _, lines = corpus
    peer = AutoTokenizer.from_pretrained(folder)
    expected = peer(lines, add_special_tokens=False, verbose=False).input_ids
    assert our_ids(bertforge, folder, lines, "--special-in-text") == expected


def test_the_tokenizers_library_gives_our_ids(bertforge, folder, corpus):
    _, lines = corpus
    peer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    expected = [encoding.ids for encoding in peer.encode_batch(lines, add_special_tokens=False)]
    assert our_ids(bertforge, folder, lines, "--special-in-text") == expected


def test_auto_tokenizer_adds_the_special_tokens_of_a_pair(folder):
    peer = AutoTokenizer.from_pretrained(folder)
    encoded = peer("a", "b")
    assert peer.convert_ids_to_tokens(encoded.input_ids) == ["[CLS]", "a", "[SEP]", "b", "[SEP]"]
    assert encoded.token_type_ids == [0, 0, 0, 1, 1]


# The keys of tokenizer_config.json against a tokenizer.json that says otherwise; None: there is no such file.
CONFIGS = {
    "no file": None,
    "no class": {},
    "no class, lower case": {"do_lower_case": True},
    "class": {"tokenizer_class": "BertTokenizer"},
    "fast class": {"tokenizer_class": "BertTokenizerFast"},
    "class, cased": {"tokenizer_class": "BertTokenizer", "do_lower_case": False},
    "generic class, lower case": {"tokenizer_class": "PreTrainedTokenizerFast", "do_lower_case": True},
}


@pytest.mark.parametrize("beside_a_model", [False, True])
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())
@pytest.mark.parametrize("json_lowers", [False, True])
def test_the_normalizer_is_made_as_auto_tokenizer_makes_it(bertforge, tmp_path, config, beside_a_model, json_lowers):
    (tmp_path / "corpus.txt").write_text("Café café Cafe cafe 博推 Abc abc\n" * 9, encoding="utf-8")
    folder = tmp_path / "tokenizer"
    bertforge("vocab", tmp_path / "corpus.txt", "--format", "lines", "--size", 60, "--output", folder, "--no-lowercase")
    contents = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    contents["normalizer"]["lowercase"] = json_lowers
    (folder / "tokenizer.json").write_text(json.dumps(contents), encoding="utf-8")
    (folder / "tokenizer_config.json").unlink()
    if config is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    if beside_a_model:
        (folder / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    lines = ["Café a 博推 Abc"]
    expected = AutoTokenizer.from_pretrained(folder)(lines, add_special_tokens=False).input_ids
    assert our_ids(bertforge, folder, lines) == expected
