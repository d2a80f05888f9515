#include "bertforge/text/word_counter.h"

#include <algorithm>

#include "bertforge/base/parallel.h"
#include "bertforge/base/progress.h"
#include "bertforge/text/pretokenizer.h"

namespace bertforge {

namespace {

// Text handed to a thread at a time: large enough to be worth it, small beside everything else in memory.
constexpr std::size_t kBatchBytesPerThread = std::size_t{1} << 20;
constexpr std::uint64_t kMegabyte = 1000000;

// Replaces `sentences` by the next of the corpus, about `num_bytes` of them; false at the end.
bool read_batch(CorpusReader& corpus, std::size_t num_bytes, std::vector<std::string>& sentences) {
  sentences.clear();
  Document document;
  for (std::size_t size = 0; size < num_bytes && corpus.next(document);) {
    for (std::string& sentence : document.sentences) {
      size += sentence.size();
      sentences.push_back(std::move(sentence));
    }
  }
  return !sentences.empty();
}

}  // namespace

void WordCounter::add(std::string_view text) {
  normalized_.clear();
  normalizer_.normalize(text, normalized_);
  split_words(normalized_, words_);
  for (const std::string_view word : words_) {
    const auto entry = counts_.find(word);
    if (entry != counts_.end()) {
      ++entry->second;
    } else {
      counts_.emplace(word, 1);
    }
  }
}

void WordCounter::merge(const WordCounter& other) {
  for (const auto& [word, count] : other.counts_) counts_[word] += count;
}

WordCounts WordCounter::counts() const {
  WordCounts sorted;
  sorted.reserve(counts_.size());
  for (const auto& [word, count] : counts_) sorted.push_back({word, count});
  std::sort(sorted.begin(), sorted.end(), [](const WordCount& a, const WordCount& b) { return a.word < b.word; });
  return sorted;
}

WordCounts count_words(CorpusReader& corpus, const TokenizerConfig& config, std::string_view marker, int num_threads) {
  const auto num_counters = static_cast<std::size_t>(resolve_num_threads(num_threads));
  std::vector<WordCounter> counters(num_counters, WordCounter(config));
  ProgressBar progress("counting words", corpus.num_bytes_total() / kMegabyte, "MB");
  for (std::vector<std::string> batch; read_batch(corpus, num_counters * kBatchBytesPerThread, batch);) {
    parallel_for(num_counters, static_cast<int>(num_counters), [&](std::size_t i) {
      for (std::size_t s = i; s < batch.size(); s += num_counters) {
        for_each_part_between(
            batch[s], marker, [&](std::string_view part) { counters[i].add(part); }, [] {});
      }
    });
    progress.update(corpus.num_bytes_read() / kMegabyte);
  }
  for (std::size_t i = 1; i < num_counters; ++i) counters[0].merge(counters[i]);
  return counters[0].counts();
}

}  // namespace bertforge
