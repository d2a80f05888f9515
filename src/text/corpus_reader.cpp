#include "bertforge/text/corpus_reader.h"

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "corpus_formats.h"

namespace bertforge {

namespace {

constexpr CorpusFormat kFormats[] = {
    {"lines", "one sentence a line; a blank line, or the end of a file, ends a document", make_lines_reader},
    {"wikitext", "articles under \" = Title = \", a paragraph a line, split into sentences; headings are left out",
     make_wikitext_reader},
};

}  // namespace

std::span<const CorpusFormat> corpus_formats() { return kFormats; }

std::unique_ptr<CorpusReader> open_corpus(std::string_view format, std::vector<std::string> files) {
  std::vector<std::string> names;
  for (const CorpusFormat& entry : kFormats) {
    if (entry.name == format) return entry.make(std::move(files));
    names.emplace_back(entry.name);
  }
  fail(ErrorKind::kUsage, "there is no corpus format \"", format, "\"; did you mean \"", nearest_name(format, names),
       "\"?");
}

void encode_corpus_sentence(const Tokenizer& tokenizer, std::string_view sentence, std::string_view marker,
                            std::vector<TokenId>& ids) {
  for_each_part_between(
      sentence, marker, [&](std::string_view part) { tokenizer.encode(part, ids); },
      [&] { ids.push_back(tokenizer.special_tokens().unknown); });
}

}  // namespace bertforge
