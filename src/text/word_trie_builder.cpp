#include "word_trie_builder.h"

#include <algorithm>
#include <bit>

#include "bertforge/text/unicode.h"

namespace bertforge {

namespace {

// Beyond these a vocabulary is not made of words: the plain matcher takes it.
constexpr std::size_t kMaxSlots = std::size_t{1} << 28, kMaxIds = std::size_t{1} << 26;
// Where a node finds no place within so many slots, it goes to the end: a little room for a bounded time.
constexpr std::uint32_t kSlotsTried = 64 * 64;
constexpr std::size_t kRowSize = 256;  // A node's children lie within so many slots.

}  // namespace

std::vector<WordTrieBuilder::Entry> WordTrieBuilder::sorted_entries(const Vocabulary& vocabulary,
                                                                    std::string_view suffix_indicator,
                                                                    std::int64_t max_word_chars) {
  std::vector<Entry> entries;
  for (TokenId id = 0; id < vocabulary.size(); ++id) {
    std::string_view text = vocabulary.piece(id);
    if (!text.starts_with(suffix_indicator)) continue;
    text.remove_prefix(suffix_indicator.size());
    const bool is_too_long =
        std::ssize(text) > max_word_chars && static_cast<std::int64_t>(count_code_points(text)) > max_word_chars;
    if (!text.empty() && !is_too_long) entries.push_back({text, id});
  }
  std::ranges::sort(entries, {}, &Entry::text);
  return entries;
}

void WordTrieBuilder::build(const Vocabulary& vocabulary, std::string_view suffix_indicator,
                            std::int64_t max_word_chars) {
  const std::vector<Entry> first = sorted_entries(vocabulary, "", max_word_chars);
  const std::vector<Entry> continuing = sorted_entries(vocabulary, suffix_indicator, max_word_chars);
  make_room(2 + kRowSize);
  trie_.failures_.resize(2);
  occupy(WordTrie::kFirst, WordTrie::kNone);
  occupy(WordTrie::kContinuing, WordTrie::kNone);
  queue_ = {{&first, 0, static_cast<std::uint32_t>(first.size()), 0, WordTrie::kFirst},
            {&continuing, 0, static_cast<std::uint32_t>(continuing.size()), 0, WordTrie::kContinuing}};
  for (std::size_t next = 0; next < queue_.size(); ++next) {
    const Subtree subtree = queue_[next];
    place(subtree, children_of(subtree));
    if (trie_.edges_.size() > kMaxSlots || trie_.ids_.size() > kMaxIds) {
      trie_.is_usable_ = false;
      return;
    }
  }
  trie_.edges_.shrink_to_fit();
}

// The entries are sorted: a child's end by binary search, most of a large node's entries being of few children.
std::vector<WordTrieBuilder::Child> WordTrieBuilder::children_of(const Subtree& subtree) const {
  std::vector<Child> children;
  const auto byte_of = [&](const Entry& entry) { return static_cast<unsigned char>(entry.text[subtree.depth]); };
  const auto end = subtree.entries->begin() + subtree.end;
  auto entry = subtree.entries->begin() + subtree.begin;
  if (entry != end && entry->text.size() == subtree.depth) ++entry;  // The piece that ends in this node.
  while (entry != end) {
    const auto next = std::ranges::upper_bound(entry, end, byte_of(*entry), {}, byte_of);
    children.push_back({byte_of(*entry), static_cast<std::uint32_t>(entry - subtree.entries->begin()),
                        static_cast<std::uint32_t>(next - subtree.entries->begin())});
    entry = next;
  }
  return children;
}

// Sixty-four places at a time: one is free where none of the slots that the children would take is occupied. A search begins
// where the last one for a node of about as many children ended: what lies before had no room for that one either.
std::uint32_t WordTrieBuilder::find_base(const std::vector<Child>& children) {
  std::uint32_t& search_begin = search_begins_[std::bit_width(children.size())];
  const std::uint32_t first_byte = children.front().byte;
  const std::uint32_t begin = std::max(search_begin, first_byte), stop = std::min(end_, begin + kSlotsTried);
  for (std::uint32_t slot = begin; slot < stop; slot += 64) {
    std::uint64_t taken = 0;
    for (const Child& child : children) taken |= occupied_from(slot + child.byte - first_byte);
    if (taken == ~std::uint64_t{0}) continue;
    search_begin = slot;
    return slot - first_byte + static_cast<std::uint32_t>(std::countr_one(taken));
  }
  search_begin = stop;
  return end_;
}

void WordTrieBuilder::place(const Subtree& subtree, const std::vector<Child>& children) {
  if (children.empty()) return;
  const std::uint32_t base = find_base(children);
  make_room(base + 2 * kRowSize);
  trie_.edges_[subtree.node].base = base;
  for (const Child& child : children) {
    const Node node = base + child.byte;
    occupy(node, subtree.node);
    queue_.push_back({subtree.entries, child.begin, child.end, subtree.depth + 1, node});
    link_failure(subtree, child.byte, queue_.back());
  }
}

// A piece ends in the child: what follows continues the word. Otherwise the longest match of the parent's text is followed
// by further matches, until a node is found from which the byte goes on.
void WordTrieBuilder::link_failure(const Subtree& parent, unsigned char byte, const Subtree& child) {
  auto& failures = trie_.failures_;
  auto& ids = trie_.ids_;
  WordTrie::Failure link{.to = WordTrie::kNone, .first_id = static_cast<std::uint32_t>(ids.size()), .num_ids = 0};
  const Entry& entry = (*child.entries)[child.begin];  // The shortest of the subtree comes first.
  const auto add_ids_of = [&](Node node) {
    for (std::uint32_t i = 0; i < failures[node].num_ids; ++i) ids.push_back(ids[failures[node].first_id + i]);
  };
  if (entry.text.size() == child.depth) {
    ids.push_back(entry.id);
    link.to = WordTrie::kContinuing;
  } else {
    for (Node node = parent.node; link.to == WordTrie::kNone && failures[node].to != WordTrie::kNone;) {
      add_ids_of(node);
      node = failures[node].to;
      const Node next = trie_.edges_[node].base + byte;
      if (trie_.edges_[next].parent == node) link.to = next;
    }
  }
  link.num_ids = static_cast<std::uint32_t>(ids.size()) - link.first_id;
  if (link.to == WordTrie::kNone) ids.resize(link.first_id), link.num_ids = 0;
  failures[child.node] = link;
}

void WordTrieBuilder::occupy(std::uint32_t slot, Node parent) {
  occupied_[slot / 64] |= std::uint64_t{1} << slot % 64;
  trie_.edges_[slot].parent = parent;
  end_ = std::max(end_, slot + 1);
}

std::uint64_t WordTrieBuilder::occupied_from(std::uint32_t slot) const {
  const std::size_t word = slot / 64, shift = slot % 64;
  if (shift == 0) return occupied_[word];
  return occupied_[word] >> shift | occupied_[word + 1] << (64 - shift);
}

// Slots that hold no node belong to no parent: a byte that leads there fails.
void WordTrieBuilder::make_room(std::size_t num_slots) {
  if (num_slots <= trie_.edges_.size()) return;
  const std::size_t rounded = (std::max(num_slots, trie_.edges_.size() + trie_.edges_.size() / 4) + 63) / 64 * 64;
  trie_.edges_.resize(rounded);
  trie_.failures_.resize(rounded);
  occupied_.resize(rounded / 64 + kRowSize / 64 + 2);
}

}  // namespace bertforge
