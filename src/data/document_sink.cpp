#include "document_sink.h"

#include "bertforge/base/error.h"

namespace bertforge {
namespace {

void require_both_sides(const DatasetCounts& training, const DatasetCounts& held_out, double valid_fraction) {
  const std::int64_t num_documents = training.documents + held_out.documents;
  if (num_documents == 0 || (training.documents > 0 && held_out.documents > 0)) return;
  fail(ErrorKind::kInput, "of ", num_documents, " documents ", held_out.documents,
       " are held out with a valid fraction of ", valid_fraction,
       "; both sides need one at least: more documents, or another fraction");
}

}  // namespace

DocumentSink::DocumentSink(const std::filesystem::path& folder, const Tokenizer& tokenizer, const BuildOptions& options)
    : selection_(options.selection), writer_(folder, tokenizer, options.replace) {
  if (selection_.valid_fraction > 0 || options.held_out != nullptr)
    held_out_.emplace(options.valid_folder, tokenizer, options.replace);
}

void DocumentSink::add(std::span<const TokenId> ids, std::span<const std::int64_t> sentence_lengths,
                       std::uint64_t hash) {
  const bool is_new = hashes_.add(hash);
  num_duplicates_ += !is_new;
  if (is_new || !selection_.drop_duplicates) writer_of(hash).add_document(ids, sentence_lengths);
}

void DocumentSink::add_held_out(std::span<const TokenId> ids, std::span<const std::int64_t> sentence_lengths,
                                std::uint64_t hash) {
  num_held_out_duplicates_ += !held_out_hashes_.add(hash);
  held_out_->add_document(ids, sentence_lengths);
}

TokenStoreWriter& DocumentSink::writer_of(std::uint64_t hash) {
  const double place = static_cast<double>(hash >> 11) * 0x1p-53;  // Uniform in [0, 1).
  return held_out_ && place < selection_.valid_fraction ? *held_out_ : writer_;
}

DatasetMeta DocumentSink::publish(DatasetMeta meta, std::optional<DatasetMeta> of_held_out) {
  meta.counts.duplicate_documents = num_duplicates_;
  meta.drop_duplicates = selection_.drop_duplicates;
  if (of_held_out) {
    of_held_out->counts.duplicate_documents = num_held_out_duplicates_;
  } else if (held_out_) {
    require_both_sides(writer_.counts(), held_out_->counts(), selection_.valid_fraction);
    of_held_out = meta;
    of_held_out->counts = {};  // What was dropped and counted is told of the whole corpus, with the training part.
  }
  if (held_out_) held_out_->finish(std::move(*of_held_out));
  meta = writer_.finish(std::move(meta));
  if (held_out_) held_out_->publish();
  writer_.publish();
  return meta;
}

}  // namespace bertforge
