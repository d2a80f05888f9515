#include "bertforge/base/error.h"
#include "bertforge/text/unicode.h"
#include "corpus_formats.h"
#include "document_limit.h"
#include "file_corpus_reader.h"

namespace bertforge {

namespace {

class LinesReader : public FileCorpusReader {
 public:
  LinesReader(std::vector<std::string> files, std::size_t max_document_bytes)
      : FileCorpusReader(std::move(files)), limit_(max_document_bytes) {}

  bool next(Document& document) override {
    document.sentences.clear();
    for (std::string line; true;) {
      const LineSource::Event event = source_.next(line);
      const bool is_sentence = event == LineSource::Event::kLine && !is_blank(line);
      if (is_sentence) document.sentences.push_back(std::move(line));
      if (is_sentence && limit_.is_reached(document)) return found_any_ = true;
      if (is_sentence) continue;
      if (!document.sentences.empty()) return found_any_ = true;
      if (event == LineSource::Event::kEnd) break;
    }
    if (!found_any_) fail(ErrorKind::kInput, source_.file_names(), ": no text; one sentence a line is expected");
    return false;
  }

 private:
  DocumentLimit limit_;
  bool found_any_ = false;
};

}  // namespace

std::unique_ptr<CorpusReader> make_lines_reader(std::vector<std::string> files, std::size_t max_document_bytes) {
  return std::make_unique<LinesReader>(std::move(files), max_document_bytes);
}

}  // namespace bertforge
