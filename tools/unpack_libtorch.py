#!/usr/bin/env python3
"""Unpacks LibTorch from the wheels of torch and nvidia-*: unpack_libtorch.py --cpu|--cuda FOLDER WHEEL...

FOLDER gets the layout of a LibTorch archive: include/, share/, and lib/ with the CUDA libraries beside LibTorch's own,
where its run path looks last; with --cuda also cuda/include. --cpu takes only what a program needs that links c10 and
torch_cpu. Called by tools/setup.
"""

import pathlib
import shutil
import sys
import zipfile

CPU_LIBRARIES = {"libc10.so", "libtorch_cpu.so", "libgomp.so.1", "libcudart.so.13", "libcupti.so.13"}
PYTHON_LIBRARIES = {"libtorch_python.so", "libshm.so"}


def destination(name: str, cuda: bool) -> pathlib.PurePosixPath | None:
    """Where a file of a wheel goes, relative to FOLDER; None leaves it out."""
    path = pathlib.PurePosixPath(name)
    if name.startswith(("torch/include/", "torch/share/")):
        return path.relative_to("torch")
    if path.parent.name == "lib" and path.parts[0] in ("torch", "nvidia"):
        wanted = path.name not in PYTHON_LIBRARIES if cuda else path.name in CPU_LIBRARIES
        return pathlib.PurePosixPath("lib", path.name) if wanted and ".so" in path.name else None
    if cuda and len(path.parts) > 3 and path.parts[0] == "nvidia" and path.parts[2] == "include":
        return pathlib.PurePosixPath("cuda", *path.parts[2:])
    return None


def main(arguments: list[str]) -> None:
    kind, folder, *wheels = arguments
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.infolist():
                target = destination(entry.filename, cuda=kind == "--cuda")
                if target is None or entry.is_dir():
                    continue
                path = pathlib.Path(folder, target)
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source, open(path, "wb") as output:
                    shutil.copyfileobj(source, output, 1 << 20)


if __name__ == "__main__":
    main(sys.argv[1:])
