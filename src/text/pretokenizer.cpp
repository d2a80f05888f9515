#include "bertforge/text/pretokenizer.h"

#include <array>

#include "bertforge/text/unicode.h"

namespace bertforge {

namespace {

std::array<std::uint8_t, 128> ascii_classes() {
  std::array<std::uint8_t, 128> classes{};
  for (char32_t c = 0; c < 128; ++c) classes[c] = char_properties(c).classes & (kSeparator | kPunctuation);
  return classes;
}

}  // namespace

void split_words(std::string_view normalized, std::vector<std::string_view>& words) {
  static const std::array<std::uint8_t, 128> ascii = ascii_classes();
  words.clear();
  std::size_t word_begin = 0;
  const auto end_word = [&](std::size_t end) {
    if (end > word_begin) words.push_back(normalized.substr(word_begin, end - word_begin));
  };
  for (std::size_t position = 0; position < normalized.size();) {
    const std::size_t begin = position;
    const auto byte = static_cast<unsigned char>(normalized[position]);
    std::uint8_t classes;
    if (byte < 0x80) {
      classes = ascii[byte];
      ++position;
    } else {
      classes = char_properties(decode_utf8(normalized, position)).classes & (kSeparator | kPunctuation);
    }
    if (classes == 0) continue;
    end_word(begin);
    if (classes & kPunctuation) words.push_back(normalized.substr(begin, position - begin));
    word_begin = position;
  }
  end_word(normalized.size());
}

}  // namespace bertforge
