"""A page of Markdown taken apart: headings, links and code, each with the line that it stands in."""

import functools
import re
import typing

FENCE = re.compile(r"^```([\w-]*) *\n(.*?)^``` *$", re.M | re.S)
SPAN = re.compile(r"(?<!`)(`+)(?!`)((?:(?!\n\s*\n).)+?)(?<!`)\1(?!`)", re.S)  # Over lines, not over paragraphs.
LINK = re.compile(r"\[[^\[\]]*\]\(\s*<?([^\s<>()]+)")
HEADING = re.compile(r"^#{1,6} +(.*?)(?: +#+)? *$", re.M)


class Piece(typing.NamedTuple):
    line: int  # Of its beginning, from 1.
    text: str


class Block(typing.NamedTuple):
    line: int  # Of what stands below the fence.
    language: str
    text: str


def blank(found: re.Match) -> str:
    """As many lines and characters without a letter, so that places stay what they are."""
    return re.sub(r"[^\n]", " ", found[0])


def slug(heading: str) -> str:
    """The anchor that GitHub makes of a heading's text."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


class Page:
    """`name`: its path in the repository."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.prose = FENCE.sub(blank, text)  # All but blocks of code.

    def line_at(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def blocks(self) -> list[Block]:
        return [Block(self.line_at(found.start(2)), found[1], found[2]) for found in FENCE.finditer(self.text)]

    def spans(self) -> list[Piece]:
        """What stands between backticks, on one line; a bar of a table's cell without its backslash."""
        return [Piece(self.line_at(found.start(2)), re.sub(r"\s*\n\s*", " ", found[2].replace("\\|", "|")))
                for found in SPAN.finditer(self.prose)]

    def links(self) -> list[Piece]:
        return [Piece(self.line_at(found.start(1)), found[1]) for found in LINK.finditer(SPAN.sub(blank, self.prose))]

    @functools.cached_property
    def anchors(self) -> set[str]:
        found: set[str] = set()
        for heading in HEADING.findall(self.prose):
            first = anchor = slug(heading)
            number = 0
            while anchor in found:
                number += 1
                anchor = f"{first}-{number}"
            found.add(anchor)
        return found

    def lines_of_code(self) -> list[Piece]:
        """Spans, and the lines of blocks that a shell reads or prints, those that a backslash continues as one."""
        lines = self.spans()
        for block in self.blocks():
            if block.language in ("", "sh", "bash", "console", "text"):
                line = block.line
                for text in re.split(r"(?<!\\)\n", block.text):
                    lines.append(Piece(line, text.replace("\\\n", " ")))
                    line += text.count("\n") + 1
        return lines
