"""Gradients in bfloat16 beside Hugging Face's bfloat16 autocast, both against Hugging Face's own in float64.

The plain path and the fused kernels that `auto` takes on this CPU (BERTFORGE_KERNELS names another level).
"""

import os

import pytest
import torch
import transformers
from model_tool_runner import run_tool
from safetensors.torch import load_file, save_file

KERNELS = list(dict.fromkeys(["plain", os.environ.get("BERTFORGE_KERNELS", "auto")]))


def gradients_of_hugging_face(model, batch, dtype=None):
    """By name, in float64; `dtype`: that of autocast."""
    model.zero_grad()
    with torch.autocast("cpu", dtype or torch.bfloat16, enabled=dtype is not None):
        loss = model(**batch).loss
    loss.backward()
    return {name: parameter.grad.double() for name, parameter in model.named_parameters()}


def our_gradients(folder, batch, kernels, precision, output):
    run_tool("gradients", folder, batch, kernels, precision, output)
    return {name: tensor.double() for name, tensor in load_file(output).items()}


def error(found, expected):
    """The L2 norm of the difference relative to that of `expected`."""
    return ((found - expected).norm() / expected.norm()).item()


def errors(found, expected):
    """By name. The true gradient of key biases is 0: what is there is rounding."""
    assert found.keys() == expected.keys()
    return {name: error(found[name], expected[name]) for name in expected if not name.endswith("self.key.bias")}


def whole(gradients):
    return torch.cat([gradients[name].flatten() for name in sorted(gradients)])


class Subject:
    """A folder, a batch file, and what Hugging Face makes of them."""

    def __init__(self, folder, batch_file, model=None):
        self.folder, self.batch_file = folder, batch_file
        batch = load_file(batch_file)
        model = model or load_hugging_face(folder)
        self.autocast = gradients_of_hugging_face(model, batch, torch.bfloat16)
        self.exact = gradients_of_hugging_face(model.double(), batch)


def load_hugging_face(folder):
    return transformers.BertForPreTraining.from_pretrained(folder, attn_implementation="eager").eval()


NUM_DRAWS = 16


@pytest.fixture(scope="module")
def oracles(shared, tmp_path_factory):
    """The oracle's model with its weights moved by a thousandth, several times.

    In one draw rounding is luck, for vectors of 24 numbers most of all: with its weights moved so, Hugging Face itself is
    more than 1.5 times as far from the truth as before for one to five of the 59 tensors.
    """
    folder = shared / "oracle/model/tiny"
    subjects = []
    for seed in range(NUM_DRAWS):
        model = load_hugging_face(folder / "checkpoint")
        torch.manual_seed(seed)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(1 + 1e-3 * torch.randn_like(parameter))
        draw = tmp_path_factory.mktemp("draw")
        model.save_pretrained(draw)
        subjects.append(Subject(draw, folder / "batch.safetensors", model))
    return subjects


@pytest.fixture(scope="module")
def mini(tmp_path_factory):
    """4 layers of 256 as transformers initializes them, 8 sequences of different lengths up to 128."""
    folder = tmp_path_factory.mktemp("mini")
    torch.manual_seed(0)
    config = transformers.BertConfig(hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=1024)
    transformers.BertForPreTraining(config).save_pretrained(folder)
    lengths = torch.tensor([128, 97, 128, 64, 33, 128, 101, 80])
    inside = torch.arange(128) < lengths[:, None]
    ids = torch.where(inside, torch.randint(1000, 30522, (8, 128)), 0)
    batch = {"input_ids": ids, "attention_mask": inside.long(), "next_sentence_label": torch.randint(0, 2, (8,)),
             "token_type_ids": ((torch.arange(128) >= lengths[:, None] // 2) & inside).long(),
             "labels": torch.where(inside & (torch.rand(8, 128) < 0.15), ids, -100)}
    save_file(batch, folder / "batch")
    return Subject(folder, folder / "batch")


def root_mean_squares(errors_of_draws):
    return {name: sum(draw[name] ** 2 for draw in errors_of_draws) ** 0.5 for name in errors_of_draws[0]}


@pytest.mark.parametrize("kernels", KERNELS)
def test_no_tensor_of_the_oracle_is_much_farther_from_the_truth_than_autocasts(oracles, kernels, tmp_path):
    bound = 1.6 if kernels == "plain" else 1.4  # Measured on an Intel Xeon: 1.43, as it rounds more often, and 1.20 to 1.24.
    found = [our_gradients(draw.folder, draw.batch_file, kernels, "bfloat16", tmp_path / "out") for draw in oracles]
    ours = root_mean_squares([errors(gradients, draw.exact) for gradients, draw in zip(found, oracles)])
    theirs = root_mean_squares([errors(draw.autocast, draw.exact) for draw in oracles])
    ratios = sorted(((ours[name] / theirs[name], name) for name in ours), reverse=True)
    print(f"{kernels}: error by autocast's, the worst:", ratios[:5])
    assert all(ratio <= bound for ratio, _ in ratios), ratios


@pytest.mark.parametrize("kernels", KERNELS)
def test_the_gradient_of_the_mini_model_is_as_near_as_bfloat16_allows(mini, kernels, tmp_path):
    ours = our_gradients(mini.folder, mini.batch_file, kernels, "bfloat16", tmp_path / "out")
    found, autocast = error(whole(ours), whole(mini.exact)), error(whole(mini.autocast), whole(mini.exact))
    found_by_name = errors(ours, mini.exact)
    worst = max((value, name) for name, value in found_by_name.items())
    print(f"{kernels}: {found:.4%} in L2, autocast's {autocast:.4%}; the worst tensor:", worst)
    assert found <= 0.015
    assert all(value <= 0.02 for value in found_by_name.values()), worst


@pytest.mark.parametrize("kernels", KERNELS)
def test_in_float32_every_tensor_of_the_mini_model_equals_hugging_faces(mini, kernels, tmp_path):
    ours = errors(our_gradients(mini.folder, mini.batch_file, kernels, "float32", tmp_path / "out"), mini.exact)
    assert all(value <= 1e-4 for value in ours.values()), ours
