"""The rows of bad_text_flow_test.py: what may be wrong with text, ids and vocabularies, or only looks wrong.

`{toy}` is a folder of sound things: tokenizer (300 pieces), text.txt.
"""

import gzip

from bad_inputs import IS_FOLDER, Row
from damaged import fed_fifo, folder, write

TOKENIZE, DETOKENIZE = "tokenize --vocab {toy}/tokenizer", "detokenize --vocab {toy}/tokenizer"
PIECES = "[PAD]\n[UNK]\nthe\nclock\n"


def vocabulary_row(name: str, content: bytes | str, code: int, part: str) -> Row:
    return Row(f"vocabulary: {name}", "tokenize --vocab v.txt {toy}/text.txt", code, part, write("v.txt", content),
               prints=code == 0)


VOCABULARIES = [
    vocabulary_row("duplicates", PIECES + "the\n", 3, 'v.txt:5: "the" stands in line 3 already; pieces are unique'),
    vocabulary_row("duplicates but for a CR", PIECES + "the\r\n", 3, 'v.txt:5: "the" stands in line 3 already'),
    vocabulary_row("no [UNK]", "the\nclock\n", 3, 'v.txt: no line "[UNK]"'),
    vocabulary_row("CR LF", PIECES.replace("\n", "\r\n"), 0, ""),
    vocabulary_row("no LF at its end", PIECES.rstrip(), 0, ""),
    vocabulary_row("NUL in a piece", PIECES + "a\0b\n", 0, ""),
    vocabulary_row("empty", "", 3, "v.txt: the vocabulary is empty; one piece a line is expected"),
    vocabulary_row("blank lines", "\n \n\t\r\n", 3, "v.txt: the vocabulary is empty"),
    vocabulary_row("one line", "[UNK]", 0, ""),
    vocabulary_row("one line that is no [UNK]", "clock", 3, 'v.txt: no line "[UNK]"'),
    vocabulary_row("text", "the old clock\nthe old clock\nstruck\n", 3, "v.txt is no vocabulary: 2 of its 3 lines have spaces"),
    vocabulary_row("not UTF-8", b"[UNK]\ncaf\xe9\n", 3, "v.txt:2: the piece is not UTF-8"),
    vocabulary_row("UTF-16", PIECES.encode("utf-16"), 3, "v.txt is UTF-16, not text"),
    Row("vocabulary: a pipe", "tokenize --vocab v.txt {toy}/text.txt", 0, "", fed_fifo("v.txt", PIECES), prints=True),
    Row("vocabulary: an empty pipe", "tokenize --vocab v.txt", 3, "the vocabulary is empty", fed_fifo("v.txt", "")),
    Row("vocabulary: /dev/null", "tokenize --vocab /dev/null", 3, "/dev/null: the vocabulary is empty"),
    Row("vocabulary: a folder without one", "detokenize --vocab place", 2, "place: no tokenizer in this folder", folder("place")),
    Row("vocabulary: no [CLS] where it is asked for", "tokenize --vocab v.txt --add-special", 3,
        "v.txt: the vocabulary lacks special tokens: cls, sep; [CLS] and [SEP]", write("v.txt", PIECES)),
]

INPUTS = [row for command in (TOKENIZE, DETOKENIZE) for row in (
    Row(f"a pipe: {command}", f"{command} i.txt", 0, "", fed_fifo("i.txt", "5 6\n7"), prints=True),
    Row(f"an empty pipe: {command}", f"{command} i.txt", 0, "", fed_fifo("i.txt", "")),
    Row(f"a folder: {command}", f"{command} place", 2, "place" + IS_FOLDER, folder("place")),
    Row(f"/dev/null: {command}", f"{command} /dev/null", 0, ""),
    Row(f"no LF at its end: {command}", command, 0, "", text=b"5 6\n7", prints=True),
    Row(f"CR LF: {command}", command, 0, "", text=b"5 6\r\n7\r\n", prints=True),
    Row(f"a byte order mark alone: {command}", command, 0, "", text=b"\xef\xbb\xbf"),
    Row(f"UTF-16: {command}", command, 3, "standard input is UTF-16, not text", text="5 6\n".encode("utf-16")),
    Row(f"gzip cut short: {command}", command, 3, "standard input ends in the middle of its gzip data, after 7 bytes: the file is cut short",
        text=gzip.compress(b"5 6\n")[:7]),
    Row(f"gzip: {command}", command, 0, "", text=gzip.compress(b"5 6\n"), prints=True),
    Row(f"NUL bytes: {command}", command, 3, "standard input is no text: 4096 of its first 4096 bytes are 0", text=bytes(5000)),
)] + [
    Row("a NUL byte", TOKENIZE, 0, "", text=b"a\0b and more text than that\n", prints=True),
    Row("broken UTF-8", TOKENIZE, 0, "standard input:2: bytes that are no UTF-8, and in 1 more line (3 places)",
        text=b"a\n\xff \xff\nb\n\xc3\n", prints=True),
]

IDS = [Row(f"no id: {word}", DETOKENIZE, 3, f'standard input:2: "{shown}" is no id of this vocabulary; a number below 300 is expected',
           text=f"5 6\n7 {word} 8\n".encode(), prints=True)
       for word, shown in [(word, word) for word in ("300", "-1", "1e999", "5,6", "5,", "5.0", "0x5", "5x", "2147483648",
                           "-2147483649", "4294967301", "99999999999999999999", "+-5", "5__0", "[CLS]", "é")]
       + [("9" * 5000, "9" * 40 + "..."), ("5\0\x1b[1m", r"5\x00\x1b[1m")]] + [
    Row("other forms of ids", DETOKENIZE, 0, "", text=b"+5 2_0 007\t8\x0b9\r\n", prints=True),
]

LEARNING = [
    Row("a pipe of unknown format", "vocab i.txt --output v", 2, "the format of i.txt cannot be guessed, because it is no file on disk; "
        "say --format lines or another", fed_fifo("i.txt", "the clock\n")),
    Row("a pipe", "vocab i.txt --format lines --size 30 --output v", 0, "", fed_fifo("i.txt", "the clock\n"), leaves="v(/.*)?"),
    Row("an empty pipe", "vocab i.txt --format lines --output v", 3, "i.txt: no text", fed_fifo("i.txt", "")),
    Row("no LF at its end", "vocab i.txt --size 30 --output v", 0, "", write("i.txt", "the clock"), leaves="v(/.*)?"),
    Row("NUL bytes", "vocab i.txt --output v", 3, "i.txt is no text", write("i.txt", bytes(5000))),
    Row("a size below the alphabet", "vocab i.txt --size 8 --output v", 2, "a vocabulary of 8 pieces is too small",
        write("i.txt", "the clock\n")),
] + [Row(f"sentencepiece: {options}", f"vocab i.txt --algorithm sentencepiece {options} --output v", 2, part,
         write("i.txt", "the clock\n")) for options, part in [
    ("--size 3", "a vocabulary of 3 pieces is too small: special tokens and characters are 13 pieces"),
    ("--size 3 --model-type bpe", "a vocabulary of 3 pieces is too small: special tokens and characters are "),
    ("--character-coverage 0.9", "--character-coverage is 0.9; it must be between 0.98 and 1"),
    ("--max-token-length 600", "max_token_length is 600; sentencepiece has pieces of up to 512 characters"),
    ("--no-strip-accents", "strip_accents does not apply to sentencepiece"),
]] + [
    Row("an extra special token", "vocab i.txt --size 60 --extra-special-tokens [ENT] --output v", 0, "",
        write("i.txt", "the clock\n"), leaves="v(/.*)?"),
]

TABLES = {name: table for name, table in globals().items() if isinstance(table, list)}
