#include "bertforge/base/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

namespace bertforge {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `text` without a leading plus and the underscores between digits; nothing where an underscore stands elsewhere.
std::optional<std::string> plain_digits(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      plain += text[i];
    } else if (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1])) {
      return std::nullopt;
    }
  }
  return plain;
}

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  const auto plain = plain_digits(text);
  if (!plain) return std::nullopt;
  T value{};
  const char* end = plain->data() + plain->size();
  const auto [stop, status] = std::from_chars(plain->data(), end, value);
  if (status != std::errc() || stop != end) return std::nullopt;
  return value;
}

// "1e-06" -> "1e-6", "1e+20" -> "1e20".
std::string tidy_exponent(std::string_view text) {
  const std::size_t e = text.find('e');
  if (e == std::string_view::npos) return std::string(text);
  std::string tidy(text.substr(0, e + 1));
  std::string_view exponent = text.substr(e + 1);
  if (exponent.front() == '-') tidy += '-';
  exponent.remove_prefix(1);
  while (exponent.size() > 1 && exponent.front() == '0') exponent.remove_prefix(1);
  return tidy.append(exponent);
}

}  // namespace

std::optional<std::int64_t> parse_int64(std::string_view text) { return parse_whole<std::int64_t>(text); }

std::optional<std::vector<std::int64_t>> parse_int64_list(std::string_view text) {
  std::vector<std::int64_t> numbers;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const auto number = parse_int64(text.substr(begin, comma - begin));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    begin = comma + 1;
  }
  return numbers;
}

std::optional<double> parse_double(std::string_view text) { return parse_whole<double>(text); }

std::string number_text(double value) {
  std::array<char, 64> buffer;
  // Whole numbers that a double holds exactly read better without an exponent.
  const bool whole = std::abs(value) < 1e15 && value == std::trunc(value);
  const auto [end, status] = whole ? std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::fixed)
                                   : std::to_chars(buffer.begin(), buffer.end(), value);
  return tidy_exponent({buffer.data(), static_cast<std::size_t>(end - buffer.data())});
}

}  // namespace bertforge
