#pragma once
// The generated tables (unicode_tables.cpp, made by tools/make_unicode_tables.py), as compact ranges; unicode.cpp unfolds
// them into a table by code point.

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace bertforge::unicode_tables {

struct ClassRange {
  char32_t first, last;
  std::uint8_t character_class;  // One bit of CharClass.
};

// Every step-th code point of [first, last] has its lower case at code point + difference.
struct CaseRun {
  char32_t first, last;
  std::int32_t step, difference;
};

struct CombiningRange {
  char32_t first, last;
  std::uint8_t combining_class;
};

// The full canonical decomposition of one code point: kDecomposed[begin .. begin + length). Hangul follows a rule instead.
struct Decomposition {
  char32_t code;
  std::uint16_t begin, length;
};

extern const ClassRange kClassRanges[];
extern const CaseRun kCaseRuns[];
extern const CombiningRange kCombiningRanges[];
extern const Decomposition kDecompositions[];
extern const char32_t kDecomposed[];
extern const std::size_t kNumClassRanges, kNumCaseRuns, kNumCombiningRanges, kNumDecompositions;

}  // namespace bertforge::unicode_tables
