#include "bertforge/app/build.h"

#include <charconv>

#include "bertforge/base/error.h"
#include "bertforge/base/files.h"
#include "bertforge/base/log.h"
#include "bertforge/base/numbers.h"
#include "bertforge/base/stop_signal.h"
#include "bertforge/data/duplicates.h"
#include "bertforge/text/tokenizer_folder.h"

namespace bertforge {
namespace {

void log_counts(const DatasetCounts& counts, const SelectionConfig& selection) {
  log_info(counts.documents, " documents, ", counts.sentences, " sentences, ", counts.tokens, " tokens, ",
           counts.unknown_tokens, " of them unknown");
  if (counts.dropped_documents > 0 || counts.dropped_sentences > 0) {
    log_info("without a token, so left out: ", counts.dropped_documents, " documents, ", counts.dropped_sentences,
             " sentences");
  }
  if (counts.duplicate_documents > 0) {
    log_info("equal to an earlier one: ", counts.duplicate_documents, " documents, ",
             selection.drop_duplicates ? "left out" : "kept (--drop-duplicates leaves them out)");
  }
}

// Makes `reading` and `files` those of the shard.
DatasetPart take_part(Shard shard, std::string_view format, std::vector<std::string>& files, CorpusOptions& reading) {
  if (reading.join_files) {
    fail(ErrorKind::kUsage,
         "a corpus whose documents go on in the next file (--compat google) cannot be built in shards");
  }
  const std::uint64_t num_bytes = corpus_bytes(files);
  CorpusPart part = part_of_corpus(format, files, shard);
  files = std::move(part.files);
  reading.ranges = std::move(part.ranges);
  reading.may_be_empty = true;
  return {shard.index, shard.count, static_cast<std::int64_t>(num_bytes)};
}

struct OpenCorpus {
  OpenCorpus(const CorpusFiles& corpus, std::optional<Shard> shard) {
    const std::string format = resolve_corpus_format(corpus);
    description = {.sources = corpus.files,
                   .format = format,
                   .text_field = format == "jsonl" ? corpus.options.text_field : "",
                   .undo_joins = format == "wikitext" && corpus.options.undo_joins};
    std::vector<std::string> files = corpus.files;
    CorpusOptions reading = corpus.options;
    if (shard) description.part = take_part(*shard, format, files, reading);
    reader = open_corpus(format, std::move(files), reading);
  }

  CorpusDescription description;
  std::unique_ptr<CorpusReader> reader;
};

std::vector<std::filesystem::path> output_folders(const std::filesystem::path& output, const BuildOptions& options) {
  if (options.valid_folder.empty()) return {output};
  return {output, options.valid_folder};
}

}  // namespace

DatasetMeta build_corpus_dataset(const CorpusFiles& corpus, const Tokenizer& tokenizer,
                                 const std::filesystem::path& output, const BuildOptions& options,
                                 std::optional<Shard> shard, const CorpusFiles* held_out, const std::string& notice) {
  OpenCorpus opened(corpus, shard);
  const BuildConfig config = {.keep_unk = corpus.keep_unk};
  BuildOptions all = options;
  std::optional<OpenCorpus> opened_held_out;
  std::optional<HeldOutCorpus> of_held_out;
  if (held_out != nullptr) {
    opened_held_out.emplace(*held_out, std::nullopt);
    of_held_out.emplace(HeldOutCorpus{*opened_held_out->reader, opened_held_out->description});
    all.held_out = &*of_held_out;
  }
  const DatasetMeta meta = [&] {
    const StopNotice stop_notice(notice.empty() ? unfinished_notice("building", output_folders(output, options))
                                                : notice);
    return build_dataset(*opened.reader, tokenizer, output, config, opened.description, all);
  }();
  log_counts(meta.counts, options.selection);
  warn_of_invalid_utf8(opened.reader->invalid_utf8());
  if (opened_held_out) {
    warn_of_invalid_utf8(opened_held_out->reader->invalid_utf8());
    warn_of_common_documents(TokenStore(output), TokenStore(options.valid_folder), options.num_threads);
  }
  return meta;
}

DatasetMeta merge_shards(const std::vector<std::string>& shards, const std::filesystem::path& output,
                         const BuildOptions& options) {
  for (const std::string& shard : shards) {
    require_folder(shard);
    if (!path_exists(std::filesystem::path(shard) / dataset_files::kMeta)) {
      fail(ErrorKind::kUsage, shard, " is no dataset; the datasets made by build --shard are expected");
    }
  }
  const auto tokenizer = load_tokenizer(std::filesystem::path(shards.front()) / dataset_files::kTokenizer);
  const DatasetMeta meta = [&] {
    const StopNotice notice(unfinished_notice("merging", output_folders(output, options)));
    return merge_datasets({shards.begin(), shards.end()}, *tokenizer, output, options);
  }();
  log_counts(meta.counts, options.selection);
  return meta;
}

void warn_of_common_documents(const TokenStore& training, const TokenStore& held_out, int num_threads) {
  const std::int64_t num_common = count_common_documents(held_out, training, num_threads);
  if (num_common == 0) return;
  log_warning(num_common, " of the ", held_out.num_documents(),
              " held-out documents are in the training data too: the held-out loss will look better than it is");
}

Shard parse_shard(const std::string& text, const std::string& option) {
  constexpr std::int64_t kMaxCount = 1'000'000;
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  const bool has_count = index.ec == std::errc() && index.ptr < end && *index.ptr == '/';
  const auto count = has_count ? std::from_chars(index.ptr + 1, end, shard.count) : index;
  if (!has_count || count.ec != std::errc() || count.ptr != end || shard.index < 1 || shard.index > shard.count ||
      shard.count > kMaxCount) {
    fail(ErrorKind::kUsage, option, " is \"", text, "\"; I/N is expected, the shard I of N, from 1 to N (", kMaxCount,
         " at most)");
  }
  return shard;
}

}  // namespace bertforge
