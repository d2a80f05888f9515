#include "bertforge/text/word_trie.h"

#include "word_trie_builder.h"

namespace bertforge {

WordTrie::WordTrie(const Vocabulary& vocabulary, std::string_view suffix_indicator, std::int64_t max_word_chars) {
  WordTrieBuilder(*this).build(vocabulary, suffix_indicator, max_word_chars);
}

bool WordTrie::match(std::string_view word, std::vector<TokenId>& ids) const {
  if (word.empty()) return true;
  const std::size_t num_before = ids.size();
  Node node = kFirst;
  const auto fail_over = [&] {
    const Failure& failure = failures_[node];
    if (failure.to == kNone) {
      ids.resize(num_before);
      return false;
    }
    ids.insert(ids.end(), ids_.begin() + failure.first_id, ids_.begin() + failure.first_id + failure.num_ids);
    node = failure.to;
    return true;
  };
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    for (;;) {
      const Node child = edges_[node].base + byte;
      if (edges_[child].parent == node) {
        node = child;
        break;
      }
      if (!fail_over()) return false;
    }
  }
  while (node != kContinuing) {
    if (!fail_over()) return false;
  }
  return true;
}

std::size_t WordTrie::memory_bytes() const {
  return edges_.capacity() * sizeof(Edge) + failures_.capacity() * sizeof(Failure) + ids_.capacity() * sizeof(TokenId);
}

}  // namespace bertforge
