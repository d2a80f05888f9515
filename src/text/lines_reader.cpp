#include "bertforge/base/error.h"
#include "bertforge/text/unicode.h"
#include "corpus_formats.h"
#include "document_limit.h"
#include "file_corpus_reader.h"

namespace bertforge {

namespace {

// Lines are sentences, or paragraphs: the documents are the same.
class LinesReader : public FileCorpusReader {
 public:
  LinesReader(std::vector<std::string> files, const CorpusOptions& options, bool are_paragraphs)
      : FileCorpusReader(std::move(files), options),
        limit_(options.max_document_bytes),
        join_files_(options.join_files),
        are_paragraphs_(are_paragraphs) {}

  bool gives_paragraphs() const override { return are_paragraphs_; }

  bool next(Document& document) override {
    document.sentences.clear();
    limit_.begin_document();
    for (std::string line; true;) {
      const LineSource::Event event = source_.next(line);
      const bool is_sentence = event == LineSource::Event::kLine && !is_blank(line);
      if (is_sentence) document.sentences.push_back(std::move(line));
      if (is_sentence && limit_.is_reached(document)) return found_any_ = true;
      if (is_sentence || (join_files_ && event == LineSource::Event::kEndOfFile)) continue;
      if (!document.sentences.empty()) return found_any_ = true;
      if (event == LineSource::Event::kEnd) break;
    }
    return end_of_text(are_paragraphs_ ? "one paragraph a line is" : "one sentence a line is");
  }

 private:
  DocumentLimit limit_;
  bool join_files_, are_paragraphs_;
};

}  // namespace

std::unique_ptr<CorpusReader> make_lines_reader(std::vector<std::string> files, const CorpusOptions& options) {
  return std::make_unique<LinesReader>(std::move(files), options, /*are_paragraphs=*/false);
}

std::unique_ptr<CorpusReader> make_paragraphs_reader(std::vector<std::string> files, const CorpusOptions& options) {
  return std::make_unique<LinesReader>(std::move(files), options, /*are_paragraphs=*/true);
}

}  // namespace bertforge
