"""What the interop tests share: the program under test and the folders it reads. tools/test sets the environment."""

import os
import pathlib
import subprocess

import pytest

REPOSITORY = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="session")
def bertforge():
    """Runs the program: bertforge("tokenize", "--vocab", path, stdin="text") -> its standard output."""
    program = pathlib.Path(os.environ.get("BERTFORGE_PROGRAM", REPOSITORY / "build/release/bertforge"))

    def run(*arguments, stdin=""):
        command = [str(program), *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, f"{command} exited with {done.returncode}: {done.stderr}"
        return done.stdout

    return run


@pytest.fixture(scope="session")
def shared():
    """The folder of the oracles. Without it tests skip, except in CI, where a missing oracle is an error."""
    folder = pathlib.Path(os.environ.get("BERTFORGE_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        message = f"no oracles in {folder}; BERTFORGE_SHARED names their folder"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return folder
