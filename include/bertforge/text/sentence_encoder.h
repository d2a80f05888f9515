#pragma once
// The sentences of a corpus as token ids, many at a time.
//
// Fed by documents (corpus_reader.h); eaten by the dataset builder. One for each thread.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/token_batch.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

class SentenceEncoder {
 public:
  // An occurrence of `marker` between white space becomes the unknown token instead of being tokenized ("": there is no marker, all
  // is text). Special tokens in the text are text. `tokenizer` outlives it.
  SentenceEncoder(const Tokenizer& tokenizer, std::string_view marker) : tokenizer_(tokenizer), marker_(marker) {}

  // Replaces `ids` by those of all sentences, one after the other, and `lengths` by how many each has.
  void encode(std::span<const std::string> sentences, std::vector<TokenId>& ids, std::vector<std::int64_t>& lengths);

 private:
  const Tokenizer& tokenizer_;
  std::string marker_;
  std::vector<std::string_view> parts_;   // Between markers: those of a sentence one after the other,
  std::vector<std::size_t> part_begins_;  // [sentences + 1]; between two parts of a sentence stands a marker.
  TokenBatch batch_;
};

}  // namespace bertforge
