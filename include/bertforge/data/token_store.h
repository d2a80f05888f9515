#pragma once
// A dataset folder: token ids, where sentences and documents begin, meta.json and the tokenizer they were made with.
//
// Fed by dataset_builder.h through TokenStoreWriter; eaten by example_maker.h and dataset_report.h through TokenStore.
// Format, byte by byte: docs/file_formats.md.
//   N  tokens of the dataset      S  sentences      D  documents

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bertforge/base/files.h"
#include "bertforge/data/dataset_meta.h"
#include "bertforge/data/sentence_index.h"
#include "bertforge/text/tokenizer.h"

namespace bertforge {

namespace dataset_files {
inline constexpr const char *kTokens = "tokens.bin", *kSentences = "sentences.bin", *kDocuments = "documents.bin",
                            *kMeta = "meta.json", *kTokenizer = "tokenizer";
}

// Writes a dataset document by document; memory does not grow. The folder appears under its name in publish() only.
class TokenStoreWriter {
 public:
  // `replace`: an existing folder of that name may go; otherwise it is an Error(kUsage).
  TokenStoreWriter(const std::filesystem::path& folder, const Tokenizer& tokenizer, bool replace = false);

  // `ids`: all sentences of the document, one after the other; `sentence_lengths`: tokens of each, none 0, one at least.
  void add_document(std::span<const TokenId> ids, std::span<const std::int64_t> sentence_lengths);

  // Writes meta.json and the tokenizer. Of `meta`, sources, format, keep_unk, part, what was
  // dropped and what was no UTF-8 are taken as they are and the rest is filled in; returns what was written.
  // Error(kInput) without a document, unless it is a part.
  DatasetMeta finish(DatasetMeta meta);
  void publish();  // Gives the folder its name. REQUIRES: finish() was called.
  DatasetMeta publish(DatasetMeta meta) {
    meta = finish(std::move(meta));
    publish();
    return meta;
  }

  const DatasetCounts& counts() const { return counts_; }

 private:
  void write_tokens(std::span<const TokenId> ids);

  StagedFolder folder_;
  const Tokenizer& tokenizer_;
  std::int64_t bytes_per_token_;
  FileWriter tokens_, sentences_, documents_;
  DatasetCounts counts_;
  std::vector<std::uint16_t> narrow_;
};

// A dataset, mapped for reading. Thread-safe: all calls are const.
class TokenStore {
 public:
  // Believes nothing: sizes, offsets and ids are checked first, in one pass over the files. Error(kUsage) where there is no
  // such folder; Error(kInput) that names the file, what was found and what would be right.
  explicit TokenStore(const std::filesystem::path& folder, int num_threads = 0);

  const DatasetMeta& meta() const { return meta_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path tokenizer_folder() const { return folder_ / dataset_files::kTokenizer; }
  // Error(kInput) unless `tokenizer` gives the ids that the dataset was made of.
  void require_tokenizer(const Tokenizer& tokenizer) const;

  const SentenceIndex& index() const { return index_; }
  std::int64_t num_documents() const { return index_.num_documents(); }
  std::int64_t num_sentences(std::int64_t document) const { return index_.document(document).size(); }

  // Error(kInput) where the files are not those that meta.json has the hash of.
  void require_content() const;

  // Appends the ids of a range. REQUIRES: 0 <= begin <= end <= N.
  void append(TokenRange range, std::vector<TokenId>& ids) const;

 private:
  void check_ids(int num_threads) const;

  std::filesystem::path folder_;
  DatasetMeta meta_;
  MappedFile tokens_, sentences_, documents_;
  SentenceIndex index_;
};

// Replaces `ids` by those of a document, and `lengths` by the tokens of each of its sentences.
void read_document(const TokenStore& store, std::int64_t document, std::vector<TokenId>& ids,
                   std::vector<std::int64_t>& lengths);

// What meta.json calls content_hash: of the folder's files and the tokenizer.
std::string hash_of_dataset(const std::filesystem::path& folder, const std::string& tokenizer_fingerprint);

}  // namespace bertforge
