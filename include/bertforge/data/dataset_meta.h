#pragma once
// meta.json of a dataset folder: what the dataset was made from and with, and how much of it there is.
//
// Fed by dataset_builder.h; eaten by token_store.h and dataset_report.h. Format: docs/file_formats.md.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bertforge {

struct DatasetCounts {
  std::int64_t documents = 0, sentences = 0, tokens = 0;
  std::int64_t unknown_tokens = 0;                            // [UNK] among the tokens.
  std::int64_t dropped_documents = 0, dropped_sentences = 0;  // Those without a token.
  std::int64_t duplicate_documents = 0;  // Equal to an earlier one, kept or not; 0 in older datasets.
  std::int64_t literal_special_tokens =
      0;                          // Spelled out in the text ("[MASK]"), and read as text; 0 in older datasets.
  std::int64_t invalid_utf8 = 0;  // U+FFFD read for bytes that are not UTF-8; 0 in older datasets, which did not count.
  bool operator==(const DatasetCounts&) const = default;
};

// Of a dataset that was made from one part of its sources, to be merged with the others.
struct DatasetPart {
  std::int64_t index = 1, count = 1;  // From 1.
  std::int64_t corpus_bytes = 0;      // Of all sources, as they lay there.
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
  std::string text_field;            // jsonl: the member that held the text; "" otherwise, and in older datasets.
  bool undo_joins = false;           // Whether " @-@ " in WikiText was read as "-"; false in older datasets.
  bool keep_unk = false;             // Whether `<unk>` in the text was read as text.
  bool drop_duplicates = false;      // Whether duplicate_documents were left out; false in older datasets.
  std::string icu_version;           // Of the ICU that split its paragraphs ("72.1"); "" in older datasets.
  std::int64_t sentence_rules = 1;   // Of ours, beside ICU's (sentence_splitter.h); 1 in older datasets.
  std::optional<DatasetPart> part;   // nullopt: it has all of its sources.
};

// Unsigned 16 bit where every id fits, else 32.
std::int64_t bytes_per_token(std::int64_t vocabulary_size);

std::string to_json(const DatasetMeta& meta);

// Error(kInput) that opens with `origin`, the file's name: not JSON, a newer format version, a value missing or impossible.
DatasetMeta parse_dataset_meta(std::string_view json, const std::string& origin);

}  // namespace bertforge
