#!/usr/bin/env python3
"""Checks that kernels of different instruction sets share no function: check_levels.py LIBRARY.

LIBRARY is the static library of the kernels' room. Its members levels/*.cpp are compiled for one set of instructions each; of a
function that several of them define, inline or as a template, the linker keeps any one copy, which an older CPU may not run. So
their weak functions must be templates over the member's own Level (src/kernels/simd.h). Prints one line for each that is not and
exits with 1 if there is any.
"""

import re
import subprocess
import sys

# The struct that each file of src/kernels/levels defines.
LEVELS = {"portable": "Portable", "avx2": "Avx2", "avx512": "Avx512", "avx512_bf16": "Avx512Bf16", "amx": "AvxAmx"}


def shared_functions(listing: str) -> list[str]:
    """What `nm -C` says of a library: weak functions of a level's member that do not name its Level."""
    found = []
    member = ""
    for line in listing.splitlines():
        if heading := re.fullmatch(r"(\w+)\.cpp\.o:", line):
            member = heading[1]
        symbol = re.fullmatch(r"[0-9a-f]+ [Wu] (.*)", line)
        if symbol and member in LEVELS and not re.search(rf"simd::{LEVELS[member]}\b", symbol[1]):
            found.append(f"{member}.cpp: {symbol[1]}")
    return found


def main() -> int:
    listing = subprocess.run(["nm", "-C", "--defined-only", sys.argv[1]], check=True, capture_output=True, text=True).stdout
    if "amx.cpp.o:" not in listing and "portable.cpp.o:" not in listing:
        print(f"check_levels: {sys.argv[1]} has no levels/*.cpp", file=sys.stderr)
        return 1
    found = shared_functions(listing)
    for function in found:
        print(f"check_levels: {function} is not a template over the level", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
