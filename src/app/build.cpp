#include "bertforge/app/build.h"

#include "bertforge/base/log.h"

namespace bertforge {

DatasetMeta build_corpus_dataset(const CorpusFiles& corpus, const Tokenizer& tokenizer,
                                 const std::filesystem::path& output, const BuildOptions& options) {
  const std::string format = resolve_corpus_format(corpus);
  const auto reader = open_corpus(format, corpus.files, corpus.options);
  const CorpusDescription description = {.sources = corpus.files, .format = format};
  DatasetMeta meta = build_dataset(*reader, tokenizer, output, {.keep_unk = corpus.keep_unk}, description, options);
  const DatasetCounts& counts = meta.counts;
  log_info(counts.documents, " documents, ", counts.sentences, " sentences, ", counts.tokens, " tokens, ",
           counts.unknown_tokens, " of them unknown");
  if (counts.dropped_documents > 0 || counts.dropped_sentences > 0) {
    log_info("without a token, so left out: ", counts.dropped_documents, " documents, ", counts.dropped_sentences,
             " sentences");
  }
  if (counts.duplicate_documents > 0) {
    log_info("equal to an earlier one: ", counts.duplicate_documents, " documents, ",
             options.drop_duplicates ? "left out" : "kept (--drop-duplicates leaves them out)");
  }
  warn_of_invalid_utf8(reader->invalid_utf8());
  return meta;
}

}  // namespace bertforge
