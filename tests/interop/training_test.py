"""Two hundred updates of ours and of Hugging Face's BertForPreTraining with torch's AdamW: the loss of every one."""

import pytest
import torch
import transformers
from model_tool_runner import run_tool
from safetensors.torch import load_file, save_file

NUM_STEPS, WARMUP, LEARNING_RATE = 200, 20, 2e-3
VOCABULARY, SEQUENCES, LENGTH = 120, 12, 37


def make_batches():
    """Sequences in which each piece says what follows, of different lengths, and pairs whose label the first piece tells."""
    generator = torch.Generator().manual_seed(3)
    draw = lambda low, high, *shape: torch.randint(low, high, shape, generator=generator)
    batches = []
    for _ in range(NUM_STEPS):
        label = draw(0, 2, SEQUENCES)
        steps = draw(1, 4, SEQUENCES, LENGTH).cumsum(1) + draw(0, 100, SEQUENCES, 1)
        ids = 10 + steps % (VOCABULARY - 10)
        ids[:, 0] = 2 + label
        inside = torch.arange(LENGTH) < draw(8, LENGTH + 1, SEQUENCES, 1)
        hidden = inside & (torch.rand(SEQUENCES, LENGTH, generator=generator) < 0.2)
        hidden[:, 3] = True
        hidden[:, 0] = False
        batches.append({"input_ids": torch.where(hidden, 4, torch.where(inside, ids, 0)), "attention_mask": inside.long(),
                        "token_type_ids": ((torch.arange(LENGTH) > 5) & inside).long(),
                        "labels": torch.where(hidden, ids, -100), "next_sentence_label": label})
    return batches


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    """Folder, file of batches, and the losses of Hugging Face."""
    folder = tmp_path_factory.mktemp("subject")
    torch.manual_seed(1)
    config = transformers.BertConfig(vocab_size=VOCABULARY, hidden_size=60, num_hidden_layers=2, num_attention_heads=3,
                                     intermediate_size=100, max_position_embeddings=64, hidden_dropout_prob=0,
                                     attention_probs_dropout_prob=0)
    model = transformers.BertForPreTraining(config).train()
    model.save_pretrained(folder)
    batches = make_batches()
    save_file({f"{i}/{name}": tensor for i, batch in enumerate(batches) for name, tensor in batch.items()}, folder / "batches")

    decays = lambda name: not name.endswith("bias") and "LayerNorm" not in name
    groups = [{"params": [p for name, p in model.named_parameters() if decays(name)], "weight_decay": 0.01},
              {"params": [p for name, p in model.named_parameters() if not decays(name)], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, eps=1e-6)
    schedule = transformers.get_linear_schedule_with_warmup(optimizer, WARMUP, NUM_STEPS)
    losses = []
    for batch in batches:
        loss = model(**batch).loss
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return folder, torch.tensor(losses)


@pytest.mark.parametrize("kernels", ["plain", "auto"])
def test_every_loss_equals_that_of_hugging_face(subject, kernels, tmp_path):
    folder, expected = subject
    run_tool("losses", folder, folder / "batches", kernels, NUM_STEPS, WARMUP, LEARNING_RATE, tmp_path / "out")
    losses = load_file(tmp_path / "out")["losses"]
    print(f"{kernels}: from {losses[0]:.4f} to {losses[-10:].mean():.4f}; "
          f"the largest difference is {(losses - expected).abs().max():.1e}")
    assert expected[-10:].mean() < expected[0] - 0.5, "nothing was learned: nothing was compared"
    assert (losses - expected).abs().max() <= 1e-3
