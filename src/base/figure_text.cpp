#include "bertforge/base/figure_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace bertforge {

std::string fixed_text(double value, int digits) {
  std::array<char, 512> buffer;  // The largest double has 309 digits before the point.
  const auto [end, status] = std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::fixed, digits);
  return {buffer.data(), end};
}

std::string grouped_text(std::int64_t value) {
  std::string text = std::to_string(value);
  const std::size_t first_digit = value < 0 ? 1 : 0;
  for (std::size_t i = text.size(); i > first_digit + 3;)
    text.insert(text.begin() + static_cast<std::ptrdiff_t>(i -= 3), ',');
  return text;
}

std::string time_text(double seconds) {
  // Beyond that no run lasts, and a whole number of seconds no longer fits.
  constexpr double kLongest = 1e12;
  if (!(std::abs(seconds) < kLongest)) return rounded_text(seconds) + " s";
  const std::int64_t whole = std::llround(seconds);
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return grouped_text(whole / 3600) + " h " + std::to_string(whole / 60 % 60) + " min";
}

std::string rounded_text(double value) {
  std::array<char, 64> buffer;
  const auto [end, status] = std::to_chars(buffer.begin(), buffer.end(), value, std::chars_format::general, 6);
  return {buffer.data(), end};
}

std::string or_dash(std::optional<double> value, int digits) { return value ? fixed_text(*value, digits) : "-"; }
std::string or_dash(std::optional<std::int64_t> value) { return value ? grouped_text(*value) : "-"; }

}  // namespace bertforge
