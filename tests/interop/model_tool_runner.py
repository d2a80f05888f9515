"""Runs bertforge_interop_model (model_tool.cpp)."""

import os
import pathlib
import subprocess

REPOSITORY = pathlib.Path(__file__).parents[2]
PROGRAM = pathlib.Path(os.environ.get("BERTFORGE_PROGRAM", REPOSITORY / "build/release/bertforge"))
TOOL = pathlib.Path(os.environ.get("BERTFORGE_BINARY_DIR", PROGRAM.parent)) / "tests/interop/bertforge_interop_model"


def run_tool(*arguments, stdin=""):
    done = subprocess.run([str(TOOL), *map(str, arguments)], input=stdin, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
