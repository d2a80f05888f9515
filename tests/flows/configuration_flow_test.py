#!/usr/bin/env python3
"""Config files and the command line: layers, faults, printing, the reference page."""

import unittest

from program import SOURCE, ProgramTest


class Configuration(ProgramTest):
    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def printed(self, *arguments: object) -> str:
        return self.output("pretrain", *arguments, "--print-config")

    def test_files_win_from_left_to_right_and_the_command_line_over_all(self) -> None:
        first = self.write("first.toml", "[train]\nbatch_size = 8\nseed = 1\nkeep_last = 5\n")
        second = self.write("second.toml", "[train]\nbatch_size = 16\nseed = 2\n")
        config = self.printed("--config", first, second, "--train.batch_size", 24, "--model.hidden_size=64")
        for line in ("batch_size = 24", "seed = 2", "keep_last = 5", "hidden_size = 64"):
            self.assertIn(line + "\n", config)

    def test_what_is_printed_prints_the_same(self) -> None:
        for config in sorted((SOURCE / "configs").rglob("*.toml")):
            once = self.printed("--config", config, "--seed", 7)
            self.assertEqual(self.printed("--config", self.write("printed.toml", once)), once, config)

    def test_explanations_name_the_origin(self) -> None:
        file = self.write("a.toml", "[train]\nseed = 3\n")
        config = self.printed("--config", file, "--explain", "--output", "runs/x")
        self.assertIn("(From a.toml:2.)", config)
        self.assertIn("(From command line.)", config)

    def test_unknown_keys_name_file_line_and_the_nearest(self) -> None:
        file = self.write("a.toml", "[optimizer]\n\nlearning_rat = 1e-4\n")
        self.assert_refused(2, "a.toml:3: unknown key optimizer.learning_rat; did you mean optimizer.learning_rate?",
                            "pretrain", "--config", file)
        self.assert_refused(2, "unknown option --train.batch_sise; did you mean --train.batch_size?",
                            "pretrain", "--train.batch_sise", 3)
        self.assert_refused(2, "unknown option --keep-unk; did you mean --data.keep_unk?", "pretrain", "--keep-unk")

    def test_values_out_of_bounds_are_refused(self) -> None:
        self.assert_refused(2, "train.batch_size is 0; it must be between 1 and", "pretrain", "--train.batch_size", 0)
        self.assert_refused(2, "it must be one of", "pretrain", "--model.hidden_act", "gelo")

    def test_rooms_must_fit_together(self) -> None:
        self.assert_refused(2, "data.max_seq_length is 128, but the model has positions for 64", "pretrain",
                            "--data.train", "x.txt", "--output", "r", "--model.max_position_embeddings", 64)
        self.assert_refused(2, "train.batch_tokens is 100, less than one sequence may have", "pretrain",
                            "--data.train", "x.txt", "--output", "r", "--train.batch_tokens", 100)
        self.assert_refused(2, "data.train is empty", "pretrain", "--output", "r")
        self.assert_refused(2, "run.output is empty", "pretrain", "--data.train", "x.txt")
        self.assert_refused(2, "x.txt: there is no such file", "pretrain", "--data.train", "x.txt", "--output", "r")

    def test_settings_without_effect_are_refused(self) -> None:
        tokenizer = self.learn_vocabulary()
        self.assert_refused(2, "--vocab.vocab_size has no effect: vocab.tokenizer names a tokenizer", "pretrain",
                            "--vocab.tokenizer", tokenizer, "--vocab.vocab_size", 100)

    def test_the_reference_page_is_up_to_date(self) -> None:
        page = (SOURCE / "docs" / "configuration.md").read_text(encoding="utf-8")
        self.assertEqual(page, self.output("pretrain", "--config-reference"),
                         "run: build/release/bertforge pretrain --config-reference > docs/configuration.md")


if __name__ == "__main__":
    unittest.main()
