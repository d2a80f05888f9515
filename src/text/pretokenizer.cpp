#include "bertforge/text/pretokenizer.h"

#include "bertforge/text/unicode.h"

namespace bertforge {

namespace {

// The classes that end a word. Keras's separators are not all white space: controls are among them.
std::uint8_t boundaries(const SplitOptions& options) {
  if (options.split) return kSeparator | kPunctuation;
  return options.compat == Compat::kKeras ? kSpace : kSeparator;
}

}  // namespace

void split_words(std::string_view normalized, std::vector<std::string_view>& words, const SplitOptions& options) {
  const CharTable& table = CharTable::of(options.compat);
  const std::uint8_t boundary = boundaries(options);
  words.clear();
  std::size_t word_begin = 0;
  const auto end_word = [&](std::size_t end) {
    if (end > word_begin) words.push_back(normalized.substr(word_begin, end - word_begin));
  };
  for (std::size_t position = 0; position < normalized.size();) {
    const std::size_t begin = position;
    const CharProperties& properties = table[decode_utf8(normalized, position)];
    if (!properties.is(boundary)) continue;
    end_word(begin);
    if (options.split && properties.is(kPunctuation)) words.push_back(normalized.substr(begin, position - begin));
    word_begin = position;
  }
  end_word(normalized.size());
}

}  // namespace bertforge
