#!/usr/bin/env python3
"""Text that no corpus at hand has, made from a seed: running text in many scripts, and strings of hostile code points.

tests/interop/wordpiece_exactness_test.py compares ids on it, tools/benchmark_tokenize_peers measures on it. No line feeds
within a line; every string can be written as UTF-8. `mixed_scripts.py [MEGABYTES [SEED]]` prints the running text.
"""

import dataclasses
import functools
import itertools
import random
import sys
import unicodedata
from typing import Iterator


@dataclasses.dataclass(frozen=True)
class Script:
    letters: str
    mean_word: float  # In letters; marks come on top.
    marks: str = ""
    mark_share: float = 0.0  # Of the letters, how many carry a mark.
    between: str = " "  # Words.
    full_stop: str = "."


def span(*ranges: str) -> str:
    """The assigned characters of "first-last" ranges in hexadecimal."""
    codes = itertools.chain.from_iterable(range(int(first, 16), int(last, 16) + 1)
                                          for first, _, last in (part.partition("-") for part in ranges))
    return "".join(chr(code) for code in codes if unicodedata.category(chr(code)) != "Cn")


# Frequent letters stand several times. Word lengths are about those of the languages that the scripts are known from.
LATIN = "eeeeeeaaaaaiiiioooouuunnnnssssrrrrttttllllddcccmmppgbvfhjkqwxyz"
SCRIPTS = {
    "latin": Script(LATIN + LATIN.upper()[::5], 5.1),
    "latin with accents": Script(LATIN + "éèêëàâäåáãçñøœößüûúùíîïìóôőűřžščěýłżźćńśğışțâŠŽÉÖÜİ", 6.0),
    "latin, decomposed": Script(LATIN, 6.0, "\u0300\u0301\u0302\u0303\u0308\u030a\u0323\u0327\u0328", 0.2),
    "vietnamese": Script("nnhhtcgimaoueđươăâêôáàảãạấầẩẫậắằẳẵặếềểễệốồổỗộớờởỡợứừửữựýỳỷỹỵ", 3.3),
    "greek": Script("αααεεεοοοιιιηητττσσνννρρκκππλμςυωγδθχφβξζψάέήίόύώϊΐΑΕΟΤΣ", 5.4),
    "greek, polytonic": Script(span("1f00-1fff") + "αεηιουωνστρκπλμ", 5.4),
    "cyrillic": Script("оооееееааиинннтттсссррввллккммддппуяыьгзбчйхжшюцщэфёъґєіїўђљњОЕАИНТ", 6.1),
    "armenian": Script(span("561-587"), 6.2, full_stop="։"),
    "georgian": Script(span("10d0-10f0", "1c90-1cb0"), 6.7),
    "hebrew": Script(span("5d0-5ea"), 4.5, span("5b0-5bd", "5c1-5c2"), 0.15),
    "arabic": Script(span("621-63a", "641-64a") + "ااالللنيمور" + "پچژگک", 4.6, span("64b-652"), 0.1, full_stop="۔"),
    "devanagari": Script(span("905-939", "958-95f"), 3.2, span("93e-94d", "900-903", "93c-93c"), 0.6, full_stop="।"),
    "bengali": Script(span("985-9b9"), 3.6, span("9bc-9cd"), 0.55, full_stop="।"),
    "tamil": Script(span("b85-bb9"), 5.5, span("bbe-bcd"), 0.6),
    "thai": Script(span("e01-e2e"), 3.0, span("e30-e4e"), 0.6, between="", full_stop=" "),
    "tibetan": Script(span("f40-f6c"), 2.4, span("f71-f84"), 0.5, between="\u0f0b", full_stop="\u0f0d"),
    "hangul": Script(span("ac00-d7a3")[::7], 3.1),
    "hangul, decomposed": Script(span("1100-1112"), 2.5, span("1161-1175", "11a8-11c2"), 0.95),
    "kana": Script(span("3041-3096") + span("30a1-30fa") + "ーーのにはをがでと", 3.6, "\u3099\u309a", 0.02, "", "。"),
    "cjk": Script(span("4e00-9fa5")[::3] + "的一是不了人我在有他这中大来上国", 1.8, between="", full_stop="。"),
    "cjk, rare": Script(span("3400-4db5")[::9] + span("20000-2a6d6")[::99] + span("f900-fad9")[::3], 1.6, between="",
                        full_stop="，"),
    "full-width": Script(span("ff10-ff19", "ff21-ff3a", "ff41-ff5a"), 5.0, between="\u3000", full_stop="．"),
    "ethiopic": Script(span("1200-135a"), 4.4, between="\u1361", full_stop="\u1362"),
    "cherokee": Script(span("13a0-13f5", "ab70-abbf"), 4.5),
    "deseret": Script(span("10400-1044f"), 4.8),
    "mathematical": Script(span("1d400-1d7ff"), 4.0, between=" + "),
}
EMOJI = span("1f300-1f64f", "1f680-1f6c5", "1f900-1f9ff", "2600-26ff")
ODDITIES = [
    "\u200b", "\u200d", "\ufeff", "\u00ad", "\ufffd", "\u202e", "\x00", "\x07", "\x1b", "\x7f", "\x85", "\u0085x", "\r", "\t",
    "\u00a0", "\u2028", "\u2029", "\u3000", "\ue000", "\uf8ff", "\U000f0000", "\U0010fffd", "\ufdd0", "\uffff", "\U0001fffe",
    "\u0378", "e\u0301\u0323", "\u0323\u0301", "\u0f71\u0f72", "İstanbul", "ΌΣΟΣ", "ﬃ", "Ǆ", "x²", "©®™", "“q”", "§12",
    "1.234,56", "a-b_c", "don't", "http://a.b/c?d=e",
]


def make_word(rng: random.Random, script: Script) -> str:
    letters = []
    for _ in range(max(1, round(rng.gammavariate(4, script.mean_word / 4)))):
        letters.append(rng.choice(script.letters))
        if script.marks and rng.random() < script.mark_share:
            letters.append(rng.choice(script.marks))
    return "".join(letters)


class Lexicon:
    """The words of a script: a word's frequency falls with its rank, as Zipf's law has it, and one in twenty is new."""

    NUM_WORDS = 3000

    def __init__(self, rng: random.Random, script: Script):
        self.script = script
        self.words = [make_word(rng, script) for _ in range(self.NUM_WORDS)]

    def draw(self, rng: random.Random) -> str:
        if rng.random() < 0.05:
            return make_word(rng, self.script)
        return self.words[int(self.NUM_WORDS ** rng.random()) - 1]


def odd_one(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return rng.choice(ODDITIES)
    return rng.choice(EMOJI) + rng.choice(["", "\ufe0f", "\U0001f3fd", "\u200d" + rng.choice(EMOJI)])


def lines(num_bytes: int, seed: int) -> Iterator[str]:
    """Running text of at least `num_bytes` in UTF-8: a line has a script, with words of others and odd characters in it."""
    rng = random.Random(seed)
    lexicons = [Lexicon(rng, script) for script in SCRIPTS.values()]
    while num_bytes > 0:
        main = rng.choice(lexicons)
        words = []
        for _ in range(rng.randrange(3, 60)):
            chance = rng.random()
            if chance < 0.02:
                words.append(odd_one(rng))
            elif chance < 0.08:
                words.append(" " + rng.choice(lexicons).draw(rng) + " ")
            else:
                words.append(main.draw(rng) + (rng.choice(",;:!?)-") if chance > 0.95 else ""))
        line = main.script.between.join(words) + main.script.full_stop
        num_bytes -= len(line.encode()) + 1
        yield line


@functools.cache
def code_points_by_class() -> dict[str, list[str]]:
    """Every scalar value but LF, by general category; then the classes that decide what a normalizer does. They are those of
    this Python's Unicode: other versions make other strings, and each is as good."""
    classes: dict[str, list[str]] = {}
    previous = None
    for char in map(chr, range(0x110000)):
        category = unicodedata.category(char)
        if category == "Cs" or char == "\n":
            continue
        classes.setdefault(category, []).append(char)
        kind = (category, unicodedata.combining(char), bool(unicodedata.decomposition(char)), char.lower() == char)
        if kind[1]:
            classes.setdefault("combining", []).append(char)
        if kind[2]:
            classes.setdefault("decomposing", []).append(char)
        if previous not in (None, kind):
            classes.setdefault("edges", []).extend((before, char))
        previous, before = kind, char
    classes["lengths of UTF-8"] = list("\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff")
    classes["ASCII"] = [chr(code) for code in range(128) if code != 10]
    classes["latin letters"] = list(LATIN)
    classes["hangul"] = list("\uac00\uac01\ud7a3\u1100\u1112\u1161\u1175\u11a7\u11a8\u11c2\u11c3")
    return classes


def deck(rng: random.Random) -> list[str]:
    """Characters to draw from, all classes alike: a draw from it costs less than one of a class and then of it."""
    cards = [rng.choice(chars) for chars in code_points_by_class().values() for _ in range(2000)]
    return cards + ["[MASK]", "[UNK]", "[SEP]", "##", "[mask]", " ", " "] * 300 + list("eaint" * 1500)


LONG = [15, 16, 17, 31, 32, 33, 63, 64, 65, 99, 100, 101, 102]


def random_strings(count: int, seed: int) -> Iterator[str]:
    """Strings of up to 40 characters of all classes; every eighth has what implementations trip over instead."""
    rng = random.Random(seed)
    cards = deck(rng)
    marks = code_points_by_class()["combining"]
    alphabets = [script.letters for script in SCRIPTS.values()]
    for number in range(count):
        if number % 8:
            yield "".join(rng.choices(cards, k=rng.randrange(41)))
        elif number % 16:  # A long word, alone or beside others, that an odd character may part.
            word = rng.choices(rng.choice(alphabets[:8] + ["ab"]), k=rng.choice(LONG))
            if rng.random() < 0.5:
                word[rng.randrange(len(word))] = rng.choice(cards)
            yield rng.choice(["", " ", "a ", "."]) + "".join(word) + rng.choice(["", " b", "!", "\u0301"])
        elif number % 32:  # Marks in any order.
            yield "".join(rng.choice(cards) + "".join(rng.choices(marks, k=rng.randrange(9))) for _ in range(4))
        else:  # ASCII as far as some block of a scanner goes, and then not.
            head = "".join(rng.choices("etaoin shrdlu,.", k=rng.choice([30, 62, 126, 254, 510]) + rng.randrange(5)))
            yield head + "".join(rng.choices(cards, k=5)) + head[:9]


def main() -> None:
    megabytes = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    for line in lines(int(megabytes * 1e6), int(sys.argv[2]) if len(sys.argv) > 2 else 1):
        sys.stdout.buffer.write(line.encode() + b"\n")


if __name__ == "__main__":
    main()
