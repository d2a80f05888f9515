#pragma once
// WordPiece's greedy longest match in time linear in the word: a trie whose nodes know what to do where it ends.
//
// Built from a vocabulary; the fast twin of wordpiece.h, with the same answer for every word. Source: Song et al. 2021, "Fast
// WordPiece Tokenization" (LinMaxMatch). A node where no piece goes on has a failure link, to the node that stands for what is
// left of the text after the longest match, and the ids that this match gives; so no byte of a word is looked at twice.
// Edges are bytes, in a double array (Aoe 1989).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bertforge/text/vocabulary.h"

namespace bertforge {

class WordTrie {
 public:
  // Pieces of more than `max_word_chars` characters fit no word that is looked up, and are left out.
  WordTrie(const Vocabulary& vocabulary, std::string_view suffix_indicator, std::int64_t max_word_chars);

  // Appends the ids of `word` (UTF-8) and returns true; returns false, and appends nothing, where no pieces fit it.
  bool match(std::string_view word, std::vector<TokenId>& ids) const;

  // False where the vocabulary would need too much memory for its links (pieces of many thousand characters): do not match.
  bool is_usable() const { return is_usable_; }
  std::size_t memory_bytes() const;

 private:
  friend class WordTrieBuilder;

  using Node = std::uint32_t;  // An index into edges_.
  static constexpr Node kNone = 0xFFFFFFFF;
  static constexpr Node kFirst = 0, kContinuing = 1;  // The roots: of a word's first piece, and of the others.

  // The child of n by byte c is at edges_[n].base + c if that is its parent.
  struct Edge {
    std::uint32_t base = 0;
    Node parent = kNone;
  };
  struct Failure {
    Node to = kNone;                          // kNone: no pieces fit.
    std::uint32_t first_id = 0, num_ids = 0;  // In ids_.
  };

  bool is_usable_ = true;
  std::vector<Edge> edges_;
  std::vector<Failure> failures_;
  std::vector<TokenId> ids_;
};

}  // namespace bertforge
