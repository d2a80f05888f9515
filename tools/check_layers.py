#!/usr/bin/env python3
"""Checks that a room includes only rooms above it: check_layers.py [REPOSITORY].

The order is that of the bertforge_add_rooms calls in CMakeLists.txt. Held as well:
  - the rooms of the first call, which build without LibTorch, include none of its headers;
  - no file includes the whole of LibTorch: torch/torch.h costs 15 s, and is not what is precompiled (cmake/libtorch.cmake);
  - spdlog is included by src/base/log.cpp alone, because its fmt and LibTorch's cannot meet in one file.
Prints one line for each include that breaks a rule and exits with 1 if there is any.
"""

import pathlib
import re
import sys
from typing import Iterator, NamedTuple

ADD_ROOMS = re.compile(r"^\s*bertforge_add_rooms\(([^)]*)\)", re.MULTILINE)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)
TORCH_HEADER = re.compile(r"(torch|ATen|c10|caffe2)/")
WHOLE_TORCH = {"torch/torch.h", "torch/all.h", "torch/nn.h", "torch/extension.h"}
SOURCE_SUFFIXES = {".h", ".cpp", ".cu", ".cuh"}


class Rooms(NamedTuple):
    order: list[str]
    without_torch: set[str]


class SourceFile(NamedTuple):
    path: pathlib.Path  # Relative to the repository.
    room: str
    text: str


def read_rooms(repository: pathlib.Path) -> Rooms:
    calls = [call.split() for call in ADD_ROOMS.findall((repository / "CMakeLists.txt").read_text(encoding="utf-8"))]
    if not calls:
        raise SystemExit("check_layers: CMakeLists.txt has no bertforge_add_rooms(...)")
    return Rooms([room for call in calls for room in call], set(calls[0]))


def source_files(repository: pathlib.Path) -> Iterator[SourceFile]:
    for folder in ("include/bertforge", "src"):
        for path in sorted((repository / folder).rglob("*")):
            if path.suffix in SOURCE_SUFFIXES:
                room = path.relative_to(repository / folder).parts[0]
                yield SourceFile(path.relative_to(repository), room, path.read_text(encoding="utf-8"))


def broken_rule(file: SourceFile, header: str, rooms: Rooms) -> str | None:
    """The rule that including `header` in `file` breaks, in words; None where it breaks none."""
    if header.startswith("bertforge/"):
        room = header.split("/")[1]
        if room not in rooms.order:
            return f"{room} is no room of CMakeLists.txt"
        if rooms.order.index(room) > rooms.order.index(file.room):
            return f"room {file.room} may include only rooms above it, and {room} is below"
    if header.startswith("spdlog/") and file.path.as_posix() != "src/base/log.cpp":
        return "spdlog is for src/base/log.cpp only; log through bertforge/base/log.h"
    if TORCH_HEADER.match(header) and file.room in rooms.without_torch:
        return f"room {file.room} is built without LibTorch"
    if header in WHOLE_TORCH:
        return "include what is used: ATen/core/Tensor.h in a public header, torch/types.h and its like elsewhere"
    return None


def violations(repository: pathlib.Path) -> Iterator[str]:
    rooms = read_rooms(repository)
    for file in source_files(repository):
        if file.room not in rooms.order:
            yield f"{file.path}: {file.room} is no room of CMakeLists.txt"
            continue
        for match in INCLUDE.finditer(file.text):
            rule = broken_rule(file, match[1], rooms)
            if rule:
                line = file.text.count("\n", 0, match.start()) + 1
                yield f"{file.path}:{line}: includes {match[1]}: {rule}"


def main() -> int:
    repository = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    found = list(violations(repository))
    print("\n".join(found) if found else "check_layers: every room includes only rooms above it")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
