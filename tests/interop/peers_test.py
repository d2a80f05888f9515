"""The peers themselves: the interop tests mean something only against the versions that made ../shared/oracle."""

import importlib.metadata
import pathlib

REQUIREMENTS = pathlib.Path(__file__).with_name("requirements.txt")


def test_the_peers_have_the_pinned_versions():
    pins = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert [f"{name}=={importlib.metadata.version(name)}" for name, _, _ in (pin.partition("==") for pin in pins)] == pins
