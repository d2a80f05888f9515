#include "bertforge/data/duplicates.h"

#include <algorithm>

#include "bertforge/base/parallel.h"
#include "document_hashes.h"

namespace bertforge {

namespace {

std::vector<std::uint64_t> hashes_of(const TokenStore& store, int num_threads) {
  constexpr std::size_t kDocumentsPerBlock = 1024;
  std::vector<std::uint64_t> hashes(static_cast<std::size_t>(store.num_documents()));
  parallel_for((hashes.size() + kDocumentsPerBlock - 1) / kDocumentsPerBlock, num_threads, [&](std::size_t block) {
    std::vector<TokenId> ids;
    std::vector<std::int64_t> lengths;
    const std::size_t end = std::min(hashes.size(), (block + 1) * kDocumentsPerBlock);
    for (std::size_t document = block * kDocumentsPerBlock; document < end; ++document) {
      read_document(store, static_cast<std::int64_t>(document), ids, lengths);
      hashes[document] = document_hash(ids, lengths);
    }
  });
  return hashes;
}

}  // namespace

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
