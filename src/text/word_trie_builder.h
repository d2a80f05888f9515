#pragma once
// Builds a WordTrie: the pieces as a tree of bytes, its nodes placed in the double array, and their failure links.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bertforge/text/word_trie.h"

namespace bertforge {

class WordTrieBuilder {
 public:
  explicit WordTrieBuilder(WordTrie& trie) : trie_(trie) {}

  void build(const Vocabulary& vocabulary, std::string_view suffix_indicator, std::int64_t max_word_chars);

 private:
  using Node = WordTrie::Node;

  // A piece, without the suffix indicator where it continues a word.
  struct Entry {
    std::string_view text;
    TokenId id;
  };
  // A node of the tree: the entries [begin, end) of a sorted list, which share the first `depth` bytes.
  struct Subtree {
    const std::vector<Entry>* entries;
    std::uint32_t begin, end, depth;
    Node node;
  };
  struct Child {
    unsigned char byte;
    std::uint32_t begin, end;
  };

  static std::vector<Entry> sorted_entries(const Vocabulary& vocabulary, std::string_view suffix_indicator,
                                           std::int64_t max_word_chars);
  std::vector<Child> children_of(const Subtree& subtree) const;
  std::uint32_t find_base(const std::vector<Child>& children);
  void place(const Subtree& subtree, const std::vector<Child>& children);
  void link_failure(const Subtree& parent, unsigned char byte, const Subtree& child);

  void occupy(std::uint32_t slot, Node parent);
  std::uint64_t occupied_from(std::uint32_t slot) const;  // The 64 slots from there, as bits.
  void make_room(std::size_t num_slots);

  WordTrie& trie_;
  std::vector<std::uint64_t> occupied_;            // A bit for every slot of the double array.
  std::uint32_t end_ = 0;                          // One past the last slot that is taken.
  std::array<std::uint32_t, 10> search_begins_{};  // By the width in bits of a node's number of children.
  std::vector<Subtree> queue_;                     // Breadth first: a failure link leads to a node of less depth.
};

}  // namespace bertforge
