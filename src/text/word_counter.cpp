#include "bertforge/text/word_counter.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "bertforge/base/heap.h"
#include "bertforge/base/parallel.h"
#include "bertforge/base/progress.h"
#include "bertforge/text/unicode.h"
#include "bertforge/text/words.h"
#include "string_counts.h"

namespace bertforge {

namespace {

// Text that is counted at a time, and the parts of it that threads take: neither depends on how many there are, since rare
// words are forgotten between batches.
constexpr std::size_t kBatchBytes = std::size_t{8} << 20;
constexpr std::size_t kSlices = 16;
constexpr std::size_t kBytesPerSentence = 32;  // What a sentence takes beside its text.
constexpr std::size_t kKeptBufferBytes = std::size_t{1} << 20;
constexpr std::uint64_t kMegabyte = 1000000;

bool parts_chunks(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// A word longer than `max_chars` characters by one more than these, so that it still is too long; 0: all of it.
std::string_view cut(std::string_view word, std::int64_t max_chars) {
  if (max_chars == 0 || std::ssize(word) <= max_chars) return word;
  std::size_t end = 0;
  for (std::int64_t i = 0; i <= max_chars && end < word.size(); ++i) decode_utf8(word, end);
  return word.substr(0, end);
}

// Counts the words of some text. Text between white space that every normalizer parts at, a chunk, becomes the same words
// wherever it stands: chunks are counted as they are, and each different one is normalized once.
class SliceCounter {
 public:
  SliceCounter(const TokenizerConfig& config, std::int64_t max_chars)
      : extractor_(config.normalizer_options(), config.split), max_chars_(max_chars) {}

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
      for (const std::string_view word : extracted_.words) words_.add(cut(word, max_chars_), count);
      if (extracted_.normalized.text.capacity() > kKeptBufferBytes) extracted_ = {};
    });
  }

  const StringCounts& words() const { return words_; }

 private:
  WordExtractor extractor_;
  std::int64_t max_chars_;
  StringCounts chunks_{StringCounts::Strings::kReferenced};
  StringCounts words_;
  Words extracted_;  // Reused from call to call.
};

// The sentences of a corpus, a batch at a time. A batch ends inside a document too, so that long ones do not fill memory.
class BatchReader {
 public:
  explicit BatchReader(CorpusReader& corpus) : corpus_(corpus) {}

  // Replaces `sentences` by the next; false at the end.
  bool next(std::vector<std::string>& sentences) {
    sentences.clear();
    for (std::size_t size = 0; size < kBatchBytes && has_sentence(); ++next_) {
      sentences.push_back(std::move(document_.sentences[next_]));
      size += sentences.back().size() + kBytesPerSentence;
    }
    return !sentences.empty();
  }

 private:
  bool has_sentence() {
    if (next_ < document_.sentences.size()) return true;
    next_ = 0;
    if (!corpus_.next(document_)) document_.sentences.clear();
    return !document_.sentences.empty();
  }

  CorpusReader& corpus_;
  Document document_;
  std::size_t next_ = 0;  // Of document_.sentences.
};

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
    for (std::size_t i = 0; i < kSlices; ++i) slices_.emplace_back(config, options.max_chars);
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

  // What counting has taken goes back to the system: learning needs as much again.
  CountedWords take_result() && {
    slices_.clear();
    CountedWords result{sorted_words(words_), num_forgotten_, max_error_};
    words_ = StringCounts();
    give_back_memory();
    return result;
  }

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
  BatchReader reader(corpus);
  for (std::vector<std::string> batch; reader.next(batch);) {
    counter.add(batch);
    progress.update(corpus.num_bytes_read() / kMegabyte);
  }
  return std::move(counter).take_result();
}

WordCounts count_words(std::string_view text, const TokenizerConfig& config) {
  SliceCounter counter(config, 0);
  counter.add_text(text);
  counter.count_words();
  return sorted_words(counter.words());
}

}  // namespace bertforge
