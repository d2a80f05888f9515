#include "document_hashes.h"

#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/parallel.h"
#include "bertforge/data/duplicates.h"

namespace bertforge {

namespace {

// The finalizer of MurmurHash3 (Appleby), over the state and one word.
std::uint64_t mix(std::uint64_t state, std::uint64_t word) {
  state = (state ^ word) * 0xff51afd7ed558ccdU;
  state = (state ^ (state >> 33)) * 0xc4ceb9fe1a85ec53U;
  return state ^ (state >> 33);
}

std::vector<std::uint64_t> hashes_of(const TokenStore& store, int num_threads) {
  constexpr std::size_t kDocumentsPerBlock = 1024;
  const SentenceIndex& index = store.index();
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(store.num_documents()));
  parallel_for((hashes.size() + kDocumentsPerBlock - 1) / kDocumentsPerBlock, num_threads, [&](std::size_t block) {
    std::vector<TokenId> ids;
    std::vector<std::int64_t> lengths;
    const std::size_t end = std::min(hashes.size(), (block + 1) * kDocumentsPerBlock);
    for (std::size_t document = block * kDocumentsPerBlock; document < end; ++document) {
      const SentenceRange sentences = index.document(static_cast<std::int64_t>(document));
      ids.clear();
      lengths.clear();
      store.append(index.tokens(sentences), ids);
      for (std::int64_t s = sentences.begin; s < sentences.end; ++s) lengths.push_back(index.num_tokens(s));
      hashes[document] = document_hash(ids, lengths);
    }
  });
  return hashes;
}

}  // namespace

std::uint64_t document_hash(std::span<const TokenId> ids, std::span<const std::int64_t> sentence_lengths) {
  std::uint64_t hash = mix(0x626572746f6e6765U, ids.size());
  for (const TokenId id : ids) hash = mix(hash, static_cast<std::uint64_t>(id));
  for (const std::int64_t length : sentence_lengths) hash = mix(hash, static_cast<std::uint64_t>(length));
  return hash == 0 ? 1 : hash;
}

std::size_t DocumentHashes::slot_of(std::uint64_t hash) const {
  std::size_t slot = hash & (slots_.size() - 1);
  while (slots_[slot] != 0 && slots_[slot] != hash) slot = (slot + 1) & (slots_.size() - 1);
  return slot;
}

bool DocumentHashes::contains(std::uint64_t hash) const { return slots_[slot_of(hash)] == hash; }

bool DocumentHashes::add(std::uint64_t hash) {
  BERTFORGE_CHECK(hash != 0);
  const std::size_t slot = slot_of(hash);
  if (slots_[slot] == hash) return false;
  slots_[slot] = hash;
  if (++size_ * 10 > slots_.size() * 7) grow();
  return true;
}

void DocumentHashes::grow() {
  std::vector<std::uint64_t> old(slots_.size() * 2);
  old.swap(slots_);
  for (const std::uint64_t hash : old) {
    if (hash != 0) slots_[slot_of(hash)] = hash;
  }
}

std::int64_t count_common_documents(const TokenStore& held_out, const TokenStore& training, int num_threads) {
  num_threads = resolve_num_threads(num_threads);
  const std::vector<std::uint64_t> wanted = hashes_of(held_out, num_threads);
  DocumentHashes held_out_hashes, common;
  for (const std::uint64_t hash : wanted) held_out_hashes.add(hash);
  for (const std::uint64_t hash : hashes_of(training, num_threads)) {
    if (held_out_hashes.contains(hash)) common.add(hash);
  }
  return std::ranges::count_if(wanted, [&](std::uint64_t hash) { return common.contains(hash); });
}

}  // namespace bertforge
