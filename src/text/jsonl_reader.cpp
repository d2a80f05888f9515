#include <nlohmann/json.hpp>

#include "bertforge/base/error.h"
#include "bertforge/formats/json.h"
#include "bertforge/text/unicode.h"
#include "corpus_formats.h"
#include "document_limit.h"
#include "file_corpus_reader.h"
#include "repaired_text.h"

namespace bertforge {

namespace {

// Every line is an object, and a document: the text of one member, whose lines are paragraphs. Blank lines are passed over.
class JsonlReader : public FileCorpusReader {
 public:
  JsonlReader(std::vector<std::string> files, const CorpusOptions& options)
      : FileCorpusReader(std::move(files), options, LongLines::kRefuse), text_field_(options.text_field) {}

  bool gives_paragraphs() const override { return true; }

  bool next(Document& document) override {
    document.sentences.clear();
    for (std::string line;;) {
      const LineSource::Event event = source_.next(line);
      if (event == LineSource::Event::kEnd) break;
      if (event != LineSource::Event::kLine || is_blank(line)) continue;
      found_any_ = true;
      add_paragraphs(text_of(line), document);
      if (!document.sentences.empty()) return true;
    }
    return end_of_text("a JSON object a line is");
  }

 private:
  std::string text_of(const std::string& line) const {
    const std::string where = source_.last_place();
    const nlohmann::json object = parse_json(RepairedText(line).text(), where);
    if (!object.is_object()) fail(ErrorKind::kInput, where, ": ", object.type_name(), "; a JSON object is expected");
    const auto found = object.find(text_field_);
    if (found == object.end()) {
      fail(ErrorKind::kInput, where, ": no member \"", text_field_, "\"; there are ", names_of(object),
           " (--text-field names the one that holds the text)");
    }
    if (!found->is_string()) {
      fail(ErrorKind::kInput, where, ": the member \"", text_field_, "\" is a ", found->type_name(),
           "; a string is expected");
    }
    return found->get<std::string>();
  }

  static std::string names_of(const nlohmann::json& object) {
    constexpr std::size_t kMostNamed = 8, kMostBytes = 40;
    std::string names;
    std::size_t num_named = 0;
    for (const auto& [name, value] : object.items()) {
      if (++num_named > kMostNamed) return names + ", ...";
      const std::string shown = name.size() > kMostBytes ? name.substr(0, kMostBytes) + "..." : name;
      names += concat(names.empty() ? "" : ", ", dump_json_line(shown));
    }
    return names.empty() ? "none" : names;
  }

  static void add_paragraphs(std::string_view text, Document& document) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view paragraph = text.substr(begin, end - begin);
      if (!is_blank(paragraph)) document.sentences.emplace_back(paragraph);
      begin = end + 1;
    }
  }

  std::string text_field_;
};

}  // namespace

std::unique_ptr<CorpusReader> make_jsonl_reader(std::vector<std::string> files, const CorpusOptions& options) {
  return std::make_unique<JsonlReader>(std::move(files), options);
}

}  // namespace bertforge
