#include "bertforge/text/corpus_reader.h"

#include "bertforge/base/error.h"
#include "bertforge/base/field_list.h"
#include "bertforge/text/unicode.h"
#include "corpus_formats.h"

namespace bertforge {

namespace {

bool begins_after_blank(std::string_view before, std::string_view line, std::string_view) {
  return is_blank(before) && !is_blank(line);
}

bool begins_anywhere(std::string_view, std::string_view, std::string_view) { return true; }

constexpr CorpusFormat kFormats[] = {
    {"lines", "one sentence a line; a blank line, or the end of a file, ends a document", make_lines_reader,
     begins_after_blank},
    {"wikitext", "articles under \" = Title = \", a paragraph a line, split into sentences; headings are left out",
     make_wikitext_reader, begins_wikitext_article},
    {"paragraphs", "a paragraph a line, split into sentences; a blank line, or the end of a file, ends a document",
     make_paragraphs_reader, begins_after_blank},
    {"jsonl", "a JSON object a line is a document, its text in --text-field, split into sentences", make_jsonl_reader,
     begins_anywhere},
};

}  // namespace

void InvalidUtf8::add_line(std::string_view line, std::string_view file, std::int64_t line_number) {
  const std::size_t num_found = count_invalid_utf8(line);
  if (num_found == 0) return;
  if (num_lines++ == 0) first_place = concat(file, ":", line_number);
  num_replacements += static_cast<std::int64_t>(num_found);
}

void InvalidUtf8::add(const InvalidUtf8& later) {
  if (num_lines == 0) first_place = later.first_place;
  num_lines += later.num_lines;
  num_replacements += later.num_replacements;
}

std::span<const CorpusFormat> corpus_formats() { return kFormats; }

const CorpusFormat& find_corpus_format(std::string_view name) {
  std::vector<std::string> names;
  for (const CorpusFormat& entry : kFormats) {
    if (entry.name == name) return entry;
    names.emplace_back(entry.name);
  }
  fail(ErrorKind::kUsage, "there is no corpus format \"", name, "\"; ", allowed_names(name, names));
}

std::unique_ptr<CorpusReader> open_corpus(std::string_view format, std::vector<std::string> files,
                                          const CorpusOptions& options) {
  return find_corpus_format(format).make(std::move(files), options);
}

bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  const auto is_space = [](std::string_view part) {
    std::size_t position = 0;
    return char_properties(decode_utf8(part, position)).is(kSeparator);
  };
  std::size_t before = begin;  // Where the character before it begins.
  while (before > 0 && (static_cast<unsigned char>(text[--before]) & 0xC0) == 0x80) continue;
  return (begin == 0 || is_space(text.substr(before, begin - before))) &&
         (end == text.size() || is_space(text.substr(end)));
}

}  // namespace bertforge
