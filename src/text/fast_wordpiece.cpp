#include "fast_wordpiece.h"

#include <algorithm>
#include <atomic>

#include "bertforge/base/error.h"
#include "bertforge/base/parallel.h"

namespace bertforge {

namespace {

// A thread's share at a time: small beside the whole, so that threads end together, and large beside what a share costs.
constexpr std::size_t kRunBytes = std::size_t{256} << 10;
constexpr std::size_t kBytesPerToken = 4;  // Of English; where there are more tokens the buffers grow.

ScanChunks scanner_of(EncoderPath path) {
#ifdef __x86_64__
  if (path == EncoderPath::kAvx512) return scan_chunks_avx512;
  if (path == EncoderPath::kAvx2) return scan_chunks_avx2;
#endif
  BERTFORGE_CHECK(path == EncoderPath::kPortable, "no scanner for encoder path ", static_cast<int>(path));
  return scan_chunks_portable;
}

std::vector<TokenBatch::Run> divide(std::span<const std::string_view> texts) {
  std::vector<TokenBatch::Run> runs;
  std::size_t num_bytes = kRunBytes;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (num_bytes >= kRunBytes) {
      runs.push_back({.first_text = i});
      num_bytes = 0;
    }
    num_bytes += texts[i].size() + 1;
    ++runs.back().num_texts;
  }
  return runs;
}

}  // namespace

// An encoder borrowed from those that are idle, or a new one.
class FastWordPiece::Loan {
 public:
  explicit Loan(const FastWordPiece& owner) : owner_(owner) {
    {
      const std::lock_guard lock(owner.mutex_);
      if (!owner.idle_.empty()) {
        encoder_ = std::move(owner.idle_.back());
        owner.idle_.pop_back();
      }
    }
    if (encoder_) return;
    encoder_ = std::make_unique<ChunkEncoder>(owner.shared_);
    const std::lock_guard lock(owner.mutex_);
    owner.idle_.reserve(++owner.num_encoders_);  // So that giving back does not fail.
  }
  ~Loan() {
    const std::lock_guard lock(owner_.mutex_);
    owner_.idle_.push_back(std::move(encoder_));
  }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;

  ChunkEncoder* operator->() { return encoder_.get(); }

 private:
  const FastWordPiece& owner_;
  std::unique_ptr<ChunkEncoder> encoder_;
};

std::unique_ptr<FastWordPiece> FastWordPiece::make(const Vocabulary& vocabulary, const WordPiece& wordpiece,
                                                   PlainPath plain, std::string_view suffix_indicator,
                                                   std::int64_t max_word_chars) {
  const auto classes = find_ascii_classes(plain.words_of);
  if (!classes) return nullptr;
  WordTrie trie(vocabulary, suffix_indicator, max_word_chars);
  if (!trie.is_usable()) return nullptr;
  return std::unique_ptr<FastWordPiece>(
      new FastWordPiece({vocabulary, wordpiece, std::move(plain), *classes, std::move(trie)}));
}

void FastWordPiece::encode(std::string_view text, const EncoderExceptions& exceptions, EncoderPath path,
                           std::vector<TokenId>& ids) const {
  TokenBuffer buffer;
  std::size_t end;
  Loan(*this)->encode({&text, 1}, exceptions, scanner_of(path), buffer, &end);
  ids.insert(ids.end(), buffer.data(), buffer.data() + buffer.size());
}

void FastWordPiece::encode_batch(std::span<const std::string_view> texts, const EncoderExceptions& exceptions,
                                 EncoderPath path, int num_threads, TokenBatch& batch) const {
  std::vector<TokenBatch::Run> runs = divide(texts);
  const auto num_workers = std::min(runs.size(), static_cast<std::size_t>(resolve_num_threads(num_threads)));
  const std::size_t num_runs = runs.size();
  std::size_t num_bytes = 0;
  for (const std::string_view text : texts) num_bytes += text.size();
  batch.reset(texts.size(), num_workers, std::move(runs));
  std::atomic<std::size_t> next = 0;
  parallel_for(num_workers, static_cast<int>(num_workers), [&](std::size_t worker) {
    Loan encoder(*this);
    TokenBuffer& ids = batch.buffer(worker);
    ids.reserve_more(num_bytes / kBytesPerToken / num_workers);
    for (std::size_t i; (i = next++) < num_runs;) {
      TokenBatch::Run& run = batch.runs()[i];
      run.buffer = worker, run.begin = ids.size();
      encoder->encode(texts.subspan(run.first_text, run.num_texts), exceptions, scanner_of(path), ids, batch.ends(run));
    }
  });
}

std::size_t FastWordPiece::memory_bytes() const {
  const std::lock_guard lock(mutex_);
  std::size_t size = shared_.trie.memory_bytes();
  for (const auto& encoder : idle_) size += encoder->memory_bytes();
  return size;
}

}  // namespace bertforge
