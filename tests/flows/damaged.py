"""Inputs that are broken in one place: what bad_input_flow_test.py hands to the program."""

import json
import os
import pathlib
import shutil
import struct
import threading
from collections.abc import Callable

Make = Callable[["Place"], None]
Header = dict[str, dict]


class Place:
    """The folder of one row, and the sound model and text that damage begins with."""

    def __init__(self, folder: pathlib.Path, toy: pathlib.Path) -> None:
        self.folder, self.toy = folder, toy

    def model(self) -> pathlib.Path:
        """A copy of the toy model at `model`, made by the first call."""
        copy = self.folder / "model"
        if not copy.exists():
            shutil.copytree(self.toy / "model", copy)
        return copy


def write(name: str, content: bytes | str) -> Make:
    """A file; "{toy}" in a text is the folder of the sound things."""
    def make(place: Place) -> None:
        data = content if isinstance(content, bytes) else content.replace("{toy}", str(place.toy)).encode()
        (place.folder / name).write_bytes(data)
    return make


def folder(name: str) -> Make:
    return lambda place: (place.folder / name).mkdir()


def fifo(name: str) -> Make:
    """A named pipe with a reader, so that what writes to it does not wait for one."""
    def make(place: Place) -> None:
        os.mkfifo(place.folder / name)
        os.open(place.folder / name, os.O_RDONLY | os.O_NONBLOCK)  # Open until the tests end.
    return make


def fed_fifo(name: str, content: str) -> Make:
    """A named pipe with a writer, who closes it behind this content."""
    def make(place: Place) -> None:
        os.mkfifo(place.folder / name)
        threading.Thread(target=lambda: (place.folder / name).write_text(content), daemon=True).start()
    return make


def both(*makers: Make) -> Make:
    def make(place: Place) -> None:
        for each in makers:
            each(place)
    return make


def in_model(name: str, content: bytes | str | None) -> Make:
    """A copy of the model in which one file has this content, or is gone."""
    def make(place: Place) -> None:
        file = place.model() / name
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return make


def only_in_model(*names: str) -> Make:
    """A copy of the model with config.json and these empty files."""
    def make(place: Place) -> None:
        for file in place.model().iterdir():
            if file.name != "config.json":
                shutil.rmtree(file) if file.is_dir() else file.unlink()
        for name in names:
            (place.model() / name).touch()
    return make


def json_of_model(name: str, **changes: object) -> Make:
    """A copy of the model with other values in one of its JSON files."""
    def make(place: Place) -> None:
        file = place.model() / name
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return make


def vocabulary(change: Callable[[list[str]], list[str]], *, in_json: bool = False) -> Make:
    """A copy of the model with other pieces: in vocab.txt alone, or in tokenizer.json alone."""
    def make(place: Place) -> None:
        text, file = place.model() / "vocab.txt", place.model() / "tokenizer.json"
        pieces = change(text.read_text().splitlines())
        if in_json:
            text.unlink()
            tokenizer = json.loads(file.read_text())
            tokenizer["model"]["vocab"] = {piece: i for i, piece in enumerate(pieces)}
            file.write_text(json.dumps(tokenizer))
        else:
            file.unlink()
            text.write_text("".join(piece + "\n" for piece in pieces))
    return make


def read_tensors(file: pathlib.Path) -> tuple[Header, bytes]:
    content = file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8:8 + length]), content[8 + length:]


def write_tensors(file: pathlib.Path, header: Header, data: bytes) -> None:
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


def without_tensors(prefix: str) -> Make:
    """A copy of the model whose weights lack all tensors of that beginning; the others move together."""
    def make(place: Place) -> None:
        file = place.model() / "model.safetensors"
        header, data = read_tensors(file)
        kept, parts, end = {}, [], 0
        for name, entry in sorted(header.items(), key=lambda item: item[1].get("data_offsets", [0])):
            if name == "__metadata__" or name.startswith(prefix):
                continue
            begin, stop = entry["data_offsets"]
            parts.append(data[begin:stop])
            kept[name] = entry | {"data_offsets": [end, end + stop - begin]}
            end += stop - begin
        write_tensors(file, kept, b"".join(parts))
    return make


def tensor(**changes: object) -> Make:
    """A copy of the model in whose weights the header lies about the pooler's bias."""
    def make(place: Place) -> None:
        file = place.model() / "model.safetensors"
        header, data = read_tensors(file)
        header["bert.pooler.dense.bias"] |= changes
        write_tensors(file, header, data)
    return make


def number_in_weights(value: float) -> Make:
    """A copy of the model in whose weights one number is this."""
    def make(place: Place) -> None:
        file = place.model() / "model.safetensors"
        header, data = read_tensors(file)
        begin, _ = header["bert.encoder.layer.1.output.dense.weight"]["data_offsets"]
        write_tensors(file, header, data[:begin] + struct.pack("<f", value) + data[begin + 4:])
    return make


def with_one_segment(place: Place) -> None:
    """A copy of the model that knows no segment 1."""
    json_of_model("config.json", type_vocab_size=1)(place)
    file = place.model() / "model.safetensors"
    header, data = read_tensors(file)
    name = "bert.embeddings.token_type_embeddings.weight"
    begin, end = header[name]["data_offsets"]
    half = (end - begin) // 2
    for entry in (header[each] for each in header if each != "__metadata__"):
        entry["data_offsets"] = [at - half if at > begin else at for at in entry["data_offsets"]]
    header[name]["shape"][0] = 1
    write_tensors(file, header, data[:begin + half] + data[end:])


def copied_run(place: Place) -> pathlib.Path:
    """A copy of the run at `run`."""
    return shutil.copytree(place.toy / "run", place.folder / "run", symlinks=True)


def in_checkpoint(name: str, change: Callable[[bytes], bytes]) -> Make:
    """A copy of the run in whose last checkpoint a file has other bytes."""
    def make(place: Place) -> None:
        file = max((copied_run(place) / "checkpoints").iterdir()) / name
        file.write_bytes(change(file.read_bytes()))
    return make


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1:]


def run_without(name: str, link: str = "") -> Make:
    """A copy of the run whose checkpoints all lack a file, and which lacks a link to one of them."""
    def make(place: Place) -> None:
        copied_run(place)
        for checkpoint in (place.folder / "run" / "checkpoints").iterdir():
            (checkpoint / name).unlink()
        if link:
            (place.folder / "run" / link).unlink()
    return make


def weights(change: Callable[[bytes], bytes]) -> Make:
    """A copy of the model with other bytes in its weights."""
    def make(place: Place) -> None:
        file = place.model() / "model.safetensors"
        file.write_bytes(change(file.read_bytes()))
    return make


def header_length(length: int) -> Make:
    return weights(lambda content: struct.pack("<Q", length) + content[8:])
