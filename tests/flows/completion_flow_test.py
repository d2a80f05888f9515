#!/usr/bin/env python3
"""Help, version and shell completion of every command."""

import os
import shutil
import subprocess
import unittest

from program import PROGRAM, ProgramTest

GENERAL_OPTIONS = {"--help", "--version", "--log-level", "--quiet", "--no-progress"}

# What each shell offers for the words typed so far: $1, a line; the last word is the one being typed.
ASK_BASH = """
source <(bertforge completion bash)
read -ra COMP_WORDS <<<"$1"; [[ $1 == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_bertforge; printf '%s\\n' "${COMPREPLY[@]}"
"""
ASK_FISH = 'bertforge completion fish | source; complete -C "$argv[1]"'
# Without a terminal zsh completes nothing: what the function hands over is printed instead.
ASK_ZSH = """
compdef() { :; }
_describe() { print -l -- ${(P)2%%:*}; }
_files() { :; }
compadd() { shift; print -l -- "$@"; }
source <(bertforge completion zsh)
words=(${(s: :)1}); [[ $1 == *' ' ]] && words+=("")
CURRENT=${#words}; PREFIX=${words[-1]}
_bertforge
"""


class Completion(ProgramTest):
    def setUp(self) -> None:
        super().setUp()
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "bertforge").symlink_to(PROGRAM)

    def offered(self, shell: str, script: str, line: str) -> set[str]:
        if shutil.which(shell) is None:
            if os.environ.get("CI") == "true":
                self.fail(f"{shell} is missing; tools/setup --ci installs it")
            self.skipTest(f"{shell} is not installed")
        arguments = [shell, "-c", script, line] if shell == "fish" else [shell, "-c", script, shell, line]
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(arguments, env={**os.environ, "PATH": path, "HOME": str(self.folder)}, cwd=self.folder,
                              capture_output=True, text=True, check=True)
        self.assertEqual(done.stderr, "")
        return {word.split("\t")[0] for word in done.stdout.splitlines() if word.strip()}

    def check(self, shell: str, script: str, files: set[str]) -> None:
        """`files`: what it offers for a path; bash and zsh have functions of their own for that."""
        self.assertLessEqual({"tokenize", "completion"}, self.offered(shell, script, "bertforge "))
        self.assertIn("tokenize", self.offered(shell, script, "bertforge tok"))
        self.assertLessEqual({"--format", "--vocab", "--no-lowercase"}, self.offered(shell, script, "bertforge tokenize -"))
        self.assertEqual(self.offered(shell, script, "bertforge tokenize --format "), {"ids", "tokens", "offsets", "json"})
        self.assertEqual(self.offered(shell, script, "bertforge tokenize --vocab "), files)

    def test_bash_completes_commands_options_and_values(self) -> None:
        self.check("bash", ASK_BASH, set())

    def test_zsh_completes_commands_options_and_values(self) -> None:
        self.check("zsh", ASK_ZSH, set())

    def test_fish_completes_commands_options_and_values(self) -> None:
        self.check("fish", ASK_FISH, {"bin/"})

    def test_another_shell_is_refused(self) -> None:
        self.assert_refused(2, 'there is no script for "bsh"; it must be one of bash, zsh, fish; did you mean bash?', "completion", "bsh")


class EveryCommand(ProgramTest):
    def test_has_help_and_version_and_prints_its_options_as_three_columns(self) -> None:
        version = self.output("--version")
        for command in [line.split("\t")[0] for line in self.output("--list-commands").splitlines()]:
            with self.subTest(command):
                self.assertEqual(self.output(command, "--version"), version)
                text = self.output(command, "--help")
                self.assertIn(f"bertforge {command} [OPTIONS]", text)
                self.assertLessEqual(max(map(len, text.splitlines())), 140)
                rows = [line.split("\t") for line in self.output(command, "--list-options").splitlines()]
                self.assertEqual({len(row) for row in rows}, {3})
                names = {row[0] for row in rows}
                self.assertLessEqual(GENERAL_OPTIONS, names)
                for name in {name for name in names if "." not in name}:  # Settings stand in docs/configuration.md.
                    self.assertIn(name.replace("--no-", "--"), text.replace("--no-", "--"))


if __name__ == "__main__":
    unittest.main()
