#!/usr/bin/env python3
"""Writes src/text/unicode_tables.cpp: character classes, case, decompositions and combining classes.

The tables are measured, not taken from a Unicode release: every code point is fed to the tokenizers library, whose parts
come from several Unicode versions. Run it in an environment with `pip install tokenizers==0.23.2`:

    python3 tools/make_unicode_tables.py > src/text/unicode_tables.cpp
"""

import sys
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

VERSION = "0.23.2"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
HANGUL = range(0xAC00, 0xD7A4)  # Decomposed by rule (Unicode, section 3.12), so not listed.


def bert_normalizer(**options):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **options}).normalize_str


def character_classes():
    """One list of code points for each class, in the order of CharClass (text/unicode.h)."""
    clean = bert_normalizer(clean_text=True)
    spaced = bert_normalizer(handle_chinese_chars=True)
    stripped = bert_normalizer(strip_accents=True)
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    classes = {name: [] for name in ("dropped", "space", "separator", "cjk", "punctuation", "nonspacing_mark")}
    for code in CODE_POINTS:
        text = f"a{chr(code)}b"
        cleaned = clean(text)
        words = [word for word, _ in split(text)]
        if cleaned == "ab":
            classes["dropped"].append(code)
        elif cleaned == "a b":
            classes["space"].append(code)
        if words == ["a", "b"]:
            classes["separator"].append(code)
        elif len(words) == 3:
            classes["punctuation"].append(code)
        if spaced(text) == f"a {chr(code)} b":
            classes["cjk"].append(code)
        if stripped(text) == "ab":
            classes["nonspacing_mark"].append(code)
    return classes


def lower_case():
    lower = normalizers.Lowercase().normalize_str
    return {code: lower(chr(code)) for code in CODE_POINTS if lower(chr(code)) != chr(code)}


def decompositions():
    nfd = normalizers.NFD().normalize_str
    return {code: nfd(chr(code)) for code in CODE_POINTS if code not in HANGUL and nfd(chr(code)) != chr(code)}


def combining_classes():
    """Measured by what changes places with what; the numbers are those of marks known to this Python."""
    nfd = normalizers.NFD().normalize_str
    ladder = {}
    for code in CODE_POINTS:
        number = unicodedata.combining(chr(code))
        if number and nfd(chr(code)) == chr(code) and is_mark(nfd, chr(code)):
            ladder.setdefault(number, chr(code))
    steps = sorted(ladder)
    found = {}
    for code in CODE_POINTS:
        char = chr(code)
        if nfd(char) != char or not is_mark(nfd, char):
            continue
        below = [n for n in steps if nfd(f"a{char}{ladder[n]}") != f"a{char}{ladder[n]}"]  # n < class of char
        above = [n for n in steps if nfd(f"a{ladder[n]}{char}") != f"a{ladder[n]}{char}"]  # class of char < n
        equal = [n for n in steps if n not in below and n not in above]
        if len(equal) != 1:
            sys.exit(f"U+{code:04X}: no single combining class fits: {equal}")
        found[code] = equal[0]
    return found


def is_mark(nfd, char):
    """Whether `char` moves at all: a mark of class 1 passes it, or it passes the mark of the highest class."""
    return nfd(f"a{char}\u0334") == f"a\u0334{char}" or nfd(f"a\u0345{char}") == f"a{char}\u0345"


def ranges(codes):
    found = []
    for code in sorted(codes):
        if found and found[-1][1] + 1 == code:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def case_runs(simple):
    """(first, last, step, difference): neighbours at a distance of one or two that move by the same difference."""
    runs = []
    for code in sorted(simple):
        difference = simple[code] - code
        if runs:
            first, last, step, moved = runs[-1]
            distance = code - last
            if moved == difference and distance in (1, 2) and (first == last or distance == step):
                runs[-1] = (first, code, distance, moved)
                continue
        runs.append((code, code, 1, difference))
    return runs


def print_array(declaration, rows, per_line):
    print(f"{declaration} = {{")
    for i in range(0, len(rows), per_line):
        print("    " + ", ".join(rows[i : i + per_line]) + ",")
    print("};\n")


def main():
    if tokenizers.__version__ != VERSION:
        sys.exit(f"tokenizers {tokenizers.__version__} found; the tables are those of {VERSION}")
    classes = character_classes()
    lower = lower_case()
    simple = {code: ord(text) for code, text in lower.items() if len(text) == 1}
    special = {code: text for code, text in lower.items() if len(text) > 1}
    if list(special) != [0x130]:
        sys.exit(f"more than one special lower case: {special}")

    print(f"// Made by tools/make_unicode_tables.py from tokenizers {VERSION}; do not edit.\n// clang-format off\n")
    print('#include "unicode_tables.h"\n\nnamespace bertforge::unicode_tables {\n')
    rows = [f"{{0x{a:X}, 0x{b:X}, {1 << i}}}" for i, name in enumerate(classes) for a, b in ranges(classes[name])]
    print("// first, last, class")
    print_array(f"const ClassRange kClassRanges[{len(rows)}]", rows, 6)
    rows = [f"{{0x{a:X}, 0x{b:X}, {s}, {d}}}" for a, b, s, d in case_runs(simple)]
    print("// first, last, step, what to add for the lower case")
    print_array(f"const CaseRun kCaseRuns[{len(rows)}]", rows, 6)

    combining = combining_classes()
    by_number = {}
    for code, number in combining.items():
        by_number.setdefault(number, []).append(code)
    rows = [f"{{0x{a:X}, 0x{b:X}, {n}}}" for n in sorted(by_number) for a, b in ranges(by_number[n])]
    print("// first, last, canonical combining class")
    print_array(f"const CombiningRange kCombiningRanges[{len(rows)}]", rows, 8)

    pool, rows = [], []
    for code, text in decompositions().items():
        rows.append(f"{{0x{code:X}, {len(pool)}, {len(text)}}}")
        pool += [f"0x{ord(c):X}" for c in text]
    print("// code point, place in kDecomposed, length")
    print_array(f"const Decomposition kDecompositions[{len(rows)}]", rows, 8)
    print_array(f"const char32_t kDecomposed[{len(pool)}]", pool, 16)
    for name in ("ClassRange", "CaseRun", "CombiningRange", "Decomposition"):
        print(f"const std::size_t kNum{name}s = std::size(k{name}s);")
    print("\n}  // namespace bertforge::unicode_tables")


if __name__ == "__main__":
    main()
