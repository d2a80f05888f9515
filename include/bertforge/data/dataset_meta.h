#pragma once
// meta.json of a dataset folder: what the dataset was made from and with, and how much of it there is.
//
// Fed by dataset_builder.h; eaten by token_store.h and dataset_report.h. Format: docs/file_formats.md.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

struct DatasetCounts {
  std::int64_t documents = 0, sentences = 0, tokens = 0;
  std::int64_t unknown_tokens = 0;                            // [UNK] among the tokens.
  std::int64_t dropped_documents = 0, dropped_sentences = 0;  // Those without a token.
  std::int64_t duplicate_documents = 0;  // Equal to an earlier one, kept or not; 0 in older datasets.
  std::int64_t invalid_utf8 = 0;  // U+FFFD read for bytes that are not UTF-8; 0 in older datasets, which did not count.
  bool operator==(const DatasetCounts&) const = default;
};

struct DatasetMeta {
  static constexpr std::int64_t kFormatVersion = 1;

  std::string content_hash;  // Of tokens, offsets and tokenizer: equal for datasets that give equal examples.
  std::string tokenizer_fingerprint;
  std::int64_t vocabulary_size = 0;
  std::int64_t bytes_per_token = 2;
  DatasetCounts counts;
  std::vector<std::string> sources;  // The files it was built from.
  std::string format;                // How they were read ("wikitext").
  bool keep_unk = false;             // Whether `<unk>` in the text was read as text.
  std::string icu_version;           // Of the ICU that split its paragraphs ("72.1"); "" in older datasets.
};

// Unsigned 16 bit where every id fits, else 32.
std::int64_t bytes_per_token(std::int64_t vocabulary_size);

std::string to_json(const DatasetMeta& meta);

// Error(kInput) that opens with `origin`, the file's name: not JSON, a newer format version, a value missing or impossible.
DatasetMeta parse_dataset_meta(std::string_view json, const std::string& origin);

}  // namespace bertforge
