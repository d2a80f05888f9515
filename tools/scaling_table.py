#!/usr/bin/env python3
"""Computes what many ranks would be worth: scaling_table.py [options] [--page docs/distributed.md]

A model, not a measurement: bytes an update from the shapes of Google's BERTs, time from an assumed GPU and network, and from
when the program sends what (src/train/gradient_exchange.h). Prints Markdown. --page writes it into that page instead, between
the page's two marks. Every assumption is an option and stands above the tables; the page has the defaults.
"""

import argparse
import dataclasses
import math
import pathlib
import sys
from collections.abc import Iterator

BEGIN, END = "<!-- tools/scaling_table.py -->", "<!-- end of tools/scaling_table.py -->"
NUM_GPUS = (1, 8, 16, 64, 256, 1024)
GRADIENT_BYTES = 4  # float32, whatever the precision of the products.
BUCKET_ELEMENTS = 1 << 20  # GradientExchange::kBucketElements
# In float32: the norm reads the gradient and zeroing writes it; AdamW reads four arrays, writes three and a bfloat16 copy.
UPDATE_BYTES = 4 + 4 + 4 * 4 + 3 * 4 + 2
# Of an update: how many targets there are; losses; counts; sizes; the clock; signals. Each is a few numbers and is waited for.
SMALL_SUMS = 3


@dataclasses.dataclass(frozen=True)
class Shape:
    """A BERT with both heads; the decoder's matrix is that of the word vectors."""

    name: str
    num_layers: int
    hidden: int
    vocabulary: int = 30522
    positions: int = 512
    intermediate: int = 0  # 0: four times hidden.

    @property
    def inner(self) -> int:
        return self.intermediate or 4 * self.hidden

    @property
    def layer_matrices(self) -> int:
        """Elements of a layer's weight matrices: what a bucket takes of it."""
        return 4 * self.hidden**2 + 2 * self.hidden * self.inner

    @property
    def num_parameters(self) -> int:
        hidden = self.hidden
        embeddings = (self.vocabulary + self.positions + 2 + 2) * hidden
        vectors = 4 * hidden + self.inner + hidden + 4 * hidden  # Biases, and two LayerNorms.
        heads = (hidden**2 + hidden) * 2 + 2 * hidden + self.vocabulary + 2 * hidden + 2
        return embeddings + self.num_layers * (self.layer_matrices + vectors) + heads

    @property
    def buckets(self) -> list[list[int]]:
        """Layers that are sent together, in the order in which a backward pass leaves them."""
        found: list[list[int]] = []
        for layer in reversed(range(self.num_layers)):
            if not found or len(found[-1]) * self.layer_matrices >= BUCKET_ELEMENTS:
                found.append([])
            found[-1].append(layer)
        return found

    @property
    def rest(self) -> int:
        """Elements that are sent when the backward pass is over: word vectors, heads, biases, LayerNorms."""
        return self.num_parameters - self.num_layers * self.layer_matrices

    def layer_flops(self, length: int) -> float:
        """A token's, forward."""
        return 2 * self.layer_matrices + 4 * length * self.hidden

    def head_flops(self, length: int) -> float:
        """A token's, forward: the vocabulary's scores of the masked positions alone, 15 % of them."""
        return round(0.15 * length) / length * 2 * (self.hidden**2 + self.hidden * self.vocabulary)

    def flops_a_token(self, length: int) -> float:
        """Forward and backward; the backward pass has twice the products."""
        return 3 * (self.num_layers * self.layer_flops(length) + self.head_flops(length))


SHAPES = [Shape("tiny", 2, 128), Shape("mini", 4, 256), Shape("base", 12, 768), Shape("large", 24, 1024)]
CASES = [("tiny", 4096, 128), ("mini", 4096, 128),
         ("base", 256, 128), ("base", 4096, 128), ("base", 32768, 128), ("base", 4096, 512),
         ("large", 256, 128), ("large", 4096, 128), ("large", 32768, 128), ("large", 4096, 512)]


@dataclasses.dataclass(frozen=True)
class Machine:
    gpus_a_node: int = 8
    peak_teraflops: float = 989
    peak_share: float = 0.4
    memory_gigabytes: float = 3350  # A second, of a GPU's own memory.
    memory_share: float = 0.7
    layer_microseconds: float = 250  # The least that a layer takes, forward and backward: starting its kernels.
    step_microseconds: float = 1000  # The least of all the rest of an update.
    micro_batch_tokens: int = 65536  # What a GPU takes at a time.
    node_gigabytes: float = 300  # A second, from a GPU to another of its node, each way.
    node_microseconds: float = 5  # A message between them
    network_gigabits: float = 3200  # A second, from a node to another, each way, all cards together.
    network_share: float = 0.8
    network_microseconds: float = 10
    sum_microseconds: float = 25  # A message of a small sum: Gloo, over TCP.

    @property
    def network_bytes(self) -> float:
        """A second, from a node."""
        return self.network_gigabits / 8 * 1e9 * self.network_share


def bytes_sent(num_bytes: float, num_ranks: int) -> float:
    """By each rank, where `num_bytes` are added up over all of them in a ring."""
    return 2 * (num_ranks - 1) / num_ranks * num_bytes


def sum_seconds(num_bytes: float, num_ranks: int, machine: Machine) -> float:
    """One sum over all ranks. A ring through all nodes leaves each of them once; NCCL has several, through all cards."""
    if num_ranks == 1:
        return 0
    sent = bytes_sent(num_bytes, num_ranks)
    num_nodes = math.ceil(num_ranks / machine.gpus_a_node)
    seconds = sent / (machine.node_gigabytes * 1e9)
    ring = 2 * (num_ranks - num_nodes) * machine.node_microseconds
    tree = 2 * (min(num_ranks, machine.gpus_a_node) - 1) * machine.node_microseconds
    if num_nodes > 1:
        seconds = max(seconds, sent / machine.network_bytes)
        ring += 2 * num_nodes * machine.network_microseconds
        tree += 2 * math.ceil(math.log2(num_nodes)) * machine.network_microseconds
    return seconds + 1e-6 * min(ring, tree)


def small_sums_seconds(num_ranks: int, machine: Machine) -> float:
    """Gloo's ring: each number goes around twice."""
    return SMALL_SUMS * 2 * (num_ranks - 1) * 1e-6 * machine.sum_microseconds


@dataclasses.dataclass(frozen=True)
class Step:
    """The seconds of an update, on each of the ranks."""

    compute: float  # Forward and backward
    update: float
    exchange: float  # All sums of gradients, were nothing computed meanwhile.
    waited: float  # Of them, what computing does not hide
    small_sums: float

    @property
    def total(self) -> float:
        return self.compute + self.update + self.waited + self.small_sums

    @property
    def total_without_small_sums(self) -> float:
        return self.total - self.small_sums

    @property
    def hidden_share(self) -> float:
        return max(0.0, 1 - self.waited / self.exchange) if self.exchange else 1


def step(shape: Shape, batch: int, length: int, num_ranks: int, machine: Machine) -> Step:
    """Full sequences, the same number on each rank."""
    tokens = batch / num_ranks * length
    speed = machine.peak_teraflops * 1e12 * machine.peak_share
    num_parts = max(1, math.ceil(tokens / machine.micro_batch_tokens))
    part = tokens / num_parts
    layer = max(3 * part * shape.layer_flops(length) / speed, 1e-6 * machine.layer_microseconds)
    head = 3 * part * shape.head_flops(length) / speed + 1e-6 * machine.step_microseconds
    compute = num_parts * (shape.num_layers * layer + head)

    # The last backward pass: two thirds of each. A bucket goes when its last layer is left, one after the other.
    clock = 2 / 3 * head
    sent_at = exchange = 0.0
    for bucket in shape.buckets:
        clock += len(bucket) * 2 / 3 * layer
        seconds = sum_seconds(len(bucket) * shape.layer_matrices * GRADIENT_BYTES, num_ranks, machine)
        sent_at = max(sent_at, clock) + seconds
        exchange += seconds
    rest = sum_seconds(shape.rest * GRADIENT_BYTES, num_ranks, machine)
    waited = max(sent_at, clock) + rest - clock
    update = UPDATE_BYTES * shape.num_parameters / (machine.memory_gigabytes * 1e9 * machine.memory_share)
    return Step(compute, update, exchange + rest, waited, small_sums_seconds(num_ranks, machine))


def efficiency(shape: Shape, batch: int, length: int, num_ranks: int, machine: Machine, with_small_sums: bool) -> float:
    """The speed over that of so many GPUs of which each does its share of what one does, and waits for nothing."""
    alone = step(shape, batch, length, 1, machine).total
    here = step(shape, batch, length, num_ranks, machine)
    return alone / num_ranks / (here.total if with_small_sums else here.total_without_small_sums)


def bandwidth_needed(shape: Shape, batch: int, length: int, num_ranks: int, machine: Machine, share: float) -> float | None:
    """Gigabits a second from a node at which gradients are waited for in 1 - share of an update at most; None: at none."""
    def suffices(gigabits: float) -> bool:
        here = step(shape, batch, length, num_ranks, dataclasses.replace(machine, network_gigabits=gigabits))
        return here.waited <= (1 - share) * here.total_without_small_sums

    low, high = 1e-3, 1e6
    if not suffices(high):
        return None
    while high / low > 1.001:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if suffices(middle) else (middle, high)
    return high


def rounded(value: float) -> str:
    """Two digits that count, upwards: 1,234 is 1,300."""
    unit = 10 ** (math.floor(math.log10(value)) - 1)
    return f"{math.ceil(value / unit) * unit:,.{max(0, -round(math.log10(unit)))}f}"


def table(heads: list[str], rows: Iterator[list[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|---|" + "--:|" * (len(heads) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def assumptions(machine: Machine) -> Iterator[str]:
    reached = machine.peak_teraflops * machine.peak_share
    yield "Assumed:"
    yield ""
    yield (f"- a GPU that reaches {reached:,.0f} TFLOP/s in products, {100 * machine.peak_share:.0f} % of a peak of "
           f"{machine.peak_teraflops:,.0f}, and {machine.memory_gigabytes * machine.memory_share:,.0f} GB/s of its memory in the update "
           f"({UPDATE_BYTES} bytes a parameter, on each GPU the whole of it); a layer takes {machine.layer_microseconds:,.0f} µs at least, "
           f"the rest {machine.step_microseconds:,.0f} µs: small products do not fill a GPU")
    yield (f"- full sequences, of which 15 % are predicted; {machine.micro_batch_tokens:,} tokens at a time on a GPU, and the exchange runs "
           "beside the last of them alone")
    yield (f"- {machine.gpus_a_node} GPUs a node; between those {machine.node_gigabytes:,.0f} GB/s each way and "
           f"{machine.node_microseconds:,.0f} µs a message; between nodes {100 * machine.network_share:.0f} % of the bandwidth named and "
           f"{machine.network_microseconds:,.0f} µs a message; the bytes of a ring, the messages of a ring or a tree, whichever are fewer")
    yield (f"- {SMALL_SUMS} small sums an update (targets; losses and counts; clock and signals), each waited for, in a ring over TCP: "
           f"{machine.sum_microseconds:,.0f} µs a message")
    yield "- nothing else: no slow node, no other traffic, no evaluation, no checkpoint, text always ready"


def size_rows() -> Iterator[list[str]]:
    for shape in SHAPES:
        gradient = GRADIENT_BYTES * shape.num_parameters
        yield [shape.name, f"{shape.num_parameters / 1e6:,.1f} M", f"{gradient / 1e6:,.0f} MB",
               f"{bytes_sent(gradient, 8) / 1e6:,.0f} MB", f"{bytes_sent(gradient, 1024) / 1e6:,.0f} MB",
               f"{100 * shape.rest / shape.num_parameters:.0f} %",
               f"{shape.flops_a_token(128) / 1e9:.3f}", f"{shape.flops_a_token(512) / 1e9:.3f}"]


def cases() -> Iterator[tuple[Shape, int, int]]:
    by_name = {shape.name: shape for shape in SHAPES}
    for name, batch, length in CASES:
        yield by_name[name], batch, length


def case_name(shape: Shape, batch: int, length: int) -> str:
    return f"{shape.name}, {batch:,} × {length}"


def milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:,.0f}" if seconds >= 0.01 else f"{1e3 * seconds:.1f}"


def efficiency_rows(machine: Machine) -> Iterator[list[str]]:
    for shape, batch, length in cases():
        row = [case_name(shape, batch, length), milliseconds(step(shape, batch, length, 1, machine).total)]
        for num_gpus in NUM_GPUS[1:]:
            both = [efficiency(shape, batch, length, num_gpus, machine, small) for small in (False, True)]
            row.append("" if batch < num_gpus else f"{100 * both[0]:.0f} / {100 * both[1]:.0f}")
        yield row


def hidden_rows(machine: Machine) -> Iterator[list[str]]:
    for shape, batch, length in cases():
        steps = [step(shape, batch, length, num_gpus, machine) for num_gpus in NUM_GPUS[1:]]
        yield [case_name(shape, batch, length),
               *("" if batch < num_gpus else f"{100 * one.hidden_share:.0f} % of {milliseconds(one.exchange)}"
                 for one, num_gpus in zip(steps, NUM_GPUS[1:]))]


def bandwidth_rows(machine: Machine) -> Iterator[list[str]]:
    for shape, batch, length in cases():
        row = [case_name(shape, batch, length)]
        for num_gpus in NUM_GPUS[2:]:
            needed = bandwidth_needed(shape, batch, length, num_gpus, machine, 0.9) if batch >= num_gpus else 0
            row.append("none" if needed is None else rounded(needed) if needed else "")
        yield row


def markdown(machine: Machine, networks: list[float]) -> str:
    counts = [f"{num_gpus:,} GPUs" for num_gpus in NUM_GPUS]
    lines = [*assumptions(machine), "", "Bytes an update. Sent late: the share of the gradient that goes when the backward pass is over.", "",
             *table(["model", "parameters", "gradient", "sent by each of 8", "of 1,024", "sent late", "GFLOP a token, length 128", "length 512"],
                    size_rows())]
    for gigabits in networks:
        here = dataclasses.replace(machine, network_gigabits=gigabits)
        lines += ["", f"**{gigabits:,.0f} Gbit/s a node.** Efficiency in %, without / with the small sums. "
                  "A row is a model and its global batch, sequences × length.", "",
                  *table(["batch", "1 GPU, ms", *counts[1:]], efficiency_rows(here))]
    fast = dataclasses.replace(machine, network_gigabits=networks[-1])
    lines += ["", f"How much of the exchange is hidden behind the backward pass at {networks[-1]:,.0f} Gbit/s a node, of how many milliseconds:", "",
              *table(["batch", *counts[1:]], hidden_rows(fast)),
              "", "Gbit/s a node at which at most a tenth of an update waits for gradients, small sums not counted (none: inside of the "
              "nodes alone it takes longer):", "",
              *table(["batch", *counts[2:]], bandwidth_rows(machine)),
              "", "The small sums of an update: " + ", ".join(
                  f"{milliseconds(small_sums_seconds(num_gpus, machine))} ms on {num_gpus:,} GPUs" for num_gpus in NUM_GPUS[1:]) + "."]
    return "\n".join(lines) + "\n"


def with_tables(page: str, tables: str) -> str:
    """The page with `tables` between its marks. ValueError where it has not both, once."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"{BEGIN} and {END} must stand in it, each once")
    return page[:page.index(BEGIN) + len(BEGIN)] + "\n" + tables + page[page.index(END):]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    for field in dataclasses.fields(Machine):
        if field.name != "network_gigabits":
            parser.add_argument("--" + field.name.replace("_", "-"), type=field.type, default=field.default)
    parser.add_argument("--network-gigabits", type=float, nargs="+", default=[100, 3200], help="a table each")
    parser.add_argument("--page", type=pathlib.Path, help="write the tables between this page's marks")
    found = parser.parse_args(arguments)
    for name, value in vars(found).items():
        if any(number <= 0 for number in (value if isinstance(value, list) else [value] if name != "page" else [])):
            parser.error(f"--{name.replace('_', '-')} must be above 0")
    return found


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    machine = Machine(**{field.name: getattr(options, field.name) for field in dataclasses.fields(Machine)
                         if field.name != "network_gigabits"})
    tables = markdown(machine, options.network_gigabits)
    if options.page is None:
        print(tables, end="")
        return 0
    try:
        page = options.page.read_text(encoding="utf-8")
        options.page.write_text(with_tables(page, tables), encoding="utf-8")
    except (OSError, ValueError) as error:
        print(f"scaling_table: {options.page}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
