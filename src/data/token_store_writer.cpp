#include <numeric>

#include "bertforge/base/error.h"
#include "bertforge/data/token_store.h"

namespace bertforge {

namespace {

void write_offset(FileWriter& file, std::int64_t offset) {
  const auto value = static_cast<std::uint64_t>(offset);
  file.write(&value, sizeof(value));
}

}  // namespace

// Each file's own hash, and the tokenizer's, hashed once more.
std::string hash_of_dataset(const std::filesystem::path& folder, const std::string& tokenizer_fingerprint) {
  std::string hashes = tokenizer_fingerprint;
  for (const char* name : {dataset_files::kTokens, dataset_files::kSentences, dataset_files::kDocuments}) {
    hashes += " " + file_content_hash(folder / name);
  }
  return content_hash(hashes);
}

TokenStoreWriter::TokenStoreWriter(const std::filesystem::path& folder, const Tokenizer& tokenizer, bool replace)
    : folder_(folder, replace),
      tokenizer_(tokenizer),
      bytes_per_token_(bytes_per_token(tokenizer.vocabulary_size())),
      tokens_(folder_.path() / dataset_files::kTokens),
      sentences_(folder_.path() / dataset_files::kSentences),
      documents_(folder_.path() / dataset_files::kDocuments) {
  write_offset(sentences_, 0);
  write_offset(documents_, 0);
}

void TokenStoreWriter::write_tokens(std::span<const TokenId> ids) {
  const std::int64_t vocabulary_size = tokenizer_.vocabulary_size();
  const TokenId unknown = tokenizer_.special_tokens().unknown;
  for (const TokenId id : ids) {
    BERTFORGE_CHECK(id >= 0 && id < vocabulary_size, "id ", id, " outside a vocabulary of ", vocabulary_size);
    counts_.unknown_tokens += id == unknown;
  }
  if (bytes_per_token_ == 2) {
    narrow_.assign(ids.begin(), ids.end());
    tokens_.write_array(std::span<const std::uint16_t>(narrow_));
  } else {
    tokens_.write_array(ids);
  }
}

void TokenStoreWriter::add_document(std::span<const TokenId> ids, std::span<const std::int64_t> sentence_lengths) {
  BERTFORGE_CHECK(!sentence_lengths.empty(), "a document without a sentence");
  const auto sum = std::accumulate(sentence_lengths.begin(), sentence_lengths.end(), std::int64_t{0});
  BERTFORGE_CHECK(sum == std::ssize(ids), "lengths add up to ", sum, ", not ", ids.size());

  write_tokens(ids);
  for (const std::int64_t length : sentence_lengths) {
    BERTFORGE_CHECK(length > 0, "a sentence of ", length, " tokens");
    write_offset(sentences_, counts_.tokens += length);
  }
  write_offset(documents_, counts_.sentences += std::ssize(sentence_lengths));
  ++counts_.documents;
}

DatasetMeta TokenStoreWriter::finish(DatasetMeta meta) {
  if (counts_.documents == 0 && !meta.part) {
    fail(ErrorKind::kInput, "no text in ", meta.sources.empty() ? "the input" : meta.sources.front(),
         ": a dataset needs one sentence at least");
  }
  tokens_.close();
  sentences_.close();
  documents_.close();

  meta.counts.documents = counts_.documents;  // The other counts are the builder's.
  meta.counts.sentences = counts_.sentences;
  meta.counts.tokens = counts_.tokens;
  meta.counts.unknown_tokens = counts_.unknown_tokens;
  meta.vocabulary_size = tokenizer_.vocabulary_size();
  meta.bytes_per_token = bytes_per_token_;
  meta.tokenizer_fingerprint = tokenizer_.fingerprint();
  meta.content_hash = hash_of_dataset(folder_.path(), meta.tokenizer_fingerprint);

  const std::filesystem::path tokenizer_folder = folder_.path() / dataset_files::kTokenizer;
  make_folders(tokenizer_folder);
  tokenizer_.save(tokenizer_folder, /*max_length=*/512);
  write_file_atomic(folder_.path() / dataset_files::kMeta, to_json(meta));
  return meta;
}

void TokenStoreWriter::publish() { folder_.publish(); }

}  // namespace bertforge
