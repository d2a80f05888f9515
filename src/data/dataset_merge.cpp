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

std::string named(const auto& value) { return concat("\"", value, "\""); }

void require_same(const TokenStore& first, const TokenStore& other, std::string_view what, const auto& wanted,
                  const auto& found) {
  if (wanted == found) return;
  fail(ErrorKind::kInput, other.folder().string(), " does not belong to ", first.folder().string(), ": ", what, " is ",
       named(found), " there, ", named(wanted), " here; shards of one corpus with the same settings are expected");
}

// By name: the folder that files lie in may have another path on another machine.
void require_same_sources(const TokenStore& first, const TokenStore& other) {
  const std::vector<std::string>&wanted = first.meta().sources, &found = other.meta().sources;
  require_same(first, other, "the number of corpus files", wanted.size(), found.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    require_same(first, other, concat("corpus file ", i + 1), std::filesystem::path(wanted[i]).filename().string(),
                 std::filesystem::path(found[i]).filename().string());
  }
}

void require_siblings(const TokenStore& first, const TokenStore& other) {
  const DatasetMeta &wanted = first.meta(), &found = other.meta();
  require_same(first, other, "the number of shards", wanted.part->count, found.part->count);
  require_same_sources(first, other);
  require_same(first, other, "the size of the corpus", wanted.part->corpus_bytes, found.part->corpus_bytes);
  require_same(first, other, "the format", wanted.format, found.format);
  require_same(first, other, "text_field", wanted.text_field, found.text_field);
  require_same(first, other, "undo_joins", wanted.undo_joins, found.undo_joins);
  require_same(first, other, "keep_unk", wanted.keep_unk, found.keep_unk);
  require_same(first, other, "the ICU version", wanted.icu_version, found.icu_version);
  require_same(first, other, "the version of the sentence rules", wanted.sentence_rules, found.sentence_rules);
  require_same(first, other, "the tokenizer", wanted.tokenizer_fingerprint, found.tokenizer_fingerprint);
}

// In the order of their parts.
std::vector<TokenStore> open_parts(const std::vector<std::filesystem::path>& folders, int num_threads) {
  std::vector<TokenStore> stores;
  for (const std::filesystem::path& folder : folders) {
    part_of(stores.emplace_back(folder, num_threads));
    require_siblings(stores.front(), stores.back());
  }
  std::ranges::sort(stores, {}, [](const TokenStore& store) { return part_of(store).index; });
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
  store.require_content();
  std::vector<TokenId> ids;
  std::vector<std::int64_t> lengths;
  for (std::int64_t document = 0; document < store.num_documents(); ++document) {
    read_document(store, document, ids, lengths);
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
