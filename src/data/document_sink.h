#pragma once
// Where the documents of a build or a merge go, in the order of the corpus: equal ones counted, some held out.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "bertforge/data/dataset_builder.h"
#include "bertforge/data/token_store.h"
#include "document_hashes.h"

namespace bertforge {

class DocumentSink {
 public:
  DocumentSink(const std::filesystem::path& folder, const Tokenizer& tokenizer, const BuildOptions& options);

  // `hash`: document_hash() of the other two, which are TokenStoreWriter's.
  void add(std::span<const TokenId> ids, std::span<const std::int64_t> sentence_lengths, std::uint64_t hash);

  // The same for a document of options.held_out.
  void add_held_out(std::span<const TokenId> ids, std::span<const std::int64_t> sentence_lengths, std::uint64_t hash);

  // Gives the datasets their names, once both are whole. `meta`: of the corpus, its counts those of what was dropped;
  // `of_held_out`: the same of options.held_out.
  DatasetMeta publish(DatasetMeta meta, std::optional<DatasetMeta> of_held_out = {});

 private:
  TokenStoreWriter& writer_of(std::uint64_t hash);

  SelectionConfig selection_;
  TokenStoreWriter writer_;
  std::optional<TokenStoreWriter> held_out_;
  DocumentHashes hashes_, held_out_hashes_;
  std::int64_t num_duplicates_ = 0, num_held_out_duplicates_ = 0;
};

}  // namespace bertforge
