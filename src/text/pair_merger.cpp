#include "pair_merger.h"

#include <tuple>
#include <utility>

namespace bertforge {

bool PairMerger::ComesLater::operator()(const Candidate& a, const Candidate& b) const {
  if (a.count != b.count) return a.count < b.count;
  const auto strings = [&](const PiecePair& pair) { return std::tie((*pieces)[pair.left], (*pieces)[pair.right]); };
  return strings(a.pair) > strings(b.pair);
}

PairMerger::PairMerger(const std::vector<std::string>& pieces, std::function<bool(const PiecePair&)> may_join)
    : may_join_(std::move(may_join)), queue_(ComesLater{&pieces}) {}

void PairMerger::add_word(const std::vector<PieceIndex>& word, std::int64_t count) {
  const auto index = static_cast<std::uint32_t>(words_.size());
  words_.push_back({symbols_.size(), static_cast<std::uint32_t>(word.size()), count});
  symbols_.insert(symbols_.end(), word.begin(), word.end());
  for (std::size_t i = 1; i < word.size(); ++i) change(word[i - 1], word[i], count, index);
}

void PairMerger::change(PieceIndex left, PieceIndex right, std::int64_t by, std::uint32_t word) {
  const auto entry = uses_.try_emplace({left, right}).first;
  PairUse& use = entry->second;
  use.count += by;
  if (by > 0) {
    if (use.words.empty() || use.words.back() != word) use.words.push_back(word);
    grown_.push_back(entry->first);
  } else if (use.count == 0) {
    uses_.erase(entry);
  }
}

void PairMerger::push_grown_pairs() {
  for (const PiecePair& pair : grown_) {
    const auto entry = uses_.find(pair);
    if (entry == uses_.end() || entry->second.count <= entry->second.queued_count || !may_join_(pair)) continue;
    entry->second.queued_count = entry->second.count;
    queue_.push({entry->second.count, pair});
  }
  grown_.clear();
}

// A count in the queue may be too high, never too low: what shrank is put back with its true count when it comes up.
bool PairMerger::find_best_pair(std::int64_t min_count, PiecePair& best) {
  push_grown_pairs();
  while (!queue_.empty()) {
    const Candidate top = queue_.top();
    if (top.count < min_count) return false;
    const auto entry = uses_.find(top.pair);
    if (entry != uses_.end() && entry->second.count == top.count) {
      best = top.pair;
      return true;
    }
    queue_.pop();
    if (entry == uses_.end() || entry->second.count > top.count) continue;  // Joined meanwhile, or queued again higher.
    entry->second.queued_count = entry->second.count;
    queue_.push({entry->second.count, top.pair});
  }
  return false;
}

void PairMerger::join(const PiecePair& pair, PieceIndex joined) {
  const auto use = uses_.find(pair);
  if (use == uses_.end()) return;
  const std::vector<std::uint32_t> words = std::move(use->second.words);
  for (const std::uint32_t word : words) join_in_word(pair, joined, word);
  uses_.erase(pair);
}

void PairMerger::join_in_word(const PiecePair& pair, PieceIndex joined, std::uint32_t index) {
  Word& word = words_[index];
  PieceIndex* symbols = symbols_.data() + word.begin;
  std::uint32_t size = 0;  // Of what has been written.
  for (std::uint32_t i = 0; i < word.size;) {
    if (i + 1 == word.size || symbols[i] != pair.left || symbols[i + 1] != pair.right) {
      symbols[size++] = symbols[i++];
      continue;
    }
    i += 2;
    if (size > 0) {
      change(symbols[size - 1], pair.left, -word.count, index);
      change(symbols[size - 1], joined, word.count, index);
    }
    if (i < word.size) {
      change(pair.right, symbols[i], -word.count, index);
      change(joined, symbols[i], word.count, index);
    }
    symbols[size++] = joined;
  }
  word.size = size;
}

}  // namespace bertforge
