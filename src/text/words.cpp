#include "bertforge/text/words.h"

#include <utility>

#include "case_folding.h"

namespace bertforge {

namespace {

void fold_case(Words& words) {
  const CaseFolding& folding = CaseFolding::keras();
  const bool has_sources = !words.normalized.sources.empty();
  NormalizedText folded;
  std::vector<std::size_t> ends;
  for (const std::string_view word : words.words) {
    folding.fold(word, has_sources ? words.sources_of(word) : nullptr, folded);
    ends.push_back(folded.text.size());
  }
  words.normalized = std::move(folded);
  for (std::size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++]) {
    words.words[i] = std::string_view(words.normalized.text).substr(begin, ends[i] - begin);
  }
  std::erase_if(words.words, [](std::string_view word) { return word.empty(); });
}

}  // namespace

WordExtractor::WordExtractor(NormalizerOptions options, bool split)
    : normalizer_([&] {
        options.split_cjk = options.split_cjk && split;
        return options;
      }()),
      split_{.compat = options.compat, .split = split},
      folds_case_(options.compat == Compat::kKeras && options.lowercase) {}

void WordExtractor::extract(std::string_view text, Words& words) const {
  words.normalized.text.clear();
  words.normalized.sources.clear();
  normalizer_.normalize(text, words.normalized.text);
  split(words);
}

void WordExtractor::extract_with_sources(std::string_view text, Words& words) const {
  words.normalized = normalizer_.normalize_with_sources(text);
  split(words);
}

void WordExtractor::split(Words& words) const {
  split_words(words.normalized.text, words.words, split_);
  if (folds_case_) fold_case(words);
}

}  // namespace bertforge
