"""compat = "google": words are those that Python itself makes, by the steps of google-research/bert's BasicTokenizer.

And a folder that says what Hugging Face's files cannot is opened by transformers all the same.
"""

import random
import unicodedata

import pytest
from transformers import AutoTokenizer

CJK = [(0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
       (0xF900, 0xFAFF), (0x2F800, 0x2FA1F)]  # fmt: skip


def cleaned(char):
    category = unicodedata.category(char)
    if char in " \t\n\r" or category == "Zs":
        return " "
    if char in "\0\ufffd" or category in ("Cc", "Cf"):
        return ""
    return f" {char} " if any(first <= ord(char) <= last for first, last in CJK) else char


def is_punctuation(char):
    return (char.isascii() and char.isprintable() and not char.isalnum() and char != " ") or unicodedata.category(char)[0] == "P"


def google_words(text, lowercase):
    words = []
    for word in "".join(map(cleaned, text)).split():
        if lowercase:
            word = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if unicodedata.category(c) != "Mn")
        words += "".join(f" {c} " if is_punctuation(c) else c for c in word).split()
    return words


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="the tables are those of Python 3.11, Unicode 14")
@pytest.mark.parametrize("lowercase", [True, False], ids=["lower case", "cased"])
def test_words_are_those_that_python_makes(bertforge, tmp_path, lowercase):
    rng = random.Random(3)
    sigma = list("ΑΣΣΣσςab.'’-: \u00ad\u0301\u0345\u200b")
    some = [chr(c) for c in range(0x20, 0x30000) if not 0xD800 <= c <= 0xDFFF and chr(c) not in "\n\r\x85\u2028\u2029"]
    pools = [sigma, sigma, some, some[:0x500]]
    lines = ["".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(0, 14))) for _ in range(20000)]
    expected = [google_words(line, lowercase) for line in lines]
    pieces = sorted({char for words in expected for word in words for char in word} - {"#"})
    (tmp_path / "vocab.txt").write_text("\n".join(["[UNK]", "#", "###", *pieces, *("##" + p for p in pieces)]), encoding="utf-8")
    flags = ["--compat", "google"] + ([] if lowercase else ["--no-lowercase"])
    printed = bertforge("tokenize", "--quiet", "--vocab", tmp_path / "vocab.txt", "--format", "tokens", *flags,
                        stdin="".join(line + "\n" for line in lines))  # fmt: skip
    assert [line.split(" ##") for line in printed.split("\n")[:-1]] == [
        " ".join(" ##".join(word) for word in words).split(" ##") for words in expected
    ]


@pytest.mark.parametrize("compat", ["google", "keras"])
def test_transformers_opens_a_folder_with_keys_of_our_own(bertforge, shared, tmp_path, compat):
    corpus = shared / "data/wikitext-2/wiki.valid.tokens"
    bertforge("vocab", corpus, "--size", 3000, "--output", tmp_path / "tokenizer", "--compat", compat, "--no-split")
    text = "the water of the river , and what it carries"
    ours = bertforge("tokenize", "--vocab", tmp_path / "tokenizer", stdin=text + "\n")
    assert AutoTokenizer.from_pretrained(tmp_path / "tokenizer")(text, add_special_tokens=False).input_ids == [
        int(token) for token in ours.split()
    ]
