#pragma once
// Paragraphs into sentences.
//
// Fed by corpus readers. Two rules; each paragraph is looked at to see which one it needs:
// - Running text ("He came. She left."): ICU's sentence breaks for English, with its list of abbreviations ("Mr."), but for breaks
//   before a small letter ("Is it true?" she asked), behind titles ("Dr. Ames"), and behind initials and letters with full stops ("J. R.
//   Ames", "the U.S. Army") where the next word does not often open sentences.
// - Tokenized text, whose marks stand alone ("He came . She left ."), as in WikiText: a sentence ends after a standalone
//   . ! ? or ..., together with closing brackets and a closing quotation mark behind it, unless the next word begins with a
//   small letter. Abbreviations keep their full stop ("U.S."), so they end nothing.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

// Whether most of a paragraph's sentence marks and commas stand alone.
bool is_tokenized_text(std::string_view paragraph);

// Raised when the rules of ours change: the same text gives other sentences then.
inline constexpr std::int64_t kSentenceRules = 2;

// The version of the ICU in use, "72.1": its releases differ in where running text is split.
std::string icu_version();

// Not thread-safe: one for each thread.
class SentenceSplitter {
 public:
  SentenceSplitter();
  ~SentenceSplitter();

  // Appends the sentences of `paragraph`, without white space at their ends.
  // Error(kInput): running text of more bytes than ICU counts, 2^31 - 1, without a line's end.
  void split(std::string_view paragraph, std::vector<std::string>& sentences);

 private:
  struct Breaks;  // ICU's
  std::unique_ptr<Breaks> breaks_;
};

}  // namespace bertforge
