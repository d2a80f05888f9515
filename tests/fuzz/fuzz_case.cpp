#include "fuzz/fuzz_case.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <string_view>

#include "bertforge/base/error.h"
#include "bertforge/text/unicode.h"

namespace bertforge {
namespace {

// Neighbours go together: a case mostly draws from a window of this table.
constexpr auto kUnits = std::to_array<std::string_view>(
    {// Letters, and what they become in lower case and without accents.
     "a", "b", "c", "e", "A", "E", "\u00E9", "\u00C9", "e\u0301", "\u0301", "\u0323", "\u0327", "\u0130", "i", "\u03A3",
     "\u03C2", "\u00DF", "\u01C5", "\u212B", "\uFB01", "\U00010400",
     // What parts words: spaces, marks of every kind, Chinese characters.
     " ", "a", ".", "-", "[", "]", "#", "##", "@", "'", "1", "\t", "\r", "\n", "\v", "\f", "\u00A0", "\u3000", "\u2028",
     "\u0085", "\u2019", "\u00AB", "\u4E2D", "\u56FD", "\u3402", "\U0002A6D6", "\uFA0E", "\u2F00", "\u226E",
     // What is deleted, and what stays and looks as if it were not.
     "b", std::string_view("\0", 1), "\x07", "\x7F", "\u00AD", "\u200B", "\uFEFF", "\uFFFD", "\uE000", "\U0010FFFD",
     "\u0378", "\uFFFF", "\x1C", "\u180E",
     // Scripts whose characters decompose, combine or reorder.
     "c", "\uAC00", "\uD7A3", "\u1100", "\u1161", "\u11A8", "\u0915\u093C", "\u0958", "\u0F71", "\u0F72", "\u0F73",
     "\u3099", "\u304B", "\u304C", "\u1E69", "\U0001D15E", "\u0344", "\u05B0", "\u05D0", "\U0001F600",
     // Bytes that are not UTF-8: alone, cut short, too long, surrogates, beyond Unicode.
     "e", "\xFF", "\x80", "\xC3", "\xC0\x80", "\xE4\xB8", "\xED\xA0\x80", "\xF0\x9F\x98", "\xF4\x90\x80\x80",
     // Special tokens, whole and almost.
     "[MASK]", "[UNK]", "[CLS]", "[SEP", "[PAD]", "[mask]"});

constexpr auto kRepeats =
    std::to_array<std::size_t>({1,  2,  3,  5,  7,  8,  13, 14, 15, 16,  17,  23,  30,  31,  32,
                                33, 47, 48, 61, 62, 63, 64, 65, 99, 100, 101, 127, 129, 511, 2040});
constexpr std::size_t kMaxTextBytes = 8192, kMaxPieceBytes = 300;

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> data) : data_(data) {}

  bool is_empty() const { return data_.empty(); }
  std::uint8_t next() {  // 0 where all are read.
    if (data_.empty()) return 0;
    const std::uint8_t byte = data_.front();
    data_ = data_.subspan(1);
    return byte;
  }
  template <class T, std::size_t kSize>
  const T& choose(const std::array<T, kSize>& options) {
    return options[next() % kSize];
  }

 private:
  std::span<const std::uint8_t> data_;
};

// What the bytes of pieces and texts mean in one case.
class Speller {
 public:
  explicit Speller(ByteReader& bytes) {
    static constexpr auto kWidths = std::to_array<std::size_t>({3, 4, 6, 12, 24, kUnits.size()});
    first_ = bytes.next() % kUnits.size();
    width_ = bytes.choose(kWidths);
  }

  std::size_t num_units() const { return width_; }
  std::string_view unit(std::size_t index) const { return kUnits[(first_ + index) % kUnits.size()]; }  // Of the window.

  // Appends what the next byte means: a unit of the window or, rarely, of the whole table, or the last units once more.
  void spell(ByteReader& bytes, std::size_t max_bytes, std::string& text) const {
    const std::uint8_t byte = bytes.next();
    if (byte < kRare) {
      text += unit(byte % width_);
    } else if (byte < kRepeat) {
      text += bytes.choose(kUnits);
    } else {
      const std::string unit = text.substr(text.size() - std::min<std::size_t>(text.size(), 1 + byte % 4));
      for (std::size_t left = bytes.choose(kRepeats); left > 0 && text.size() < max_bytes; --left) text += unit;
    }
  }

 private:
  static constexpr std::uint8_t kRare = 0xE0, kRepeat = 0xF4;

  std::size_t first_, width_;
};

std::string as_utf8(std::string_view bytes) {
  std::string text;
  for (std::size_t position = 0; position < bytes.size();) append_utf8(text, decode_utf8(bytes, position));
  return text;
}

TokenizerConfig spell_config(ByteReader& bytes) {
  static constexpr auto kAccents = std::to_array<const char*>({"auto", "true", "false"});
  static constexpr auto kSuffixes = std::to_array<const char*>({"##", "@@", "#", "a", "", "\u00E9", "\u2581"});
  static constexpr auto kMaxChars =
      std::to_array<std::int64_t>({100, 100, 1, 2, 3, 5, 15, 16, 17, 64, 65, 200, 200, 5000, 5000});
  static constexpr auto kCompats = std::to_array<const char*>({"huggingface", "huggingface", "google", "keras"});
  static constexpr auto kUnknown = std::to_array<const char*>({"[UNK]", "[UNK]", "a", "##a", "\u4E2D", "<oov>"});
  const std::uint8_t switches = bytes.next();
  TokenizerConfig config;
  config.lowercase = (switches & 1) == 0;
  config.split_cjk = (switches & 2) == 0;
  config.compat = kCompats[switches >> 3 & 3];
  config.clean_text = (switches & 4) == 0 || config.compat == "keras";  // Keras has no such step.
  config.split = (switches & 0x60) != 0x60;
  config.strip_accents = bytes.choose(kAccents);
  config.suffix_indicator = bytes.choose(kSuffixes);
  config.max_word_chars = bytes.choose(kMaxChars);
  config.unknown_token = bytes.choose(kUnknown);
  return config;
}

std::vector<std::string> spell_pieces(ByteReader& bytes, const Speller& speller, const TokenizerConfig& config) {
  std::vector<std::string> pieces;
  const std::uint8_t specials = bytes.next();
  if ((specials & 1) != 0) pieces.push_back(config.pad_token);
  if ((specials & 2) != 0) pieces.push_back(config.cls_token);
  if ((specials & 4) != 0) pieces.push_back(config.mask_token);
  if ((specials & 8) != 0) {  // So that most words have pieces.
    for (std::size_t i = 0; i < speller.num_units(); ++i) {
      pieces.push_back(as_utf8(speller.unit(i)));
      pieces.push_back(config.suffix_indicator + pieces.back());
    }
  }
  for (int left = bytes.next() % 64; left > 0; --left) {
    const std::uint8_t shape = bytes.next();
    std::string piece = (shape & 1) != 0 ? config.suffix_indicator : "";
    for (int units = 1 + shape / 2 % 6; units > 0; --units) speller.spell(bytes, kMaxPieceBytes, piece);
    pieces.push_back(as_utf8(piece));
  }
  pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(pieces.size() / 2), config.unknown_token);
  std::set<std::string> seen = {""};
  std::erase_if(pieces, [&](const std::string& piece) { return !seen.insert(piece).second; });
  return pieces;
}

// Raw texts are the bytes themselves and end at 0xFE, which UTF-8 has not; spelled ones end at a line feed.
std::vector<std::string> spell_texts(ByteReader& bytes, const Speller& speller, bool is_raw) {
  std::vector<std::string> texts(1);
  std::size_t num_bytes = 0;
  while (!bytes.is_empty() && num_bytes < kMaxTextBytes) {
    const std::size_t before = texts.back().size();
    if (is_raw) {
      texts.back() += static_cast<char>(bytes.next());
    } else {
      speller.spell(bytes, kMaxTextBytes - num_bytes, texts.back());
    }
    num_bytes += texts.back().size() - before;
    if (texts.back().ends_with(is_raw ? "\xFE" : "\n")) texts.emplace_back();
  }
  return texts;
}

std::string in_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    const auto byte = static_cast<std::uint8_t>(letter);
    if (byte >= 0x20 && byte < 0x7F && letter != '"' && letter != '\\') {
      quoted += letter;
    } else {
      std::array<char, 5> octal{};  // Three digits end it; a hexadecimal escape would eat the letters behind it.
      std::snprintf(octal.data(), octal.size(), "\\%03o", byte);
      quoted += octal.data();
    }
  }
  return quoted + '"';
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "{" : ", ") + in_quotes(text);
  return list + "}";
}

}  // namespace

FuzzCase spell_fuzz_case(std::span<const std::uint8_t> data) {
  ByteReader bytes(data);
  FuzzCase made;
  const std::uint8_t kind = bytes.next();
  made.specials = (kind & 1) != 0 ? SpecialTokensInText::kMatch : SpecialTokensInText::kAreText;
  made.config = spell_config(bytes);
  const Speller speller(bytes);
  made.pieces = spell_pieces(bytes, speller, made.config);
  made.texts = spell_texts(bytes, speller, (kind & 6) == 6);
  return made;
}

std::string describe(const FuzzCase& fuzz_case) {
  const TokenizerConfig& config = fuzz_case.config;
  return concat("TokenizerConfig{.compat = \"", config.compat, "\", .lowercase = ", config.lowercase,
                ", .strip_accents = \"", config.strip_accents, "\", .split_cjk = ", config.split_cjk,
                ", .clean_text = ", config.clean_text, ", .split = ", config.split,
                ", .suffix_indicator = ", in_quotes(config.suffix_indicator),
                ", .max_word_chars = ", config.max_word_chars, ", .unknown_token = ", in_quotes(config.unknown_token),
                "}\nspecial tokens in text: ", fuzz_case.specials == SpecialTokensInText::kMatch ? "matched" : "text",
                "\npieces: ", list_of(fuzz_case.pieces), "\ntexts: ", list_of(fuzz_case.texts), "\n");
}

}  // namespace bertforge
