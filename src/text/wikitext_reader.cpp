#include <utility>

#include "bertforge/base/error.h"
#include "bertforge/text/sentence_splitter.h"
#include "bertforge/text/unicode.h"
#include "corpus_formats.h"
#include "document_limit.h"
#include "file_corpus_reader.h"

namespace bertforge {

namespace {

// 1 for "= Title =", 2 for "= = Section = =", ...; 0 for a line that is no heading.
int heading_level(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return 0;
  line = line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
  int level = 0;
  while (line.starts_with("= ") && line.ends_with(" =") && line.size() > 4) {
    line = line.substr(2, line.size() - 4);
    ++level;
  }
  return level;
}

// " @-@ " is "-" between what stands on both sides; so are "," and ".".
void undo_joins(std::string& line) {
  constexpr std::size_t kJoinBytes = 5;
  std::size_t end = 0;  // Of what is rewritten, in place.
  for (std::size_t i = 0; i < line.size();) {
    const std::string_view join = std::string_view(line).substr(i, kJoinBytes);
    if (join == " @-@ " || join == " @,@ " || join == " @.@ ") {
      line[end++] = join[2];
      i += kJoinBytes;
    } else {
      line[end++] = line[i++];
    }
  }
  line.resize(end);
}

// An article starts at a heading of level 1 between blank lines (files begin and end as if with one). Without those, such a
// line is text: a formula, a row of a table. Deeper headings are left out wherever they stand.
class WikiTextReader : public FileCorpusReader {
 public:
  WikiTextReader(std::vector<std::string> files, const CorpusOptions& options)
      : FileCorpusReader(std::move(files), options),
        limit_(options.max_document_bytes),
        undo_joins_(options.undo_joins) {
    read_ahead();
  }

  bool next(Document& document) override {
    document.sentences.clear();
    limit_.begin_document();
    while (event_ != LineSource::Event::kEnd) {
      const bool starts_document = take_line(document);
      const bool is_full = limit_.is_reached(document);
      if ((starts_document || is_full) && !document.sentences.empty()) return found_any_ = true;
    }
    if (!document.sentences.empty()) return found_any_ = true;
    return end_of_text("articles under \" = Title = \" are");
  }

 private:
  void read_ahead() {
    event_ = source_.next(ahead_);
    ahead_is_blank_ = event_ != LineSource::Event::kLine || is_blank(ahead_);
  }

  // Takes the line ahead; its sentences go to `document`. True where the document ends here: at a title or a file's end.
  bool take_line(Document& document) {
    const bool is_end_of_file = event_ == LineSource::Event::kEndOfFile, is_empty = ahead_is_blank_;
    line_.swap(ahead_);
    read_ahead();
    const bool after_blank = std::exchange(last_was_blank_, is_empty);
    if (is_empty) return is_end_of_file;
    const int level = heading_level(line_);
    if (level == 1 && after_blank && ahead_is_blank_) return true;
    if (level >= 2) return false;
    if (undo_joins_) undo_joins(line_);
    splitter_.split(line_, document.sentences);
    return false;
  }

  SentenceSplitter splitter_;
  DocumentLimit limit_;
  bool undo_joins_;
  std::string line_, ahead_;
  LineSource::Event event_ = LineSource::Event::kEnd;  // What is ahead.
  bool ahead_is_blank_ = true, last_was_blank_ = true;
};

}  // namespace

bool begins_wikitext_article(std::string_view before, std::string_view line, std::string_view after) {
  return is_blank(before) && is_blank(after) && heading_level(line) == 1;
}

std::unique_ptr<CorpusReader> make_wikitext_reader(std::vector<std::string> files, const CorpusOptions& options) {
  return std::make_unique<WikiTextReader>(std::move(files), options);
}

}  // namespace bertforge
