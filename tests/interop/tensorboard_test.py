"""TensorBoard's own reader reads what a run wrote, across a resume."""

import json

import pytest
from checkpoint_test import CONFIG, PIECES, toy_corpus
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


@pytest.fixture(scope="module")
def run_folder(bertforge, tmp_path_factory):
    """Six updates, and then two more in a second session."""
    folder = tmp_path_factory.mktemp("tensorboard")
    vocab, corpus, config = folder / "vocab.txt", folder / "corpus.txt", folder / "run.toml"
    vocab.write_text("".join(piece + "\n" for piece in PIECES), encoding="utf-8")
    corpus.write_text(toy_corpus(), encoding="utf-8")
    config.write_text(CONFIG.format(vocab=vocab, corpus=corpus), encoding="utf-8")
    for steps in (6, 8):
        bertforge("pretrain", "--config", config, "--output", folder / "run", "--train.duration", f"{steps} steps",
                  "--train.log_every", "2 steps", "--train.evaluate_every", "3 steps")
    return folder / "run"


def test_the_scalars_are_those_of_the_metrics_file(run_folder):
    events = EventAccumulator(str(run_folder / "tensorboard"))
    events.Reload()
    lines = [json.loads(line) for line in (run_folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    found = lambda tag: [(event.step, pytest.approx(event.value, rel=1e-6)) for event in events.Scalars(tag)]
    of = lambda kind, *keys: [(line["step"], line[keys[0]][keys[1]] if len(keys) == 2 else line[keys[0]])
                              for line in lines if line["kind"] == kind]
    # Every second step, and before the evaluation at 3.
    assert [step for step, _ in of("train", "loss")] == [2, 3, 4, 6, 8]
    assert of("train", "loss") == found("train/loss")
    assert of("train", "masked_lm", "accuracy") == found("train/masked_lm_accuracy")
    assert of("train", "next_sentence", "balanced_accuracy") == found("train/next_sentence_balanced_accuracy")
    assert of("train", "learning_rate") == found("optimizer/learning_rate")
    assert of("evaluation", "masked_lm", "loss") == found("valid/masked_lm_loss")
    assert of("evaluation", "masked_lm", "unigram_baseline") == found("valid/unigram_baseline")
