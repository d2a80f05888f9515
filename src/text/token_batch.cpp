#include "bertforge/text/token_batch.h"

#include <algorithm>
#include <cstring>

namespace bertforge {

void TokenBuffer::grow(std::size_t needed) {
  const std::size_t wanted = std::max(needed, capacity_ + capacity_ / 2) * sizeof(TokenId);
  auto larger = make_large_array<TokenId>(wanted / sizeof(TokenId));
  if (size_ > 0) std::memcpy(larger.get(), ids_.get(), size_ * sizeof(TokenId));
  ids_ = std::move(larger);
  capacity_ = large_allocation_size(wanted) / sizeof(TokenId);
}

void TokenBuffer::append(std::span<const TokenId> ids) {
  advance_to(std::copy(ids.begin(), ids.end(), reserve_more(ids.size())));
}

void TokenBatch::reset(std::size_t num_texts, std::size_t num_buffers, std::vector<Run> runs) {
  buffers_.resize(num_buffers);
  for (TokenBuffer& buffer : buffers_) buffer.clear();
  runs_ = std::move(runs);
  ends_.assign(num_texts, 0);
}

std::span<const TokenId> TokenBatch::operator[](std::size_t text) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), text,
                                      [](std::size_t wanted, const Run& run) { return wanted < run.first_text; });
  const Run& run = *std::prev(after);
  const std::size_t begin = text == run.first_text ? 0 : ends_[text - 1];
  return {buffers_[run.buffer].data() + run.begin + begin, ends_[text] - begin};
}

std::size_t TokenBatch::num_tokens() const {
  std::size_t count = 0;
  for (const TokenBuffer& buffer : buffers_) count += buffer.size();
  return count;
}

}  // namespace bertforge
