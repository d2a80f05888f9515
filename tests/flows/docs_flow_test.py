#!/usr/bin/env python3
"""The documentation against the program and the repository: what a page names must be there.

A fault is reported as FILE:LINE: what was found. docs/configuration.md as a whole: configuration_flow_test.py.
"""

import functools
import json
import os
import pathlib
import re
import shlex
import subprocess
import tempfile
import unittest
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from markdown_page import Page
from program import PROGRAM, SOURCE

BENCHMARKS = ("build", "tokenize", "train")  # What `bertforge benchmark` takes, each with options of its own.
WITH_SETTINGS = ("pretrain", "sweep")  # Commands that take every setting as an option; --list-options of sweep has none.
HIDDEN_OPTIONS = {"pretrain": "--config-reference"}  # Which no help shows; the first line of docs/configuration.md does.
OTHERS_OPTIONS = {"--random_seed"}  # Of other programs that the text speaks of: google-research/bert.

# What stands in another's folder (DIR/src/x.cpp) or behind a link's bracket is not meant, and x.toml is any.
PATH = re.compile(r"(?<![\w./~$-])(?<!\]\()(?:\.ci|src|include|tests|tools|configs|docs|cmake|data/sample)/[\w./*-]+(?![\w<{$])")
ANY_FILE = re.compile(r"(?:^|/)\w\.\w+$")
CALL = re.compile(r"(?:[<$]?\()?(?:[\w.~$/-]*/)?bertforge")
END_OF_CALL = {"|", "||", "&&", "&", ";", "<", ">"}
PRESET = re.compile(r"--preset[ =]([\w-]+)")
EXIT_CODE = re.compile(r"\bcode (\d+)\b")
FILE_ENDINGS = "txt|json|jsonl|toml|md|log|html|model|safetensors|npy|bin|tokens|h|cpp|py"


def output(*arguments: str) -> str:
    return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout


class Answers:
    """What the program says of itself, asked once; many starts at a time, each of which loads LibTorch."""

    def __init__(self) -> None:
        self.commands = [line.split("\t")[0] for line in output("--list-commands").splitlines()]
        askable = [(name,) for name in self.commands] + [("benchmark", name) for name in BENCHMARKS]
        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            reference = pool.submit(output, "pretrain", "--config-reference")
            usage = pool.submit(output, "--help")
            lists = list(pool.map(lambda words: output(*words, "--list-options"), askable))
        self.settings: dict[str, set[str]] = {}  # Of each section.
        for line in reference.result().splitlines():
            if line.startswith("## "):
                names = self.settings.setdefault(line.removeprefix("## [").removesuffix("]"), set())
            elif row := re.match(r"\| `(\w+)` \|", line):
                names.add(row[1])
        self.exit_codes = set(re.findall(r"\d+", usage.result().partition("Exit codes:")[2]))
        # Of each command, "benchmark train" being one, the options, and of each option the values where they are listed.
        self.options: dict[str, dict[str, list[str]]] = {}
        for words, text in zip(askable, lists):
            rows = [line.split("\t") for line in text.splitlines()]
            self.options[" ".join(words)] = {row[0]: row[1].split() for row in rows}
        for command, option in HIDDEN_OPTIONS.items():
            self.options[command][option] = []
        for command in WITH_SETTINGS:
            for section, keys in self.settings.items():
                for key in keys:
                    self.options[command].setdefault(f"--{section}.{key}", [])


@functools.cache
def program() -> Answers:
    return Answers()


@functools.cache
def repository_page(name: str) -> Page:
    return Page(name, (SOURCE / name).read_text(encoding="utf-8"))


def broken_links(page: Page) -> Iterator[str]:
    for line, link in page.links():
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(page.name), file)) if file else page.name
        if file and not (SOURCE / target).exists():
            yield f"{page.name}:{line}: the link {link} leads to no file"
        elif anchor and target.endswith(".md"):
            if anchor not in (repository_page(target) if file else page).anchors:
                yield f"{page.name}:{line}: {link}: no heading of {target} has this anchor"


def missing_paths(page: Page) -> Iterator[str]:
    """In text and code alike; a pattern stands for one file at least."""
    for found in PATH.finditer(page.text):
        path = found[0].rstrip(".-")
        if ANY_FILE.search(path) or "..." in path:
            continue
        if not any(SOURCE.glob(path.rstrip("/"))):
            yield f"{page.name}:{page.line_at(found.start())}: there is no {path}"


def split_words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:  # Not a command: an apostrophe in a line that was printed.
        return line.split()


def calls(line: str) -> Iterator[tuple[str, list[str]]]:
    """What is started, the program's or a tool's name, and the words behind it."""
    words = split_words(line)
    for at, word in enumerate(words):
        name = "bertforge" if CALL.fullmatch(word) else word.removeprefix("./")
        if name == "bertforge" or re.fullmatch(r"tools/\w+", name):
            end = next((end for end in range(at, len(words)) if words[end] in END_OF_CALL), len(words))
            yield name, words[at + 1:end]
    if words and words[0] in program().commands and any(word.startswith("--") for word in words):
        yield "bertforge", words  # `build --static`: in text the command's name does.


def named_options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Options, and the word behind each, which may be its value."""
    for word, following in zip(words, [*words[1:], ""]):
        if found := re.match(r"(--[a-z][\w.-]*\w)(?:=(.*))?", word):
            yield found[1], following if found[2] is None else found[2]


def faults_of_call(words: list[str]) -> Iterator[str]:
    command = words[0].rstrip(").,;") if words else ""
    if not re.fullmatch(r"[a-z][a-z-]*", command):
        return  # `bertforge COMMAND`, `bertforge --version`.
    if command not in program().commands:
        yield f"bertforge has no command {command}"
        return
    if command == "benchmark" and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
        command += " " + words[1]
        if words[1] not in BENCHMARKS:
            yield f"there is no bertforge {command}"
            return
    known = program().options[command]
    for name, value in named_options(words):
        if name not in known:
            yield f"bertforge {command} has no option {name}"
        elif choices := set(known[name]) - {"-"}:
            for one in re.split(r"[|,]", value):
                if re.fullmatch(r"[\w-]+", one) and not one.isupper() and one not in choices:
                    yield f"bertforge {command} {name} does not take {one}"


def faults_of_tool(tool: str, words: list[str]) -> Iterator[str]:
    """A tool's options stand in its text; what goes on to `bertforge pretrain` has a dot."""
    text = (SOURCE / tool).read_text(encoding="utf-8") if (SOURCE / tool).is_file() else ""  # Another test tells that.
    for name, _ in named_options(words) if text else ():
        if name not in program().options["pretrain"] and not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text):
            yield f"{tool} has no option {name}"


@functools.cache
def sets_of_options() -> list[set[str]]:
    """The options of each command and of each tool."""
    tools = [file.read_text(encoding="utf-8") for file in (SOURCE / "tools").iterdir() if file.is_file()]
    return [*map(set, program().options.values()), *(set(re.findall(r"--[a-z][\w-]*\w", text)) for text in tools)]


def unknown_commands(page: Page) -> Iterator[str]:
    for line, code in page.lines_of_code():
        faults: list[str] = []
        for name, words in calls(code):
            faults += faults_of_call(words) if name == "bertforge" else faults_of_tool(name, words)
        if code.startswith("--"):
            names = {name for name, _ in named_options(split_words(code))} - OTHERS_OPTIONS
            if not any(names <= known for known in sets_of_options()):
                faults.append(f"no command has {', '.join(sorted(names))}")
        yield from (f"{page.name}:{line}: {fault}" for fault in faults)


def unknown_presets(page: Page) -> Iterator[str]:
    presets = {preset["name"] for preset in json.loads((SOURCE / "CMakePresets.json").read_text())["configurePresets"]}
    for line, code in page.lines_of_code():
        yield from (f"{page.name}:{line}: CMakePresets.json has no preset {name}"
                    for name in PRESET.findall(code) if re.fullmatch(r"[a-z-]+", name) and name not in presets)


def unknown_settings(page: Page) -> Iterator[str]:
    """`train.seed` in text and in the strings of a sweep; `train.txt` is a file."""
    setting = re.compile(rf"(?<![\w./-])({'|'.join(program().settings)})\.(?!(?:{FILE_ENDINGS})\b)(\w+)(?![\w(./-])")
    sweeps = [(line, text) for line, language, text in page.blocks() if language == "toml" and "[sweep]" in text]
    for line, text in [*page.spans(), *sweeps]:
        for found in setting.finditer(text):
            if found[2] not in program().settings[found[1]]:
                place = line + text.count("\n", 0, found.start())
                yield f"{page.name}:{place}: there is no setting {found[0]}"


def refused_values(pages: list[Page]) -> list[str]:
    """`train.patience = 5` in text and whole config files, given to the program, which names the first one that it refuses."""
    texts: list[tuple[str, int, str]] = []
    for page in pages:
        texts += [(page.name, line, text) for line, language, text in page.blocks() if language == "toml" and "[sweep]" not in text]
        texts += [(page.name, line, text) for line, text in page.spans()
                  if re.fullmatch(rf"({'|'.join(program().settings)})\.\w+ = .+", text) and "..." not in text]
    faults = []
    with tempfile.TemporaryDirectory(prefix="bertforge-docs-") as folder:
        left = {f"{number}.toml": text for number, text in enumerate(texts)}
        for name, (_, _, text) in left.items():
            (pathlib.Path(folder) / name).write_text(text + "\n", encoding="utf-8")
        while left:
            done = subprocess.run([PROGRAM, "pretrain", "--print-config", "--config", *left], cwd=folder,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if done.returncode == 0:
                break
            found = re.search(r"^bertforge: (\d+\.toml):(\d+):(?:\d+:)? *(.*)$", done.stderr, re.M)
            if found is None:
                return [*faults, f"pretrain --print-config ends with {done.returncode}: {done.stderr}"]
            name, line, _ = left.pop(found[1])
            faults.append(f"{name}:{line + int(found[2]) - 1}: {found[3]}")
    return faults


def documented_exit_codes(page: Page) -> set[str]:
    rows = re.findall(r"^\| (\d[\d, ]*) \|", page.text, re.M)
    return {code for row in rows for code in re.findall(r"\d+", row)}


def unknown_exit_codes(page: Page) -> Iterator[str]:
    for found in EXIT_CODE.finditer(page.prose):
        if found[1] not in program().exit_codes:
            yield f"{page.name}:{page.line_at(found.start())}: bertforge --help has no exit code {found[1]}"


def commands_in_table(page: Page) -> set[str]:
    section = re.search(r"^## Commands$(.*?)^## ", page.text, re.M | re.S)
    cells = re.findall(r"^\| (`.*?) \|", section[1], re.M) if section else []
    return {name for cell in cells for name in re.findall(r"`([a-z-]+)`", cell)}


DOCS = sorted(path.relative_to(SOURCE).as_posix() for path in (SOURCE / "docs").rglob("*.md"))
PAGES = [repository_page(name) for name in ("README.md", "CONTRIBUTING.md", "configs/README.md", "data/README.md", *DOCS)]


class Documentation(unittest.TestCase):
    def check(self, checker: Callable[[Page], Iterator[str]]) -> None:
        self.assert_none([fault for page in PAGES for fault in checker(page)])

    def assert_none(self, faults: list[str]) -> None:
        if faults:
            self.fail("\n" + "\n".join(faults))

    def test_links_and_anchors_lead_somewhere(self) -> None:
        self.check(broken_links)

    def test_files_that_are_named_are_there(self) -> None:
        self.check(missing_paths)

    def test_commands_and_their_options_exist(self) -> None:
        self.check(unknown_commands)

    def test_presets_exist(self) -> None:
        self.check(unknown_presets)

    def test_settings_exist(self) -> None:
        self.check(unknown_settings)

    def test_settings_may_have_the_values_that_are_shown(self) -> None:
        self.assert_none(refused_values(PAGES))

    def test_exit_codes_are_those_of_the_help(self) -> None:
        self.assertEqual(documented_exit_codes(repository_page("docs/exit_codes.md")), program().exit_codes)
        self.check(unknown_exit_codes)

    def test_the_readme_lists_every_command(self) -> None:
        self.assertEqual(commands_in_table(repository_page("README.md")), set(program().commands))

    def test_the_readme_leads_to_every_page(self) -> None:
        linked = {link.partition("#")[0] for _, link in repository_page("README.md").links()}
        self.assertEqual(set(DOCS) - linked, set())


class Checkers(unittest.TestCase):
    """Each finds what is wrong with a page, where it stands, and nothing else."""

    def check(self, checker: Callable[[Page], Iterator[str]], text: str, *faults: str) -> None:
        self.assertEqual(list(checker(Page("docs/made_up.md", text))), [f"docs/made_up.md:{fault}" for fault in faults])

    def test_a_link_without_a_target_is_found(self) -> None:
        self.check(broken_links, "# Top\n\n[a](none.md), [b](../README.md#commands),\n[c](../README.md#orders) [d](https://x.y/z)\n"
                   "```\n[e](none.md)\n```\n`[f](none.md)` [g](#top) [h](#bottom) [many\nlines](gone/)\n",
                   "3: the link none.md leads to no file",
                   "4: ../README.md#orders: no heading of README.md has this anchor",
                   "8: #bottom: no heading of docs/made_up.md has this anchor",
                   "9: the link gone/ leads to no file")

    def test_anchors_are_githubs(self) -> None:
        text = "## `tokenize` and `detokenize`\n### data.pairing\n## 4. How large, how long? ##\n## A - B\n## [Links](x.md) too\n"
        self.assertEqual(Page("x.md", text + "## Data.Pairing\n```\n## no heading\n```\n").anchors,
                         {"tokenize-and-detokenize", "datapairing", "4-how-large-how-long", "a---b", "links-too", "datapairing-1"})

    def test_a_file_that_is_not_there_is_found(self) -> None:
        self.check(missing_paths, "`src/base/none.cpp`, tools/test, `src/base/random.cpp`.\n"
                   "`src/<room>`, `include/bertforge/<room>`,\n`src/*/CMakeLists.txt`, `src/*/none_*.h`, configs/x.toml, DIR/src/x/y.cpp:\n```\ncat configs/none.toml\n```\n",
                   "1: there is no src/base/none.cpp",
                   "3: there is no src/*/none_*.h",
                   "5: there is no configs/none.toml")

    def test_an_unknown_command_is_found(self) -> None:
        self.check(unknown_commands, "`bertforge trains`, `bertforge COMMAND`, `bertforge vocab`, `bertforge benchmark trian`\n"
                   "```\n$ bertforge --version\nzcat x.gz | build/release/bertforge tokenise --vocab V && bertforge lern\n```\n",
                   "1: bertforge has no command trains",
                   "1: there is no bertforge benchmark trian",
                   "4: bertforge has no command tokenise",
                   "4: bertforge has no command lern")

    def test_an_unknown_option_is_found(self) -> None:
        self.check(unknown_commands, "`--vocab V --nothing`, `--shard 1/2`, `tokenize --lower`, `bertforge\ninspect D --shw 5`\n\n"
                   "```\nbertforge pretrain --config a.toml \\\n    --train.sede 1 --output=x --train.seed 2   # --comment\n"
                   "bertforge sweep a.toml --train.seed 1 --model.seed 2 | sort --reverse\n"
                   "bertforge benchmark train --hidden 2 --vocab V\n"
                   "tools/test --quick --slow\n```\n",
                   "1: no command has --nothing, --vocab",
                   "1: bertforge tokenize has no option --lower",
                   "1: bertforge inspect has no option --shw",
                   "5: bertforge pretrain has no option --train.sede",
                   "7: bertforge sweep has no option --model.seed",
                   "8: bertforge benchmark train has no option --vocab",
                   "9: tools/test has no option --slow")

    def test_a_value_that_an_option_does_not_take_is_found(self) -> None:
        self.check(unknown_commands, "| `bertforge tokenize --format ids\\|words` | `tokenize --format NAME` |\n\n"
                   "`bertforge tokenize --vocab V --format=text`, `bertforge build a.txt --format lines`\n",
                   "1: bertforge tokenize --format does not take words",
                   "3: bertforge tokenize --format does not take text")

    def test_an_unknown_preset_is_found(self) -> None:
        self.check(unknown_presets, "`cmake --preset text && cmake --build --preset txt`, `--preset NAME`\n",
                   "1: CMakePresets.json has no preset txt")

    def test_an_unknown_setting_is_found(self) -> None:
        self.check(unknown_settings, "`train.seed`, `train.sede = 1`, `train.txt`, `a/train.log`, `model.encode(x)`, `numpy.load`\n"
                   '```toml\n[sweep]\ngrid = ["train.seed = 1, 2",\n"optimizer.learning_rat = 1, 2"]\n```\n',
                   "1: there is no setting train.sede",
                   "5: there is no setting optimizer.learning_rat")

    def test_a_value_that_a_setting_cannot_have_is_found(self) -> None:
        page = Page("docs/made_up.md", "`train.seed = 1`\n```toml\n[data]\nmax_seq_length = 64\npairing = 'nps'\n```\n")
        fault, = refused_values([page])
        self.assertRegex(fault, r"^docs/made_up\.md:5: data\.pairing is .*nps.* must be one of nsp, ")

    def test_an_exit_code_that_does_not_exist_is_found(self) -> None:
        self.check(unknown_exit_codes, "ends with code 3,\nor (exit code 6)\n", "2: bertforge --help has no exit code 6")
        page = Page("x.md", "| code |\n|---|\n| 0 | done |\n| 129, 130 | x |\n")
        self.assertEqual(documented_exit_codes(page), {"0", "129", "130"})

    def test_a_command_that_the_table_lacks_is_found(self) -> None:
        text = "## Commands\n\n| command | |\n|---|---|\n| `a`, `b-c` | `d` |\n\n## E\n| `f` |\n"
        self.assertEqual(commands_in_table(Page("x.md", text)), {"a", "b-c"})


if __name__ == "__main__":
    unittest.main()
