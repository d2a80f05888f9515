#pragma once
// A part of a corpus, drawn sentence by sentence: which ones stay depends on their numbers alone.

#include "bertforge/text/corpus_reader.h"

namespace bertforge {

// Passes on about `share` of the sentences of `corpus`, which outlives it.
class SampledCorpus : public CorpusReader {
 public:
  SampledCorpus(CorpusReader& corpus, double share) : corpus_(corpus), share_(share) {}

  bool next(Document& document) override;
  std::uint64_t num_bytes_read() const override { return corpus_.num_bytes_read(); }
  std::uint64_t num_bytes_total() const override { return corpus_.num_bytes_total(); }
  const InvalidUtf8& invalid_utf8() const override { return corpus_.invalid_utf8(); }

 private:
  CorpusReader& corpus_;
  double share_;
  std::uint64_t num_sentences_ = 0;  // Read so far.
};

}  // namespace bertforge
