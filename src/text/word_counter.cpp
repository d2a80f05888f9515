#include "bertforge/text/word_counter.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "bertforge/base/parallel.h"
#include "bertforge/base/progress.h"
#include "bertforge/text/words.h"
#include "string_counts.h"

namespace bertforge {

namespace {

// Text that is counted at a time, and the parts of it that threads take: neither depends on how many there are, since rare
// words are forgotten between batches.
constexpr std::size_t kBatchBytes = std::size_t{8} << 20;
constexpr std::size_t kSlices = 16;
constexpr std::uint64_t kMegabyte = 1000000;

bool parts_chunks(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Counts the words of some text. Text between white space that every normalizer parts at, a chunk, becomes the same words
// wherever it stands: chunks are counted as they are, and each different one is normalized once.
class SliceCounter {
 public:
  explicit SliceCounter(const TokenizerConfig& config) : extractor_(config.normalizer_options(), config.split) {}

  void clear() {
    chunks_.clear();
    words_.clear();
  }

  // `text` stays where it is until count_words().
  void add_text(std::string_view text) {
    for (std::size_t begin = 0, end; begin < text.size(); begin = end + 1) {
      for (end = begin; end < text.size() && !parts_chunks(text[end]);) ++end;
      if (end > begin) chunks_.add(text.substr(begin, end - begin), 1);
    }
  }

  void count_words() {
    chunks_.for_each([&](std::string_view chunk, std::int64_t count) {
      extractor_.extract(chunk, extracted_);
      for (const std::string_view word : extracted_.words) words_.add(word, count);
    });
  }

  const StringCounts& words() const { return words_; }

 private:
  WordExtractor extractor_;
  StringCounts chunks_{StringCounts::Strings::kReferenced};
  StringCounts words_;
  Words extracted_;  // Reused from call to call.
};

// Replaces `sentences` by the next of the corpus, a batch of them; false at the end.
bool read_batch(CorpusReader& corpus, std::vector<std::string>& sentences) {
  sentences.clear();
  Document document;
  for (std::size_t size = 0; size < kBatchBytes && corpus.next(document);) {
    for (std::string& sentence : document.sentences) {
      size += sentence.size();
      sentences.push_back(std::move(sentence));
    }
  }
  return !sentences.empty();
}

WordCounts sorted_words(const StringCounts& counts) {
  WordCounts sorted;
  sorted.reserve(counts.size());
  counts.for_each([&](std::string_view word, std::int64_t count) { sorted.push_back({std::string(word), count}); });
  std::sort(sorted.begin(), sorted.end(), [](const WordCount& a, const WordCount& b) { return a.word < b.word; });
  return sorted;
}

class CorpusCounter {
 public:
  CorpusCounter(const TokenizerConfig& config, const CountingOptions& options) : options_(options) {
    for (std::size_t i = 0; i < kSlices; ++i) slices_.emplace_back(config);
  }

  void add(const std::vector<std::string>& batch) {
    parallel_for(kSlices, resolve_num_threads(options_.num_threads), [&](std::size_t i) {
      slices_[i].clear();
      for (std::size_t s = i; s < batch.size(); s += kSlices) {
        for_each_part_between(
            batch[s], options_.marker, [&](std::string_view part) { slices_[i].add_text(part); }, [] {});
      }
      slices_[i].count_words();
    });
    for (const SliceCounter& slice : slices_) {
      slice.words().for_each([&](std::string_view word, std::int64_t count) { words_.add(word, count); });
    }
    const auto num_words = static_cast<std::int64_t>(words_.size());
    if (options_.max_words > 0 && num_words > options_.max_words) forget_rare_words();
  }

  CountedWords result() const { return {sorted_words(words_), num_forgotten_, max_error_}; }

 private:
  void forget_rare_words() {
    std::map<std::int64_t, std::int64_t> num_words;  // By count.
    words_.for_each([&](std::string_view, std::int64_t count) { ++num_words[count]; });
    auto num_left = static_cast<std::int64_t>(words_.size());
    std::int64_t limit = 0;
    for (auto entry = num_words.begin(); num_left > options_.max_words / 2; ++entry) {
      num_left -= entry->second;
      limit = entry->first;
    }
    StringCounts kept;
    words_.for_each([&](std::string_view word, std::int64_t count) {
      if (count > limit) {
        kept.add(word, count);
      } else {
        num_forgotten_ += count;
      }
    });
    words_ = std::move(kept);
    max_error_ += limit;  // A word may have been forgotten every time.
  }

  const CountingOptions& options_;
  std::vector<SliceCounter> slices_;
  StringCounts words_;
  std::int64_t num_forgotten_ = 0, max_error_ = 0;
};

}  // namespace

CountedWords count_words(CorpusReader& corpus, const TokenizerConfig& config, const CountingOptions& options) {
  CorpusCounter counter(config, options);
  ProgressBar progress("counting words", corpus.num_bytes_total() / kMegabyte, "MB");
  for (std::vector<std::string> batch; read_batch(corpus, batch);) {
    counter.add(batch);
    progress.update(corpus.num_bytes_read() / kMegabyte);
  }
  return counter.result();
}

WordCounts count_words(std::string_view text, const TokenizerConfig& config) {
  SliceCounter counter(config);
  counter.add_text(text);
  counter.count_words();
  return sorted_words(counter.words());
}

}  // namespace bertforge
