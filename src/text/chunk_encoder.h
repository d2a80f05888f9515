#pragma once
// The fast path of WordPiece encoding: raw text to ids, a chunk at a time, most of them from a cache.
//
// Used by fast_wordpiece.h. A chunk is what stands between hard boundaries (chunk_scanner.h), or a boundary that is a token.
// Chunks are scanned in batches, so that the cache's slots are on their way before they are needed. One that is not in the
// cache, or too long for it, is normalized by table (code_point_words.h) and its words matched (word_trie.h).

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bertforge/text/token_batch.h"
#include "bertforge/text/word_trie.h"
#include "bertforge/text/wordpiece.h"
#include "chunk_cache.h"
#include "chunk_scanner.h"
#include "code_point_words.h"

namespace bertforge {

// The plain path, which the fast one is made from and falls back on.
struct PlainPath {
  CodePointWords::WordsOf words_of;  // Normalizer and pre-tokenizer.
  std::function<void(std::string_view, std::vector<TokenId>&)> encode;
  CodePointWords::MindsNeighbours minds_neighbours;
};

// What the ASCII characters are to a plain path; nothing where its boundaries are not those of a scanner.
std::optional<AsciiClasses> find_ascii_classes(const CodePointWords::WordsOf& words_of);

// What the encoders of all threads share.
struct ChunkVocabulary {
  const Vocabulary& vocabulary;
  const WordPiece& wordpiece;
  PlainPath plain;
  AsciiClasses classes;
  WordTrie trie;

  void append_ids_of_word(std::string_view word, std::vector<TokenId>& ids) const;
};

// Which texts must be encoded by `encode` as a whole; empty: none.
struct EncoderExceptions {
  std::function<bool(std::string_view)> is_exception;
  std::function<void(std::string_view, std::vector<TokenId>&)> encode;
};

// For one thread at a time.
class ChunkEncoder {
 public:
  explicit ChunkEncoder(const ChunkVocabulary& shared);

  // Appends the ids of `texts` to `ids`; ends[i] is where those of texts[i] end, from where the first text's begin.
  void encode(std::span<const std::string_view> texts, const EncoderExceptions& exceptions, ScanChunks scan,
              TokenBuffer& ids, std::size_t* ends);

  std::size_t memory_bytes() const;

 private:
  class Output;

  void preload();
  void scan_text(std::string_view text, ScanChunks scan, Output& output);
  void look_up_batch(Output& output);
  TokenId* look_up(std::size_t first, std::size_t last, TokenId* to, Output& output);
  TokenId* append_missing(std::size_t chunk, TokenId* to, Output& output);
  void append_ids_of_chunk(std::string_view chunk, std::vector<TokenId>& ids);
  bool append_ids_by_table(std::string_view chunk, std::vector<TokenId>& ids);

  const ChunkVocabulary& shared_;
  ChunkCache cache_;
  CodePointWords code_points_;
  std::unique_ptr<ChunkBatch> batch_;
  std::unique_ptr<std::uint32_t[]> homes_;  // Of the batch's chunks.
  std::vector<TokenId> scratch_;
  std::string word_;
};

}  // namespace bertforge
