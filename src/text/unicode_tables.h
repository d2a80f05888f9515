#pragma once
// The generated tables, as compact ranges that char_table.cpp unfolds into a table by code point: Hugging Face's
// (unicode_tables.cpp, made by tools/make_unicode_tables.py), and where Google's and Keras's differ from them
// (compat_tables.cpp, made by tools/make_compat_tables.py).

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

namespace bertforge::unicode_tables {

struct ClassRange {
  char32_t first, last;
  std::uint8_t character_class;  // Bits of CharClass.
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

// Laid over a table: class bits change, everything else is replaced.
struct Differences {
  std::span<const ClassRange> classes;
  std::span<const CaseRun> cases;
  std::span<const CombiningRange> combining;
  std::span<const Decomposition> decompositions;  // Of length 0: there is none.
  const char32_t* texts;                          // What decompositions are places in.
};

// NFKC_Casefold, as far as it is more than lower case of the canonical decomposition.
struct CaseFoldingTables {
  std::span<const Decomposition> folds;     // Several code points for one.
  std::span<const ClassRange> folded_away;  // Deleted.
  std::span<const char32_t> not_composed;   // What NFC does not put together again.
  const char32_t* texts;
};

extern const Differences kGoogleDifferences, kKerasDifferences;
extern const CaseFoldingTables kKerasCaseFolding;

extern const ClassRange kClassRanges[];
extern const CaseRun kCaseRuns[];
extern const CombiningRange kCombiningRanges[];
extern const Decomposition kDecompositions[];
extern const char32_t kDecomposed[];
extern const std::size_t kNumClassRanges, kNumCaseRuns, kNumCombiningRanges, kNumDecompositions;

}  // namespace bertforge::unicode_tables
