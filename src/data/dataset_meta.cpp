#include "bertforge/data/dataset_meta.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/formats/json.h"

namespace bertforge {

namespace {

constexpr const char* kKind = "bertforge dataset";
constexpr std::int64_t kMaxCount = std::int64_t{1} << 56;  // Sizes in bytes made of such counts do not overflow.

constexpr std::int64_t kMaxVocabularySize = std::numeric_limits<std::int32_t>::max();  // What a TokenId reaches.

std::int64_t checked_count(std::int64_t count, const char* key, const std::string& where,
                           std::int64_t max = kMaxCount) {
  if (count < 0 || count > max) {
    fail(ErrorKind::kInput, where, ": '", key, "' is ", count, "; a number from 0 to ", max, " is expected");
  }
  return count;
}

std::int64_t get_count(const nlohmann::json& object, const char* key, const std::string& where,
                       std::int64_t max = kMaxCount) {
  return checked_count(get_int(object, key, where), key, where, max);
}

// Before anything else is read: a newer version may mean all else differently.
void check_version(const nlohmann::json& json, const std::string& where) {
  if (get_string(json, "kind", where) != kKind) {
    fail(ErrorKind::kInput, where, ": 'kind' is \"", get_string(json, "kind", where), "\", not \"", kKind, "\"");
  }
  const std::int64_t version = get_int(json, "format_version", where);
  if (version != DatasetMeta::kFormatVersion) {
    fail(ErrorKind::kInput, where, ": format version ", version, "; this program reads version ",
         DatasetMeta::kFormatVersion, " (build the dataset again, or use the program that made it)");
  }
}

DatasetCounts parse_counts(const nlohmann::json& json, const std::string& where) {
  DatasetCounts counts;
  counts.documents = get_count(json, "documents", where);
  counts.sentences = get_count(json, "sentences", where);
  counts.tokens = get_count(json, "tokens", where);
  counts.unknown_tokens = get_count(json, "unknown_tokens", where);
  counts.dropped_documents = get_count(json, "dropped_documents", where);
  counts.dropped_sentences = get_count(json, "dropped_sentences", where);
  const auto newer_count = [&](const char* key) {  // 0 in older datasets.
    return checked_count(get_int(json, key, where, /*fallback=*/0), key, where);
  };
  counts.duplicate_documents = newer_count("duplicate_documents");
  counts.literal_special_tokens = newer_count("literal_special_tokens");
  counts.invalid_utf8 = newer_count("invalid_utf8");
  return counts;
}

DatasetPart parse_part(const nlohmann::json& json, const std::string& where) {
  DatasetPart part;
  part.index = get_count(json, "index", where);
  part.count = get_count(json, "of", where);
  part.corpus_bytes = get_count(json, "corpus_bytes", where);
  if (part.index < 1 || part.index > part.count) {
    fail(ErrorKind::kInput, where, ": part ", part.index, " of ", part.count, "; parts count from 1");
  }
  return part;
}

}  // namespace

std::int64_t bytes_per_token(std::int64_t vocabulary_size) { return vocabulary_size <= 65536 ? 2 : 4; }

std::string to_json(const DatasetMeta& meta) {
  const DatasetCounts& counts = meta.counts;
  nlohmann::ordered_json json = {
      {"kind", kKind},
      {"format_version", DatasetMeta::kFormatVersion},
      {"content_hash", meta.content_hash},
      {"tokenizer_fingerprint", meta.tokenizer_fingerprint},
      {"vocabulary_size", meta.vocabulary_size},
      {"bytes_per_token", meta.bytes_per_token},
      {"counts",
       {{"documents", counts.documents},
        {"sentences", counts.sentences},
        {"tokens", counts.tokens},
        {"unknown_tokens", counts.unknown_tokens},
        {"dropped_documents", counts.dropped_documents},
        {"dropped_sentences", counts.dropped_sentences},
        {"duplicate_documents", counts.duplicate_documents},
        {"literal_special_tokens", counts.literal_special_tokens},
        {"invalid_utf8", counts.invalid_utf8}}},
      {"sources", meta.sources},
      {"options",
       {{"format", meta.format},
        {"undo_joins", meta.undo_joins},
        {"keep_unk", meta.keep_unk},
        {"drop_duplicates", meta.drop_duplicates}}},
      {"icu_version", meta.icu_version},
      {"sentence_rules", meta.sentence_rules},
  };
  if (!meta.text_field.empty()) json["options"]["text_field"] = meta.text_field;
  if (meta.part) {
    json["part"] = {{"index", meta.part->index}, {"of", meta.part->count}, {"corpus_bytes", meta.part->corpus_bytes}};
  }
  // A source may be named in bytes that are not UTF-8.
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

DatasetMeta parse_dataset_meta(std::string_view text, const std::string& origin) {
  const nlohmann::json json = parse_json(text, origin);
  check_version(json, origin);

  DatasetMeta meta;
  meta.content_hash = get_string(json, "content_hash", origin);
  meta.tokenizer_fingerprint = get_string(json, "tokenizer_fingerprint", origin);
  meta.vocabulary_size = get_count(json, "vocabulary_size", origin, kMaxVocabularySize);
  meta.bytes_per_token = get_count(json, "bytes_per_token", origin);
  if (meta.bytes_per_token != bytes_per_token(meta.vocabulary_size)) {
    fail(ErrorKind::kInput, origin, ": 'bytes_per_token' is ", meta.bytes_per_token, "; a vocabulary of ",
         meta.vocabulary_size, " has ", bytes_per_token(meta.vocabulary_size));
  }
  meta.counts = parse_counts(get_member(json, "counts", origin), origin);
  meta.sources = get_strings(json, "sources", origin);
  const nlohmann::json& options = get_member(json, "options", origin);
  meta.format = get_string(options, "format", origin);
  meta.keep_unk = get_bool(options, "keep_unk", origin);
  if (options.contains("undo_joins")) meta.undo_joins = get_bool(options, "undo_joins", origin);
  if (options.contains("drop_duplicates")) meta.drop_duplicates = get_bool(options, "drop_duplicates", origin);
  meta.text_field = get_string(options, "text_field", origin, "");
  meta.icu_version = get_string(json, "icu_version", origin, "");
  meta.sentence_rules = get_int(json, "sentence_rules", origin, /*fallback=*/1);
  if (json.contains("part")) meta.part = parse_part(json["part"], origin);
  return meta;
}

}  // namespace bertforge
