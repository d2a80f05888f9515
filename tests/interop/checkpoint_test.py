"""A model folder of ours in transformers: every key, every id, every logit.

Two folders: one of random weights, written by the test tool, and one that `bertforge pretrain` trained on a toy corpus
(BERTFORGE_CHECKPOINT names another one).
"""

import json
import os
import pathlib
import random

import pytest
import torch
import transformers
from model_tool_runner import run_tool
from safetensors.torch import load_file

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = "the river ran past an old mill where two herons fished each morning while rain fell upon its broken wheel".split()
LETTERS = "abcdefghijklmnopqrstuvwxyz"
PIECES = SPECIAL_TOKENS + sorted({*WORDS, *LETTERS, *("##" + letter for letter in LETTERS)})
LINES = ["The river ran past an old mill.", "Two herons fished, each morning; wheels!", "Äpfel and résumés", "日本 the", "x"]
TOLERANCE = 1e-4

CONFIG = """
[vocab]
tokenizer = "{vocab}"

[data]
train = ["{corpus}"]
valid_fraction = 0.2
format = "lines"
max_seq_length = 41

[model]
hidden_size = 36
num_hidden_layers = 2
num_attention_heads = 3
intermediate_size = 50
max_position_embeddings = 48

[train]
duration = "7 steps"
batch_size = 5
"""


@pytest.fixture(scope="module")
def vocab(tmp_path_factory):
    file = tmp_path_factory.mktemp("vocab") / "vocab.txt"
    file.write_text("".join(piece + "\n" for piece in PIECES), encoding="utf-8")
    return file


def toy_corpus():
    """Documents of a few sentences, one a line, with a blank line between documents."""
    choose = random.Random(3)
    sentence = lambda: " ".join(choose.choices(WORDS, k=choose.randint(4, 11)))
    return "\n".join("".join(sentence() + "\n" for _ in range(choose.randint(3, 9))) for _ in range(40))


def pretrained_folder(bertforge, vocab, folder):
    if "BERTFORGE_CHECKPOINT" in os.environ:
        return pathlib.Path(os.environ["BERTFORGE_CHECKPOINT"])
    (folder / "corpus.txt").write_text(toy_corpus(), encoding="utf-8")
    (folder / "run.toml").write_text(CONFIG.format(vocab=vocab, corpus=folder / "corpus.txt"), encoding="utf-8")
    bertforge("pretrain", "--config", folder / "run.toml", "--output", folder / "run")
    return folder / "run/latest"


@pytest.fixture(scope="module", params=["random", "pretrained"])
def checkpoint(request, bertforge, vocab, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "pretrained":
        return pretrained_folder(bertforge, vocab, folder)
    run_tool("new", vocab, folder / "model")
    return folder / "model"


@pytest.fixture(scope="module")
def loaded(checkpoint):
    model, info = transformers.BertForPreTraining.from_pretrained(checkpoint, output_loading_info=True)
    return model.eval(), info


def test_opens_with_no_missing_and_no_unexpected_keys(loaded):
    _, info = loaded
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    assert not info["mismatched_keys"]


def test_is_a_pretraining_model_of_float32_for_the_auto_classes(checkpoint):
    assert transformers.AutoConfig.from_pretrained(checkpoint).architectures == ["BertForPreTraining"]
    model = transformers.AutoModelForPreTraining.from_pretrained(checkpoint)
    assert type(model) is transformers.BertForPreTraining
    assert model.dtype == torch.float32


def test_saved_by_transformers_it_has_the_same_tensors(loaded, checkpoint, tmp_path):
    loaded[0].save_pretrained(tmp_path)
    ours, theirs = load_file(checkpoint / "model.safetensors"), load_file(tmp_path / "model.safetensors")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_tokenizer_gives_our_ids(bertforge, checkpoint):
    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint)
    output = bertforge("tokenize", "--vocab", checkpoint, "--format", "ids", stdin="".join(line + "\n" for line in LINES))
    ours = [[int(token) for token in line.split()] for line in output.splitlines()]
    assert ours == tokenizer(LINES, add_special_tokens=False)["input_ids"]


def test_the_logits_are_equal(loaded, checkpoint, tmp_path):
    model, _ = loaded
    choose = random.Random(11)
    draw = lambda length: [choose.randrange(len(SPECIAL_TOKENS), model.config.vocab_size) for _ in range(length)]
    lengths = [(7, 4), (23, 0), (1, 1), (12, 19)]
    examples = [{"input_ids": draw(a + b), "token_type_ids": [0] * a + [1] * b} for a, b in lengths]
    run_tool("logits", checkpoint, tmp_path / "logits", stdin="".join(json.dumps(example) + "\n" for example in examples))
    ours = load_file(tmp_path / "logits")
    for i, example in enumerate(examples):
        with torch.no_grad():
            theirs = model(**{name: torch.tensor([values]) for name, values in example.items()})
        for name in ("prediction_logits", "seq_relationship_logits"):
            expected = theirs[name][0]
            assert ours[f"{name}.{i}"].shape == expected.shape
            assert (ours[f"{name}.{i}"] - expected).abs().max() <= TOLERANCE * max(1.0, expected.abs().max().item())
