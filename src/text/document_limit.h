#pragma once
// Where readers cut a document that grows too large for memory.

#include <cstddef>

#include "bertforge/base/log.h"
#include "bertforge/text/corpus_reader.h"

namespace bertforge {

// One for each reader.
class DocumentLimit {
 public:
  explicit DocumentLimit(std::size_t max_bytes) : max_bytes_(max_bytes), warned_(max_bytes != kMaxDocumentBytes) {}

  void begin_document() { num_counted_ = num_bytes_ = 0; }

  // Whether `document`, to which sentences were appended since the last call, has reached the limit. It is cut there; the first
  // time a warning says so, unless the caller has chosen the limit.
  bool is_reached(const Document& document) {
    for (; num_counted_ < document.sentences.size(); ++num_counted_) {
      num_bytes_ += document.sentences[num_counted_].size() + kBytesPerSentence;
    }
    if (num_bytes_ < max_bytes_) return false;
    num_counted_ = num_bytes_ = 0;
    if (!warned_) {
      log_warning("a document has more than ", kMaxDocumentBytes >> 20,
                  " MiB of text and is cut there into several; is the corpus read in the right format, with a mark "
                  "between its documents?");
    }
    warned_ = true;
    return true;
  }

 private:
  static constexpr std::size_t kBytesPerSentence = 32;  // What a sentence takes beside its text.

  std::size_t max_bytes_, num_counted_ = 0, num_bytes_ = 0;
  bool warned_;
};

}  // namespace bertforge
