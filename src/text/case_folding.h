#pragma once
// NFKC_Casefold of a word, as tensorflow-text's case_fold_utf8 gives it: compatible forms, lower case, NFC.
//
// Used by words.cpp for Compat::kKeras. Source: Unicode, sections 3.11 (normalization), 3.12 (Hangul), 3.13 (folding).

#include <string_view>
#include <unordered_map>
#include <vector>

#include "bertforge/text/normalizer.h"

namespace bertforge {

class CaseFolding {
 public:
  static const CaseFolding& keras();  // Made when first asked for.

  // Appends the folded word; `sources`, of every byte of `word`, may be nullptr. A composed character stands for all that it
  // was composed of.
  void fold(std::string_view word, const SourceSpan* sources, NormalizedText& out) const;

 private:
  struct Part {
    char32_t code;
    std::uint8_t combining_class;
    SourceSpan source;
  };

  CaseFolding();
  bool is_folded_away(char32_t code) const;
  void add(char32_t code, const SourceSpan& source, std::vector<Part>& parts) const;
  static void put_marks_in_order(std::vector<Part>& parts);
  void compose(std::vector<Part>& parts) const;
  char32_t composite(char32_t first, char32_t second) const;  // 0: there is none.

  const CharTable& table_;
  std::unordered_map<char32_t, std::u32string_view> folds_;
  std::unordered_map<std::uint64_t, char32_t> composites_;  // By both code points.
};

}  // namespace bertforge
