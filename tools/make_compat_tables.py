#!/usr/bin/env python3
"""Writes src/text/compat_tables.cpp: where the character tables of Google's BERT and of Keras differ from Hugging Face's.

Everything is measured. Google's programs have Python's unicodedata and str.lower(): those of the Python that runs this,
3.11 (Unicode 14). Keras has tensorflow-text: RE2's classes, ICU's NFD and NFKC_Casefold. Run it with Python 3.11 after
`pip install tokenizers==0.23.2 tensorflow-cpu==2.21.0 tensorflow-text==2.21.1`:

    python3 tools/make_compat_tables.py > src/text/compat_tables.cpp
"""

import sys
import unicodedata

import make_unicode_tables as huggingface
import tensorflow as tf
import tensorflow_text as tf_text
from make_unicode_tables import CODE_POINTS, HANGUL, case_runs, print_array, ranges

UNICODE, TENSORFLOW_TEXT = "14.0.0", "2.21.1"
CLASSES = ("dropped", "space", "separator", "cjk", "punctuation", "nonspacing_mark", "cased", "case_ignorable")
ASCII_PUNCTUATION = r"[!-/:-@\[-`{-~]"
CJK = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
       (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))  # fmt: skip
CJK_CODES = [code for first, last in CJK for code in range(first, last + 1)]


def google_classes():
    classes = {name: [] for name in CLASSES}
    classes["cjk"] = CJK_CODES
    for code in CODE_POINTS:
        char, category = chr(code), unicodedata.category(chr(code))
        ascii_mark = code < 128 and not char.isalnum() and code > 32 and code != 127
        is_space = char in " \t\n\r" or category == "Zs"
        if code in (0, 0xFFFD) or (category in ("Cc", "Cf") and not is_space):
            classes["dropped"].append(code)
        if is_space:
            classes["space"].append(code)
        if char.isspace():
            classes["separator"].append(code)
        if ascii_mark or category.startswith("P"):
            classes["punctuation"].append(code)
        if category == "Mn":
            classes["nonspacing_mark"].append(code)
        # A capital sigma is a final one before the end, but not before a cased letter; what is ignorable is passed over.
        before_end = f"A\u03a3{char}".lower()[1] == "\u03c2"
        before_letter = f"A\u03a3{char}B".lower()[1] == "\u03c2"
        if not before_end:
            classes["cased"].append(code)
        elif not before_letter:
            classes["case_ignorable"].append(code)
    return classes


def google_lower_case():
    return {code: chr(code).lower() for code in CODE_POINTS if chr(code).lower() != chr(code)}


def google_decompositions():
    nfd = {code: unicodedata.normalize("NFD", chr(code)) for code in CODE_POINTS if code not in HANGUL}
    return {code: text for code, text in nfd.items() if text != chr(code)}


def google_combining_classes():
    return {code: unicodedata.combining(chr(code)) for code in CODE_POINTS if unicodedata.combining(chr(code))}


def on_all(operation, pattern="{}", codes=CODE_POINTS):
    """What the TensorFlow operation makes of the code points, each put into `pattern`."""
    results = operation(tf.constant([pattern.format(chr(code)) for code in codes])).numpy()
    return dict(zip(codes, (r.decode() if isinstance(r, bytes) else r for r in results)))


def keras_classes():
    def matching(pattern):
        found = on_all(lambda text: tf.strings.regex_full_match(text, pattern))
        return [code for code in CODE_POINTS if found[code]]

    return {
        "dropped": [],
        "space": matching(r"[\s\v]"),
        "separator": matching(r"\s|\p{Cc}|\p{Cf}"),
        "cjk": CJK_CODES,
        "punctuation": matching(ASCII_PUNCTUATION + r"|\p{P}"),
        "nonspacing_mark": matching(r"\p{Mn}"),
        "cased": [],
        "case_ignorable": [],
    }


def nfd(text):
    return tf_text.normalize_utf8(text, "NFD")


def keras_decompositions():
    return {code: text for code, text in on_all(nfd).items() if text != chr(code) and code not in HANGUL}


def keras_combining_classes(known):
    """A class never changes once it is given; those that are new are measured by what changes places with what."""
    low, high = on_all(nfd, "a{}\u0334"), on_all(nfd, "a\u0345{}")
    found = {c: known.get(c) for c in CODE_POINTS if low[c] == f"a\u0334{chr(c)}" or high[c] == f"a{chr(c)}\u0345"}
    new = [code for code in found if found[code] is None]
    for number, mark in {number: chr(code) for code, number in known.items()}.items():
        before, after = on_all(nfd, f"a{{}}{mark}", new), on_all(nfd, f"a{mark}{{}}", new)
        for code in new:
            if before[code] == f"a{chr(code)}{mark}" and after[code] == f"a{mark}{chr(code)}":
                found[code] = number
    unknown = [hex(code) for code in new if found[code] is None]
    if unknown:
        sys.exit(f"no combining class fits: {unknown}")
    return found


def keras_folds():
    """NFKC_Casefold, in NFD, of single code points: where it is more than that of the parts of the code point's NFD."""
    folded, plain = on_all(tf_text.case_fold_utf8), on_all(nfd)
    texts = nfd(tf.constant(list(folded.values()))).numpy()
    found = {code: text.decode() for code, text in zip(folded, texts)}
    of_parts = {code: "".join(found[ord(c)] if c != chr(code) else c for c in plain[code]) for code in found}
    return {code: text for code, text in found.items() if text != of_parts[code] and code not in HANGUL}


def keras_composition_exclusions(decompositions):
    nfc = on_all(lambda text: tf_text.normalize_utf8(text, "NFC"))
    return [code for code, text in decompositions.items() if len(text) > 1 and nfc[code] != chr(code)]


def simple(lower):
    special = [hex(code) for code, text in lower.items() if len(text) > 1 and code != 0x130]
    if special:
        sys.exit(f"more than one special lower case: {special}")
    return {code: ord(text) for code, text in lower.items() if len(text) == 1}


class Texts:
    """Rows {code, begin, length} of texts that share one array of code points, in which none stands twice."""

    def __init__(self):
        self.pool = ""

    def rows(self, texts):
        return [f"{{0x{code:X}, {self.place(text)}, {len(text)}}}" for code, text in texts.items()]

    def place(self, text):
        if text not in self.pool:
            self.pool += text
        return self.pool.index(text)


def changed(ours, theirs, none):
    return {c: theirs.get(c, none) for c in sorted(ours.keys() | theirs.keys()) if ours.get(c, none) != theirs.get(c, none)}


def print_class_differences(name, ours, theirs):
    bits = {code: 0 for code in CODE_POINTS}
    for classes in (ours, theirs):
        for i, key in enumerate(CLASSES):
            for code in classes.get(key, ()):
                bits[code] ^= 1 << i
    rows = []
    for value in sorted(set(bits.values()) - {0}):
        rows += [f"{{0x{a:X}, 0x{b:X}, {value}}}" for a, b in ranges(c for c in CODE_POINTS if bits[c] == value)]
    print("// first, last, classes that change")
    print_array(f"constexpr ClassRange k{name}Classes[]", rows, 6)


def print_differences(name, texts, cases, combining, decompositions):
    rows = [f"{{0x{a:X}, 0x{b:X}, {s}, {d}}}" for a, b, s, d in case_runs(cases)]
    print("// first, last, step, what to add for the lower case")
    print_array(f"constexpr CaseRun k{name}Cases[]", rows, 6)
    rows = [f"{{0x{a:X}, 0x{b:X}, {number}}}" for number in sorted(set(combining.values()))
            for a, b in ranges(code for code in combining if combining[code] == number)]  # fmt: skip
    print("// first, last, canonical combining class")
    print_array(f"constexpr CombiningRange k{name}Combining[]", rows, 8)
    print_texts(f"{name}Decompositions", "its canonical decomposition", texts.rows(decompositions))


def print_texts(name, what, rows):
    print(f"// code point, {what}: place in kTexts, length")
    print_array(f"constexpr Decomposition k{name}[]", rows, 8)


def lower_case_changes(ours, theirs):
    return {code: code if to is None else to for code, to in changed(ours, theirs, None).items()}


def main():
    if unicodedata.unidata_version != UNICODE or tf_text.__version__ != TENSORFLOW_TEXT:
        sys.exit(f"Unicode {unicodedata.unidata_version} and tensorflow-text {tf_text.__version__} found; "
                 f"the tables are those of {UNICODE} and {TENSORFLOW_TEXT}")  # fmt: skip
    classes, combining = huggingface.character_classes(), huggingface.combining_classes()
    lower, decompositions = simple(huggingface.lower_case()), huggingface.decompositions()
    python_combining, keras_nfd, folds = google_combining_classes(), keras_decompositions(), keras_folds()
    keras_combining = keras_combining_classes(combining | python_combining)
    # Case folding comes after NFD, so that what has a decomposition is never looked up.
    undivided_lower = {code: to for code, to in lower.items() if code not in keras_nfd}
    texts = Texts()

    print(f"// Made by tools/make_compat_tables.py from Python 3.11 (Unicode {UNICODE}) and tensorflow-text {TENSORFLOW_TEXT};")
    print("// do not edit.\n// clang-format off\n")
    print('#include "unicode_tables.h"\n\nnamespace bertforge::unicode_tables {\n\nnamespace {\n')
    print_class_differences("Google", classes, google_classes())
    print_differences("Google", texts, lower_case_changes(lower, simple(google_lower_case())),
                      changed(combining, python_combining, 0),
                      changed(decompositions, google_decompositions(), ""))  # fmt: skip
    print_class_differences("Keras", classes, keras_classes())
    one_to_one = {code: ord(text) for code, text in folds.items() if len(text) == 1}
    print_differences("Keras", texts, lower_case_changes(undivided_lower, one_to_one),
                      changed(combining, keras_combining, 0), changed(decompositions, keras_nfd, ""))  # fmt: skip
    print_texts("Folds", "its case folding", texts.rows({c: t for c, t in folds.items() if len(t) > 1}))
    rows = [f"{{0x{a:X}, 0x{b:X}, 0}}" for a, b in ranges(code for code, text in folds.items() if not text)]
    print("// first, last of what case folding deletes")
    print_array(f"constexpr ClassRange kFoldedAway[]", rows, 8)
    rows = [f"0x{code:X}" for code in keras_composition_exclusions(keras_nfd)]
    print("// Decompositions that NFC does not undo")
    print_array(f"constexpr char32_t kNotComposed[]", rows, 12)
    print_array(f"constexpr char32_t kTexts[]", [f"0x{ord(c):X}" for c in texts.pool], 20)
    print("}  // namespace\n")
    for name in ("Google", "Keras"):
        print(f"const Differences k{name}Differences = {{k{name}Classes, k{name}Cases, k{name}Combining, "
              f"k{name}Decompositions, kTexts}};")  # fmt: skip
    print("const CaseFoldingTables kKerasCaseFolding = {kFolds, kFoldedAway, kNotComposed, kTexts};")
    print("\n}  // namespace bertforge::unicode_tables")


if __name__ == "__main__":
    main()
