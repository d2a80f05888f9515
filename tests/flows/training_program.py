"""A run of seconds, which tests of training vary: its config, and how it is started, stopped and looked into."""

import json

from program import SAMPLE, ProgramTest

CONFIG = f"""
[vocab]
vocab_size = 300
[data]
root = "{SAMPLE}"
train = ["train.txt"]
valid = ["valid.txt"]
max_seq_length = 32
max_predictions_per_seq = 5
[model]
hidden_size = 16
num_hidden_layers = 2
num_attention_heads = 2
intermediate_size = 32
max_position_embeddings = 32
[train]
duration = "12 steps"
batch_size = 6
log_every = "4 steps"
evaluate_every = "6 steps"
evaluate_examples = 10
checkpoint_every = "6 steps"
[run]
output = "runs/a"
threads = 1
"""


class TrainingTest(ProgramTest):
    def setUp(self) -> None:
        super().setUp()
        (self.folder / "config.toml").write_text(CONFIG, encoding="utf-8")

    def pretrain(self, *arguments: object, code: int = 0) -> str:
        return self.run_program("pretrain", "--config", "config.toml", *arguments, code=code).stderr

    def assert_same_weights(self, run: str, other: str) -> None:
        one, two = ((self.folder / name / "latest" / "model.safetensors").read_bytes() for name in (run, other))
        self.assertTrue(one == two, f"the weights of {run} and {other} differ")  # assertEqual would print them.

    def contents(self, run: str) -> dict[str, bytes]:
        return {str(file): file.read_bytes() for file in (self.folder / run).rglob("*") if file.is_file()}

    def metrics(self, run: str) -> list[dict]:
        return [json.loads(line) for line in (self.folder / run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]

    def evaluations(self, run: str) -> list[dict]:
        return [line for line in self.metrics(run) if line["kind"] == "evaluation"]

    def session_end(self, run: str) -> dict:
        """What run.json says of the end of the last session."""
        return json.loads((self.folder / run / "run.json").read_text(encoding="utf-8"))["sessions"][-1]["end"]

    def predictions(self, run: str) -> list[dict]:
        return [json.loads(line) for line in (self.folder / run / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]
