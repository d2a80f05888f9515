#pragma once
// The normalizer: text as it came to the text that words are looked up in, keeping where each part came from.
//
// Fed by words.h; feeds pretokenizer.h. In order: clean (controls deleted, white space made U+0020, bytes that are not UTF-8
// deleted), spaces around CJK characters, accents stripped (NFD without non-spacing marks), lower case one code point at a
// time (a final sigma stays a plain one). Compat::kGoogle lowers before it strips, and knows the final sigma;
// Compat::kKeras deletes nothing and leaves case to case_folding.h, which comes after the pre-tokenizer.
// Source: Hugging Face tokenizers 0.23.2, BertNormalizer; Devlin et al., tokenization.py, BasicTokenizer; keras_hub 0.32,
// word_piece_tokenizer.py, pretokenize.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/char_table.h"

namespace bertforge {

struct NormalizerOptions {
  bool clean_text = true;
  bool split_cjk = true;
  bool strip_accents = true;
  bool lowercase = true;
  Compat compat = Compat::kHuggingFace;
};

// A part of the original text, [begin, end), in bytes and in code points.
struct SourceSpan {
  std::uint32_t byte_begin = 0, byte_end = 0;
  std::uint32_t char_begin = 0, char_end = 0;
};

struct NormalizedText {
  std::string text;                 // UTF-8
  std::vector<SourceSpan> sources;  // Of every byte of `text`, the character it came from; empty unless asked for.
};

class BertNormalizer {
 public:
  explicit BertNormalizer(const NormalizerOptions& options);

  // Appends the normalized text. Thread-safe.
  void normalize(std::string_view text, std::string& normalized) const;

  // REQUIRES: `text` has less than 2^32 bytes (checked).
  NormalizedText normalize_with_sources(std::string_view text) const;

  const NormalizerOptions& options() const { return options_; }

 private:
  template <bool kWithSources>
  friend class NormalizerRun;

  enum class Lowering { kNone, kBeforeStripping, kAfterStripping };

  NormalizerOptions options_;
  const CharTable& table_;
  Lowering lowering_;
  std::array<unsigned char, 128> ascii_;  // What an ASCII character becomes; kDeletedAscii: nothing.
};

}  // namespace bertforge
