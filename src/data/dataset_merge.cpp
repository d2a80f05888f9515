#include <algorithm>

#include "bertforge/base/error.h"
#include "bertforge/base/progress.h"
#include "bertforge/data/dataset_builder.h"
#include "bertforge/data/token_store.h"
#include "document_hashes.h"
#include "document_sink.h"

namespace bertforge {
namespace {

const DatasetPart& part_of(const TokenStore& store) {
  if (!store.meta().part) {
    fail(ErrorKind::kInput, store.folder().string(), " is a whole dataset; parts made by build --shard are expected");
  }
  return *store.meta().part;
}

void require_same(const TokenStore& first, const TokenStore& other, const std::string& what, const auto& wanted,
                  const auto& found) {
  if (wanted == found) return;
  fail(ErrorKind::kInput, other.folder().string(), " does not belong to ", first.folder().string(), ": ", what,
       " differ; shards of one corpus, built with the same settings, are expected");
}

// In the order of their parts.
std::vector<TokenStore> open_parts(const std::vector<std::filesystem::path>& folders, int num_threads) {
  std::vector<TokenStore> stores;
  for (const std::filesystem::path& folder : folders) stores.emplace_back(folder, num_threads);
  std::ranges::sort(stores, {}, [](const TokenStore& store) { return part_of(store).index; });
  const TokenStore& first = stores.front();
  const DatasetMeta& wanted = first.meta();
  for (const TokenStore& store : stores) {
    const DatasetMeta& found = store.meta();
    require_same(first, store, "the numbers of shards", wanted.part->count, found.part->count);
    require_same(first, store, "the corpus files", wanted.sources, found.sources);
    require_same(first, store, "the sizes of the corpus", wanted.part->corpus_bytes, found.part->corpus_bytes);
    require_same(first, store, "the formats", wanted.format, found.format);
    require_same(first, store, "the settings of undo_joins", wanted.undo_joins, found.undo_joins);
    require_same(first, store, "the settings of keep_unk", wanted.keep_unk, found.keep_unk);
    require_same(first, store, "the ICU versions", wanted.icu_version, found.icu_version);
    require_same(first, store, "the tokenizers", wanted.tokenizer_fingerprint, found.tokenizer_fingerprint);
  }
  return stores;
}

void require_each_once(const std::vector<TokenStore>& stores) {
  std::int64_t wanted = 1;
  for (const TokenStore& store : stores) {
    const DatasetPart& part = part_of(store);
    if (part.index < wanted) {
      fail(ErrorKind::kInput, store.folder().string(), ": shard ", part.index, " of ", part.count,
           " is there twice; each is expected once");
    }
    if (part.index > wanted) break;
    ++wanted;
  }
  const std::int64_t count = part_of(stores.front()).count;
  if (wanted > count) return;
  fail(ErrorKind::kInput, "shard ", wanted, " of ", count, " is missing; all of them are expected");
}

void add_documents(const TokenStore& store, DocumentSink& sink) {
  const SentenceIndex& index = store.index();
  std::vector<TokenId> ids;
  std::vector<std::int64_t> lengths;
  for (std::int64_t document = 0; document < store.num_documents(); ++document) {
    const SentenceRange sentences = index.document(document);
    ids.clear();
    lengths.clear();
    store.append(index.tokens(sentences), ids);
    for (std::int64_t s = sentences.begin; s < sentences.end; ++s) lengths.push_back(index.num_tokens(s));
    sink.add(ids, lengths, document_hash(ids, lengths));
  }
}

}  // namespace

DatasetMeta merge_datasets(const std::vector<std::filesystem::path>& parts, const Tokenizer& tokenizer,
                           const std::filesystem::path& folder, const BuildOptions& options) {
  if (parts.empty()) fail(ErrorKind::kUsage, "no shards are named");
  const std::vector<TokenStore> stores = open_parts(parts, options.num_threads);
  require_each_once(stores);
  stores.front().require_tokenizer(tokenizer);

  DocumentSink sink(folder, tokenizer, options);
  DatasetMeta meta = stores.front().meta();
  meta.part.reset();
  meta.counts = {};
  ProgressBar progress("merging", static_cast<std::uint64_t>(stores.size()), "shards");
  for (const TokenStore& store : stores) {
    add_documents(store, sink);
    meta.counts.dropped_documents += store.meta().counts.dropped_documents;
    meta.counts.dropped_sentences += store.meta().counts.dropped_sentences;
    meta.counts.literal_special_tokens += store.meta().counts.literal_special_tokens;
    meta.counts.invalid_utf8 += store.meta().counts.invalid_utf8;
    progress.update(static_cast<std::uint64_t>(part_of(store).index));
  }
  return sink.publish(std::move(meta));
}

}  // namespace bertforge
