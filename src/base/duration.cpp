#include "bertforge/base/duration.h"

#include <array>
#include <cmath>
#include <optional>
#include <sstream>

#include "bertforge/base/error.h"
#include "bertforge/base/numbers.h"

namespace bertforge {
namespace {

constexpr double kLargest = 1e15;  // Of every base unit; whole numbers are exact up to there.

struct UnitName {
  std::string_view name;
  Duration::Unit unit;
  double scale;          // So many of the base unit.
  bool for_one = true;   // Whether to_string may write it for an amount of 1 ...
  bool for_many = true;  // ... and for others. parse_duration takes either.
};

constexpr std::array kUnitNames = {
    UnitName{"step", Duration::Unit::kSteps, 1, true, false},
    UnitName{"steps", Duration::Unit::kSteps, 1, false, true},
    UnitName{"epoch", Duration::Unit::kEpochs, 1, true, false},
    UnitName{"epochs", Duration::Unit::kEpochs, 1, false, true},
    UnitName{"example", Duration::Unit::kExamples, 1, true, false},
    UnitName{"examples", Duration::Unit::kExamples, 1, false, true},
    UnitName{"Gtok", Duration::Unit::kTokens, 1e9},
    UnitName{"Mtok", Duration::Unit::kTokens, 1e6},
    UnitName{"ktok", Duration::Unit::kTokens, 1e3},
    UnitName{"tok", Duration::Unit::kTokens, 1},
    UnitName{"d", Duration::Unit::kSeconds, 86400},
    UnitName{"h", Duration::Unit::kSeconds, 3600},
    UnitName{"min", Duration::Unit::kSeconds, 60},
    UnitName{"s", Duration::Unit::kSeconds, 1},
    UnitName{"sec", Duration::Unit::kSeconds, 1, false, false},
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Where the number ends and the unit begins. An "e" belongs to the number only before a digit or a sign: "3 epochs", "3e4".
std::size_t number_length(std::string_view text) {
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= '0' && c <= '9') || c == '.' || c == '_' || c == '+' || c == '-') continue;
    const bool exponent = (c == 'e' || c == 'E') && i > 0 && i + 1 < text.size() &&
                          std::string_view("0123456789+-").find(text[i + 1]) != std::string_view::npos;
    if (!exponent) break;
  }
  return i;
}

[[noreturn]] void fail_duration(std::string_view text, std::string_view reason) {
  fail(ErrorKind::kUsage, "\"", text, "\" is not a duration: ", reason,
       "; write a number and a unit: step, epoch, tok, ktok, Mtok, Gtok, example, s, min, h or d, "
       "as in \"2000 steps\" or \"3 epochs\"");
}

}  // namespace

Duration parse_duration(std::string_view text) {
  const std::string_view whole = trimmed(text);
  const std::size_t length = number_length(whole);
  const auto amount = parse_double(trimmed(whole.substr(0, length)));
  if (!amount) fail_duration(text, "it does not start with a number");
  if (std::signbit(*amount)) fail_duration(text, "it is negative");

  const std::string_view unit = trimmed(whole.substr(length));
  if (unit.empty() && *amount <= kLargest) return Duration::steps(*amount);
  if (unit.empty()) fail_duration(text, "it is too large");
  for (const UnitName& known : kUnitNames) {
    if (known.name != unit) continue;
    const Duration duration = {*amount * known.scale, known.unit};
    if (!(duration.amount <= kLargest)) fail_duration(text, "it is too large");
    return duration;
  }
  fail_duration(text, concat("there is no unit \"", unit, "\""));
}

std::string to_string(const Duration& duration) {
  std::string shortest;
  for (const UnitName& unit : kUnitNames) {
    const double amount = duration.amount / unit.scale;
    const bool fits = unit.unit == duration.unit && amount * unit.scale == duration.amount;
    if (!fits || !(amount == 1 ? unit.for_one : unit.for_many)) continue;
    const std::string text = concat(number_text(amount), " ", unit.name);
    if (shortest.empty() || text.size() < shortest.size()) shortest = text;
  }
  return shortest;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  std::ostringstream text;
  if (whole >= 3600) text << whole / 3600 << "h";
  if (whole >= 60) text << whole / 60 % 60 << "m";
  text << whole % 60 << "s";
  return text.str();
}

double Progress::in(Duration::Unit unit) const {
  switch (unit) {
    case Duration::Unit::kSteps:
      return static_cast<double>(step);
    case Duration::Unit::kEpochs:
      return epoch;
    case Duration::Unit::kTokens:
      return static_cast<double>(tokens);
    case Duration::Unit::kExamples:
      return static_cast<double>(examples);
    case Duration::Unit::kSeconds:
      return seconds;
  }
  BERTFORGE_CHECK(false, "unit ", static_cast<int>(unit));
  return 0;
}

}  // namespace bertforge
