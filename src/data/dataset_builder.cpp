#include "bertforge/data/dataset_builder.h"

#include <condition_variable>
#include <functional>
#include <mutex>

#include "bertforge/base/error.h"
#include "bertforge/base/parallel.h"
#include "bertforge/base/progress.h"
#include "bertforge/data/token_store.h"
#include "bertforge/text/literal_specials.h"
#include "bertforge/text/sentence_encoder.h"
#include "bertforge/text/sentence_splitter.h"
#include "document_hashes.h"
#include "document_sink.h"

namespace bertforge {

namespace {

// Text of a chunk: large enough that threads seldom meet, small enough that they end together.
constexpr std::size_t kChunkBytes = std::size_t{1} << 18;

// Documents that one thread reads, tokenizes and writes.
struct Chunk {
  std::int64_t number = 0;
  std::uint64_t num_bytes_read = 0;  // Of the whole corpus, when the chunk was complete.
  std::vector<Document> documents;

  std::vector<TokenId> ids;                    // Of all documents, one after the other.
  std::vector<std::int64_t> sentence_lengths;  // Tokens of each sentence that has some.
  std::vector<std::int64_t> document_lengths;  // Sentences of each document that has some.
  std::vector<std::uint64_t> document_hashes;
  std::int64_t dropped_sentences = 0, dropped_documents = 0, literal_special_tokens = 0;
};

// Where a document goes: its ids, the tokens of its sentences, its hash.
using AddDocument = std::function<void(std::span<const TokenId>, std::span<const std::int64_t>, std::uint64_t)>;

// Every thread does all three steps: it reads the next chunk under one lock, tokenizes it alone, and writes it when its turn
// has come under another. So chunks are written in the order they were read.
class Build {
 public:
  Build(CorpusReader& reader, const Tokenizer& tokenizer, const BuildConfig& config, AddDocument add)
      : reader_(reader),
        tokenizer_(tokenizer),
        config_(config),
        literal_specials_(tokenizer),
        add_(std::move(add)),
        progress_("building", reader.num_bytes_total() / kMegabyte, "MB") {}

  void run(int num_threads) {
    parallel_for(static_cast<std::size_t>(num_threads), num_threads, [this](std::size_t) { work(); });
  }

  // Of the counts, only what was dropped, and special tokens in the text.
  const DatasetCounts& dropped() const { return dropped_; }

 private:
  static constexpr std::uint64_t kMegabyte = 1'000'000;

  void work() {
    try {
      Chunk chunk;
      SentenceSplitter splitter;
      SentenceEncoder encoder(tokenizer_, config_.keep_unk ? "" : kWikiTextUnknown);
      while (read(chunk)) {
        encode(chunk, splitter, encoder);
        if (!write(chunk)) return;
      }
    } catch (...) {
      const std::lock_guard lock(write_mutex_);
      failed_ = true;  // The others must not wait for a turn that never comes.
      turn_.notify_all();
      throw;
    }
  }

  bool read(Chunk& chunk) {
    const std::lock_guard lock(read_mutex_);
    chunk = {};
    chunk.number = num_read_;
    std::size_t num_bytes = 0;
    for (Document document; num_bytes < kChunkBytes && !at_end_;) {
      document.sentences.clear();
      at_end_ = true;  // For the other threads, where next() throws.
      at_end_ = !reader_.next(document);
      if (at_end_) break;
      for (const std::string& sentence : document.sentences) num_bytes += sentence.size() + 1;
      chunk.documents.push_back(std::move(document));
    }
    chunk.num_bytes_read = reader_.num_bytes_read();
    num_read_ += !chunk.documents.empty();
    return !chunk.documents.empty();
  }

  // Replaces the chunk's documents by their ids.
  void encode(Chunk& chunk, SentenceSplitter& splitter, SentenceEncoder& encoder) const {
    std::vector<std::string> sentences;
    std::vector<std::int64_t> document_ends,
        lengths;  // Ends: in `sentences`. Lengths: 0 where a sentence has no token.
    for (Document& document : chunk.documents) {
      for (std::string& text : document.sentences) {
        chunk.literal_special_tokens += literal_specials_.count(text);
        if (reader_.gives_paragraphs()) {
          splitter.split(text, sentences);
        } else {
          sentences.push_back(std::move(text));
        }
      }
      document_ends.push_back(std::ssize(sentences));
    }
    chunk.documents.clear();
    encoder.encode(sentences, chunk.ids, lengths);

    std::span<const TokenId> ids = chunk.ids;
    std::int64_t begin = 0;
    for (const std::int64_t end : document_ends) {
      add_document(std::span(lengths).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)),
                   ids, chunk);
      begin = end;
    }
  }

  // The ids of the document stand at the front of `ids`, and are taken off it.
  static void add_document(std::span<const std::int64_t> lengths, std::span<const TokenId>& ids, Chunk& chunk) {
    const std::size_t num_before = chunk.sentence_lengths.size();
    std::size_t num_tokens = 0;
    for (const std::int64_t length : lengths) {
      if (length > 0) chunk.sentence_lengths.push_back(length);
      num_tokens += static_cast<std::size_t>(length);
    }
    const std::span kept = std::span<const std::int64_t>(chunk.sentence_lengths).subspan(num_before);
    chunk.dropped_sentences += std::ssize(lengths) - std::ssize(kept);
    if (kept.empty()) {
      ++chunk.dropped_documents;
      return;
    }
    chunk.document_lengths.push_back(std::ssize(kept));
    chunk.document_hashes.push_back(document_hash(ids.first(num_tokens), kept));
    ids = ids.subspan(num_tokens);
  }

  // False where another thread has failed.
  bool write(const Chunk& chunk) {
    std::unique_lock lock(write_mutex_);
    turn_.wait(lock, [&] { return failed_ || num_written_ == chunk.number; });
    if (failed_) return false;

    write_documents(chunk);
    dropped_.dropped_sentences += chunk.dropped_sentences;
    dropped_.dropped_documents += chunk.dropped_documents;
    dropped_.literal_special_tokens += chunk.literal_special_tokens;
    progress_.update(chunk.num_bytes_read / kMegabyte);
    ++num_written_;
    turn_.notify_all();
    return true;
  }

  void write_documents(const Chunk& chunk) {
    const TokenId* ids = chunk.ids.data();
    const std::int64_t* lengths = chunk.sentence_lengths.data();
    for (std::size_t i = 0; i < chunk.document_lengths.size(); ++i) {
      const std::span document_lengths(lengths, static_cast<std::size_t>(chunk.document_lengths[i]));
      std::size_t num_tokens = 0;
      for (const std::int64_t length : document_lengths) num_tokens += static_cast<std::size_t>(length);
      add_({ids, num_tokens}, document_lengths, chunk.document_hashes[i]);
      ids += num_tokens;
      lengths += document_lengths.size();
    }
  }

  CorpusReader& reader_;
  const Tokenizer& tokenizer_;
  const BuildConfig& config_;
  const LiteralSpecials literal_specials_;
  const AddDocument add_;

  std::mutex read_mutex_;  // Of the reader and these two.
  std::int64_t num_read_ = 0;
  bool at_end_ = false;

  std::mutex write_mutex_;  // Of add_ and all below.
  std::condition_variable turn_;
  std::int64_t num_written_ = 0;
  DatasetCounts dropped_;
  bool failed_ = false;
  ProgressBar progress_;
};

// Returns what meta.json says of the corpus; of the counts only what add() is not told.
DatasetMeta run_build(CorpusReader& reader, const Tokenizer& tokenizer, const BuildConfig& config,
                      const CorpusDescription& corpus, int num_threads, AddDocument add) {
  DatasetMeta meta;
  {
    Build build(reader, tokenizer, config, std::move(add));
    build.run(num_threads);
    meta.counts = build.dropped();
  }
  meta.counts.invalid_utf8 = reader.invalid_utf8().num_replacements;
  meta.sources = corpus.sources;
  meta.format = corpus.format;
  meta.text_field = corpus.text_field;
  meta.undo_joins = corpus.undo_joins;
  meta.keep_unk = config.keep_unk;
  meta.icu_version = icu_version();
  meta.sentence_rules = kSentenceRules;
  meta.part = corpus.part;
  return meta;
}

}  // namespace

void visit_fields(BuildConfig& config, FieldList& fields) {
  fields.add("keep_unk", config.keep_unk, "Read `<unk>` in the corpus as text instead of as [UNK].");
}

void visit_fields(SelectionConfig& selection, FieldList& fields) {
  fields.add("drop_duplicates", selection.drop_duplicates, "Keep only the first of documents that are equal.");
  fields.add("valid_fraction", selection.valid_fraction,
             "Hold out this share of the documents, chosen by their content.", {0.0, 0.9});
}

DatasetMeta build_dataset(CorpusReader& reader, const Tokenizer& tokenizer, const std::filesystem::path& folder,
                          const BuildConfig& config, const CorpusDescription& corpus, const BuildOptions& options) {
  DocumentSink sink(folder, tokenizer, options);
  const int num_threads = resolve_num_threads(options.num_threads);
  std::optional<DatasetMeta> of_held_out;
  if (options.held_out != nullptr) {
    const auto add = [&](auto... document) { sink.add_held_out(document...); };
    of_held_out =
        run_build(options.held_out->reader, tokenizer, config, options.held_out->description, num_threads, add);
  }
  DatasetMeta meta =
      run_build(reader, tokenizer, config, corpus, num_threads, [&](auto... document) { sink.add(document...); });
  return sink.publish(std::move(meta), std::move(of_held_out));
}

}  // namespace bertforge
