#!/usr/bin/env python3
"""Config files and the command line: layers, faults, printing, the reference page."""

import os
import re
import tomllib
import unittest
from concurrent.futures import ThreadPoolExecutor

from program import SOURCE, ProgramTest

GOOGLE = SOURCE / "configs" / "models" / "google"
PROCESSORS = len(os.sched_getaffinity(0))

# What no setting of the type can be: on the command line, where all may be text, and in a file.
WRONG = {
    "true or false": (["maybe"], ["1"]),
    "whole number": (["1.5", "99999999999999999999"], ['"3"']),
    "number": (["much", "nan"], ["true", "inf"]),
    "duration": (["soon", "-3 steps"], ['"3 weeks"', "1.5"]),
    "list of texts": ([], ['"a"', "[1]"]),
    "text": ([], ["3"]),
}


def wrong_values(allowed: str) -> tuple[list[str], list[str]]:
    """What a setting cannot be of which the reference page says what it may be: "whole number, 1 to 4096"."""
    kind = allowed.split(",")[0]
    if kind not in WRONG:
        return ["nonsense"], ['"nonsense"']
    texts, tomls = map(list, WRONG[kind])
    if bounds := re.search(r", (?:at least )?(\S+?)(?: to (\S+))?$", allowed):
        number, step = (int, 1) if kind == "whole number" else (float, 0.5)
        beyond = [str(number(bounds[1]) - step)]
        if bounds[2]:
            beyond.append(str(number(bounds[2]) + step))
        texts, tomls = texts + beyond, tomls + beyond
    return texts, tomls


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
        for config in sorted({*(SOURCE / "configs").rglob("*.toml")} - {*GOOGLE.iterdir()}):
            once = self.printed("--config", config, "--seed", 7)
            self.assertEqual(self.printed("--config", self.write("printed.toml", once)), once, config)

    def test_googles_small_models_are_what_their_names_say(self) -> None:
        files = sorted(GOOGLE.iterdir())
        self.assertEqual({file.stem for file in files},
                         {f"uncased_L-{layers}_H-{width}_A-{width // 64}"
                          for layers in (2, 4, 6, 8, 10, 12) for width in (128, 256, 512, 768)})
        with ThreadPoolExecutor(PROCESSORS) as pool:
            printed = list(pool.map(lambda file: self.printed("--config", SOURCE / "configs" / "quickstart.toml", file), files))
        for file, config in zip(files, printed):
            with self.subTest(file.name):
                self.assertIn(f"--config configs/models/google/{file.name}\n", file.read_text(encoding="utf-8"))
                layers, width, heads = map(int, re.findall(r"-(\d+)", file.stem))
                model = tomllib.loads(config)["model"]
                self.assertEqual(
                    [model[key] for key in ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size",
                                            "max_position_embeddings")], [layers, width, heads, 4 * width, 512])

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

    def settings(self) -> list[tuple[str, str]]:
        """Every setting, and what it may be, as the reference page has it."""
        found, section = [], ""
        for line in self.output("pretrain", "--config-reference").splitlines():
            if line.startswith("## "):
                section = line.removeprefix("## [").removesuffix("]")
            elif row := re.match(r"\| `(\w+)` \| `.*?` \| (.+?) \|", line):
                found.append((f"{section}.{row[1]}", row[2]))
        return found

    def test_what_a_setting_cannot_be_is_refused(self) -> None:
        """One setting of each kind; all of them, bound by bound, in tests/app/run_config_test.cpp."""
        of_kind: dict[str, tuple[str, str]] = {}
        for setting, allowed in self.settings():
            kind = re.sub(r"\d\S*", "N", allowed) if allowed.split(",")[0] in WRONG else "a choice"  # "number, N to N"
            of_kind.setdefault(kind, (setting, allowed))
        self.assertGreaterEqual(len(of_kind), 8, of_kind)
        rows = []
        for setting, allowed in of_kind.values():
            texts, tomls = wrong_values(allowed)
            rows += [(f"command line: {setting}", f"--{setting}={text}") for text in texts]
            for toml in tomls:
                file = self.write(f"{len(rows)}.toml", f"\n{setting} = {toml}\n")
                rows.append((f"{file}:2: {setting}", f"--config={file}"))
        with ThreadPoolExecutor(PROCESSORS) as pool:
            logs = list(pool.map(lambda row: self.run_program("pretrain", row[1], code=2).stderr, rows))
        for (part, argument), log in zip(rows, logs):
            with self.subTest(argument):
                self.assertRegex(log, rf"\Abertforge: {re.escape(part)}\b.* (must be|is not a duration:) .*\n\Z")

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
