#pragma once
// The words of a corpus as pieces, and the counts of neighbouring pairs, kept up to date while pairs are joined.

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

namespace bertforge {

using PieceIndex = std::uint32_t;

struct PiecePair {
  PieceIndex left, right;
  bool operator==(const PiecePair&) const = default;
};

class PairMerger {
 public:
  // `pieces` are the strings that piece indices stand for; the caller appends to them. `may_join` says which pairs come into
  // question at all.
  PairMerger(const std::vector<std::string>& pieces, std::function<bool(const PiecePair&)> may_join);

  // Adds a word that occurs `count` times. All words come before the first best_pair().
  void add_word(const std::vector<PieceIndex>& word, std::int64_t count);

  // The most frequent pair, of several the one whose strings come first; false if none occurs `min_count` times.
  bool find_best_pair(std::int64_t min_count, PiecePair& best);

  // Puts `joined` where the pair stands, left to right, in every word.
  void join(const PiecePair& pair, PieceIndex joined);

 private:
  struct Word {
    std::uint64_t begin;  // In symbols_.
    std::uint32_t size;
    std::int64_t count;
  };
  struct PairUse {
    std::int64_t count = 0;
    std::int64_t queued_count = 0;     // The highest count under which it stands in the queue.
    std::vector<std::uint32_t> words;  // Where it stood at some time; a word may be named twice.
  };
  struct Candidate {
    std::int64_t count;
    PiecePair pair;
  };
  struct PairHash {
    std::size_t operator()(const PiecePair& pair) const {
      const std::uint64_t key = (std::uint64_t{pair.left} << 32 | pair.right) * 0x9E3779B97F4A7C15;
      return static_cast<std::size_t>(key ^ (key >> 29));
    }
  };
  struct ComesLater {
    const std::vector<std::string>* pieces;
    bool operator()(const Candidate& a, const Candidate& b) const;
  };

  void change(PieceIndex left, PieceIndex right, std::int64_t by, std::uint32_t word);
  void join_in_word(const PiecePair& pair, PieceIndex joined, std::uint32_t word);
  void push_grown_pairs();

  std::function<bool(const PiecePair&)> may_join_;
  std::vector<PieceIndex> symbols_;  // The pieces of all words, one word after the other.
  std::vector<Word> words_;
  std::unordered_map<PiecePair, PairUse, PairHash> uses_;
  std::priority_queue<Candidate, std::vector<Candidate>, ComesLater>
      queue_;                     // Counts may be out of date: see find_best_pair.
  std::vector<PiecePair> grown_;  // Pairs whose count grew since they were last put in the queue.
};

}  // namespace bertforge
