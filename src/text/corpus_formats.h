#pragma once
// The makers in the table of corpus_reader.cpp, one source each.

#include <memory>
#include <string>
#include <vector>

#include "bertforge/text/corpus_reader.h"

namespace bertforge {

std::unique_ptr<CorpusReader> make_lines_reader(std::vector<std::string> files, const CorpusOptions& options);
std::unique_ptr<CorpusReader> make_wikitext_reader(std::vector<std::string> files, const CorpusOptions& options);
std::unique_ptr<CorpusReader> make_paragraphs_reader(std::vector<std::string> files, const CorpusOptions& options);
std::unique_ptr<CorpusReader> make_jsonl_reader(std::vector<std::string> files, const CorpusOptions& options);

// Their begins_document, where it is not "after a blank line" or "any line".
bool begins_wikitext_article(std::string_view before, std::string_view line, std::string_view after);

}  // namespace bertforge
