#pragma once
// How long something lasts, or how often it happens, with its unit: "2000 steps", "3 epochs", "40 Mtok", "30 min".

#include <cstdint>
#include <string>
#include <string_view>

namespace bertforge {

struct Duration {
  enum class Unit { kSteps, kEpochs, kTokens, kExamples, kSeconds };

  double amount = 0;
  Unit unit = Unit::kSteps;

  static Duration steps(double amount) { return {amount, Unit::kSteps}; }
  bool is_zero() const { return amount == 0; }  // "never", or "none", by what the field says.
  bool operator==(const Duration&) const = default;
};

// "3 epochs", "10ktok", "2.5 h". A bare number is a count of steps.
// Units: step(s), epoch(s), tok|ktok|Mtok|Gtok, example(s), s|sec|min|h|d. Error(kUsage) says which units there are.
Duration parse_duration(std::string_view text);

// The shortest text that parses to the same value: "2000 steps".
std::string to_string(const Duration& duration);

// A time as people read it: "1h2m3s", "45s".
std::string clock_text(double seconds);

// How far a run has come, in all units at once.
struct Progress {
  std::int64_t step = 0;      // Updates made.
  double epoch = 0;           // Passes over the examples, fractional.
  std::int64_t tokens = 0;    // Real input tokens seen (no padding).
  std::int64_t examples = 0;  // Sequences seen.
  double seconds = 0;         // Of training, over all sessions of the run.

  double in(Duration::Unit unit) const;
  bool operator==(const Progress&) const = default;
};

}  // namespace bertforge
