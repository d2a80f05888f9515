#!/usr/bin/env python3
"""Japanese text, by sentencepiece, from a corpus to answers of a trained model."""

import json
import pathlib
import unittest

from program import ProgramTest

DOCUMENTS = [
    "今日は朝から雨が降っています。\n駅まで歩いて十分かかります。\n傘を忘れたので、友達に借りました。\n夜には晴れるそうです。\n",
    "猫が庭で眠っています。\n犬は猫を見ています。\n庭には大きな木があります。\n木の下は涼しいです。\n",
    "東京は日本の首都です。\n大阪も大きな町です。\n東京から大阪まで電車で行きます。\n電車はとても速いです。\n",
    "母は台所で料理をしています。\n父は新聞を読んでいます。\n弟は学校へ行きました。\n私は本を読みます。\n",
]

CONFIG = """
[vocab]
algorithm = "sentencepiece"
model_type = "MODEL_TYPE"
vocab_size = 150
[data]
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
duration = "6 steps"
batch_size = 4
log_every = "3 steps"
evaluate_every = "3 steps"
evaluate_examples = 4
checkpoint_every = "3 steps"
[run]
output = "runs/a"
threads = 1
"""

TEXT = "東京は[MASK]の首都です。"


class SentencePieceFlow(ProgramTest):
    def setUp(self) -> None:
        super().setUp()
        (self.folder / "train.txt").write_text("\n".join(DOCUMENTS * 4), encoding="utf-8")
        (self.folder / "valid.txt").write_text("\n".join(DOCUMENTS), encoding="utf-8")

    def pretrain(self, model_type: str) -> pathlib.Path:
        (self.folder / "config.toml").write_text(CONFIG.replace("MODEL_TYPE", model_type), encoding="utf-8")
        self.run_program("pretrain", "--config", "config.toml")
        return self.folder / "runs" / "a"

    def check_answers(self, run: pathlib.Path) -> None:
        for name in ("tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            self.assertTrue((run / "latest" / name).is_file(), name)
        self.assertFalse((run / "latest" / "vocab.txt").exists())
        answer = json.loads(self.output("fill-mask", "--threads", 1, run, TEXT, "--json", "--top", 3))
        self.assertEqual((answer["text"], len(answer["masks"])), (TEXT, 1))
        self.assertEqual(len(answer["masks"][0]["predictions"]), 3)
        line = json.loads(self.output("embed", "--threads", 1, run, "--pool", "none", text="東京は大きな町です。\n"))
        self.assertEqual((line["tokens"][0], line["tokens"][-1]), ("[CLS]", "[SEP]"))
        self.assertEqual("".join(line["tokens"][1:-1]), "▁東京は大きな町です。")
        ids = self.output("tokenize", "--vocab", run, text="東京は大きな町です。\n")
        self.assertEqual(self.output("detokenize", "--vocab", run, text=ids), "東京は大きな町です。\n")

    def test_a_unigram_model_is_learned_trained_with_and_asked(self) -> None:
        self.check_answers(self.pretrain("unigram"))

    def test_a_bpe_model_is_learned_trained_with_and_asked(self) -> None:
        run = self.pretrain("bpe")
        self.check_answers(run)
        resumed = self.run_program("pretrain", "--config", "config.toml", "--train.duration", "9 steps", "--resume", "auto")
        self.assertIn("reusing", resumed.stderr)

    def test_a_folder_and_a_bare_model_of_the_same_pieces_train_alike(self) -> None:
        self.run_program("vocab", "train.txt", "--format", "lines", "--algorithm", "sentencepiece", "--size", 150,
                         "--output", "tokenizer")
        config = CONFIG.replace("MODEL_TYPE", "unigram").replace("[vocab]\n", '[vocab]\ntokenizer = "TOKENIZER"\n')
        (self.folder / "config.toml").write_text("".join(line + "\n" for line in config.split("\n")
                                                         if not line.startswith(("algorithm", "model_type", "vocab_size"))),
                                                 encoding="utf-8")
        for run, tokenizer in (("a", "tokenizer"), ("b", "tokenizer/tokenizer.model")):
            self.run_program("pretrain", "--config", "config.toml", "--vocab.tokenizer", tokenizer, "--run.output",
                             f"runs/{run}")
        one, two = ((self.folder / "runs" / run / "latest" / "model.safetensors").read_bytes() for run in "ab")
        self.assertTrue(one == two, "the weights differ")


if __name__ == "__main__":
    unittest.main()
