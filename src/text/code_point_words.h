#pragma once
// What normalizer and pre-tokenizer make of each code point, found out by asking them when it is first met.
//
// Used by chunk_encoder.h for chunks that are not in its cache. Because the plain path itself gives the answers, no rule of any
// `compat` is written twice.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

class CodePointWords {
 public:
  enum class Kind : std::uint8_t {
    kUnasked,  // Not met so far; never given out.
    kInWord,   // Becomes text_of(entry), which may be empty, within the word that is there.
    kSpace,    // Ends a word.
    kAlone,    // Becomes text_of(entry), which is a word of its own.
    kContext,  // Depends on what stands beside it: the plain path must see the whole chunk.
  };
  struct Entry {
    Kind kind = Kind::kUnasked;
    std::uint8_t size = 0;
    std::uint32_t begin = 0;  // In the texts.
  };

  // The words that normalizer and pre-tokenizer make of a text.
  using WordsOf = std::function<std::vector<std::string>(std::string_view)>;
  // Whether neighbours, of which an "a" and a "b" are none, could change what becomes of a code point.
  using MindsNeighbours = std::function<bool(char32_t code, std::string_view becomes)>;

  CodePointWords(WordsOf words_of, MindsNeighbours minds_neighbours);

  // REQUIRES: code <= U+10FFFF.
  const Entry& operator[](char32_t code) {
    const Page* page = pages_[code / kPageSize].get();
    if (page != nullptr && (*page)[code % kPageSize].kind != Kind::kUnasked) return (*page)[code % kPageSize];
    return ask(code);
  }
  std::string_view text_of(const Entry& entry) const {
    return std::string_view(texts_).substr(entry.begin, entry.size);
  }

  std::size_t memory_bytes() const;

 private:
  static constexpr char32_t kPageSize = 256, kNumPages = 0x110000 / kPageSize;
  using Page = std::array<Entry, kPageSize>;

  const Entry& ask(char32_t code);
  Entry make_entry(char32_t code);
  Entry make_entry(Kind kind, char32_t code, std::string_view text);

  WordsOf words_of_;
  MindsNeighbours minds_neighbours_;
  std::vector<std::unique_ptr<Page>> pages_;
  std::size_t num_pages_made_ = 0;
  std::string texts_;
};

}  // namespace bertforge
